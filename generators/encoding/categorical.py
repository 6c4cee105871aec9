"""Categories, ordinals and booleans: a code for each label, one for missing, one for the rare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from generators.encoding.arrays import Place, Variable
from generators.encoding.base import Codec, cast, holds_missing
from tabular.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.protection import Protection
    from tabular.schema import Column


class CategoricalCodec(Codec):
    """Labels by code.

    Codes 0 to n - 1 are the labels that enough subjects share, in the declared order, or sorted;
    then comes the code for a missing cell, if the column has any, then the one for all rare labels
    together. A rare code is decoded as a frequent label, drawn by frequency.
    """

    type: Literal["categorical"] = "categorical"
    labels: tuple[bool | int | float | str, ...]
    weights: tuple[int, ...]
    has_missing: bool
    has_rare: bool
    ordered: bool
    ordered_dtype: bool = False

    @classmethod
    def learn(
        cls,
        column: Column,
        values: pd.Series,
        subjects: npt.NDArray[np.int64],
        protection: Protection,
    ) -> Self:
        """The codec of a column of categories."""
        import pandas as pd

        codes, found = _factorize(values)
        labels = [_scalar(label, column.name) for label in found]
        kind = values.dtype if isinstance(values.dtype, pd.CategoricalDtype) else None
        backing = protection.backing(codes, subjects, max(len(labels), 1))
        # A closed list that the owner declared is public: its members need no backing.
        declared = {str(value): rank for rank, value in enumerate(column.categories or ())}
        kept = [
            i
            for i, label in enumerate(labels)
            if backing[i] >= protection.k or str(label) in declared
        ]
        if labels and not kept and not (column.nullable and holds_missing(column.dtype)):
            raise DataError(
                f"no category is shared by {protection.k} subjects",
                where=f"column {column.name}",
                fix="Declare it as `sdtype: id` or `text`, or lower `protect.k`",
            )
        if declared:
            kept.sort(key=lambda i: declared.get(str(labels[i]), len(declared)))
        elif kind is not None:
            place = kind.categories.get_indexer(pd.Index(labels, dtype=object))
            kept.sort(key=lambda i: int(place[i]))
        else:
            kept.sort(key=lambda i: _sort_key(labels[i]))
        counts = np.bincount(codes[codes >= 0], minlength=max(len(labels), 1))
        return cls(
            name=column.name,
            dtype=column.dtype,
            labels=tuple(labels[i] for i in kept),
            weights=tuple(int(counts[i]) for i in kept),
            has_missing=bool((codes < 0).any()) or not kept,
            has_rare=bool(kept) and len(kept) < len(labels),
            ordered=column.sdtype in {"ordinal", "boolean"},
            ordered_dtype=kind is not None and bool(kind.ordered),
        )

    @property
    def missing_code(self) -> int:
        """The code of a missing cell, in a column that has any."""
        return len(self.labels)

    @property
    def rare_code(self) -> int:
        """The code of all rare labels together, in a column that has any."""
        return len(self.labels) + self.has_missing

    @property
    def knows_values(self) -> bool:
        """Whether any cell but a missing one can come out."""
        return bool(self.labels)

    def variable(self, place: Place) -> Variable:
        """A categorical variable."""
        return Variable(
            name=self.name,
            cardinality=len(self.labels) + self.has_missing + self.has_rare,
            ordered=self.ordered,
            place=place,
        )

    def encode(self, values: pd.Series) -> npt.NDArray[np.int32]:
        """Codes; a label that was not learnt takes the rare code, or the commonest label's."""
        if self.has_rare:
            other = self.rare_code
        else:
            other = int(np.argmax(self.weights)) if self.weights else self.missing_code
        found, labels = _factorize(values)
        known = {_key(label): code for code, label in enumerate(self.labels)}
        codes = [known.get(_key(label), other) for label in labels]
        # The last place is what the code -1 of a missing cell points at.
        codes.append(self.missing_code if self.has_missing else other)
        return np.array(codes, dtype=np.int32)[found]

    def decode(
        self,
        array: npt.NDArray[np.float64] | npt.NDArray[np.int32],
        rng: np.random.Generator,
    ) -> pd.Series:
        """Labels of the column's dtype."""
        import pandas as pd

        codes = np.asarray(array, dtype=np.int64)
        if self.has_rare:
            rare = np.flatnonzero(codes == self.rare_code)
            share = np.asarray(self.weights, dtype=np.float64)
            codes = codes.copy()
            codes[rare] = rng.choice(len(share), size=len(rare), p=share / share.sum())
        if self.has_missing:
            codes = np.where(codes == self.missing_code, -1, codes)
        labels = pd.Series([*self.labels], dtype=object)
        if self.dtype == "category":
            kind = pd.CategoricalDtype(labels.infer_objects(), ordered=self.ordered_dtype)
            cells = pd.Categorical.from_codes(codes, dtype=kind)  # type: ignore[arg-type] # an array
            return pd.Series(cells, name=self.name)
        if self.dtype in {"object", "date", "decimal"}:
            objects = np.array([*self.labels, None], dtype=object)[codes]
            return pd.Series(objects, name=self.name, dtype=object)
        # Labels take their dtype before the cells are filled in: a few instead of all of them.
        pool = cast(labels, self.dtype).array
        return pd.Series(pool.take(codes, allow_fill=self.has_missing), name=self.name)


def _factorize(values: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """A code for each cell, -1 where it is missing, and the label of each code."""
    import pandas as pd

    codes, labels = pd.factorize(values, sort=False)
    return codes.astype(np.int64), np.asarray(labels.astype(object), dtype=object)


def _key(label: object) -> tuple[bool, object]:
    """Tells true from one, which are equal in Python."""
    return isinstance(label, bool | np.bool_), label


def _scalar(label: object, column: str) -> bool | int | float | str:
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, bool | int | float | str):
        return label
    raise DataError(
        f"a category can't be of type {type(label).__name__}",
        where=f"column {column}",
        fix="Declare the column as datetime, numerical or text",
    )


def _sort_key(label: float | str) -> tuple[int, float, str]:
    return (0, float(label), "") if not isinstance(label, str) else (1, 0.0, label)
