"""Is there anything to do? Answered from the log of attempts, before a model or flow is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.workspace import digest_of_json

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig
    from pipelines.settings import Settings
    from pipelines.workspace import Attempt, Workspace


def standing(config: PipelineConfig, settings: Settings, workspace: Workspace) -> Attempt | None:
    """The last attempt on this source and configuration, if it still stands.

    A release stands while it is the last one and every sink still holds it; a refusal stands
    until the source or the configuration changes.

    Raises:
        SourceError: The source is not there.
    """
    attempts = workspace.attempts()
    digest = digest_of_json(config.model_dump(mode="json"))
    same = [attempt for attempt in attempts if attempt.config == digest]
    if not same:
        return None
    quick = config.source.quick_fingerprint()
    if quick is not None and quick == same[-1].quick_fingerprint:
        last = same[-1]
    else:
        fingerprint = config.source.fingerprint(settings)
        same = [a for a in same if a.fingerprint is not None and a.fingerprint == fingerprint]
        if not same:
            return None
        last = same[-1]
    if last.verdict != "publish":
        return last
    published = [attempt for attempt in attempts if attempt.verdict == "publish"]
    held = all(
        sink.still_holds(receipt, settings)
        for sink, receipt in zip(config.sinks, last.receipts, strict=False)
    )
    return last if held and last.run == published[-1].run else None
