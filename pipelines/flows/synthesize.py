"""The whole way, from a real dataset to a checked release."""

from __future__ import annotations

from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from pipelines import tasks
from pipelines.artifacts import ProgressArtifact, show_report
from pipelines.config import PipelineConfig
from pipelines.references import load_report
from pipelines.refresh import standing
from pipelines.reporting import also_told
from pipelines.retention import attempt
from pipelines.settings import Settings
from pipelines.stage_cache import result_of
from pipelines.workspace import Workspace


@flow(name="synthesize", description="A real dataset in, a checked synthetic release out.")
def synthesize(config: PipelineConfig, only_if_changed: bool = False) -> State[Any]:  # noqa: FBT001, FBT002
    """Read, describe, divide, fit, sample, check, decide, and publish what passed.

    Args:
        config: What to compute.
        only_if_changed: End as `UpToDate` where neither source nor configuration changed since the
            last release, and as last time where they led to a refusal.
    """
    settings = Settings()
    workspace = Workspace.of(config.name, settings)
    if only_if_changed and (state := _as_before(config, settings, workspace)):
        return state
    run = str(runtime.flow_run.id)
    progress = ProgressArtifact(config.name)
    with attempt(workspace, settings), also_told(progress.update):
        raw = result_of(tasks.source_task(config, run))
        described = tasks.profile_task(config, raw)
        compared = result_of(tasks.drift_task(config, described, run))
        kept = result_of(tasks.contract_task(config, described, run))
        parts = tasks.split_task(config, kept)
        model = tasks.fit_task(config, parts)
        synthetic = tasks.sample_task(config, parts, model)
        checked = result_of(tasks.check_task(config, parts, model, synthetic, kept))
        outcome = tasks.gate_task(config, checked, kept, compared, run)
        show_report(config.name, outcome, load_report(checked))
        if outcome.verdict == "publish":
            receipts = tasks.publish_task(config, synthetic, checked, raw, run)
            outcome = outcome.model_copy(update={"receipts": receipts})
        tasks.record(config, raw, compared, outcome, run)
    progress.finish()
    return _state(outcome.verdict, outcome.reasons)


def _as_before(
    config: PipelineConfig, settings: Settings, workspace: Workspace
) -> State[Any] | None:
    before = standing(config, settings, workspace)
    if before is None:
        return None
    if before.verdict == "publish":
        return Completed(name="UpToDate", message="Nothing changed since the last release.")
    return _state(before.verdict, before.reasons)


def _state(verdict: str, reasons: tuple[str, ...]) -> State[Any]:
    message = " ".join(reasons)
    if verdict == "reject":
        return Failed(name="Rejected", message=message)
    if verdict == "hold":
        return Completed(name="Held", message=message)
    return Completed(message=message)
