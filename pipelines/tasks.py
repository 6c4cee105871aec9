"""The stages as Prefect tasks: references in, references out, and a cache between runs.

Each task loads what its references point at, calls the plain function of `pipelines.stages`, and
stores what it made in the workspace. The cache is our own (a stage's inputs, its part of the
configuration, the seed, the product's code and its libraries), because Prefect's sees neither
changed generator code nor equal content under another path.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed
from prefect.tasks import Task, exponential_backoff
from pydantic import BaseModel, ConfigDict

from pipelines import stages
from pipelines.base import RawData, RawTable, Receipt
from pipelines.config import PipelineConfig
from pipelines.frames import read_parquet, write_parquet
from pipelines.provenance import code_digest, versions
from pipelines.releases import FileDigest, Manifest, Release, data_digest
from pipelines.reporting import Stage, stage
from pipelines.settings import Settings
from pipelines.workspace import Artifact, Attempt, Workspace, digest_of_json, write_private
from tabular.dataset import Dataset, Table
from tabular.errors import SinkUnavailable, SourceUnavailable, WaxworkError
from tabular.schema import Column, ForeignKey, Schema, TableSchema
from tabular.split import Split
from validation.gate import Decision
from validation.report import Report

if TYPE_CHECKING:
    import pandas as pd


_Made = TypeVar("_Made", bound=BaseModel)
_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Ref(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RawRef(_Ref):
    """Raw tables, as the source gave them."""

    tables: dict[str, Artifact]
    dtypes: dict[str, dict[str, str]]
    columns: dict[str, dict[str, Column]]
    primary_keys: dict[str, tuple[str, ...]]
    alternate_keys: dict[str, tuple[tuple[str, ...], ...]]
    foreign_keys: tuple[ForeignKey, ...]
    fingerprint: str | None
    quick_fingerprint: str | None


class DatasetRef(_Ref):
    """Described tables."""

    dataset_schema: Schema
    tables: dict[str, Artifact]
    set_aside: dict[str, dict[str, int]] = {}


class SplitRef(_Ref):
    """The three parts of a table."""

    dataset_schema: Schema
    name: str
    train: Artifact
    holdout: Artifact
    reference: Artifact
    n_subjects: int


class ModelRef(_Ref):
    """A fitted model."""

    model: Artifact


class ReportRef(_Ref):
    """A full report."""

    report: Artifact
    data_digest: str


class Outcome(_Ref):
    """What a run came to; `waxwork run` prints it."""

    verdict: str
    reasons: tuple[str, ...]
    report_json: Path
    report_html: Path
    receipts: tuple[Receipt, ...] = ()
    set_aside: dict[str, dict[str, int]] = {}


def ingest(config: PipelineConfig, run: str) -> RawRef:
    """Stage `source`: read the real rows."""
    del run
    settings, workspace = _place(config)
    with _stage("source") as running:
        quick = config.source.quick_fingerprint()
        fingerprint = config.source.fingerprint(settings)
        key = _key(fingerprint, config.source.model_dump(mode="json"))

        def make() -> RawRef:
            raw = stages.read(config, settings)
            return _store_raw(raw, workspace, fingerprint, quick)

        made, cached = _once(
            "source", key, RawRef, make, workspace, cacheable=fingerprint is not None
        )
        rows = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{rows:,} rows from {config.source.kind}{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def describe(config: PipelineConfig, raw: RawRef) -> DatasetRef:
    """Stage `profile`: find out the schema."""
    _, workspace = _place(config)
    with _stage("profile") as running:
        key = _key(
            _digests(raw.tables),
            config.model_dump(mode="json", include={"tables", "foreign_keys", "subject"}),
            raw.model_dump(mode="json", include={"columns", "primary_keys", "foreign_keys"}),
        )

        def make() -> DatasetRef:
            return _store(stages.describe(_load_raw(raw), config), workspace)

        made, cached = _once("profile", key, DatasetRef, make, workspace)
        tables = made.dataset_schema.tables
        columns = sum(len(table.columns) for table in tables.values())
        running.outcome = f"{len(tables)} table(s), {columns} columns{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def keep_contract(config: PipelineConfig, described: DatasetRef, run: str) -> DatasetRef:
    """Stage `contract`: set aside the rows that break it."""
    _, workspace = _place(config)
    with _stage("contract") as running:
        key = _key(
            _digests(described.tables),
            described.dataset_schema.model_dump(mode="json"),
            config.quarantine.model_dump(mode="json"),
            [path.read_text(encoding="utf-8") for path in config.contract.suite if path.exists()],
        )

        def make() -> DatasetRef:
            kept = stages.keep_contract(_load(described), config)
            _quarantine(kept, workspace, run)
            return _store(kept.dataset, workspace).model_copy(update={"set_aside": kept.counts})

        made, cached = _once("contract", key, DatasetRef, make, workspace)
        before = sum(artifact.rows for artifact in described.tables.values())
        after = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{before - after:,} rows set aside{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def divide(config: PipelineConfig, kept: DatasetRef) -> SplitRef:
    """Stage `split`: train, holdout, reference."""
    _, workspace = _place(config)
    with _stage("split") as running:
        key = _key(
            _digests(kept.tables),
            kept.dataset_schema.model_dump(mode="json"),
            config.split.model_dump(mode="json"),
            [config.name, config.seed],
        )

        def make() -> SplitRef:
            dataset = _load(kept)
            parts = stages.divide(dataset, config)
            stored = {
                side: _put_frame(getattr(parts, side), workspace)
                for side in ("train", "holdout", "reference")
            }
            return SplitRef(
                dataset_schema=kept.dataset_schema,
                name=parts.train.name,
                n_subjects=dataset.only.n_subjects,
                **stored,
            )

        made, cached = _once("split", key, SplitRef, make, workspace)
        ref = made
        running.outcome = (
            f"train {ref.train.rows:,}, holdout {ref.holdout.rows:,}, "
            f"reference {ref.reference.rows:,}{_unchanged(cached=cached)}"
        )
    return _as_task_result(made, cached=cached)


def fit(config: PipelineConfig, parts: SplitRef) -> ModelRef:
    """Stage `fit`: learn from the train rows."""
    _, workspace = _place(config)
    with _stage("fit") as running:
        key = _key(
            parts.train.sha256,
            parts.dataset_schema.model_dump(mode="json"),
            config.model_dump(mode="json", include={"generator", "protect", "seed"}),
        )

        def make() -> ModelRef:
            fitted = stages.fit(_load_part(parts, "train"), config, progress=running.progress)
            return ModelRef(model=workspace.put(fitted.save))

        made, cached = _once("fit", key, ModelRef, make, workspace)
        running.outcome = f"{config.generator.kind}{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def sample(config: PipelineConfig, parts: SplitRef, model: ModelRef) -> DatasetRef:
    """Stage `sample`: draw synthetic rows."""
    from generators.artifacts import load

    _, workspace = _place(config)
    with _stage("sample") as running:
        key = _key(model.model.sha256, parts.n_subjects, [config.rows, config.seed])

        def make() -> DatasetRef:
            drawn = stages.sample(load(model.model.path), parts.n_subjects, config)
            return DatasetRef(
                dataset_schema=parts.dataset_schema,
                tables={drawn.name: _put_frame(drawn, workspace, synthetic=True)},
            )

        made, cached = _once("sample", key, DatasetRef, make, workspace)
        rows = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{rows:,} synthetic rows{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def check(
    config: PipelineConfig,
    parts: SplitRef,
    model: ModelRef,
    synthetic: DatasetRef,
    kept: DatasetRef,
) -> ReportRef:
    """Stage `check`: measure fidelity, utility, privacy and bias."""
    from generators.artifacts import load

    _, workspace = _place(config)
    with _stage("check") as running:
        digest = data_digest(_digests(synthetic.tables))
        key = _key(
            digest,
            [parts.train.sha256, parts.holdout.sha256, parts.reference.sha256, model.model.sha256],
            config.model_dump(mode="json", include={"checks", "gate", "protect", "seed"}),
            parts.dataset_schema.model_dump(mode="json"),
        )

        def make() -> ReportRef:
            split = Split(
                train=_load_part(parts, "train"),
                holdout=_load_part(parts, "holdout"),
                reference=_load_part(parts, "reference"),
            )
            report = stages.check(
                split,
                _load(synthetic).only,
                load(model.model.path),
                config,
                name=config.name,
                data_digest=digest,
                set_aside=kept.set_aside,
                progress=running.progress,
            )
            text = report.to_json()
            stored = workspace.put(lambda path: write_private(path, text))
            return ReportRef(report=stored, data_digest=digest)

        made, cached = _once("check", key, ReportRef, make, workspace)
        results = load_report(made).results
        passed = sum(result.status == "pass" for result in results)
        running.outcome = f"{passed} of {len(results)} checks passed{_unchanged(cached=cached)}"
    return _as_task_result(made, cached=cached)


def decide(config: PipelineConfig, checked: ReportRef, kept: DatasetRef, run: str) -> Outcome:
    """Stage `gate`: publish, hold or reject; writes the report people read."""
    from validation.report_html import render

    _, workspace = _place(config)
    with _stage("gate") as running:
        report = load_report(checked)
        decision = stages.decide(report, config)
        folder = workspace.run_folder(run)
        outcome = Outcome(
            verdict=decision.verdict,
            reasons=decision.reasons,
            report_json=folder / "report.json",
            report_html=folder / "report.html",
            set_aside=kept.set_aside,
        )
        write_private(outcome.report_json, report.to_json())
        write_private(outcome.report_html, render(report, decision))
        write_private(folder / "decision.json", decision.model_dump_json(indent=1))
        running.outcome = decision.verdict
    return outcome


def publish(
    config: PipelineConfig, synthetic: DatasetRef, checked: ReportRef, raw: RawRef, run: str
) -> tuple[Receipt, ...]:
    """Stage `publish`: write the release to every sink."""
    settings, workspace = _place(config)
    with _stage("publish") as running:
        folder = workspace.run_folder(run)
        decision = Decision.model_validate_json((folder / "decision.json").read_bytes())
        past = workspace.attempts()
        published = [attempt for attempt in past if attempt.verdict == "publish"]
        since = len(past) - past.index(published[-1]) - 1 if published else len(past)
        now = dt.datetime.now(tz=dt.UTC)
        manifest = Manifest(
            name=config.name,
            version=f"{now:%Y%m%dT%H%M%SZ}-{decision.data_digest[:8]}",
            created=now.isoformat(timespec="seconds"),
            tables={
                name: FileDigest(
                    file=f"data/{name}/part-00000.parquet", rows=a.rows, sha256=a.sha256
                )
                for name, a in synthetic.tables.items()
            },
            data_digest=decision.data_digest,
            config_digest=digest_of_json(config.model_dump(mode="json")),
            source_fingerprint=raw.fingerprint,
            seed=config.seed,
            generator=config.generator.model_dump(mode="json"),
            packages=versions(),
            verdict=decision.verdict,
            policy=decision.policy,
            reasons=decision.reasons,
            attempts=since + 1,
            releases=len(published),
            previous=published[-1].version if published else None,
        )
        release = Release(
            manifest=manifest,
            files={name: artifact.path for name, artifact in synthetic.tables.items()},
            schema=synthetic.dataset_schema,
            report=load_report(checked),
            decision=decision,
        )
        receipts = stages.publish(release, config, settings)
        running.outcome = ", ".join(receipt.location for receipt in receipts)
    return receipts


def record(config: PipelineConfig, raw: RawRef, outcome: Outcome, run: str) -> None:
    """Append the attempt to the log, and delete the real rows if it was published."""
    _, workspace = _place(config)
    workspace.record(
        Attempt(
            at=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            run=run,
            fingerprint=raw.fingerprint,
            quick_fingerprint=raw.quick_fingerprint,
            config=digest_of_json(config.model_dump(mode="json")),
            seed=config.seed,
            verdict=outcome.verdict,
            reasons=outcome.reasons,
            version=outcome.receipts[0].version if outcome.receipts else None,
            receipts=outcome.receipts,
        )
    )
    folder = workspace.run_folder(run)
    write_private(folder / "outcome.json", outcome.model_dump_json(indent=1))
    if outcome.verdict == "publish":
        workspace.forget_rows()


# What the tasks share


def _place(config: PipelineConfig) -> tuple[Settings, Workspace]:
    settings = Settings()
    return settings, Workspace.of(config.name, settings)


def _key(*parts: object) -> str:
    return digest_of_json([code_digest(), versions(), *parts])[:32]


def _once(
    name: str,
    key: str,
    model: type[_Made],
    make: Callable[[], _Made],
    workspace: Workspace,
    *,
    cacheable: bool = True,
) -> tuple[_Made, bool]:
    """What the stage made before from the same inputs, or what it makes now; and which it is."""
    if cacheable and (found := workspace.remembered(name, key, model)) is not None:
        return found, True
    made = make()
    if cacheable:
        workspace.remember(name, key, made)
    return made, False


def _as_task_result(made: _Made, *, cached: bool) -> _Made:
    """The result; from the cache in a state of that name, which Prefect unpacks for the flow."""
    if not cached:
        return made
    return cast("_Made", Completed(name="Cached", message="Nothing changed.", data=made))


def _unchanged(*, cached: bool) -> str:
    return " (unchanged)" if cached else ""


def _digests(tables: dict[str, Artifact]) -> dict[str, str]:
    return {name: artifact.sha256 for name, artifact in tables.items()}


def _put_frame(table: Table, workspace: Workspace, *, synthetic: bool = False) -> Artifact:
    return workspace.put(
        lambda path: write_parquet(table.frame, path, schema=table.schema, synthetic=synthetic),
        rows=len(table),
    )


def _store(dataset: Dataset, workspace: Workspace) -> DatasetRef:
    return DatasetRef(
        dataset_schema=dataset.schema,
        tables={table.name: _put_frame(table, workspace) for table in dataset},
    )


def _load(ref: DatasetRef) -> Dataset:
    frames = {
        name: read_parquet(artifact.path, ref.dataset_schema.tables[name])
        for name, artifact in ref.tables.items()
    }
    return Dataset.of(frames, ref.dataset_schema)


def _load_part(ref: SplitRef, side: str) -> Table:
    artifact: Artifact = getattr(ref, side)
    schema = ref.dataset_schema.tables[ref.name]
    frame = read_parquet(artifact.path, schema)
    return Table(ref.name, frame, schema, ref.dataset_schema.subject_columns(ref.name))


def load_report(ref: ReportRef) -> Report:
    """The full report behind a reference."""
    return Report.model_validate_json(ref.report.path.read_bytes())


def _store_raw(
    raw: RawData, workspace: Workspace, fingerprint: str | None, quick: str | None
) -> RawRef:
    from tabular.profile import dtype_name

    def put(frame: pd.DataFrame) -> Artifact:
        return workspace.put(lambda path: write_parquet(frame, path), rows=len(frame))

    return RawRef(
        tables={name: put(table.frame) for name, table in raw.tables.items()},
        dtypes={
            name: {str(c): dtype_name(table.frame[c]) for c in table.frame.columns}
            for name, table in raw.tables.items()
        },
        columns={name: dict(table.columns) for name, table in raw.tables.items()},
        primary_keys={name: table.primary_key for name, table in raw.tables.items()},
        alternate_keys={name: table.alternate_keys for name, table in raw.tables.items()},
        foreign_keys=raw.foreign_keys,
        fingerprint=fingerprint,
        quick_fingerprint=quick,
    )


def _load_raw(ref: RawRef) -> RawData:
    def frame(name: str) -> pd.DataFrame:
        columns = tuple(Column(name=c, dtype=d) for c, d in ref.dtypes[name].items())
        return read_parquet(ref.tables[name].path, TableSchema(columns=columns))

    return RawData(
        {
            name: RawTable(
                frame(name), ref.columns[name], ref.primary_keys[name], ref.alternate_keys[name]
            )
            for name in ref.tables
        },
        ref.foreign_keys,
    )


def _quarantine(kept: stages.Kept, workspace: Workspace, run: str) -> None:
    if not kept.aside:
        return
    folder = workspace.run_folder(run) / "quarantine"
    folder.mkdir(mode=0o700, exist_ok=True)
    for index, (name, frame) in enumerate(kept.aside.items()):
        schema = kept.dataset.schema.tables[name]
        write_parquet(frame, folder / f"table-{index}.parquet", schema=schema)
    write_private(folder / "rules.json", _Counts(counts=kept.counts).model_dump_json(indent=1))


class _Counts(_Ref):
    counts: dict[str, dict[str, int]]


@contextmanager
def _stage(name: str) -> Iterator[Stage]:
    """A watched stage whose errors can be shown: another library's text may quote a cell."""
    with stage(name) as running:
        try:
            yield running
        except WaxworkError:
            raise
        except Exception as error:
            if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
                raise
            raise WaxworkError(
                f"the stage broke down with {type(error).__name__}",
                where=name,
                fix="Run again with --debug to see where; the trace may quote cells",
            ) from None


def _retriable(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only what may be well again in a moment is tried again."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, SourceUnavailable | SinkUnavailable)


def _outer(name: str, function: Callable[_P, _R]) -> Task[_P, _R]:
    """A task that touches the world outside: retried with growing pauses."""
    return task(
        name=name,
        cache_policy=NO_CACHE,
        retries=Settings().source_retries,
        retry_delay_seconds=exponential_backoff(2),
        retry_condition_fn=_retriable,
    )(function)


def _inner(name: str, function: Callable[_P, _R]) -> Task[_P, _R]:
    return task(name=name, cache_policy=NO_CACHE)(function)


source_task = _outer("source", ingest)
profile_task = _inner("profile", describe)
contract_task = _inner("contract", keep_contract)
split_task = _inner("split", divide)
fit_task = _inner("fit", fit)
sample_task = _inner("sample", sample)
check_task = _inner("check", check)
gate_task = _inner("gate", decide)
publish_task = _outer("publish", publish)
