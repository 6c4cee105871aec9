"""What is known of entities while their rows are drawn: the last rows, and all before summed up.

Training walks through the real rows as drawing walks through those it draws, so that both see the
same things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.arrays import Variable

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.sequences.plan import Plan

    Floats = npt.NDArray[np.float64]
    Column = npt.NDArray[np.float64] | npt.NDArray[np.int32]

MOST_LEVELS = 12


class History:
    """The state of all entities at one time.

    Args:
        plan: Which columns are looked at.
        lengths: Rows of each entity, shape (n_entities,).
    """

    def __init__(self, plan: Plan, lengths: npt.NDArray[np.int64]) -> None:
        n = len(lengths)
        self._plan = plan
        self._numeric = np.array([plan.variables[i].is_numeric for i in plan.rows], dtype=bool)
        self._lengths = lengths
        self._times = np.zeros(n)
        self.moving = np.full((len(plan.moving), n), np.nan)
        self._steps = np.full((len(plan.moving), n), np.nan)
        self._first = np.full((len(plan.moving), n), np.nan)
        shape = (len(plan.rows), n)
        self.last, self._before = np.full(shape, np.nan), np.full(shape, np.nan)
        self._total, self._count = np.zeros(shape), np.zeros(shape)
        self._change, self._pairs = np.zeros(shape), np.zeros(shape)
        self._seen = [np.zeros((_levels(plan.variables[i]), n)) for i in plan.rows]

    @staticmethod
    def variables(plan: Plan) -> tuple[Variable, ...]:
        """What `known` gives."""
        found = [Variable(name="row number"), Variable(name="rows left")]
        for i in plan.moving:
            name = plan.variables[i].name
            found += [Variable(name=f"last {name}"), Variable(name=f"last step of {name}")]
        for i in plan.rows:
            variable = plan.variables[i]
            # One more code, for the row that there is not.
            more = None if variable.is_numeric else (variable.cardinality or 1) + 1
            found += [
                Variable(name=f"{word} {variable.name}", cardinality=more, ordered=variable.ordered)
                for word in ("last", "second last")
            ]
            found.append(Variable(name=f"change of {variable.name}"))
            if variable.is_numeric:
                found.append(Variable(name=f"mean {variable.name}"))
            shares = (f"share of {variable.name} {c}" for c in range(_levels(variable)))
            found += [Variable(name=share) for share in shares]
        return tuple(found)

    def known(self, who: npt.NDArray[np.intp]) -> list[Column]:
        """What is known of some entities before their next row, an array for each variable."""
        found: list[Column] = [self._times[who], self._lengths[who] - self._times[who]]
        for now, step in zip(self.moving, self._steps, strict=True):
            found += [now[who], step[who]]
        with np.errstate(invalid="ignore", divide="ignore"):
            change = self._change[:, who] / self._pairs[:, who]
            mean = self._total[:, who] / self._count[:, who]
        for v, i in enumerate(self._plan.rows):
            for cells in (self.last[v, who], self._before[v, who]):
                none = self._plan.variables[i].cardinality
                if none is None:
                    found.append(cells)
                else:
                    found.append(np.where(np.isnan(cells), none, cells).astype(np.int32))
            found.append(change[v])
            if self._numeric[v]:
                found.append(mean[v])
            found += list(self._seen[v][:, who] / self._times[who])
        return found

    @staticmethod
    def traits(plan: Plan) -> tuple[Variable, ...]:
        """What `life` gives."""
        found = [Variable(name=f"pace of {plan.variables[i].name}") for i in plan.moving]
        for i in plan.rows:
            name = plan.variables[i].name
            found.append(Variable(name=f"usual change of {name}"))
            if plan.variables[i].is_numeric:
                found.append(Variable(name=f"usual {name}"))
        return tuple(found)

    def life(self) -> list[Floats]:
        """What an entity's rows come to, once all are seen, an array for each of `traits`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found = list((self.moving - self._first) / (self._times - 1))
            change, mean = self._change / self._pairs, self._total / self._count
        for v, numeric in enumerate(self._numeric):
            found += [change[v], mean[v]] if numeric else [change[v]]
        return [np.where(np.isfinite(values), values, np.nan) for values in found]

    def observe(self, who: npt.NDArray[np.intp], moving: Floats, rows: Floats) -> None:
        """Go on by a row.

        Args:
            who: Which entities have one.
            moving: Their values of the moving columns, shape (n_moving, len(who)).
            rows: Of the columns that are drawn row by row, shape (n_rows_columns, len(who)).
        """
        self._steps[:, who] = moving - self.moving[:, who]
        self.moving[:, who] = moving
        begun = self._times[who] == 0
        self._first[:, who[begun]] = moving[:, begun]
        last = self.last[:, who]
        apart = np.abs(rows - last)
        apart[~self._numeric] = np.where(np.isnan(last), np.nan, rows != last)[~self._numeric]
        self._change[:, who] += np.nan_to_num(apart)
        self._pairs[:, who] += ~np.isnan(apart)
        self._total[:, who] += np.nan_to_num(rows)
        self._count[:, who] += ~np.isnan(rows)
        self._before[:, who], self.last[:, who] = last, rows
        for seen, values in zip(self._seen, rows, strict=True):
            if len(seen):
                seen[values.astype(np.int64), who] += 1
        self._times[who] += 1


def _levels(variable: Variable) -> int:
    """Categories whose share so far is kept: none of a number, nor of many categories."""
    size = variable.cardinality or 0
    return size if size <= MOST_LEVELS else 0
