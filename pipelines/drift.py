"""Stage `drift`: today's source beside the last release's, before anything is learnt.

What is kept of a released source is `source-profile.json` in the workspace: aggregates of at least
k subjects, for this machine only. It is no part of a release, since no check has judged it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.references import DriftRef, digests, load_dataset
from pipelines.stage_cache import as_task_result, cache_key, once, place, safe_stage, unchanged
from pipelines.workspace import write_private
from tabular.errors import ConfigurationError, SourceDrifted
from validation.drift import Drift
from validation.drift_profile import SourceProfile

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawData
    from pipelines.config import PipelineConfig
    from pipelines.references import DatasetRef
    from pipelines.workspace import Workspace
    from tabular.dataset import Dataset


class Baseline(BaseModel):
    """What a release's source was like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    profile: SourceProfile


class Measured(BaseModel):
    """What the stage found.

    Args:
        profile: Today's source, for the next time.
        drift: What changed since the last release; `None` where there was none here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: SourceProfile
    drift: Drift | None


def compare_source(config: PipelineConfig, described: DatasetRef, run: str) -> DriftRef:
    """What changed since the last release; ends the run where it is asked to.

    Raises:
        SourceDrifted: It ends.
    """
    _, workspace = place(config)
    with safe_stage("drift") as running:
        baseline = read_baseline(workspace)
        key = cache_key(
            digests(described.tables),
            described.dataset_schema.model_dump(mode="json"),
            config.model_dump(mode="json", include={"drift", "protect"}),
            baseline.model_dump(mode="json") if baseline else None,
        )

        def make() -> DriftRef:
            text = measure(load_dataset(described), config, baseline).model_dump_json()
            return DriftRef(found=workspace.put(lambda path: write_private(path, text)))

        made, cached = once("drift", key, DriftRef, make, workspace)
        drift = load_measured(made).drift
        stop_if_asked(drift, config, workspace.run_folder(run))
        said = f"{len(drift.drifted)} changes since {drift.since}" if drift else "no release before"
        running.outcome = f"{said}{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def measure(dataset: Dataset, config: PipelineConfig, baseline: Baseline | None) -> Measured:
    """Profile today's source and compare it with the last release's."""
    from validation.drift_comparison import compare
    from validation.drift_profile import profile_of

    k = config.protect.k
    drift = None
    if baseline is not None:
        # What the owner leaves out is no change of the source.
        left_out: dict[str, str | None] = {
            f"{table}.{column}": None
            for table, options in config.tables.items()
            for column in options.exclude
        }
        policy = config.drift.model_copy(update={"renamed": {**left_out, **config.drift.renamed}})
        drift = compare(baseline.profile, dataset, policy, since=baseline.version, k=k)
    return Measured(profile=profile_of(dataset, k), drift=drift)


def stop_if_asked(drift: Drift | None, config: PipelineConfig, folder: Path) -> None:
    """End the run where the configuration asks for it, or where a column looks renamed.

    What was found is written into the run's folder first.

    Raises:
        SourceDrifted: It ends; the message names each change and what to do.
    """
    stopping = drift.stopping(config.drift) if drift else ()
    if drift is None or not stopping:
        return
    from validation.report_html import render_drift

    write_private(folder / "drift.json", drift.model_dump_json(indent=1))
    page = folder / "drift.html"
    write_private(page, render_drift(config.name, drift))
    renamed = [change for change in stopping if change.what == "renamed"]
    old, new = (renamed[0].column, renamed[0].renamed_to) if renamed else ("", "")
    fix = (
        f"If that is so, say `drift: {{renamed: {{{old}: {new}}}}}`, and if {old} is gone and "
        f"{new} something else, `{{{old}: null}}`; otherwise mend the source. See {page}"
        if renamed
        else f"Look at {page}; then mend the source, or run once with `drift: warn` to take it "
        "as it is now"
    )
    raise SourceDrifted(
        f"the source is not as it was for the release {drift.since}: "
        + "; ".join(change.message for change in stopping),
        where=config.name,
        fix=fix,
    )


def look_for_renames(
    error: ConfigurationError, raw: RawData, config: PipelineConfig, workspace: Workspace
) -> ConfigurationError:
    """The same error, or one that says which new column a missing one looks like."""
    from pipelines.description import describe
    from validation.drift_comparison import compare

    baseline = read_baseline(workspace)
    if baseline is None:
        return error
    plain = config.model_copy(update={"tables": {}, "foreign_keys": (), "subject": None})
    try:
        found = compare(
            baseline.profile, describe(raw, plain), config.drift, since=baseline.version,
            k=config.protect.k,
        )  # fmt: skip
    except ConfigurationError:
        return error
    renamed = [change for change in found.changes if change.what == "renamed"]
    if not renamed:
        return error
    said = "; ".join(change.message for change in renamed)
    pairs = ", ".join(f"{change.column}: {change.renamed_to}" for change in renamed)
    return ConfigurationError(
        f"{error.what}; {said}",
        where=error.where,
        fix=f"If that is so, write the new name in the configuration and "
        f"`drift: {{renamed: {{{pairs}}}}}`; otherwise mend the source",
    )


def read_baseline(workspace: Workspace) -> Baseline | None:
    """What the last release's source was like; `None` where no release was made here."""
    try:
        return Baseline.model_validate_json(_path(workspace).read_bytes())
    except (OSError, ValidationError):
        return None


def load_measured(ref: DriftRef) -> Measured:
    """What the stage found, behind a reference."""
    return Measured.model_validate_json(ref.found.path.read_bytes())


def keep_baseline(workspace: Workspace, version: str, profile: SourceProfile) -> None:
    """Note what the source of a new release was like."""
    write_private(_path(workspace), Baseline(version=version, profile=profile).model_dump_json())


def _path(workspace: Workspace) -> Path:
    return workspace.folder / "source-profile.json"
