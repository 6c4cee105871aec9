"""Business rules between the columns of a table: what every row keeps, real or made.

A missing cell breaks no rule but those that ask for its presence, as in SQL.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tabular.formulas import evaluate, names_in, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import pandas as pd

Names = Annotated[tuple[str, ...], Field(min_length=1)]
_TIES = 1e-9  # relative; what adding floats in another order may change


class _Rule(BaseModel, ABC):
    """One rule: a kind, the columns it is about, and which rows break it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str

    @property
    @abstractmethod
    def used(self) -> tuple[str, ...]:
        """Names of the columns it is about."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The rule in words, with names of columns and what the owner declared."""

    @property
    def title(self) -> str:
        """The kind and the columns, short enough for a table."""
        return f"{self.kind}({', '.join(self.used)})"

    @abstractmethod
    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Which rows break it, shape (n_rows,)."""


class Inequality(_Rule):
    """One column is at most another; numbers or moments."""

    kind: Literal["inequality"] = "inequality"
    low: str
    high: str
    strict: bool = Field(default=False, description="Equal cells break it too.")

    @property
    def used(self) -> tuple[str, ...]:
        """The two columns."""
        return (self.low, self.high)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.low} {'<' if self.strict else '<='} {self.high}"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows where both cells are there and in the wrong order."""
        there = _there(frame, self.used)
        low, high = frame[self.low][there], frame[self.high][there]
        wrong = (low >= high) if self.strict else (low > high)
        return _placed(there, wrong.to_numpy(dtype=bool))


