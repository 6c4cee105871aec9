"""Mixtures of independent categorical columns: expectation maximisation, and drawing from them.

All columns stand side by side in one table of probabilities, shape (n_codes, n_components): column
j has the rows `offsets[j]` to `offsets[j + 1]`, in which each component's add up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from generators.drawing import one_each, one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt
    from scipy.sparse import csr_matrix

_CHUNK = 1 << 13  # rows whose responsibilities are held at a time
_DECAY = 0.6  # how fast a step of stepwise EM shrinks; Cappé and Moulines ask for (.5, 1]


@dataclass(frozen=True)
class Mixture:
    """A mixture of components in which columns are independent.

    Args:
        weights: Of the components, shape (n_components,); they add up to 1.
        table: Probability of each code in each component, shape (n_codes, n_components).
        offsets: Where each column's codes begin, and their number, shape (n_columns + 1,).
    """

    weights: npt.NDArray[np.float64]
    table: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]

    def log_joint(
        self, codes: npt.NDArray[np.int32], known: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.float64]:
        """Log probability of component and codes together, shape (n_rows, n_components).

        Args:
            codes: Shape (n_columns, n_rows).
            known: Cells that count, same shape; the others are integrated out.
        """
        return np.asarray(
            _indicators(codes, self.offsets, known) @ np.log(self.table) + np.log(self.weights)
        )

    def log_prob(
        self,
        codes: npt.NDArray[np.int32],
        known: npt.NDArray[np.bool_] | None = None,
        allowed: Mapping[int, npt.NDArray[np.bool_]] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Log probability of what is known of each row, shape (n_rows,).

        Args:
            codes: Shape (n_columns, n_rows).
            known: Cells that count, same shape; all of them if not given.
            allowed: As in `draw_given`.
        """
        out = np.empty(codes.shape[1])
        for part in _parts(codes.shape[1]):
            mask = None if known is None else known[:, part]
            joint = self.log_joint(codes[:, part], mask)
            for j, fits in (allowed or {}).items():
                joint += self._log_allowed(j, fits[part].astype(np.float64))
            out[part] = _log_sum(joint)[:, 0]
        return out

    def _log_allowed(self, j: int, mask: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Log probability of one of the codes under a mask, shape (n_rows, n_components)."""
        return np.asarray(np.log(mask @ self._column(j) + 1e-300))

    def draw(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """Codes of `n` new rows, shape (n_columns, n)."""
        return self.draw_from(rng.choice(len(self.weights), size=n, p=self.weights), rng)

    def draw_given(
        self,
        codes: npt.NDArray[np.int32],
        known: npt.NDArray[np.bool_],
        allowed: Mapping[int, npt.NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> npt.NDArray[np.int32]:
        """Codes of rows of which some are known, exactly as likely as the mixture says.

        Args:
            codes: What is known, shape (n_columns, n_rows); elsewhere any code.
            known: Which cells are, same shape.
            allowed: For columns of which not the code is known but which codes it may be: a mask
                of shape (n_rows, size) each.
            rng: Where chance comes from.

        Returns:
            Shape (n_columns, n_rows); known cells as they were given.
        """
        out = codes.copy()
        for part in _parts(codes.shape[1]):
            joint = self.log_joint(codes[:, part], known[:, part])
            masks = {j: mask[part].astype(np.float64) for j, mask in allowed.items()}
            for j, mask in masks.items():
                joint += self._log_allowed(j, mask)
            component = one_each(np.exp(joint - joint.max(axis=1, keepdims=True)), rng)
            drawn = self.draw_from(component, rng)
            for j, mask in masks.items():
                shares = mask * self._column(j).T[component]
                drawn[j] = one_each(shares + 1e-300 * mask, rng)
            out[:, part] = np.where(known[:, part], codes[:, part], drawn)
        return out

    def _column(self, j: int) -> npt.NDArray[np.float64]:
        """Probabilities of one column, shape (size, n_components)."""
        return self.table[self.offsets[j] : self.offsets[j + 1]]

    def draw_from(
        self, component: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """Codes of rows whose component is given, shape (n_columns, n_rows)."""
        out = np.empty((len(self.offsets) - 1, len(component)), dtype=np.int32)
        for j, (begin, end) in enumerate(zip(self.offsets[:-1], self.offsets[1:], strict=True)):
            out[j] = one_of(self.table[begin:end].T, component, rng)
        return out


@dataclass(frozen=True)
class Prior:
    """What each component is pulled to.

    Args:
        marginal: Share of the rows that have each code, shape (n_codes,).
        rows: How many rows it is worth.
    """

    marginal: npt.NDArray[np.float64]
    rows: float


def learn_mixture(
    codes: npt.NDArray[np.int32],
    sizes: tuple[int, ...],
    components: int,
    *,
    passes: int,
    prior_rows: float,
    rng: np.random.Generator,
    start: Mixture | None = None,
    told: Callable[[float], None] = lambda _: None,
) -> Mixture:
    """Fit a mixture by stepwise expectation maximisation, a last pass over all rows at its end.

    Reference: Cappé, Moulines (2009), On-line expectation-maximization algorithm for latent data
    models, section 2; Liang, Klein (2009), Online EM for unsupervised models, section 3.

    Args:
        codes: Shape (n_columns, n_rows).
        sizes: Number of codes of each column.
        components: How many.
        passes: Over all rows.
        prior_rows: How many rows of the marginals each component is pulled by.
        rng: Decides where the components begin, and the order of the rows.
        start: Components to begin with; each is split as often as it takes.
        told: Called with the share of the passes that are done.
    """
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = _indicators(codes, offsets)
    n = codes.shape[1]
    marginal = np.asarray(rows.sum(axis=0), dtype=np.float64).reshape(-1) / n
    prior = Prior(np.maximum(marginal, 1e-9), prior_rows)
    mixture = _begun(rows, offsets, components, prior, rng, start)
    sums = mixture.table * mixture.weights
    weights = mixture.weights
    step = 0
    batch = min(max(components * 8, 1024), n)
    for done in range(passes):
        order = rng.permutation(n)
        last = done == passes - 1
        gathered, gathered_weights = np.zeros_like(sums), np.zeros_like(weights)
        for begin in range(0, n, batch):
            picked = order[begin : begin + batch]
            part = rows[picked]
            share = _responsibilities(part, mixture)
            new, new_weights = np.asarray(part.T @ share), share.sum(axis=0)
            if last:
                # One pass of plain EM: every row counts the same.
                gathered += new
                gathered_weights += new_weights
                continue
            rate = (step + 2.0) ** -_DECAY
            step += 1
            sums = (1 - rate) * sums + rate * new / len(picked)
            weights = (1 - rate) * weights + rate * new_weights / len(picked)
            mixture = _maximised(sums, weights, n, mixture.offsets, prior)
        if last:
            mixture = _maximised(gathered / n, gathered_weights / n, n, mixture.offsets, prior)
        told((done + 1) / passes)
    return mixture


def without_small(mixture: Mixture, least: float, n_rows: int) -> Mixture:
    """The mixture without components that fewer than `least` of `n_rows` rows stand behind."""
    keep = mixture.weights * n_rows >= least
    keep[int(mixture.weights.argmax())] = True
    weights = mixture.weights[keep] / mixture.weights[keep].sum()
    return replace(mixture, weights=weights, table=mixture.table[:, keep])


def _begun(
    rows: csr_matrix,
    offsets: npt.NDArray[np.int64],
    components: int,
    prior: Prior,
    rng: np.random.Generator,
    start: Mixture | None,
) -> Mixture:
    if start is None:
        # Each component begins as a row, blurred by the marginals.
        picked = rng.choice(rows.shape[0], size=components, replace=rows.shape[0] < components)
        table = 0.3 * rows[picked].toarray().T + 0.7 * prior.marginal[:, None]
        return Mixture(np.full(components, 1 / components), table, offsets)
    # The heaviest components are split most; what they split into begins slightly apart.
    parent = rng.choice(len(start.weights), size=components, p=start.weights)
    parent[: len(start.weights)] = np.arange(len(start.weights))
    weights = (start.weights / np.bincount(parent, minlength=len(start.weights)))[parent]
    noise = rng.gamma(4.0, 0.25, size=(start.table.shape[0], components))
    table = start.table[:, parent] * noise
    table /= np.repeat(np.add.reduceat(table, offsets[:-1], axis=0), np.diff(offsets), axis=0)
    return Mixture(weights / weights.sum(), table, offsets)


def _maximised(
    sums: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    n: int,
    offsets: npt.NDArray[np.int64],
    prior: Prior,
) -> Mixture:
    counted = sums * n + prior.rows * prior.marginal[:, None]
    table = counted / (weights * n + prior.rows)
    # Rounding and decayed sums leave a column's probabilities slightly off 1.
    totals = np.add.reduceat(table, offsets[:-1], axis=0)
    table /= np.repeat(totals, np.diff(offsets), axis=0)
    floor = np.maximum(weights, 1e-12)
    return Mixture(floor / floor.sum(), table, offsets)


def _responsibilities(rows: csr_matrix, mixture: Mixture) -> npt.NDArray[np.float64]:
    joint = np.asarray(rows @ np.log(mixture.table) + np.log(mixture.weights))
    joint -= joint.max(axis=1, keepdims=True)
    np.exp(joint, out=joint)
    joint /= joint.sum(axis=1, keepdims=True)
    return joint


def _indicators(
    codes: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int64],
    known: npt.NDArray[np.bool_] | None = None,
) -> csr_matrix:
    """Codes as indicators, shape (n_rows, n_codes), a one for each cell that is known."""
    from scipy.sparse import csr_matrix

    n_columns, n = codes.shape
    places = (codes + offsets[:-1, None]).T
    shape = (n, int(offsets[-1]))
    if known is None:
        ends = np.arange(0, n * n_columns + 1, n_columns)
        data = np.ones(n * n_columns)
        return csr_matrix((data, places.reshape(-1), ends), shape=shape)
    counts = known.sum(axis=0)
    ends = np.concatenate([[0], np.cumsum(counts)])
    return csr_matrix((np.ones(int(ends[-1])), places[known.T], ends), shape=shape)


def _log_sum(joint: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    most = joint.max(axis=1, keepdims=True)
    return np.asarray(most + np.log(np.exp(joint - most).sum(axis=1, keepdims=True)))


def _parts(n: int) -> Iterator[slice]:
    for begin in range(0, n, _CHUNK):
        yield slice(begin, begin + _CHUNK)
