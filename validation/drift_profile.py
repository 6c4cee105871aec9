"""What is kept of a source to compare its successor with: counts, never a row.

A profile holds how many rows a table has, and of each column its type, how many cells are missing
and how the others spread over at most 20 bins or 100 categories. Bins and categories of fewer than
k subjects are joined with others, and edges of bins are round or shared by k subjects. It is still
not for publication: it is exact, and no check has judged it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from tabular.seeding import Seed
from validation.base import Evidence
from validation.bins import backing_of, bin_of, edges_of, joined, names_of, significant
from validation.features import is_numeric, labels, numbers
from validation.groups import shown

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from tabular.dataset import Dataset, Table
    from tabular.schema import Column

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

Kind = Literal["number", "moment", "category", "text", "id"]
MOST_CATEGORIES = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnProfile(_Part):
    """One column, as aggregates.

    The last of `counts` is of the cells that are in no bin and no category of `labels`: rare
    categories together. `span` is roughly the range that leaves out the k lowest and highest
    subjects, and `outside` counts the cells beyond it.
    """

    name: str
    type: str
    kind: Kind
    missing: int
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    span: tuple[float, float] | None = None
    outside: int = 0
    counts: tuple[int, ...] = (0,)

    @property
    def others(self) -> int:
        """Cells of categories too rare to be named."""
        return self.counts[-1]

    @property
    def present(self) -> int:
        """Cells that are not missing."""
        return sum(self.counts)

    @property
    def missing_share(self) -> float:
        """Share of the rows whose cell is missing."""
        return self.missing / max(self.missing + self.present, 1)

    def codes(self, cells: pd.Series) -> Codes:
        """The place of each cell in `counts`, shape (n_rows,); one more for a missing cell."""
        import pandas as pd

        n = len(self.labels)
        if self.kind == "category":
            text = labels(cells)
            place, uniques = pd.factorize(text)
            index = pd.Index(self.categories, dtype=object)
            known = index.get_indexer(pd.Index(uniques, dtype=object))
            known = np.where(known < 0, n, known).astype(np.int64)
            return np.append(known, n + 1)[place]
        if self.kind == "id":
            return np.where(cells.isna().to_numpy(dtype=bool), 1, 0).astype(np.int64)
        codes = bin_of(_measures(cells, self.kind), np.array(self.edges))
        return np.where(codes > len(self.edges), n + 1, codes)

    def outside_of(self, cells: pd.Series) -> int:
        """How many numbers lie beyond the span."""
        if self.span is None:
            return 0
        values = _measures(cells, self.kind)
        return int(((values < self.span[0]) | (values > self.span[1])).sum())


class TableProfile(_Part):
    """One table, as aggregates."""

    rows: int
    subjects: int
    columns: dict[str, ColumnProfile]


class SourceProfile(_Part):
    """A source, as aggregates of at least k subjects."""

    format: Literal[1] = 1
    k: int
    tables: dict[str, TableProfile]


def profile_of(dataset: Dataset, k: int) -> SourceProfile:
    """The profile of all tables.

    Args:
        dataset: Described rows.
        k: Subjects that must stand behind a bin, a named category and an edge.
    """
    return SourceProfile(k=k, tables={table.name: table_profile(table, k) for table in dataset})


def table_profile(table: Table, k: int) -> TableProfile:
    """The profile of one table."""
    evidence = rows_alone(table, k)
    return TableProfile(
        rows=len(table),
        subjects=table.n_subjects,
        columns={column.name: column_profile(column, evidence) for column in table.schema.columns},
    )


def rows_alone(table: Table, k: int) -> Evidence:
    """Evidence that consists of one side."""
    return Evidence(train=table, synthetic=table, seed=Seed(0), k=k)


def column_profile(column: Column, evidence: Evidence) -> ColumnProfile:
    """The profile of one column."""
    cells = evidence.train.frame[column.name]
    kind = kind_of(column, evidence.train)
    found = ColumnProfile(name=column.name, type=type_of(column), kind=kind, missing=0)
    if kind == "category":
        found = found.model_copy(update=_categories(column, cells, evidence))
    elif kind != "id":
        values = _measures(cells, kind)
        edges = joined(edges_of(values, moment=kind == "moment"), values, evidence)
        names = names_of(edges, values, moment=kind == "moment")
        found = found.model_copy(
            update={
                "edges": tuple(map(float, edges)),
                "labels": tuple(names),
                "span": _span(values, evidence) if kind != "text" else None,
            }
        )
        found = found.model_copy(update={"outside": found.outside_of(cells)})
    counts = np.bincount(found.codes(cells), minlength=len(found.labels) + 2)
    return found.model_copy(
        update={"counts": tuple(map(int, counts[:-1])), "missing": int(counts[-1])}
    )


def _categories(column: Column, cells: pd.Series, evidence: Evidence) -> dict[str, object]:
    """The most frequent categories that k subjects share."""
    import pandas as pd

    place, uniques = pd.factorize(labels(cells))
    backing = backing_of(np.where(place < 0, len(uniques), place), evidence, len(uniques) + 1)
    counts = np.bincount(place[place >= 0], minlength=len(uniques))
    shared = np.flatnonzero(backing[:-1] >= evidence.k)
    # Ties by name, so that equal rows in another order have an equal profile.
    text = [str(name) for name in uniques]
    ranked = sorted(shared, key=lambda i: (-counts[i], text[i]))[:MOST_CATEGORIES]
    names = tuple(text[i] for i in ranked)
    return {"categories": names, "labels": tuple(shown(column, name) for name in names)}


def _span(values: Floats, evidence: Evidence) -> tuple[float, float] | None:
    """The k-th lowest and highest subject's number, to two digits."""
    present = ~np.isnan(values)
    owners = np.unique(evidence.train.subject_codes[present], return_inverse=True)[1]
    n = int(owners.max()) + 1 if len(owners) else 0
    if n < 2 * evidence.k:
        return None
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, owners, values[present])
    np.maximum.at(high, owners, values[present])
    ends = np.sort(low)[evidence.k - 1], np.sort(high)[n - evidence.k]
    return significant(float(ends[0])), significant(float(ends[1]))


def kind_of(column: Column, table: Table) -> Kind:
    """What is compared of a column."""
    single = {key[0] for key in table.schema.unique_keys if len(key) == 1} | set(table.subject)
    if column.sdtype == "id" or column.role == "identifier" or column.name in single:
        return "id"
    if not column.is_modelled:
        return "text"
    if column.sdtype == "datetime":
        return "moment"
    return "number" if is_numeric(column) else "category"


def type_of(column: Column) -> str:
    """What a column's cells are stored as, in a word that missing cells do not change."""
    name = column.dtype.lower()
    for start, word in (
        ("int", "whole numbers"), ("uint", "whole numbers"), ("float", "numbers"),
        ("bool", "truth values"), ("datetime", "moments"), ("date", "dates"),
        ("decimal", "decimals"),
    ):  # fmt: skip
        if name.startswith(start):
            return word
    return "text"


def _measures(cells: pd.Series, kind: Kind) -> Floats:
    """Numbers to put into bins: the cells', or the lengths of text."""
    if kind != "text":
        return numbers(cells)
    lengths = cells.astype("string").str.len()
    return np.asarray(lengths.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
