"""Forests of a sequence: entities first, then their rows in time.

An entity's columns, its first row and how many rows it has are one row of a table like any other.
What follows is drawn row by row, given the entity's columns and what is known of its rows so far:
first the steps of the index and of columns that move evenly, then the other columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.forests.saving import chain_arrays, chain_of_arrays
from generators.sequence_features import inside
from generators.sequences.forecast import Foresight, design
from generators.sequences.history import History
from generators.sequences.plan import Plan
from generators.sequences.tables import (
    head_variables,
    known_always,
    moved,
    row_variables,
    rows_of,
    steps_of,
    tables_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from generators.forests.chain import Chain
    from tabular.model import Progress
    from tabular.seeding import Seed

    Learn = Callable[[EncodedTable, Seed, Progress], Chain]
    Floats = npt.NDArray[np.float64]
    Column = Floats | npt.NDArray[np.int32]

_SHARES = {"head": 0.2, "step": 0.4, "row": 0.4}
"""The parts, in the order they are learnt, and about how much of the time each takes."""


@dataclass(frozen=True)
class SequenceChain:
    """Conditional densities of entities and of their rows.

    Args:
        plan: Which column is drawn as what.
        mean_length: Rows of an entity, on average.
        head: Entities: their columns, first rows, and lengths.
        step: Steps of the moving columns, given what came before; `None` where no entity has a
            second row, or nothing moves.
        row: The other columns, given those too; `None` likewise.
        foresight: What of those columns is drawn as a surprise; there where `row` is.
    """

    plan: Plan
    mean_length: float
    head: Chain
    step: Chain | None
    row: Chain | None
    foresight: Foresight | None = None

    @classmethod
    def learn(cls, train: EncodedTable, learn: Learn, seed: Seed, progress: Progress) -> Self:
        """Learn a table of sequences.

        Args:
            train: Rows by entity, in the order of the index.
            learn: Learns a table of rows; gets their context, owners and `k`.
            seed: Where chance comes from.
            progress: Told how far it is.
        """
        plan = Plan.learn(train)
        tables, foresight = tables_of(plan, train)
        done = 0.0
        found: dict[str, Chain] = {}
        for name, table in tables.items():
            share = _SHARES[name]
            part = partial(_told, progress, done, share)
            found[name] = learn(table, seed.child(name), part)
            done += share
        mean = float(train.lengths.mean())
        return cls(plan, mean, found["head"], found.get("step"), found.get("row"), foresight)

    def draw(self, n: int, rng: np.random.Generator) -> EncodedTable:
        """Draw `n` entities."""
        plan = self.plan
        drawn = self.head.draw(n, rng).arrays
        lengths = self._lengths(np.asarray(drawn[-1], dtype=np.float64))
        begin = np.cumsum(lengths) - lengths
        cells: dict[int, Floats] = {
            i: np.full(int(lengths.sum()), np.nan) for i in (*plan.moving, *plan.rows)
        }
        once = drawn[: len(plan.entity)]
        history = History(plan, lengths)
        rest = np.stack([np.asarray(a, dtype=np.float64) for a in drawn[len(once) :]])
        ends = np.cumsum([len(plan.moving), len(plan.rows), len(History.traits(plan))])
        moving, rows, traits, _ = np.split(rest, ends)
        always = (*once, *traits)
        if plan.index is not None:
            moving[0] = np.nan_to_num(moving[0], nan=plan.index.low)
        who = np.arange(n)
        for time in range(int(lengths.max())):
            if time:
                who = who[lengths[who] > time]
                known = [*(a[who] for a in always), *history.known(who)]
                moving, rows = self._next(known, history.moving[:, who], history.last[:, who], rng)
            for i, values in zip((*plan.moving, *plan.rows), (*moving, *rows), strict=True):
                cells[i][begin[who] + time] = values
            history.observe(who, moving, rows)
        return self._table(once, cells, lengths)

    def _next(
        self, known: list[Column], before: Floats, last: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """The moving columns and the others in the next row of some entities.

        Args:
            known: What is known of them, but for the lines of foresight.
            before: The moving columns in the last row, shape (n_moving, n).
            last: The others in it, shape (n_columns, n).
            rng: Where chance comes from.
        """
        n = before.shape[1]
        given = (*known_always(self.plan), *History.variables(self.plan))
        moving = before
        if self.step is not None:
            around = rows_of(given, known)
            steps = np.stack([np.asarray(a) for a in self.step.draw(n, rng, around).arrays])
            moving = self.plan.after(before, steps)
            given = (*given, *moved(self.plan))
            known = [*known, *moving, *(moving - before)]
        if self.row is None or self.foresight is None:
            return moving, np.full((len(self.plan.rows), n), np.nan)
        told = self.foresight.tell(design(given, known))
        around = rows_of((*given, *self.foresight.told), [*known, *told])
        rows = self.foresight.join(self.row.draw(n, rng, around).arrays, told, list(last))
        return moving, np.stack(rows)

    def _lengths(self, drawn: Floats) -> npt.NDArray[np.int64]:
        lengths = np.maximum(np.rint(np.nan_to_num(drawn, nan=1.0)), 1).astype(np.int64)
        if self.step is None and self.row is None:
            return np.ones_like(lengths)
        index = self.plan.index
        return lengths if index is None else np.minimum(lengths, index.room)

    def _table(
        self,
        once: tuple[Column, ...],
        cells: dict[int, Floats],
        lengths: npt.NDArray[np.int64],
    ) -> EncodedTable:
        plan = self.plan
        by_name: dict[str, Floats | npt.NDArray[np.int32]] = {}
        entity = np.repeat(np.arange(len(lengths)), lengths)
        for i, array in zip(plan.entity, once, strict=True):
            by_name[plan.variables[i].name] = array[entity]
        for i, values in cells.items():
            by_name[plan.variables[i].name] = values
        for i, (low, high) in zip(plan.moving, plan.reach, strict=True):
            name = plan.variables[i].name
            values = np.asarray(by_name[name], dtype=np.float64)
            by_name[name] = inside(values, (float(low), float(high)), lengths)
        if plan.index is not None:
            values = np.asarray(by_name[plan.index.name], dtype=np.float64)
            by_name[plan.index.name] = plan.index.laid_out(values, lengths)
        for lookup in plan.lookups:
            by_name[lookup.target] = lookup.of(by_name[lookup.source])
        arrays = tuple(
            by_name[v.name] if v.is_numeric else by_name[v.name].astype(np.int32)
            for v in plan.variables
        )
        return EncodedTable(plan.variables, arrays, lengths)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All arrays by name."""
        out = self.plan.arrays("plan")
        for name in _SHARES:
            chain: Chain | None = getattr(self, name)
            if chain is not None:
                out |= chain_arrays(chain, f"{name}.")
        return out | (self.foresight.arrays("foresight") if self.foresight else {})

    def values(self) -> dict[str, Any]:
        """The rest, as JSON."""
        parts = {name: getattr(self, name) for name in _SHARES}
        return {
            "plan": self.plan.values(),
            "mean_length": self.mean_length,
            "order": {name: list(chain.order) for name, chain in parts.items() if chain},
        }

    @classmethod
    def of(
        cls,
        variables: tuple[Variable, ...],
        arrays: dict[str, npt.NDArray[Any]],
        values: dict[str, Any],
    ) -> Self:
        """The chain that gave these arrays and values."""
        plan = Plan.of(variables, "plan", arrays, values["plan"])
        given = (*known_always(plan), *History.variables(plan))
        later = (*given, *moved(plan)) if "step" in values["order"] else given
        shapes: dict[str, tuple[tuple[Variable, ...], tuple[Variable, ...]]] = {
            "head": ((), head_variables(plan)),
            "step": (given, steps_of(plan)),
        }
        foresight = None
        if "row" in values["order"]:
            foresight = Foresight.of_arrays(row_variables(plan), "foresight", arrays)
            shapes["row"] = ((*later, *foresight.told), foresight.drawn)
        found = {
            name: chain_of_arrays(
                (*before, *own), tuple(values["order"][name]), len(before), arrays, f"{name}."
            )
            for name, (before, own) in shapes.items()
            if name in values["order"]
        }
        length = float(values["mean_length"])
        return cls(plan, length, found["head"], found.get("step"), found.get("row"), foresight)


def _told(progress: Progress, done: float, share: float, part: float, message: str = "") -> None:
    """Progress of a part as progress of the whole."""
    progress(done + part * share, message)
