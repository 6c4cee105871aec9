"""Records as codes: which rows agree in some columns, and how many people have each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from validation.features import is_numeric, labels, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.schema import Column

    Codes = npt.NDArray[np.int64]


def record_codes(tables: Sequence[Table], columns: Sequence[Column]) -> list[Codes]:
    """A code for each row of each table; rows have one code where all these cells agree."""
    import pandas as pd

    sizes = np.cumsum([len(table) for table in tables])
    codes = np.zeros(sizes[-1], dtype=np.int64)
    for column in columns:
        read = numbers if is_numeric(column) else labels
        cells = pd.concat(
            [pd.Series(read(table.frame[column.name])) for table in tables], ignore_index=True
        )
        values, uniques = pd.factorize(cells, use_na_sentinel=False)
        # Both factors are below the number of rows, so their product stays inside int64.
        codes = pd.factorize(codes * len(uniques) + values)[0].astype(np.int64)
    return np.split(codes, sizes[:-1])


def backing(records: Codes, subjects: Codes, n_records: int) -> Codes:
    """How many subjects have each record, shape (n_records,)."""
    size = int(subjects.max(initial=0)) + 1
    pairs = np.unique(records * size + subjects)
    return np.bincount(pairs // size, minlength=n_records).astype(np.int64)
