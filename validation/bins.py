"""Bins of a column of numbers that a report may show: few, round, and never around one person."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from validation.base import Evidence

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

MOST_BINS = 20
_CROWDED = 0.6
_DAY = 86_400.0
_TICKS = (1.0, 2.0, 2.5, 5.0, 10.0)


def edges_of(values: Floats, *, moment: bool) -> Floats:
    """Inner edges of at most 20 bins: round numbers, and values of their own where there are few.

    Bins are equally wide between the 1st and the 99th percentile, and quantiles where one such bin
    would hold nearly all rows.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return np.empty(0)
    distinct = np.unique(present)
    if len(distinct) <= MOST_BINS:
        return distinct[1:]
    low, high = np.quantile(present, [0.01, 0.99])
    if high <= low:
        low, high = distinct[0], distinct[-1]
    edges = _round_steps(low, high, _DAY if moment else 0.0)
    fullest = np.bincount(np.searchsorted(edges, present, "right")).max() / len(present)
    if fullest > _CROWDED:
        values, counts = np.unique(present, return_counts=True)
        atom = values[counts.argmax()]
        others = present[present != atom] if counts.max() > len(present) / 10 else present
        inner = np.quantile(others, np.linspace(0, 1, MOST_BINS - 4)[1:-1])
        rounded = np.array([significant(edge) for edge in inner])
        # The atom stands alone: an edge at it and one above it, where the others begin.
        above = others[others > atom]
        rest = [significant(float(np.quantile(above, 0.02)))] if len(above) else []
        edges = np.unique([edge for edge in (*rounded, atom, *rest) if edge > distinct[0]])
    return edges


def _round_steps(low: float, high: float, least: float) -> Floats:
    rough = max((high - low) / 16, least)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * tick for tick in _TICKS if size * tick >= rough * (1 - 1e-9))
    if least:
        step = max(math.ceil(step / least), 1) * least
    first = math.ceil(low / step + 1e-9)
    last = math.floor(high / step + 1e-9)
    return np.arange(first, last + 1, dtype=np.float64) * step


def significant(value: float) -> float:
    """Two significant digits: no edge is one person's number."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


def bin_of(values: Floats, edges: Floats) -> Codes:
    """Bin of each number; missing comes after the last."""
    codes = np.searchsorted(edges, values, "right")
    return np.where(np.isnan(values), len(edges) + 1, codes).astype(np.int64)


def joined(edges: Floats, values: Floats, evidence: Evidence) -> Floats:
    """Edges without those that cut off fewer than k train subjects, or are the number of fewer."""
    if not len(edges):
        return edges
    distinct, places = np.unique(values[~np.isnan(values)], return_inverse=True)
    rows = np.full(len(values), len(distinct))
    rows[~np.isnan(values)] = places
    backing = backing_of(rows, evidence, len(distinct) + 1)
    own = np.searchsorted(distinct, edges)
    own[distinct[np.minimum(own, len(distinct) - 1)] != edges] = len(distinct)
    single = (own < len(distinct)) & (backing[own] < evidence.k)
    edges = edges[~single | np.isin(edges, [significant(edge) for edge in edges])]
    while len(edges):
        backing = backing_of(bin_of(values, edges), evidence, len(edges) + 2)[: len(edges) + 1]
        small = np.flatnonzero(backing < evidence.k)
        if not len(small):
            break
        # The first small bin joins its smaller neighbour.
        i = int(small[0])
        left = backing[i - 1] if i else np.inf
        right = backing[i + 1] if i < len(edges) else np.inf
        edges = np.delete(edges, i - 1 if left <= right else i)
    return edges


def backing_of(codes: Codes, evidence: Evidence, size: int) -> Codes:
    """Train subjects behind each code, shape (size,)."""
    pairs = np.unique(evidence.train.subject_codes * size + codes)
    return np.bincount(pairs % size, minlength=size).astype(np.int64)


def names_of(edges: Floats, values: Floats, *, moment: bool) -> list[str]:
    """What each bin holds, as people write it; the ends are open."""
    if not len(edges):
        return ["any value"]
    present = values[~np.isnan(values)]
    whole = not moment and bool((present == np.rint(present)).all())
    text = [_moment(edge) if moment else _number(edge) for edge in edges]
    if whole and (edges == np.rint(edges)).all():
        last = [_number(edge - 1) for edge in edges]
        spans = [
            low if low == high else f"{low} to {high}"
            for low, high in zip(text[:-1], last[1:], strict=True)
        ]
        return [f"{last[0]} or less", *spans, f"{text[-1]} or more"]
    spans = [f"{low} to {high}" for low, high in pairwise(text)]
    return [f"below {text[0]}", *spans, f"{text[-1]} or more"]


def _number(value: float) -> str:
    size = abs(value)
    # Four digits stand without a comma: they may be years.
    text = f"{value:.6g}" if size < 1e4 else f"{value:,.6g}" if size < 1e6 else f"{value:,.0f}"  # noqa: PLR2004
    return text.replace("-", "\N{MINUS SIGN}") if value < 0 else text


def _moment(value: float) -> str:
    return datetime.fromtimestamp(value, tz=UTC).strftime("%Y-%m-%d")
