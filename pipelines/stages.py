"""The way of the data, one plain function per stage, in order.

    read -> describe -> keep_contract -> divide -> fit -> sample -> check -> decide -> publish

They take and give tables and models, know nothing of Prefect or of workspaces, and each looks only
at what its arguments hold: nothing before `check` is handed the holdout or the reference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.description import describe
from pipelines.provenance import versions
from tabular.dataset import Dataset, Table
from tabular.errors import ContractViolated
from tabular.model import silent
from tabular.seeding import Seed
from tabular.split import Split, split

if TYPE_CHECKING:
    import pandas as pd

    from generators.base import FittedGenerator
    from pipelines.base import RawData, Receipt
    from pipelines.config import PipelineConfig, TableConfig
    from pipelines.releases import Release
    from pipelines.settings import Settings
    from tabular.model import Progress
    from validation.gate import Decision
    from validation.report import Report


def read(config: PipelineConfig, settings: Settings) -> RawData:
    """Read the source.

    Raises:
        SourceError: It can't be read, or is larger than the caps.
    """
    return config.source.read(settings)


@dataclass(frozen=True)
class Kept:
    """What the contract let through, and what it set aside.

    Args:
        dataset: The rows that keep the contract.
        aside: The rows set aside, by table.
        counts: How many rows each rule set aside, by table and rule.
    """

    dataset: Dataset
    aside: dict[str, pd.DataFrame]
    counts: dict[str, dict[str, int]]


def keep_contract(dataset: Dataset, config: PipelineConfig) -> Kept:
    """Set aside the rows that break the contract, by Great Expectations' word.

    Raises:
        ContractViolated: A rule about the whole table is broken, or more rows are set aside than
            `quarantine.max_share` allows.
    """
    from validation.expectations import judge

    kept: dict[str, pd.DataFrame] = {}
    aside: dict[str, pd.DataFrame] = {}
    counts: dict[str, dict[str, int]] = {}
    for table in dataset:
        verdict = judge(table, suites=config.contract.suite)
        if verdict.without_rows:
            first = verdict.without_rows[0]
            raised = f", which raised {first.raised}" if first.raised else ""
            raise ContractViolated(
                f"the rule {first.rule} is broken{raised}: {first.description}",
                where=f"table {table.name}",
                fix="It is about the whole table, so setting rows aside can't mend it",
            )
        bad = verdict.bad_rows
        counts[table.name] = {
            rule.rule: len(rule.rows)
            for rule in verdict.failed
            if rule.severity == "blocking" and rule.rows is not None
        }
        if bad.mean() > config.quarantine.max_share:
            rules = ", ".join(f"{rule}: {n}" for rule, n in counts[table.name].items())
            raise ContractViolated(
                f"{int(bad.sum())} of {len(bad)} rows break the contract ({rules})",
                where=f"table {table.name}",
                fix="Mend the source or the contract, or raise `quarantine.max_share`",
            )
        kept[table.name] = table.frame[~bad].reset_index(drop=True)
        if bad.any():
            aside[table.name] = table.frame[bad]
    return Kept(Dataset.of(kept, dataset.schema), aside, counts)


def divide(dataset: Dataset, config: PipelineConfig) -> Split:
    """Train, holdout and reference, by subject; the same rows land on the same side every night.

    Raises:
        DataError: There are too few rows.
    """
    seed = Seed(config.seed).child("split", config.name)
    return split(dataset.only, holdout=config.split.holdout, seed=seed)


def fit(train: Table, config: TableConfig, *, progress: Progress = silent) -> FittedGenerator:
    """Fit the configured generator to the train rows.

    Raises:
        FitError: It can't be fitted.
    """
    return config.generator.fit(
        train, seed=Seed(config.seed), protection=config.protect, progress=progress
    )


def sample(fitted: FittedGenerator, n_subjects: int, config: PipelineConfig) -> Table:
    """Draw the configured number of subjects: a count, or a share of the source's.

    Args:
        fitted: The model.
        n_subjects: Subjects in the source, after quarantine.
        config: Holds `rows` and the seed.
    """
    wanted = config.rows
    n = wanted if isinstance(wanted, int) else max(1, math.floor(wanted * n_subjects + 0.5))
    return fitted.sample(n, unit="subjects", seed=Seed(config.seed))


def check(
    parts: Split,
    synthetic: Table,
    fitted: FittedGenerator | None,
    config: TableConfig,
    *,
    name: str,
    data_digest: str,
    set_aside: dict[str, dict[str, int]] | None = None,
    progress: Progress = silent,
) -> Report:
    """Run every configured check and draw what people would rather look at."""
    from validation.base import Evidence
    from validation.pictures import draw
    from validation.report import Report
    from validation.runner import run_checks

    evidence = Evidence(
        train=parts.train,
        synthetic=synthetic,
        holdout=parts.holdout,
        reference=parts.reference,
        model=fitted,
        own=fitted is not None,
        k=config.protect.k,
        suites=tuple(str(path) for path in config.contract.suite),
        seed=Seed(config.seed).child("check"),
    )
    results = run_checks(evidence, config.selected_checks(), progress)
    sides = {
        "train": evidence.train,
        "holdout": evidence.holdout,
        "reference": evidence.reference,
        "synthetic": evidence.synthetic,
    }
    return Report(
        name=name,
        results=results,
        rows={synthetic.name: {k: len(table) for k, table in sides.items() if table is not None}},
        generator=config.generator.kind if fitted else None,
        seed=config.seed,
        data_digest=data_digest,
        versions=versions(),
        pictures={synthetic.name: draw(evidence)},
        set_aside=set_aside or {},
    )


def decide(report: Report, config: TableConfig) -> Decision:
    """The gate's decision."""
    from validation.gate import Gate

    return Gate(config.gate).decide(report)


def publish(release: Release, config: PipelineConfig, settings: Settings) -> tuple[Receipt, ...]:
    """Write a release to every sink, in order.

    Raises:
        ReleaseError: A sink can't be written; those before it have been.
    """
    return tuple(sink.write(release, settings) for sink in config.sinks)


__all__ = [
    "Kept",
    "check",
    "decide",
    "describe",
    "divide",
    "fit",
    "keep_contract",
    "publish",
    "read",
    "sample",
]
