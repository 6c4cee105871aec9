"""A chain as arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generators.forests.chain import Chain
from generators.forests.column import ColumnModel
from generators.forests.odds import Odds
from generators.forests.support import Support

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable

    Arrays = dict[str, npt.NDArray[Any]]


def chain_arrays(chain: Chain, name: str = "") -> Arrays:
    """All arrays of a chain, names beginning with `name`; its order is not among them."""
    out: Arrays = {}
    for i, support in enumerate(chain.supports):
        if support is not None:
            out.update(support.arrays(f"{name}given.{i}"))
    for i, column in enumerate(chain.columns):
        out.update(column.arrays(f"{name}step.{i}"))
    for i, odds in enumerate(chain.odds):
        if odds is not None:
            out.update(odds.arrays(f"{name}step.{i}.odds"))
    if chain.whole is not None:
        out.update(chain.whole.arrays(f"{name}odds"))
    return out


def chain_of_arrays(
    variables: tuple[Variable, ...],
    order: tuple[int, ...],
    given: int,
    arrays: Arrays,
    name: str = "",
) -> Chain:
    """The chain that gave these arrays.

    Args:
        variables: What the columns are.
        order: The order they are drawn in.
        given: So many of them are context.
        arrays: What `chain_arrays` gave, and perhaps others.
        name: What it was given.
    """
    columns = (
        ColumnModel.of_arrays(
            f"{name}step.{i}", order[: given + i], arrays, numeric=variables[column].is_numeric
        )
        for i, column in enumerate(order[given:])
    )
    supports = (
        Support.of_arrays(f"{name}given.{i}", arrays) if variable.is_numeric else None
        for i, variable in enumerate(variables[:given])
    )
    odds = (Odds.of_arrays(f"{name}step.{i}.odds", arrays) for i in range(len(order) - given))
    whole = Odds.of_arrays(f"{name}odds", arrays)
    return Chain(variables, order, tuple(columns), tuple(supports), tuple(odds), whole)
