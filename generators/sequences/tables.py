"""A table of sequences as tables of single rows: entities, the steps they take, and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.arrays import EncodedTable, Variable
from generators.sequence_features import first_rows
from generators.sequences.forecast import Foresight, design
from generators.sequences.history import History

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.sequences.plan import Plan

    Floats = npt.NDArray[np.float64]
    Column = Floats | npt.NDArray[np.int32]


def known_always(plan: Plan) -> tuple[Variable, ...]:
    """What is known of an entity before any row but the first."""
    return (*(_own(plan.variables[i]) for i in plan.entity), *History.traits(plan))


def steps_of(plan: Plan) -> tuple[Variable, ...]:
    """What is drawn of the moving columns."""
    return tuple(Variable(name=f"step of {plan.variables[i].name}") for i in plan.moving)


def moved(plan: Plan) -> tuple[Variable, ...]:
    """What is known once the moving columns have moved: where they are, and their steps."""
    return (*(_own(plan.variables[i]) for i in plan.moving), *steps_of(plan))


def row_variables(plan: Plan) -> tuple[Variable, ...]:
    """The columns that are drawn row by row."""
    return tuple(_own(plan.variables[i]) for i in plan.rows)


def head_variables(plan: Plan) -> tuple[Variable, ...]:
    """What is drawn of an entity at once; the number of its rows is the last."""
    own = (_own(plan.variables[i]) for i in (*plan.entity, *plan.moving, *plan.rows))
    return (*own, *History.traits(plan), Variable(name="number of rows"))


def tables_of(plan: Plan, train: EncodedTable) -> tuple[dict[str, EncodedTable], Foresight | None]:
    """The tables `head`, and where there is something to learn, `step` and `row`.

    Args:
        plan: Which column is drawn as what.
        train: Rows by entity, in the order of the index.

    Returns:
        The tables, whose rows stand for themselves; and what is foreseen in `row`.
    """
    walk = _Walk(plan, train)
    tables = {"head": walk.heads()}
    if not len(walk.places):
        return tables, None
    given, known = (*known_always(plan), *History.variables(plan)), walk.known
    at, owners = walk.places, walk.owners
    if plan.moving:
        before = walk.moving[:, at - 1]
        steps = walk.moving[:, at] - before
        use = plan.moved(before, steps)
        if use.any():
            part = [array[use] for array in (*known, *steps)]
            tables["step"] = rows_of(
                (*given, *steps_of(plan)), part, len(given), owners[use], train.k
            )
            given, known = (*given, *moved(plan)), [*known, *walk.moving[:, at], *steps]
    if not plan.rows:
        return tables, None
    features = design(given, known)
    foresight = Foresight.learn(
        row_variables(plan), features, list(walk.rows[:, at]), owners, train.k
    )
    told = foresight.tell(features)
    cells = [train.arrays[i][at] for i in plan.rows]
    drawn = foresight.split(cells, told, list(walk.rows[:, at - 1]))
    given, known = (*given, *foresight.told), [*known, *told]
    tables["row"] = rows_of(
        (*given, *foresight.drawn), [*known, *drawn], len(given), owners, train.k
    )
    return tables, foresight


def rows_of(
    variables: tuple[Variable, ...],
    arrays: list[Column],
    given: int = 0,
    owners: npt.NDArray[np.int64] | None = None,
    k: int = 5,
) -> EncodedTable:
    """Rows that stand for themselves."""
    ones = np.ones(len(arrays[0]), dtype=np.int64)
    return EncodedTable(variables, tuple(arrays), ones, owners, k, given)


class _Walk:
    """Real sequences gone through row by row.

    What there is afterwards: the rows that have one before them (`places`, in the order of time)
    with their `owners`, what was `known` before each, and the cells of all rows.
    """

    def __init__(self, plan: Plan, train: EncodedTable) -> None:
        self._plan, self._train = plan, train
        lengths = train.lengths
        begin = np.cumsum(lengths) - lengths
        self.moving, self.rows = (
            np.array([train.arrays[i] for i in columns], dtype=np.float64).reshape(-1, train.n_rows)
            for columns in (plan.moving, plan.rows)
        )
        history = History(plan, lengths)
        who = np.arange(len(lengths))
        seen: list[list[Column]] = []
        places, entities = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for time in range(int(lengths.max())):
            who = who[lengths[who] > time]
            at = begin[who] + time
            if time:
                seen.append(history.known(who))
                places.append(at)
                entities.append(who)
            history.observe(who, self.moving[:, at], self.rows[:, at])
        self._traits = history.life()
        self.places, entity = np.concatenate(places), np.concatenate(entities)
        self.owners = entity if train.owners is None else train.owners[self.places]
        once = [train.arrays[i][begin][entity] for i in plan.entity]
        traits = [trait[entity] for trait in self._traits]
        parts = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        self.known: list[Column] = [*once, *traits, *parts]

    def heads(self) -> EncodedTable:
        """A row for each entity."""
        plan, train = self._plan, self._train
        first = first_rows(train.lengths)
        cells = (train.arrays[i][first] for i in (*plan.entity, *plan.moving, *plan.rows))
        arrays = [*cells, *self._traits, train.lengths.astype(np.float64)]
        owners = None if train.owners is None else train.owners[first]
        return rows_of(head_variables(plan), arrays, owners=owners, k=train.k)


def _own(variable: Variable) -> Variable:
    """The variable among rows that stand for themselves."""
    return variable.model_copy(update={"place": "row"})
