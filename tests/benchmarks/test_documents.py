"""The figures in the documents are those of the committed cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cells import Address, Cell, write
from benchmarks.documents import BEGIN, DOCUMENTS, END, filled, full
from benchmarks.goals import GOALS
from benchmarks.results import Results
from tabular.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_a_document_shows_the_committed_cells(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert filled(text, name) == text, "run `python -m benchmarks table --write`"


def test_a_document_without_its_marks_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the marks"):
        filled(f"{END} text {BEGIN}", "README.md")


def _cell(root: Path, generator: str, seed: int, experiment: str, **figures: float) -> None:
    fields = {
        "status": "ok",
        "figures": figures,
        "cost": {"fit_cpu_s": 6.0, "sample_cpu_s": 1.0 + seed, "peak_mib": 300},
    }
    write(Cell(Address(experiment, generator, "adult", seed), fields), root)


def _verdicts(root: Path, generator: str) -> dict[str, str]:
    found = {goal.name: goal.judge(Results(root), generator, "adult") for goal in GOALS}
    return {name: str(verdict) for name, verdict in found.items() if verdict}


def test_goals_are_judged_by_means_floors_and_intervals(tmp_path: Path) -> None:
    halves = {"shape_error": 1.0, "trend_error": 2.0, "c2st_xgb": 1.0}
    _cell(tmp_path, "halves", 0, "floor", **halves)
    _cell(tmp_path, "holdout", 0, "floor", rows=1000, trtr=0.9, copies=10, rare_numbers=0)
    for seed, shape in enumerate((0.70, 0.72)):
        _cell(
            tmp_path, "trees", seed, "fidelity",
            c2st_xgb=0.96 + seed / 100, c2st_auc_holdout=0.531, tstr=0.9, shape_error=shape,
            trend_error=1.0, copies_train=0.018, rare_numbers=0.0,
        )  # fmt: skip
    _cell(
        tmp_path, "trees", 0, "membership",
        auc=0.52, auc_high=0.531, isolated_auc=0.53, isolated_auc_error=0.01,
    )  # fmt: skip
    assert _verdicts(tmp_path, "trees") == {
        # The mean of .96 and .97 is short; Student's t with one degree of freedom is 12.7.
        "XGB-C2ST score against train": "0.965 ± 0.064 ✗ (≥ 0.97)",
        "AUC against holdout, less 0.5": "0.031 ± 0.000 ✗ (≤ 0.03)",
        "train on synthetic, test on real: % of the real figure": (
            "100.0 ± 0.0 ✓ (≥ 99%, upper end ≥ 99.5%)"
        ),
        # Floors are those of the halves over the root of two: .707 and 1.414.
        "shape error, %": "0.71 ± 0.13, 1.00 x floor ✗ (≤ 0.71)",
        "trend error, %": "1.00 ± 0.00, 0.71 x floor ✓ (≤ 1.41)",
        # Wilson's upper end for 10 of 1000 is 1.83 %, for none 0.38 %.
        "exact copies of train rows, %": "1.80 ± 0.00 ✓ (fresh rows 1.00%, ≤ 1.83%)",
        "rows with a number that one or two people have, %": (
            "0.00 ± 0.00 ✓ (fresh rows 0.00%, ≤ 0.38%)"
        ),
        "membership AUC, upper 95 % end": "0.531 ✗ (≤ 0.53)",
        "membership AUC, 5 % most isolated": "0.530 ± 0.020 ✓ (≤ 0.53)",
        "fit + draw, CPU seconds": "7.5 ± 6.4 ✓ (≤ 20)",
    }


def test_what_failed_is_listed_and_counted_nowhere(tmp_path: Path) -> None:
    failed = {"status": "error", "error": "given up after 60 minutes"}
    write(Cell(Address("fidelity", "slow", "adult", 0), failed), tmp_path)
    text = full(tmp_path)
    assert "- fidelity/slow/adult/0: given up after 60 minutes" in text
    assert "`slow`" not in text


def test_sequences_are_told_by_splits_and_recursions_beside_hmmlearn(tmp_path: Path) -> None:
    for seed, area in enumerate((0.55, 0.63)):
        _cell(tmp_path, "trees", seed, "sequences", auc_holdout=area, floor=0.5)
        _cell(tmp_path, "hmm", seed, "sequences", auc_holdout=0.7, floor=0.5)
    _cell(
        tmp_path, "1000x20", 0, "hmm_speed",
        ours_us=0.25, hmmlearn_us=5.0, hmmlearn_scaling_us=0.5,
    )  # fmt: skip
    text = full(tmp_path)
    assert "| `trees` | adult | 2 | 0.590 ✓ | 0.500 | 7.5 s |" in text
    assert "| `hmm` | adult | 2 | 0.700 ✗ | 0.500 | 7.5 s |" in text
    assert "| 1000 x 20 | 0.250 | 5.000, 20.00 x | 0.500, 2.00 x |" in text
