"""A table to arrays and back: codecs for what is learnt, identifiers for what is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from generators.constraints import Constraints
from generators.encoding.arrays import EncodedTable, Place, Variable
from generators.encoding.categorical import CategoricalCodec
from generators.encoding.numerical import NumericalCodec
from generators.encoding.temporal import TemporalCodec
from generators.identifiers import Identifier
from tabular.dataset import Table
from tabular.errors import DataError
from tabular.rules import Unique, broken
from tabular.schema import TableSchema

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.encoding.base import Codec
    from generators.protection import Protection
    from tabular.schema import Column
    from tabular.seeding import Seed

AnyCodec = Annotated[NumericalCodec | CategoricalCodec | TemporalCodec, Field(discriminator="type")]


class TableEncoder(BaseModel):
    """How one table becomes arrays; holds no row and no value of fewer than k subjects."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    table_schema: TableSchema
    subject: tuple[str, ...]
    codecs: tuple[AnyCodec, ...]
    places: tuple[Place, ...]
    identifiers: tuple[Identifier, ...]
    constraints: Constraints = Constraints()

    @classmethod
    def learn(cls, train: Table, protection: Protection) -> Self:
        """The encoder of a table.

        Args:
            train: The rows to learn from.
            protection: Which values may be held.

        Raises:
            DataError: There are no rows, no column to learn, or cells that don't fit their type.
        """
        if not len(train):
            raise DataError("there are no rows to learn from", where=f"table {train.name}")
        sequence = train.schema.sequence
        subjects = train.subject_codes
        codecs: list[Codec] = []
        places: list[Place] = []
        identifiers = []
        for column in train.schema.columns:
            cells = train.frame[column.name]
            key = _is_own_key(column.name, train)
            if column.is_modelled and not key:
                try:
                    codecs.append(_codec(column).learn(column, cells, subjects, protection))
                except DataError as error:
                    where = f"table {train.name}, {error.where}"
                    raise DataError(error.what, where=where, fix=error.fix) from error
                places.append(_place(train, column.name))
            else:
                unique = key or any(column.name in names for names in train.schema.unique_keys)
                identifiers.append(Identifier.learn(column, cells, key=unique))
        if not codecs:
            raise DataError(
                "no column is left to learn: all are identifiers, personal data or free text",
                where=f"table {train.name}",
                fix="Give the columns that matter an `sdtype` in the configuration",
            )
        ordering = [
            codec
            for codec, place in zip(codecs, places, strict=True)
            if place == "index" and not isinstance(codec, CategoricalCodec)
        ]
        if sequence and not ordering:
            raise DataError(
                "the index of a sequence must be a number or a moment",
                where=f"table {train.name}, column {sequence.index}",
                fix="Declare its `sdtype` as numerical or datetime",
            )
        return cls(
            table=train.name,
            table_schema=train.schema,
            subject=train.subject,
            codecs=tuple(codecs),
            places=tuple(places),
            identifiers=tuple(identifiers),
            constraints=Constraints.learn(train, codecs, protection),
        )

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What the arrays are."""
        pairs = zip(self.codecs, self.places, strict=True)
        return self.constraints.variables(tuple(codec.variable(place) for codec, place in pairs))

    def encode(self, table: Table) -> EncodedTable:
        """Rows to arrays, those of a subject together, those of an entity in index order."""
        frame = table.frame
        subjects = table.subject_codes
        arrays = [codec.encode(frame[codec.name]) for codec in self.codecs]
        if table.subject:
            keys = [subjects]
            if "index" in self.places:
                # A missing index is sorted last.
                keys.insert(0, arrays[self.places.index("index")])  # type: ignore[arg-type]
            order = np.lexsort(keys)
            arrays = [array[order] for array in arrays]
            lengths = np.bincount(subjects).astype(np.int64)
        else:
            lengths = np.ones(len(table), dtype=np.int64)
        arrays = self.constraints.encode(arrays, self.codecs)
        return EncodedTable(self.variables, tuple(arrays), lengths)

    def decode(
        self, encoded: EncodedTable, *, seed: Seed, start: int = 0, start_rows: int | None = None
    ) -> Table:
        """Arrays to rows.

        Args:
            encoded: The rows; the arrays' order is that of `variables`.
            seed: For what is drawn: rare labels, missing identifiers.
            start: Number of subjects made before, so that identifiers go on from there.
            start_rows: Number of rows made before; as many as subjects unless it is given.
        """
        import pandas as pd

        rng = seed.child("decode", str(start)).generator()
        cells: dict[str, pd.Series] = {}
        arrays = self.constraints.decode(encoded.arrays, self.codecs, rng)
        for codec, array in zip(self.codecs, arrays, strict=True):
            cells[codec.name] = codec.decode(array, rng)
        self.constraints.derive(cells, self.table_schema.rules, self.codecs, rng)
        per_subject = set(self.subject)
        for identifier in self.identifiers:
            if identifier.name in per_subject:
                made = identifier.make(encoded.n_subjects, start=start, rng=rng)
                repeated = made.iloc[encoded.subjects].reset_index(drop=True)
                cells[identifier.name] = repeated
            else:
                before = start if start_rows is None else start_rows
                cells[identifier.name] = identifier.make(encoded.n_rows, start=before, rng=rng)
        columns = {name: cells[name] for name in self.table_schema.names}
        frame = pd.DataFrame(columns, copy=False)
        return Table(self.table, frame, self.table_schema, self.subject)

    @property
    def learnt_keys(self) -> tuple[tuple[str, ...], ...]:
        """Keys whose columns are all learnt, so that a model may repeat one."""
        learnt = {codec.name for codec in self.codecs}
        unique = [rule.columns for rule in self.table_schema.rules if isinstance(rule, Unique)]
        keys = (*self.table_schema.unique_keys, *unique)
        return tuple(key for key in keys if learnt.issuperset(key))

    def keeps_rules(self, table: Table) -> npt.NDArray[np.bool_]:
        """Which rows keep every rule; of a sequence, those whose whole entity does. (n_rows,)."""
        rules = [rule for rule in self.table_schema.rules if not isinstance(rule, Unique)]
        bad = broken(rules, table.frame)
        if table.schema.sequence and bad.any():
            codes = table.subject_codes
            bad = np.bincount(codes, weights=bad)[codes] > 0
        return ~bad


def new_keys(
    table: Table, known: Table | None, keys: tuple[tuple[str, ...], ...]
) -> npt.NDArray[np.bool_]:
    """Which rows repeat none of the learnt keys of `known` or of an earlier row. (n_rows,)."""
    import pandas as pd

    old = 0 if known is None else len(known)
    frame = table.frame if known is None else pd.concat([known.frame, table.frame])
    keep = np.ones(len(frame), dtype=bool)
    for key in keys:
        keep &= ~frame.duplicated(subset=list(key)).to_numpy(dtype=bool)
    return keep[old:]


def _is_own_key(name: str, train: Table) -> bool:
    """Whether the column alone is a key, or tells subjects apart: such a one is never learnt."""
    sequence = train.schema.sequence
    return (
        (name,) in train.schema.unique_keys
        or (name,) == train.subject
        or (sequence is not None and name == sequence.entity)
    )


def _codec(column: Column) -> type[Codec]:
    if column.sdtype == "datetime":
        return TemporalCodec
    if column.sdtype == "numerical":
        return NumericalCodec
    return CategoricalCodec


def _place(table: Table, name: str) -> Place:
    """Whether a column orders the rows, never changes within a subject, or neither."""
    sequence = table.schema.sequence
    if sequence is None:
        return "row"
    if name == sequence.index:
        return "index"
    codes = table.subject_codes
    order = np.argsort(codes, kind="stable")
    cells: pd.Series = table.frame[name].iloc[order]
    same = cells.eq(cells.shift()) | (cells.isna() & cells.shift().isna())
    inside = np.diff(codes[order], prepend=-1) == 0
    return "entity" if bool(same.fillna(value=False).to_numpy(dtype=bool)[inside].all()) else "row"
