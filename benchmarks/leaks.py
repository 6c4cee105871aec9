"""How much of the real rows a synthetic table repeats: distances, copies, rare numbers.

All take frames from `benchmarks.tables.scored_rows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.tables import Meta

    Points = npt.NDArray[np.float32]

_MOST = 6000
_CHUNK = 500
_FEW = 2


class PointSpace:
    """Rows as points: numbers by rank, categories as one-hot columns times the root of one half.

    Two rows that differ in one category are 1 apart, as the extremes of one number are.
    """

    def __init__(self, real: pd.DataFrame, meta: Meta, *, quantiles: int = 1000) -> None:
        from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

        self._numeric, self._categorical = list(meta.numeric), list(meta.categorical)
        if self._numeric:
            n = min(quantiles, len(real))
            self._ranks = QuantileTransformer(n_quantiles=n, random_state=0)
            self._ranks.fit(real[self._numeric].fillna(0))
        if self._categorical:
            self._labels = OneHotEncoder(
                handle_unknown="ignore", sparse_output=False, dtype=np.float32
            ).fit(real[self._categorical])

    def points(self, rows: pd.DataFrame) -> Points:
        """Shape (n_rows, n_dimensions)."""
        parts = []
        if self._numeric:
            ranks = self._ranks.transform(rows[self._numeric].fillna(0))
            parts.append(ranks.astype(np.float32))
        if self._categorical:
            labels = self._labels.transform(rows[self._categorical])
            parts.append(labels * np.float32(0.5**0.5))
        return np.hstack(parts)


def closer_share(
    train: pd.DataFrame, holdout: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta
) -> float:
    """Share of synthetic rows closer to a train row than to a holdout row; 0.5 without memorising.

    Of equally many train and holdout rows, at most 6,000; a tie counts half.
    """
    n = min(len(train), len(holdout), _MOST)
    train, holdout = (rows.sample(n, random_state=0) for rows in (train, holdout))
    synthetic = synthetic.sample(min(_MOST, len(synthetic)), random_state=0)
    space = PointSpace(pd.concat([train, holdout]), meta, quantiles=min(1000, n))
    queries = space.points(synthetic)
    to_train, to_holdout = (_distances(queries, space.points(r)) for r in (train, holdout))
    return float(((to_train < to_holdout) + 0.5 * (to_train == to_holdout)).mean())


def _distances(queries: Points, points: Points) -> npt.NDArray[np.float32]:
    """Distance of each query to its nearest point, from float32 products.

    Not `validation.neighbors.nearest`: the published figure takes the products' rounding along.
    """
    out = np.empty(len(queries), np.float32)
    norms = (points**2).sum(1)
    for begin in range(0, len(queries), _CHUNK):
        block = queries[begin : begin + _CHUNK]
        squared = (norms[None] - 2 * block @ points.T).min(1) + (block**2).sum(1)
        out[begin : begin + _CHUNK] = squared
    return np.sqrt(np.maximum(out, 0))


def copies(rows: pd.DataFrame, real: pd.DataFrame) -> int:
    """How many of `rows` equal one of the `real` rows in every column."""
    left, right = (
        pd.util.hash_pandas_object(frame, index=False).to_numpy() for frame in (rows, real)
    )
    return int(np.isin(left, right).sum())


def rare_numbers(rows: pd.DataFrame, real: pd.DataFrame, meta: Meta) -> int:
    """How many of `rows` hold a number that only one or two of the `real` rows have in its column.

    A number is meant exactly: a salary that one person has, to the cent.
    """
    held = np.zeros(len(rows), dtype=bool)
    for name in meta.numeric:
        counts = real[name].value_counts()
        held |= rows[name].isin(counts.index[counts <= _FEW]).to_numpy()
    return int(held.sum())
