"""The manifest of a run that is going to be published."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pipelines.provenance import versions
from pipelines.releases import FileDigest, Manifest, table_file
from pipelines.workspace import digest_of_json, write_private
from validation.report import History

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.config import PipelineConfig
    from pipelines.references import DatasetRef, RawRef
    from pipelines.workspace import Workspace
    from validation.gate import Decision


def history_of(workspace: Workspace) -> History:
    """Attempts since the last release, this one counted, and releases before it."""
    verdicts = [attempt.verdict for attempt in workspace.attempts()]
    since = verdicts[::-1].index("publish") if "publish" in verdicts else len(verdicts)
    return History(attempts=since + 1, releases=verdicts.count("publish"))


def manifest_of(
    config: PipelineConfig,
    synthetic: DatasetRef,
    decision: Decision,
    raw: RawRef,
    workspace: Workspace,
    folder: Path,
) -> Manifest:
    """The run's manifest: written once, so that a retry publishes the same version again."""
    written = folder / "manifest.json"
    if written.exists():
        return Manifest.model_validate_json(written.read_bytes())
    published = [attempt for attempt in workspace.attempts() if attempt.verdict == "publish"]
    history = history_of(workspace)
    now = dt.datetime.now(tz=dt.UTC)
    manifest = Manifest(
        name=config.name,
        version=f"{now:%Y%m%dT%H%M%SZ}-{decision.data_digest[:8]}",
        created=now.isoformat(timespec="seconds"),
        tables={
            name: FileDigest(file=table_file(name), rows=a.rows, sha256=a.sha256)
            for name, a in synthetic.tables.items()
        },
        must_have=synthetic.must_have,
        data_digest=decision.data_digest,
        config_digest=digest_of_json(config.model_dump(mode="json")),
        source_fingerprint=raw.fingerprint,
        seed=config.seed,
        generator=config.generator.model_dump(mode="json"),
        packages=versions(),
        verdict=decision.verdict,
        policy=decision.policy,
        reasons=decision.reasons,
        attempts=history.attempts,
        releases=history.releases,
        previous=published[-1].version if published else None,
    )
    write_private(written, manifest.model_dump_json(indent=1))
    return manifest
