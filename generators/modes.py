"""Mode-specific normalisation: a number as the mode it belongs to and its place within that mode.

A numeric column is cut into components: its spikes (values far heavier than what lies around them,
held exactly), the modes of a Gaussian mixture of all else, and one component for a missing cell. A
spike needs no more than its component; a number of a mode has a place in [-1, 1], which spans four
standard deviations to either side.

The mixture is fitted to the column's support (`generators.forests.support`) rather than to its
rows: values and cells that at least k subjects stand behind, and how many rows each has. So a mode
is backed as its support is, and the fit costs the same for a thousand rows and for a billion.

Reference:
    Xu, Skoularidou, Cuesta-Infante, Veeramachaneni (2019), Modeling tabular data using conditional
    GAN, section 4.2. Figueiredo, Jain (2002), Unsupervised learning of finite mixture models,
    section 4: EM that does away with the components that it does not need.

Differs from the paper: spikes; EM on at most 256 bins, all columns at once, where the paper has a
variational mixture on the rows; values of a column that has nothing but shared ones come out as
one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.forests.support import Support

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

REACH = 4.0  # standard deviations to the end of a mode's range
_BINS = 256
_ROUNDS = 200
_FEW = 32  # values that a column may have for each to be a component
_NARROWEST = 1e-3  # deviation of a mode, of the column's
_LIGHTEST = 1e-3  # weight of a mode


@dataclass(frozen=True)
class Modes:
    """The components of one numeric column: spikes, then modes, then missing cells.

    Args:
        spikes: Values, increasing, shape (n_spikes,).
        means: Of the modes, shape (n_modes,).
        deviations: Of the modes, shape (n_modes,).
        weights: Of the modes, summing to one, shape (n_modes,).
        grid: Where a column has nothing but shared values: those that are no spikes, increasing,
            for numbers to be moved to; else empty.
        bounds: The lowest and the highest value of a mode; empty without modes.
        missing: Whether there are missing cells.
    """

    spikes: Floats
    means: Floats
    deviations: Floats
    weights: Floats
    grid: Floats
    bounds: Floats
    missing: bool

    @property
    def n_spikes(self) -> int:
        """Number of spikes."""
        return len(self.spikes)

    @property
    def n_modes(self) -> int:
        """Number of modes."""
        return len(self.means)

    @property
    def n_components(self) -> int:
        """Number of components, at least 1."""
        return max(self.n_spikes + self.n_modes + self.missing, 1)

    @property
    def missing_component(self) -> int:
        """The component of a missing cell."""
        return self.n_spikes + self.n_modes

    @cached_property
    def _middles(self) -> Floats:
        return (self.grid[1:] + self.grid[:-1]) / 2

    def encode(
        self, values: Floats, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The component and the place of each value, each of shape (n,).

        Args:
            values: Numbers, NaN for missing.
            rng: Draws the mode of a value that several modes claim, by how far each does.
        """
        component = np.full(len(values), self.missing_component, dtype=np.int64)
        place = np.zeros(len(values), dtype=np.float32)
        there = np.flatnonzero(~np.isnan(values))
        if self.n_spikes:
            nearest = np.searchsorted(self.spikes, values[there]).clip(max=self.n_spikes - 1)
            if not self.n_modes:
                between = (self.spikes[1:] + self.spikes[:-1]) / 2
                component[there] = np.searchsorted(between, values[there])
                return component, place
            exact = self.spikes[nearest] == values[there]
            component[there[exact]] = nearest[exact]
            there = there[~exact]
        if self.n_modes and len(there):
            value = np.clip(values[there], *self.bounds)
            claims = np.cumsum(self._claims(value), axis=1)
            drawn = rng.random(len(value))[:, None] * claims[:, -1:]
            mode = (claims < drawn).sum(axis=1).clip(max=self.n_modes - 1)
            component[there] = self.n_spikes + mode
            place[there] = (value - self.means[mode]) / (REACH * self.deviations[mode])
        return component, np.clip(place, -1, 1)

    def decode(self, component: npt.NDArray[np.int64], place: npt.NDArray[np.float32]) -> Floats:
        """Numbers, NaN for missing, shape (n,)."""
        out = np.full(len(component), np.nan)
        spike = component < self.n_spikes
        out[spike] = self.spikes[component[spike]]
        moded = np.flatnonzero(~spike & (component < self.missing_component))
        mode = component[moded] - self.n_spikes
        value = self.means[mode] + REACH * self.deviations[mode] * place[moded].astype(np.float64)
        if len(moded):
            value = np.clip(value, *self.bounds)
        if len(self.grid):
            value = self.grid[np.searchsorted(self._middles, value)]
        out[moded] = value
        return out

    def _claims(self, values: Floats) -> Floats:
        """Each mode's share of the density at each value, up to a factor, (n, n_modes)."""
        z = (values[:, None] - self.means) / self.deviations
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights / self.deviations) - 0.5 * z * z
        return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)), dtype=np.float64)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays by name."""
        return {
            "spikes": self.spikes,
            "means": self.means,
            "deviations": self.deviations,
            "weights": self.weights,
            "grid": self.grid,
            "bounds": self.bounds,
            "missing": np.array([self.missing]),
        }

    @classmethod
    def of_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """From what `arrays` gave."""
        numbers = {name: array for name, array in arrays.items() if name != "missing"}
        return cls(**numbers, missing=bool(arrays["missing"][0]))


def learn_modes(
    columns: list[npt.NDArray[np.float64]],
    owners: npt.NDArray[np.int64],
    *,
    backing: int,
    most: int = 10,
) -> list[Modes]:
    """The components of numeric columns.

    Args:
        columns: Numbers of each column, NaN for missing, each of shape (n_rows,).
        owners: Whose each row is, shape (n_rows,).
        backing: Subjects behind each spike and each bin that the modes are fitted to.
        most: Modes of a column at most.
    """
    supports = [Support.learn(values, owners, backing) for values in columns]
    spikes = [_spikes(support) for support in supports]
    smooth = [_smooth(support, spike) for support, spike in zip(supports, spikes, strict=True)]
    mixtures = iter(_mixtures([part for part in smooth if len(part[0])], most))
    none = np.zeros(0)
    out = []
    for values, support, spike, part in zip(columns, supports, spikes, smooth, strict=True):
        moded = len(part[0]) > 0
        means, deviations, weights = next(mixtures) if moded else (none, none, none)
        of_atom = spike[support.of_atom]
        others = support.atoms[~of_atom]
        ends = np.concatenate([others, support.knots])
        out.append(
            Modes(
                spikes=support.atoms[of_atom],
                means=means,
                deviations=deviations,
                weights=weights,
                grid=others if moded and not support.n_cells else none,
                bounds=np.array([ends.min(), ends.max()]) if moded else none,
                missing=bool(np.isnan(values).any()) or not support.n_symbols,
            )
        )
    return out


def _spikes(support: Support) -> npt.NDArray[np.bool_]:
    """Which symbols are components of their own, shape (n_symbols,)."""
    if not support.n_cells and support.n_symbols <= _FEW:
        return np.ones(support.n_symbols, dtype=bool)
    return support.spike


def _smooth(support: Support, spike: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """What is no spike, in at most `_BINS` bins: middle, variance within and mass of each."""
    symbols = np.flatnonzero(~spike & (support.mass > 0)).astype(np.int32)
    if not len(symbols):
        none = np.zeros(0)
        return none, none, none
    mass = support.mass[symbols].astype(np.float64)
    middle = support.value_of(symbols)
    of = np.minimum((np.cumsum(mass) - mass / 2) / mass.sum() * _BINS, _BINS - 1).astype(np.int64)
    of = np.unique(of, return_inverse=True)[1]
    total = np.bincount(of, mass).astype(np.float64)
    mean = np.bincount(of, mass * middle) / total
    within = np.zeros(support.n_symbols)
    within[support.of_cell] = np.diff(support.knots) ** 2 / 12  # of values spread evenly
    inner = within[symbols] + (middle - mean[of]) ** 2
    variance = np.bincount(of, mass * inner) / total
    return mean, variance, total


def _mixtures(
    columns: list[tuple[Floats, Floats, Floats]], most: int
) -> list[tuple[Floats, Floats, Floats]]:
    """Gaussian mixtures of binned columns, all by the same rounds of EM.

    Returns:
        The means, deviations and weights of each.
    """
    if not columns:
        return []
    width = max(len(middle) for middle, _, _ in columns)
    x, inner, mass = (np.zeros((len(columns), width)) for _ in range(3))
    shift, scale = np.zeros(len(columns)), np.ones(len(columns))
    for i, (middle, variance, total) in enumerate(columns):
        shift[i] = np.average(middle, weights=total)
        spread = np.sqrt(np.average((middle - shift[i]) ** 2 + variance, weights=total))
        scale[i] = spread or 1.0
        x[i, : len(middle)] = (middle - shift[i]) / scale[i]
        inner[i, : len(middle)] = variance / scale[i] ** 2
        mass[i, : len(middle)] = total
    # Modes begin at even quantiles, each as wide as the way to its neighbours.
    cumulative = np.cumsum(mass, axis=1) / mass.sum(axis=1, keepdims=True)
    wanted = (np.arange(most) + 0.5) / most
    start = np.stack([np.interp(wanted, c, row) for c, row in zip(cumulative, x, strict=True)])
    mean = start + 1e-6 * np.arange(most)
    variance = np.full_like(mean, 1.0 / most) ** 2 + _NARROWEST
    weight = np.full_like(mean, 1.0 / most)
    for _ in range(_ROUNDS):
        z = x[:, :, None] - mean[:, None, :]
        with np.errstate(divide="ignore"):
            logs = np.log(weight / np.sqrt(variance))[:, None, :]
        logs = logs - 0.5 * (z * z + inner[:, :, None]) / variance[:, None, :]
        claims = np.exp(logs - logs.max(axis=2, keepdims=True))
        claims *= (mass / claims.sum(axis=2))[:, :, None]
        count = claims.sum(axis=1)
        # A component that explains fewer rows than it has parameters is taken out.
        alive = np.maximum(count - 1.0, 0.0)
        weight = alive / alive.sum(axis=1, keepdims=True)
        safe = np.maximum(count, 1e-9)
        mean = np.einsum("cbk,cb->ck", claims, x) / safe
        z = x[:, :, None] - mean[:, None, :]
        variance = np.einsum("cbk,cbk->ck", claims, z * z + inner[:, :, None]) / safe
        variance = np.maximum(variance, _NARROWEST**2)

    out = []
    for i in range(len(columns)):
        kept = weight[i] > _LIGHTEST
        share = weight[i][kept] / weight[i][kept].sum()
        deviation = scale[i] * np.sqrt(variance[i][kept])
        out.append((shift[i] + scale[i] * mean[i][kept], deviation, share))
    return out
