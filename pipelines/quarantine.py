"""Real rows that broke the contract, kept in the run's folder for their owner to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.frames import write_parquet
from pipelines.references import Reference
from pipelines.workspace import private_folder, write_private

if TYPE_CHECKING:
    from pipelines.stages import Kept
    from pipelines.workspace import Workspace


def put_aside(kept: Kept, workspace: Workspace, run: str) -> None:
    """Write the rows set aside, and which rules they broke; nothing where there are none."""
    if not kept.aside:
        return
    folder = workspace.run_folder(run) / "quarantine"
    private_folder(folder)
    for index, (name, frame) in enumerate(kept.aside.items()):
        schema = kept.dataset.schema.tables[name]
        write_parquet(frame, folder / f"table-{index}.parquet", schema=schema)
    write_private(folder / "rules.json", _Counts(counts=kept.counts).model_dump_json(indent=1))


class _Counts(Reference):
    counts: dict[str, dict[str, int]]
