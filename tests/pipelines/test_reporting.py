"""Progress, for whoever watches."""

import io

import pytest
from rich.console import Console

from pipelines.reporting import Bars, Lines, also_told, stage, watched_by
from pipelines.terminal import number, show_results, show_verdict
from validation.base import CheckResult


def test_a_stage_is_one_line_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with watched_by(Lines()), stage("fit") as running:
        running.progress(0.5, "half")
        running.outcome = "trees"
    line = capsys.readouterr().err
    assert line.startswith("fit")
    assert line.endswith("trees\n")


def test_a_stage_that_fails_says_so_and_lets_the_error_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def break_down() -> None:
        with watched_by(Lines()), stage("fit"):
            message = "x"
            raise ValueError(message)

    with pytest.raises(ValueError, match="x"):
        break_down()
    assert "failed: ValueError" in capsys.readouterr().err


def test_a_stage_is_a_bar_on_a_terminal() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Bars(screen) as bars, watched_by(bars), stage("sample") as running:
        running.progress(0.5, "half")
        running.outcome = "100 rows"
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    assert "sample" in text
    assert "100 rows" in text


def test_nobody_is_told_outside_the_block() -> None:
    heard: list[tuple[str, float]] = []
    with also_told(lambda name, done: heard.append((name, done))), stage("fit") as running:
        running.progress(2.0)
    with stage("sample"):
        pass
    assert heard == [("fit", 1.0), ("fit", 1.0)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0, "0.000"), (0.51234, "0.512"), (0.00012, "1.2e-04"), (12345.6, "12,346")],
)
def test_figures_have_the_digits_a_reader_can_use(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_the_verdict_table_shows_figure_interval_baseline_and_threshold() -> None:
    screen = Console(file=io.StringIO(), width=160)
    result = CheckResult(
        check="copies",
        family="privacy",
        status="fail",
        statistic="share of copies",
        value=0.25,
        interval=(0.2, 0.3),
        baseline=0.01,
        threshold=0.05,
        message="one in four rows is a copy",
    )
    show_results([result], screen)
    show_verdict("reject", ["copies failed."], screen)
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    for part in ("copies", "0.250", "0.200 to 0.300", "0.010", "≤ 0.050", "FAIL", "REJECT"):
        assert part in text