class Range(_Rule):
    """A number lies between two bounds, each of which may be left out."""

    kind: Literal["range"] = "range"
    column: str
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Range:
        low, high = self.minimum, self.maximum
        if low is None and high is None:
            message = "a range needs a minimum or a maximum"
            raise ValueError(message)
        if low is not None and high is not None and low > high:
            message = f"the minimum {low} is greater than the maximum {high}"
            raise ValueError(message)
        return self

    @property
    def used(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def text(self) -> str:
        """In words."""
        low = "" if self.minimum is None else f"{self.minimum:g} <= "
        return f"{low}{self.column}" + ("" if self.maximum is None else f" <= {self.maximum:g}")

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows outside."""
        cells = numbers(frame, self.column)
        low = -np.inf if self.minimum is None else self.minimum
        high = np.inf if self.maximum is None else self.maximum
        return (cells < low) | (cells > high)


class Positive(_Rule):
    """A number is above zero; with `strict: false`, not below it."""

    kind: Literal["positive"] = "positive"
    column: str
    strict: bool = True

    @property
    def used(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.column} {'>' if self.strict else '>='} 0"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows at or below zero."""
        cells = numbers(frame, self.column)
        return cells <= 0 if self.strict else cells < 0


class Unique(_Rule):
    """No two rows agree in these columns; a row with a missing cell agrees with none."""

    kind: Literal["unique"] = "unique"
    columns: Names

    @property
    def used(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    @property
    def text(self) -> str:
        """In words."""
        return f"no two rows agree in {', '.join(self.columns)}"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows that repeat an earlier one."""
        repeated = frame.duplicated(subset=list(self.columns)).to_numpy(dtype=bool)
        return np.asarray(repeated & _there(frame, self.columns))


class FixedCombinations(_Rule):
    """Columns take only those combinations that the real rows have."""

    kind: Literal["fixed_combinations"] = "fixed_combinations"
    columns: Annotated[tuple[str, ...], Field(min_length=2)]

    @property
    def used(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    @property
    def text(self) -> str:
        """In words."""
        return f"only combinations of {', '.join(self.columns)} that real rows have"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """None: which combinations there are is what a generator learns."""
        return np.zeros(len(frame), dtype=bool)


class FunctionalDependency(_Rule):
    """Rows that agree in some columns agree in another."""

    kind: Literal["functional_dependency"] = "functional_dependency"
    columns: Names
    determines: str

    @property
    def used(self) -> tuple[str, ...]:
        """The determining columns, then the determined one."""
        return (*self.columns, self.determines)

    @property
    def text(self) -> str:
        """In words."""
        return f"{', '.join(self.columns)} determines {self.determines}"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows that differ from what most rows with the same cells have."""
        known = _there(frame, self.columns)
        out = np.zeros(len(frame), dtype=bool)
        if not known.any():
            return out
        given = _codes(frame[known], self.columns)
        value = _codes(frame[known], (self.determines,))
        pair = given * (value.max() + 1) + value
        names, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
        group = names // (value.max() + 1)
        # Of a group's values the commonest stands; of equally common ones the first.
        order = np.lexsort((names, -counts, group))
        first = np.diff(group[order], prepend=-1) != 0
        stands = np.zeros(len(names), dtype=bool)
        stands[order[first]] = True
        out[known] = ~stands[inverse]
        return out


class Sum(_Rule):
    """A column is the sum of others."""

    kind: Literal["sum"] = "sum"
    total: str
    parts: Annotated[tuple[str, ...], Field(min_length=1)]
    tolerance: float = Field(default=0.0, ge=0, description="Largest difference that is none.")

    @property
    def used(self) -> tuple[str, ...]:
        """The total, then the parts."""
        return (self.total, *self.parts)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.total} = {' + '.join(self.parts)}"

    def expected(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """What the total has to be, NaN where a part is missing, shape (n_rows,)."""
        out = np.zeros(len(frame))
        for name in self.parts:
            out += numbers(frame, name)
        return out

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows whose total is another."""
        return _differs(numbers(frame, self.total), self.expected(frame), self.tolerance)


class Formula(_Rule):
    """A column is a formula of others: `+ - * /`, brackets, numbers; `{odd name}` is a column."""

    kind: Literal["formula"] = "formula"
    column: str
    equals: str = Field(max_length=1000)
    tolerance: float = Field(default=0.0, ge=0, description="Largest difference that is none.")

    @field_validator("equals")
    @classmethod
    def _is_arithmetic(cls, text: str) -> str:
        names_in(text)
        return text

    @property
    def total(self) -> str:
        """The column that the formula gives."""
        return self.column

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns in the formula."""
        return names_in(self.equals)

    @property
    def used(self) -> tuple[str, ...]:
        """The column, then those of the formula."""
        return (self.column, *self.parts)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.column} = {self.equals}"

    def expected(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """What the column has to be, NaN where that can't be told, shape (n_rows,)."""
        return evaluate(self.equals, frame)

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows whose cell is another number."""
        return _differs(numbers(frame, self.column), self.expected(frame), self.tolerance)


class NotNullWhen(_Rule):
    """A cell is there wherever another column has one of some values (any value, without)."""

    kind: Literal["not_null_when"] = "not_null_when"
    column: str
    given: str
    values: tuple[str | int | float | bool, ...] = Field(
        default=(), description="Values of `given` that ask for the cell; none means any."
    )

    @property
    def used(self) -> tuple[str, ...]:
        """The column that must be there, and the one that asks for it."""
        return (self.column, self.given)

    @property
    def text(self) -> str:
        """In words."""
        when = f"is one of {len(self.values)} values" if self.values else "is there"
        return f"{self.column} is there where {self.given} {when}"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows where it is missing all the same."""
        asked = frame[self.given]
        asks = asked.isin(list(self.values)) if self.values else asked.notna()
        return (asks & frame[self.column].isna()).to_numpy(dtype=bool)


class Pattern(_Rule):
    """Text matches a regular expression in full."""

    kind: Literal["pattern"] = "pattern"
    column: str
    pattern: str = Field(max_length=1000)

    @field_validator("pattern")
    @classmethod
    def _is_an_expression(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            message = f"it is not a regular expression: {error}"
            raise ValueError(message) from None
        return pattern

    @property
    def used(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.column} matches its pattern in full"

    def breaks(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Rows that don't match."""
        there = _there(frame, self.used)
        cells = frame[self.column][there].astype(str)
        return _placed(there, ~cells.str.fullmatch(self.pattern).to_numpy(dtype=bool))


Rule = Annotated[
    Inequality
    | Range
    | Positive
    | Unique
    | FixedCombinations
    | FunctionalDependency
    | Sum
    | Formula
    | NotNullWhen
    | Pattern,
    Field(discriminator="kind"),
]


def broken(rules: Iterable[_Rule], frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows that break any of the rules, shape (n_rows,)."""
    out = np.zeros(len(frame), dtype=bool)
    for rule in rules:
        out |= rule.breaks(frame)
    return out


def _there(frame: pd.DataFrame, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    return np.asarray(frame[list(names)].notna().to_numpy(dtype=bool).all(axis=1))


def _placed(there: npt.NDArray[np.bool_], wrong: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    out = np.zeros(len(there), dtype=bool)
    out[there] = wrong
    return out


def _codes(frame: pd.DataFrame, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Rows that agree in the columns, missing cells included, share a code from 0."""
    groups = frame.groupby(list(names), sort=False, dropna=False, observed=True)
    return np.asarray(groups.ngroup(), dtype=np.int64)


def _differs(
    found: npt.NDArray[np.float64], expected: npt.NDArray[np.float64], tolerance: float
) -> npt.NDArray[np.bool_]:
    allowed = np.maximum(tolerance * (1 + _TIES), _TIES * np.maximum(1, np.abs(expected)))
    return np.asarray(np.abs(found - expected) > allowed)
