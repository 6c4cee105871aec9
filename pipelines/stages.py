"""The way of the data, one plain function per stage, in order.

    read -> describe -> keep_contract -> divide -> fit -> sample -> check -> decide -> publish

They take and give tables and models, know nothing of Prefect or of workspaces, and each looks only
at what its arguments hold: nothing before `check` is handed the holdout or the reference.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.description import describe
from pipelines.provenance import versions
from pipelines.reshaping import reshape, table_of
from tabular.dataset import Dataset
from tabular.errors import ContractViolated
from tabular.model import share_of, silent
from tabular.relations import following, pointed_at
from tabular.seeding import Seed
from tabular.split import Split, split

_LOG = logging.getLogger(__name__)

if TYPE_CHECKING:
    import pandas as pd

    from generators.relational import FittedDataset
    from pipelines.base import RawData, Receipt
    from pipelines.config import PipelineConfig, TableConfig
    from pipelines.releases import Release
    from pipelines.settings import Settings
    from tabular.model import Progress
    from validation.base import CheckResult
    from validation.gate import Decision
    from validation.report import Report


def read(config: PipelineConfig, settings: Settings) -> RawData:
    """Read the source.

    Raises:
        SourceError: It can't be read, or is larger than the caps.
    """
    raw = config.source.read(settings)
    for name, table in raw.tables.items():
        for note in table.notes:
            about = f"table {name}, column {note.column!r}" if note.column else f"table {name}"
            _LOG.info("%s: %s", about, note.says)
    return raw


@dataclass(frozen=True)
class Sizes:
    """How large a source is.

    Args:
        subjects: How many subjects, by table: of the subject's table or, where none is declared,
            of each table.
        rows: How many rows, by table.
    """

    subjects: dict[str, int]
    rows: dict[str, int]

    @staticmethod
    def of(dataset: Dataset) -> Sizes:
        """The sizes of a dataset."""
        subject = dataset.schema.subject
        tables = [dataset[subject.table]] if subject else list(dataset)
        return Sizes(
            {table.name: table.n_subjects for table in tables if not table.schema.reference},
            {table.name: len(table) for table in dataset},
        )


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
        kept[table.name] = table.frame[~bad]
        if bad.any():
            aside[table.name] = table.frame[bad]
    _drop_orphans(dataset, kept, aside, counts)
    for name, frame in kept.items():
        gone = len(dataset[name]) - len(frame)
        if gone > config.quarantine.max_share * len(dataset[name]):
            raise ContractViolated(
                f"{gone} of {len(dataset[name])} rows are set aside, those included that point "
                "at no row",
                where=f"table {name}",
                fix="Mend the source or its foreign keys, or raise `quarantine.max_share`",
            )
    whole = {name: frame.reset_index(drop=True) for name, frame in kept.items()}
    return Kept(Dataset.of(whole, dataset.schema), aside, counts)


def _drop_orphans(
    dataset: Dataset,
    kept: dict[str, pd.DataFrame],
    aside: dict[str, pd.DataFrame],
    counts: dict[str, dict[str, int]],
) -> None:
    """Set aside rows whose foreign key points at no row, and what then points at none."""
    import pandas as pd

    moved = True
    while moved:
        moved = False
        for key in dataset.schema.foreign_keys:
            frame = kept[key.table]
            lost = pointed_at(frame, kept[key.references], key) < 0
            lost &= frame[list(key.columns)].notna().all(axis=1).to_numpy(dtype=bool)
            if not lost.any():
                continue
            moved = True
            rule = f"references({', '.join(key.columns)})"
            counts[key.table][rule] = counts[key.table].get(rule, 0) + int(lost.sum())
            before = [aside[key.table]] if key.table in aside else []
            aside[key.table] = pd.concat([*before, frame[lost]])
            kept[key.table] = frame[~lost]


def divide(dataset: Dataset, config: PipelineConfig) -> Split:
    """Train, holdout and reference, by subject; the same rows land on the same side every night.

    Raises:
        DataError: There are too few rows.
    """
    seed = Seed(config.seed).child("split", config.name)
    return split(dataset, holdout=config.split.holdout, seed=seed)


def fit(train: Dataset, config: TableConfig, *, progress: Progress = silent) -> FittedDataset:
    """Fit the configured generator to the train rows.

    Raises:
        FitError: It can't be fitted.
    """
    from generators.relational import DatasetGenerator

    own = {name: options.generator for name, options in config.tables.items()}
    generator = DatasetGenerator(
        config.generator,
        {name: kind for name, kind in own.items() if kind is not None},
        config.protect,
    )
    return generator.fit(train, seed=Seed(config.seed), progress=progress)


def sample(fitted: FittedDataset, source: Sizes, train: Dataset, config: PipelineConfig) -> Dataset:
    """Draw the configured number of subjects: a count, or a share of the source's.

    Tables that don't follow the subject keep their size, and reference tables their rows. Where
    `fairness` declares rates, rows are taken from a larger draw so that they hold.

    Args:
        fitted: The model.
        source: Subjects and rows of the source, after quarantine.
        train: Its reference tables are kept as they are.
        config: Holds `rows` and the seed.
    """
    wanted = config.rows
    total = max(sum(source.subjects.values()), 1)
    share = wanted / total if isinstance(wanted, int) else wanted
    sizes = {
        name: max(1, math.floor(share * source.subjects[name] + 0.5))
        if name in source.subjects
        else source.rows[name]
        for name in fitted.roots
    }
    drawn = fitted.sample(sizes, references=train.tables, seed=Seed(config.seed))
    if config.fairness is None:
        return drawn
    return reshape(drawn, fitted, config.fairness, train, seed=Seed(config.seed))


def check(
    parts: Split,
    synthetic: Dataset,
    fitted: FittedDataset | None,
    config: TableConfig,
    *,
    name: str,
    data_digest: str,
    before: Dataset | None = None,
    set_aside: dict[str, dict[str, int]] | None = None,
    progress: Progress = silent,
) -> Report:
    """Run every configured check on every table and draw what people would rather look at.

    `before` holds the rows as the generator drew them, where `fairness` had them reshaped.
    """
    from validation.base import Evidence, Related
    from validation.mitigation import check_reshaped
    from validation.pictures import draw
    from validation.report import Report
    from validation.runner import run_checks

    schema = synthetic.schema
    follow = following(schema)
    made = [table.name for table in synthetic if not table.schema.reference]
    related = None
    if schema.foreign_keys:
        related = Related(parts.train, synthetic, parts.holdout, parts.reference)
    results: list[CheckResult] = []
    pictures = {}
    mitigation = None
    for done, table in enumerate(made):
        follows = table in follow
        evidence = Evidence(
            train=parts.train[table],
            synthetic=synthetic[table],
            holdout=parts.holdout[table] if follows else None,
            reference=parts.reference[table] if follows else None,
            model=fitted.alone.get(table) if fitted else None,
            own=fitted is not None,
            k=config.protect.k,
            suites=tuple(str(path) for path in config.contract.suite),
            seed=Seed(config.seed).child("check", *(() if len(made) == 1 else (table,))),
            related=related,
        )
        checks = tuple(c for c in config.selected_checks() if follows or c.needs_no_subject)

        told = share_of(progress, done, len(made), table if len(made) > 1 else "")
        if config.fairness and table == table_of(config.fairness, schema.tables):
            drawn = before[table] if before else None
            found, mitigation = check_reshaped(evidence, checks, config.fairness, drawn, told)
            results += found
        else:
            results += run_checks(evidence, checks, told)
        pictures[table] = draw(evidence)
    sides = {"train": parts.train, "holdout": parts.holdout, "reference": parts.reference}
    return Report(
        name=name,
        results=tuple(results),
        rows={
            table: {
                **{side: len(part[table]) for side, part in sides.items() if table in follow},
                "synthetic": len(synthetic[table]),
            }
            for table in made
        },
        without_subjects=tuple(table for table in made if table not in follow),
        generator=config.generator.kind if fitted else None,
        seed=config.seed,
        data_digest=data_digest,
        versions=versions(),
        pictures=pictures,
        portraits=fitted.portraits() if fitted else {},
        set_aside=set_aside or {},
        mitigation=mitigation,
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
    "Sizes",
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
