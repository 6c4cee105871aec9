"""What people see in Prefect's own pages: the verdict as a table, the report, the progress."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from uuid import UUID

from prefect import artifacts

if TYPE_CHECKING:
    from pipelines.references import Outcome
    from validation.report import Report

STAGES = (
    "source", "profile", "drift", "contract", "split", "fit", "sample", "check", "gate", "publish",
)  # fmt: skip
_PAUSE = 2.0  # seconds between updates: each one is a request


def key(name: str, what: str) -> str:
    """An artifact's key: Prefect wants lower case, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"waxwork-{name}-{what}".lower()).strip("-")


class ProgressArtifact:
    """A watcher that keeps a progress artifact up to date."""

    def __init__(self, name: str) -> None:
        made = artifacts.create_progress_artifact(
            0.0, key=key(name, "progress"), description="Stages of the run"
        )
        self._id = made if isinstance(made, UUID) else UUID(str(made))
        self._last = time.monotonic()

    def update(self, stage: str, done: float) -> None:
        """Show that `done` of this stage is done; at most one update in two seconds."""
        if time.monotonic() - self._last < _PAUSE:
            return
        self._last = time.monotonic()
        share = (STAGES.index(stage) + done) / len(STAGES)
        artifacts.update_progress_artifact(self._id, round(100 * share, 1))

    def finish(self) -> None:
        """Show that all is done."""
        artifacts.update_progress_artifact(self._id, 100.0)


def show_report(name: str, outcome: Outcome, report: Report) -> None:
    """The verdict as a table artifact, the report as a markdown artifact."""
    artifacts.create_table_artifact(
        table=[
            {
                "table": result.table,
                "check": result.check,
                "status": result.status,
                "value": result.value,
                "interval": list(result.interval) if result.interval else None,
                "baseline": result.baseline,
                "threshold": result.threshold,
                "message": result.message,
            }
            for result in report.results
        ],
        key=key(name, "verdict"),
        description=f"{outcome.verdict}: {' '.join(outcome.reasons)}",
    )
    artifacts.create_markdown_artifact(
        report.to_markdown(), key=key(name, "report"), description=f"Verdict: {outcome.verdict}"
    )
