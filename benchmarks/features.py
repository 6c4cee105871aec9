"""Rows as numbers for scikit-learn and XGBoost: numeric columns, and categories one-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from benchmarks.tables import Meta


def features(
    learnt: pd.DataFrame, *others: pd.DataFrame, meta: Meta, without: str = ""
) -> list[npt.NDArray[np.float32]]:
    """Rows that are learnt from and others as matrices with the same columns.

    Args:
        learnt: Tells which categories there are; those of fewer than five rows are one.
        others: Further rows.
        meta: Which columns are numbers.
        without: A column to leave out.
    """
    from sklearn.preprocessing import OneHotEncoder

    numeric = [name for name in meta.numeric if name != without]
    categorical = [name for name in meta.categorical if name != without]
    middle = learnt[numeric].median()
    encoder = OneHotEncoder(
        min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False, dtype=np.float32
    ).fit(learnt[categorical])
    return [
        np.hstack(
            [
                rows[numeric].fillna(middle).to_numpy(np.float32),
                encoder.transform(rows[categorical]),
            ]
        )
        for rows in (learnt, *others)
    ]
