"""The program as people start it: in a process, a folder and a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tabular.seeding import Seed


@dataclass(frozen=True)
class Program:
    """`waxwork` in a folder of its own."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "WAXWORK_"))}
        return {
            **kept,
            "WAXWORK_HOME": str(self.home),
            "WAXWORK_SOURCE_RETRIES": "0",
            "OMP_NUM_THREADS": "1",
            "WAXWORK_THREADS": "1",
            **self.variables,
        }

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "pipelines.cli", *map(str, arguments)]

    def run(
        self, *arguments: str | Path, exits: int | None = 0, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert exits is None or done.returncode == exits, done.stdout + done.stderr
        return done

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def survey(n: int, *, seed: int = 0) -> pd.DataFrame:
    """`n` rows whose columns don't depend on each other, so that `independent` is a good model."""
    rng = Seed(seed, ("survey",)).generator()
    return pd.DataFrame(
        {
            "town": rng.choice(["Ulm", "Rom", "Oslo", "Bern"], size=n, p=[0.4, 0.3, 0.2, 0.1]),
            "size": rng.integers(150, 200, size=n),
            "score": rng.normal(100, 15, size=n).round(1),
            "plan": rng.choice(["basic", "plus"], size=n),
        }
    )
