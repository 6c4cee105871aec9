"""What the default generator must reach on each table, all at once, and whether it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.intervals import Mean
    from benchmarks.results import Results

_SCORE = {"adult": 0.97, "default": 0.95, "shoppers": 0.97, "magic": 0.95, "beijing": 0.95}
_UTILITY = {"beijing": (0.95, 0.97)}
_CPU = {"adult": 20, "default": 30, "shoppers": 8, "magic": 10, "beijing": 20}
_ATTACK = 0.53
_FRESH = 0.03


@dataclass(frozen=True)
class Verdict:
    """One figure on one table: as text, what was asked for, and whether it is there."""

    text: str
    asked: str
    reached: bool | None
    """None where nothing was asked."""

    def __str__(self) -> str:
        """A cell of a markdown table."""
        if self.reached is None:
            return self.text
        return f"{self.text} {'✓' if self.reached else '✗'} ({self.asked})"


@dataclass(frozen=True)
class Goal:
    """One row of the goal."""

    name: str
    judge: Callable[[Results, str, str], Verdict | None]
    """From results, generator and table; None where it was not measured."""


def spread(mean: Mean, digits: int, scale: float = 1) -> str:
    """A mean with its interval as text."""
    text = f"{mean.value * scale:.{digits}f}"
    if mean.half_width is None:
        return text
    return f"{text} ± {mean.half_width * scale:.{digits}f}"


def _score(results: Results, generator: str, table: str) -> Verdict | None:
    found, least = results.mean(generator, table, "c2st_xgb"), _SCORE.get(table)
    if not found:
        return None
    reached = None if least is None else found.value >= least
    return Verdict(spread(found, 3), f"≥ {least}", reached)


def _holdout(results: Results, generator: str, table: str) -> Verdict | None:
    found = results.mean(generator, table, "c2st_auc_holdout")
    if not found:
        return None
    excess = type(found)(found.value - 0.5, found.n, found.half_width)
    return Verdict(spread(excess, 3), f"≤ {_FRESH}", excess.value <= _FRESH)


def _utility(results: Results, generator: str, table: str) -> Verdict | None:
    found = results.utility_share(generator, table)
    if not found:
        return None
    least, upper = _UTILITY.get(table, (0.99, 0.995))
    reached = found.value >= least and found.high >= upper
    return Verdict(spread(found, 1, 100), f"≥ {least:.0%}, upper end ≥ {upper:.1%}", reached)


def _error(figure: str) -> Callable[[Results, str, str], Verdict | None]:
    def judge(results: Results, generator: str, table: str) -> Verdict | None:
        found, floor = results.mean(generator, table, figure), results.floor(table, figure)
        if not found or not floor:
            return None
        text = f"{spread(found, 2)}, {found.value / floor:.2f} x floor"
        return Verdict(text, f"≤ {floor:.2f}", found.value <= floor)

    return judge


def _share(figure: str, fresh: str) -> Callable[[Results, str, str], Verdict | None]:
    def judge(results: Results, generator: str, table: str) -> Verdict | None:
        found, usual = results.mean(generator, table, figure), results.fresh_share(table, fresh)
        if not found or not usual:
            return None
        share, most = usual
        asked = f"fresh rows {share:.2%}, ≤ {most:.2%}"
        return Verdict(spread(found, 2, 100), asked, found.value <= most)

    return judge


def _attack(figure: str, error: str | None) -> Callable[[Results, str, str], Verdict | None]:
    def judge(results: Results, generator: str, table: str) -> Verdict | None:
        figures = results.figures("membership", generator, table)
        if not figures:
            return None
        text = f"{figures[figure]:.3f}" + (f" ± {1.96 * figures[error]:.3f}" if error else "")
        return Verdict(text, f"≤ {_ATTACK}", figures[figure] <= _ATTACK)

    return judge


def _cpu(results: Results, generator: str, table: str) -> Verdict | None:
    found, most = results.cpu(generator, table), _CPU.get(table)
    if not found:
        return None
    return Verdict(spread(found, 1), f"≤ {most}", None if most is None else found.value <= most)


GOALS = (
    Goal("XGB-C2ST score against train", _score),
    Goal("AUC against holdout, less 0.5", _holdout),
    Goal("train on synthetic, test on real: % of the real figure", _utility),
    Goal("shape error, %", _error("shape_error")),
    Goal("trend error, %", _error("trend_error")),
    Goal("exact copies of train rows, %", _share("copies_train", "copies")),
    Goal(
        "rows with a number that one or two people have, %", _share("rare_numbers", "rare_numbers")
    ),
    Goal("membership AUC, upper 95 % end", _attack("auc_high", None)),
    Goal("membership AUC, 5 % most isolated", _attack("isolated_auc", "isolated_auc_error")),
    Goal("fit + draw, CPU seconds", _cpu),
)
