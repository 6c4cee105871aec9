"""The measured cells, by what one asks of them."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.cells import CELLS, Cell, read_all
from benchmarks.intervals import Mean, mean, wilson

_ROOT_OF_2 = 2**0.5


class Results:
    """All good cells in a folder."""

    def __init__(self, root: Path = CELLS) -> None:
        self._cells: dict[tuple[str, str, str], list[Cell]] = defaultdict(list)
        self.failed: list[Cell] = []
        for cell in read_all(root):
            if cell.ok:
                at = cell.address
                self._cells[at.experiment, at.generator, at.table].append(cell)
            else:
                self.failed.append(cell)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables that were measured."""
        return tuple(sorted({table for _, _, table in self._cells}))

    def tables_of(self, *experiments: str) -> tuple[str, ...]:
        """The tables that any of some experiments has cells of."""
        return tuple(sorted({table for e, _, table in self._cells if e in experiments}))

    def generators(self, experiment: str) -> tuple[str, ...]:
        """The generators that an experiment has cells of: ours, then SDV's, then the controls."""
        found = {name for e, name, _ in self._cells if e == experiment}
        controls = ("independent", "bootstrap")
        return tuple(sorted(found, key=lambda n: (n in controls, n.startswith("sdv_"), n)))

    def cells(self, experiment: str, generator: str, table: str) -> list[Cell]:
        """One cell per seed."""
        return self._cells.get((experiment, generator, table), [])

    def figures(self, experiment: str, generator: str, table: str) -> dict[str, Any]:
        """The figures of the first seed, or nothing."""
        cells = self.cells(experiment, generator, table)
        return cells[0].figures if cells else {}

    def mean(self, generator: str, table: str, figure: str) -> Mean | None:
        """A figure of `fidelity`, over seeds."""
        cells = self.cells("fidelity", generator, table)
        return mean([cell.figures[figure] for cell in cells]) if cells else None

    def cpu(self, generator: str, table: str) -> Mean | None:
        """CPU seconds of fit and draw, over seeds."""
        cells = self.cells("fidelity", generator, table)
        costs = [cell.cost["fit_cpu_s"] + cell.cost["sample_cpu_s"] for cell in cells]
        return mean(costs) if costs else None

    def peak_mib(self, generator: str, table: str) -> float | None:
        """The highest peak memory of any seed."""
        cells = self.cells("fidelity", generator, table)
        return max((cell.cost["peak_mib"] for cell in cells), default=None)

    def floor(self, table: str, figure: str) -> float | None:
        """What fresh real rows score.

        An error of shape or trend is that of two halves, divided by the root of two: halves have
        half of the rows, and noise falls with the root of their number.
        """
        cells = self.cells("floor", "halves", table)
        if not cells:
            return None
        value = mean([cell.figures[figure] for cell in cells]).value
        return value / _ROOT_OF_2 if figure.endswith("_error") else value

    def real_utility(self, table: str) -> float | None:
        """Train on real, test on real."""
        found: float | None = self.figures("floor", "holdout", table).get("trtr")
        return found

    def utility_share(self, generator: str, table: str) -> Mean | None:
        """Train on synthetic, test on real, as a share of the real figure."""
        real = self.real_utility(table)
        cells = self.cells("fidelity", generator, table)
        if not real or not cells:
            return None
        return mean([cell.figures["tstr"] / real for cell in cells])

    def fresh_share(self, table: str, figure: str) -> tuple[float, float] | None:
        """Share of fresh rows that copy (`copies`) or hold rare numbers, and its upper 95 % end."""
        figures = self.figures("floor", "holdout", table)
        if not figures:
            return None
        return figures[figure] / figures["rows"], wilson(figures[figure], figures["rows"])[1]
