"""The shape of a dataset: columns, tables, keys and whose privacy counts.

A schema holds no cell value of the source beyond what the owner declares (`categories`, `minimum`,
`maximum`). What a profile finds out by itself is structural: types, nullability, decimals and the
text format numbers and missing cells were written in.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tabular.rules import Rule

Sdtype = Literal["numerical", "categorical", "ordinal", "boolean", "datetime", "id", "unknown"]
"""SDV's words for what a column means; free text is `unknown`."""

Role = Literal["feature", "target", "sensitive", "quasi_identifier", "identifier"]
Provenance = Literal["public", "dp_released", "data_derived"]
Number = int | float


def _text_means_unknown(value: object) -> object:
    return "unknown" if value == "text" else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


class Column(_Part):
    """One column.

    `dtype` is how pandas holds it: a numpy or nullable pandas dtype (`int64`, `Int64`, `float64`,
    `bool`, `boolean`, `string`, `category`, `datetime64[ns]`, `datetime64[ns, UTC]`), or one of
    `date` and `decimal` for columns of `datetime.date` and `decimal.Decimal` objects.
    """

    name: str
    sdtype: Sdtype = "unknown"
    dtype: str = "string"
    nullable: bool = True
    minimum: Number | str | None = Field(
        default=None, description="Smallest valid value; dates as ISO text."
    )
    maximum: Number | str | None = Field(
        default=None, description="Largest valid value; dates as ISO text."
    )
    categories: tuple[str | int | float | bool, ...] | None = Field(
        default=None, description="The closed list of valid values, in order for an ordinal."
    )
    decimals: int | None = Field(
        default=None,
        ge=0,
        le=38,
        description="Most digits after the point; for moments, of the second.",
    )
    least_decimals: int = Field(
        default=0, ge=0, le=38, description="Fewest digits after the point that text files show."
    )
    scientific: bool = Field(
        default=False,
        description="Text files show very large and very small numbers with an exponent.",
    )
    fixed_decimals: bool = Field(
        default=False, description="Text files show every number with exactly `decimals` digits."
    )
    decimal_mark: str = Field(
        default=".", description="What text files show between a number and its decimals."
    )
    thousands: str = Field(
        default="", description="What text files show between groups of three digits."
    )
    datetime_format: str | None = Field(
        default=None, description="strftime format that text files hold."
    )
    missing_token: str = Field(default="", description="What a missing cell is in a text file.")
    true_false: tuple[str, str] | None = Field(
        default=None, description="The words text files use for true and false."
    )
    pattern: str | None = Field(
        default=None, description="Regular expression that every value matches in full."
    )
    role: Role = "feature"
    pii: str | None = Field(default=None, description="Kind of personal data: email, name, ...")
    locale: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}_[A-Z]{2}$",
        description="Whose names, numbers and addresses are made: de_DE, en_GB, ...",
    )
    provenance: Provenance = "data_derived"
    generated: bool = Field(
        default=False, description="The source's database computes it from other columns."
    )
    description: str = ""

    @model_validator(mode="before")
    @classmethod
    def _accept_text(cls, data: object) -> object:
        if isinstance(data, Mapping) and "sdtype" in data:
            return {**data, "sdtype": _text_means_unknown(data["sdtype"])}
        return data

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        low, high = self.minimum, self.maximum
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            message = f"minimum {low} is greater than maximum {high}"
            raise ValueError(message)
        return self

    @field_validator("pattern")
    @classmethod
    def _is_an_expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            message = f"it is not a regular expression: {error}"
            raise ValueError(message) from None
        return pattern

    @field_validator("categories")
    @classmethod
    def _are_a_set(
        cls, categories: tuple[str | int | float | bool, ...] | None
    ) -> tuple[str | int | float | bool, ...] | None:
        # True and 1 are equal for Python, and two categories all the same.
        if len({(isinstance(value, bool), value) for value in categories or ()}) < len(
            categories or ()
        ):
            message = "a value stands more than once"
            raise ValueError(message)
        return categories

    @property
    def is_modelled(self) -> bool:
        """Whether a generator learns this column; identifiers and free text are made anew."""
        return (
            self.sdtype not in {"id", "unknown"} and self.pii is None and self.role != "identifier"
        )


