"""Declared bounds in the types that the cells of a column have."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import date, datetime

    from tabular.schema import Column

Bound = TypeVar("Bound")


def bound_of(
    column: Column, bound: float | str | None, toward: float
) -> float | date | datetime | None:
    """A declared bound in the type of the column's cells.

    Args:
        column: The column.
        bound: Its minimum or maximum; dates as ISO text.
        toward: Minus infinity for a minimum, infinity for a maximum.

    Raises:
        ConfigurationError: The bound is neither a number nor an ISO date.
    """
    if not isinstance(bound, str):
        return widened(bound, toward)
    import pandas as pd

    try:
        if column.sdtype != "datetime":
            return float(bound)
        moment = pd.Timestamp(bound)
    except ValueError as error:
        raise ConfigurationError(
            "a bound is neither a number nor an ISO date", where=f"column {column.name}"
        ) from error
    if column.dtype == "date":
        return moment.date()
    zone = column.dtype.removesuffix("]").partition(",")[2].strip()
    if zone and moment.tzinfo is None:
        moment = moment.tz_localize(zone)
    elif not zone and moment.tzinfo is not None:
        moment = moment.tz_convert("UTC").tz_localize(None)
    return moment.to_pydatetime()


def widened(bound: Bound, toward: float) -> Bound | float:
    """A bound that float64, in which Great Expectations holds it, does not make narrower."""
    if isinstance(bound, int | np.integer) and int(float(bound)) != int(bound):
        return math.nextafter(float(bound), toward)
    if isinstance(bound, Decimal) and Decimal(float(bound)) != bound:
        return math.nextafter(float(bound), toward)
    return bound
