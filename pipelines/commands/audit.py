"""`waxwork audit`: a separate model is fitted to planted canaries, attacked, and thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import stages
from pipelines.reporting import stage
from pipelines.secrets import require_all
from pipelines.terminal import console, number
from tabular.dataset import Dataset
from tabular.errors import ConfigurationError
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pipelines.config import PipelineConfig
    from pipelines.settings import Settings
    from tabular.dataset import Table as Rows
    from tabular.split import Split
    from validation.audit import Audit

_EXIT = {"pass": 0, "fail": 3, "undecided": 4, "insufficient": 4}


def audit(config: PipelineConfig, count: int, settings: Settings) -> Audit:
    """Plant, fit, sample and attack; everything stays in memory.

    Args:
        config: Whose source and generator.
        count: How many canaries, planted and kept ones together.
        settings: Caps and threads.

    Raises:
        ConfigurationError: There are several tables, or a sequence.
        WaxworkError: A stage failed as it would in a run.
    """
    from validation.audit import canaries, exposed, planted

    require_all(config, settings)
    with stage("source") as running:
        dataset = stages.describe(stages.read(config, settings), config)
        _must_be_rows(dataset)
        parts = stages.divide(stages.keep_contract(dataset, config).dataset, config)
        train = parts.train.only
        running.outcome = f"{len(train):,} train rows"
    seed = Seed(config.seed).child("audit")
    with stage("canaries") as running:
        made = canaries(train, count, seed)
        chosen = seed.child("planted").generator().random(len(made)) < 0.5  # noqa: PLR2004
        rows = planted(train, made, chosen)
        running.outcome = f"{int(chosen.sum())} planted, {int((~chosen).sum())} kept away"
    whole = Dataset.of({train.name: rows.frame}, dataset.schema)
    with stage("fit") as running:
        fitted = stages.fit(whole, config, progress=running.progress)
        running.outcome = config.generator.kind
    with stage("sample") as running:
        drawn = fitted.sample({train.name: train.n_subjects}, references={}, seed=seed)
        running.outcome = f"{len(drawn.only):,} rows"
    with stage("attack") as running:
        found = exposed(made, chosen, drawn.only, _fresh(parts), generator=config.generator.kind)
        running.outcome = found.status
    return found


def show(found: Audit, *, as_json: bool) -> int:
    """Print what was found; returns the exit code."""
    if as_json:
        print(found.model_dump_json(indent=1))  # noqa: T201  the command's answer
        return _EXIT[found.status]
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    screen = console()
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("attack")
    for heading in ("AUC", "surely above", "at most", "epsilon at least"):
        table.add_column(heading, justify="right", no_wrap=True)
    for exposure in found.exposures:
        figures = (exposure.auc, exposure.low, exposure.high, exposure.epsilon)
        table.add_row(exposure.attack, *map(number, figures))
    screen.print(table)
    screen.print(found.sentence, markup=False)
    return _EXIT[found.status]


def _must_be_rows(dataset: Dataset) -> None:
    tables = list(dataset)
    if len(tables) > 1 or tables[0].schema.sequence is not None:
        raise ConfigurationError(
            "an audit takes one table of single rows",
            where="source",
            fix="Name one table, and leave `sequence` out, in a configuration for the audit",
        )


def _fresh(parts: Split) -> Rows:
    import pandas as pd

    holdout, reference = parts.holdout.only, parts.reference.only
    frames = [holdout.frame, reference.frame]
    return holdout.with_frame(pd.concat(frames, ignore_index=True))