class Sequence(_Part):
    """Rows that belong to one entity and follow each other by an index."""

    entity: str = Field(description="Column that tells entities apart.")
    index: str = Field(description="Column that orders an entity's rows.")
    index_unique: bool = Field(default=True, description="No two rows of an entity share an index.")

    @model_validator(mode="after")
    def _are_two_columns(self) -> Self:
        if self.entity == self.index:
            message = f"the entity and the index of a sequence are both {self.entity!r}"
            raise ValueError(message)
        return self


class TableSchema(_Part):
    """One table: its columns in order, its keys, and how its rows belong together."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    alternate_keys: tuple[tuple[str, ...], ...] = ()
    sequence: Sequence | None = None
    rules: tuple[Rule, ...] = Field(default=(), description="What holds between the columns.")
    reference: bool = Field(default=False, description="A public table that is published as it is.")

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        names = [column.name for column in self.columns]
        if repeated := _repeated(names):
            message = f"column names repeat: {', '.join(map(repr, repeated))}"
            raise ValueError(message)
        if twice := [key for key in self.unique_keys if _repeated(key)]:
            message = f"a key names a column twice: {', '.join(map(repr, twice[0]))}"
            raise ValueError(message)
        used = {*self.primary_key, *(name for key in self.alternate_keys for name in key)}
        if self.sequence:
            used |= {self.sequence.entity, self.sequence.index}
        for rule in self.rules:
            if unknown := sorted(set(rule.used) - set(names)):
                message = f"the rule {rule.title} names columns that are not there: {unknown}"
                raise ValueError(message)
        if missing := sorted(used - set(names)):
            message = f"a key or sequence names columns that are not there: {', '.join(missing)}"
            raise ValueError(message)
        return self

    def __getitem__(self, name: str) -> Column:
        """The column called `name`; `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """Every column list whose values must be unique, the primary key first."""
        return tuple(key for key in (self.primary_key, *self.alternate_keys) if key)

    def with_role(self, role: Role) -> tuple[str, ...]:
        """Names of the columns that have this role."""
        return tuple(column.name for column in self.columns if column.role == role)


class ForeignKey(_Part):
    """`table.columns` point at `references.referenced`."""

    table: str
    columns: tuple[str, ...]
    references: str
    referenced: tuple[str, ...]

    @model_validator(mode="after")
    def _are_pairs(self) -> Self:
        if not self.columns or len(self.columns) != len(self.referenced):
            message = "a foreign key needs as many columns as it refers to, and at least one"
            raise ValueError(message)
        return self


class Subject(_Part):
    """Whose privacy counts: the people (or firms, patients, ...) behind the rows."""

    table: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]


class Schema(_Part):
    """One or many tables and what holds between them."""

    tables: dict[str, TableSchema]
    foreign_keys: tuple[ForeignKey, ...] = ()
    subject: Subject | None = None

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        for key in self.foreign_keys:
            for table, columns in ((key.table, key.columns), (key.references, key.referenced)):
                self._must_have(table, columns, "a foreign key")
        if self.subject:
            self._must_have(self.subject.table, self.subject.columns, "subject")
        return self

    def _must_have(self, table: str, columns: tuple[str, ...], what: str) -> None:
        if table not in self.tables:
            message = f"{what} names the table {table!r}, which is not there"
            raise ValueError(message)
        if missing := set(columns) - set(self.tables[table].names):
            message = f"{what} names columns {sorted(missing)} that {table!r} does not have"
            raise ValueError(message)

    def subject_columns(self, table: str) -> tuple[str, ...]:
        """Columns of `table` that identify the subject; empty where each row is its own."""
        if self.subject and self.subject.table == table:
            return self.subject.columns
        sequence = self.tables[table].sequence
        return (sequence.entity,) if sequence else ()
