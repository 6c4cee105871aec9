"""Factors that bring each column of drawn rows to the shares that it has in real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.symbols import Symbols

_BINS = 32
_SWEEPS = 10
_PRIOR_ROWS = 20.0  # that each bin has more of on both sides, so that rare ones stay as they are


def rake(
    table: Symbols,
    drawn: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float64],
    columns: tuple[int, ...],
) -> dict[int, npt.NDArray[np.float32]]:
    """Log of the factor of each code of each column.

    Reference: Deming, Stephan (1940), On a least squares adjustment of a sampled frequency table
    when the expected marginal totals are known. Differs from the paper: many codes share a bin,
    and rare bins are drawn to no change.

    Args:
        table: Real rows.
        drawn: Codes of drawn rows, shape (n_columns, m).
        weights: Of the drawn rows, shape (m,).
        columns: Which columns to bring to their shares.
    """
    weights = weights / weights.sum()
    bins = {column: _bins(table, column) for column in columns}
    levels = {column: np.zeros(bins[column].max() + 1) for column in columns}
    prior = _PRIOR_ROWS / table.n_rows
    wanted = {
        column: np.bincount(bins[column][table.codes[column]], minlength=len(levels[column]))
        / table.n_rows
        for column in columns
    }
    for _ in range(_SWEEPS):
        for column in columns:
            at = bins[column][drawn[column]]
            share = np.bincount(at, weights=weights, minlength=len(wanted[column]))
            step = np.log((wanted[column] + prior) / (share + prior))
            levels[column] += step
            weights = weights * np.exp(step)[at]
            weights /= weights.sum()
    return {column: levels[column][bins[column]].astype(np.float32) for column in columns}


def _bins(table: Symbols, column: int) -> npt.NDArray[np.int64]:
    """The bin of each code: its own, or with an order, that of its middle rank."""
    size = table.cardinality(column)
    if size <= _BINS or not table.is_ordered(column):
        return np.arange(size)
    counts = np.bincount(table.codes[column], minlength=size)
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    return np.asarray(np.minimum((middle * _BINS).astype(np.int64), _BINS - 1))
