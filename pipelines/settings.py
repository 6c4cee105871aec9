"""Where a run happens, from the environment; what it computes is configuration.

Every field is an environment variable with the prefix `WAXWORK_`, for example
`WAXWORK_MAX_ROWS=1000000`.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The place of a run: folders, caps, threads."""

    model_config = SettingsConfigDict(env_prefix="WAXWORK_", frozen=True, extra="ignore")

    home: Path = Field(
        default=Path.home() / ".local" / "state" / "waxwork",
        description="Workspaces, caches and the log of attempts; mode 0700.",
    )
    secrets_dir: Path | None = Field(
        default=None, description="Folder with one file per secret, named after it."
    )
    max_rows: int = Field(default=50_000_000, ge=1, description="Most rows of a table.")
    max_bytes: int = Field(
        default=8 << 30, ge=1, description="Most bytes of a source, uncompressed."
    )
    max_columns: int = Field(default=10_000, ge=1, description="Most columns of a table.")
    threads: int = Field(
        default=max(1, min(4, os.cpu_count() or 1)), ge=1, description="Threads per computation."
    )
    keep: Literal["nothing", "unpublished", "everything"] = Field(
        default="unpublished",
        description="Whose rows, models, cache and quarantine outlive their run: no run's, those "
        "of runs that did not publish (so that a re-run fits nothing anew), or every run's.",
    )
    keep_days: float = Field(
        default=7,
        ge=0,
        description="Days after which they go all the same, when the next run "
        "of the dataset begins or with `waxwork clean`.",
    )
    keep_runs: int = Field(
        default=50, ge=1, description="Runs of a dataset whose reports are kept."
    )
    max_workspace_bytes: int = Field(
        default=20 << 30,
        ge=1,
        description="Most bytes of rows and models in a dataset's workspace: a run deletes old "
        "ones when it begins, and stops before it passes this.",
    )
    source_retries: int = Field(default=2, ge=0, description="Retries of sources and sinks.")
    debug: bool = Field(
        default=False,
        description="Print traces of errors, which may quote cells, to standard error; `--debug`.",
    )
    device: str = Field(default="auto", description="auto, cpu or cuda.")
