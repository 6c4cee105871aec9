"""The stages as Prefect tasks: references in, references out, and a cache between runs.

Each task loads what its references point at, calls the plain function of `pipelines.stages`, and
stores what it made in the workspace. The cache is our own (a stage's inputs, its part of the
configuration, the seed, the product's code and its libraries), because Prefect's sees neither
changed generator code nor equal content under another path.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from pipelines import stages
from pipelines.base import Receipt
from pipelines.config import PipelineConfig
from pipelines.drift import compare_source, keep_baseline, load_measured, look_for_renames
from pipelines.manifests import history_of, manifest_of
from pipelines.must_have import named, put_in
from pipelines.quarantine import put_aside
from pipelines.references import (
    DatasetRef,
    DriftRef,
    ModelRef,
    Outcome,
    RawRef,
    ReportRef,
    SplitRef,
    digests,
    load_dataset,
    load_judged,
    load_part,
    load_raw,
    load_report,
    store_dataset,
    store_raw,
)
from pipelines.releases import Release, data_digest
from pipelines.retention import after_publish
from pipelines.settings import Settings
from pipelines.stage_cache import as_task_result, cache_key, once, place, safe_stage, unchanged
from pipelines.workspace import Attempt, digest_of_json, write_private
from tabular.errors import ConfigurationError, SinkUnavailable, SourceUnavailable
from tabular.relations import following
from tabular.split import Split
from validation.gate import Decision

_P = ParamSpec("_P")
_R = TypeVar("_R")


def ingest(config: PipelineConfig, run: str) -> RawRef:
    """Stage `source`: read the real rows."""
    del run
    settings, workspace = place(config)
    with safe_stage("source") as running:
        quick = config.source.quick_fingerprint()
        fingerprint = config.source.fingerprint(settings)
        key = cache_key(fingerprint, config.source.model_dump(mode="json"))

        def make() -> RawRef:
            raw = stages.read(config, settings)
            return store_raw(raw, workspace, fingerprint, quick)

        made, cached = once(
            "source", key, RawRef, make, workspace, cacheable=fingerprint is not None
        )
        rows = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{rows:,} rows from {config.source.kind}{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def describe(config: PipelineConfig, raw: RawRef) -> DatasetRef:
    """Stage `profile`: find out the schema."""
    settings, workspace = place(config)
    with safe_stage("profile") as running:
        key = cache_key(
            digests(raw.tables),
            config.model_dump(
                mode="json", include={"tables", "foreign_keys", "subject", "fairness"}
            ),
            raw.model_dump(
                mode="json", include={"columns", "primary_keys", "alternate_keys", "foreign_keys"}
            ),
        )

        def make() -> DatasetRef:
            rows = load_raw(raw)
            try:
                return store_dataset(stages.describe(rows, config), workspace)
            except ConfigurationError as error:
                raise look_for_renames(error, rows, config, workspace) from None

        made, cached = once("profile", key, DatasetRef, make, workspace)
        tables = made.dataset_schema.tables
        for sink in config.sinks:
            sink.refuse_early(config.name, tuple(tables), settings)
        columns = sum(len(table.columns) for table in tables.values())
        running.outcome = f"{len(tables)} table(s), {columns} columns{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def keep_contract(config: PipelineConfig, described: DatasetRef, run: str) -> DatasetRef:
    """Stage `contract`: set aside the rows that break it."""
    _, workspace = place(config)
    with safe_stage("contract") as running:
        key = cache_key(
            digests(described.tables),
            described.dataset_schema.model_dump(mode="json"),
            config.quarantine.model_dump(mode="json"),
            [path.read_text(encoding="utf-8") for path in config.contract.suite if path.exists()],
        )

        def make() -> DatasetRef:
            kept = stages.keep_contract(load_dataset(described), config)
            put_aside(kept, workspace, run)
            return store_dataset(kept.dataset, workspace).model_copy(
                update={"set_aside": kept.counts}
            )

        made, cached = once("contract", key, DatasetRef, make, workspace)
        before = sum(artifact.rows for artifact in described.tables.values())
        after = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{before - after:,} rows set aside{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def divide(config: PipelineConfig, kept: DatasetRef) -> SplitRef:
    """Stage `split`: train, holdout, reference."""
    _, workspace = place(config)
    with safe_stage("split") as running:
        key = cache_key(
            digests(kept.tables),
            kept.dataset_schema.model_dump(mode="json"),
            config.split.model_dump(mode="json"),
            [config.name, config.seed],
        )

        def make() -> SplitRef:
            dataset = load_dataset(kept)
            parts = stages.divide(dataset, config)
            sizes = stages.Sizes.of(dataset)
            return SplitRef(
                dataset_schema=kept.dataset_schema,
                train=store_dataset(parts.train, workspace).tables,
                holdout=store_dataset(parts.holdout, workspace).tables,
                reference=store_dataset(parts.reference, workspace).tables,
                subjects=sizes.subjects,
                rows=sizes.rows,
            )

        made, cached = once("split", key, SplitRef, make, workspace)
        follow = following(kept.dataset_schema)
        rows = {
            side: sum(artifact.rows for name, artifact in tables.items() if name in follow)
            for side, tables in (
                ("train", made.train), ("holdout", made.holdout), ("reference", made.reference)
            )
        }  # fmt: skip
        said = ", ".join(f"{side} {n:,}" for side, n in rows.items())
        running.outcome = f"{said}{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def fit(config: PipelineConfig, parts: SplitRef) -> ModelRef:
    """Stage `fit`: learn from the train rows."""
    _, workspace = place(config)
    with safe_stage("fit") as running:
        key = cache_key(
            digests(parts.train),
            parts.dataset_schema.model_dump(mode="json"),
            config.model_dump(mode="json", include={"generator", "protect", "seed", "tables"}),
        )

        def make() -> ModelRef:
            from generators import checkpoints

            # The key tells rows, configuration and code: a fit that was killed goes on from here.
            with checkpoints.kept_in(workspace.unfinished(f"fit-{key}")):
                fitted = stages.fit(load_part(parts, "train"), config, progress=running.progress)
            return ModelRef(model=workspace.put(fitted.save))

        made, cached = once("fit", key, ModelRef, make, workspace)
        running.outcome = f"{config.generator.kind}{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def sample(config: PipelineConfig, parts: SplitRef, model: ModelRef) -> DatasetRef:
    """Stage `sample`: draw synthetic rows."""
    from generators.relational import FittedDataset

    _, workspace = place(config)
    with safe_stage("sample") as running:
        sizes = stages.Sizes(parts.subjects, parts.rows)
        key = cache_key(
            model.model.sha256,
            digests(parts.train),
            config.model_dump(mode="json", include={"rows", "seed", "fairness", "must_have"}),
            parts.subjects,
        )

        def make() -> DatasetRef:
            fitted = FittedDataset.load(model.model.path)
            drawn = stages.sample(fitted, sizes, load_part(parts, "train"), config)
            stored = store_dataset(drawn, workspace, synthetic=True)
            if not config.must_have:
                return stored
            counts = {n: len(rows) for n, rows in named(config.must_have, drawn.schema).items()}
            whole = store_dataset(put_in(drawn, config.must_have), workspace, synthetic=True)
            return whole.model_copy(update={"judged": stored.tables, "must_have": counts})

        made, cached = once("sample", key, DatasetRef, make, workspace)
        rows = sum(artifact.rows for artifact in made.tables.values())
        running.outcome = f"{rows:,} synthetic rows{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def check(
    config: PipelineConfig,
    parts: SplitRef,
    model: ModelRef,
    synthetic: DatasetRef,
    kept: DatasetRef,
) -> ReportRef:
    """Stage `check`: measure fidelity, utility, privacy and bias."""
    from generators.relational import FittedDataset

    _, workspace = place(config)
    with safe_stage("check") as running:
        digest = data_digest(digests(synthetic.tables))
        key = cache_key(
            digest,
            [digests(side) for side in (parts.train, parts.holdout, parts.reference)],
            model.model.sha256,
            config.model_dump(
                mode="json", include={"checks", "fairness", "gate", "protect", "seed"}
            ),
            parts.dataset_schema.model_dump(mode="json"),
            synthetic.must_have,
        )

        def make() -> ReportRef:
            split = Split(
                train=load_part(parts, "train"),
                holdout=load_part(parts, "holdout"),
                reference=load_part(parts, "reference"),
            )
            fitted = FittedDataset.load(model.model.path)
            before = None
            if config.fairness:
                as_learnt = config.model_copy(update={"fairness": None})
                sizes = stages.Sizes(parts.subjects, parts.rows)
                before = stages.sample(fitted, sizes, split.train, as_learnt)
            report = stages.check(
                split,
                load_judged(synthetic),
                fitted,
                config,
                before=before,
                name=config.name,
                data_digest=digest,
                set_aside=kept.set_aside,
                progress=running.progress,
            )
            report = report.model_copy(update={"must_have": synthetic.must_have})
            text = report.to_json()
            stored = workspace.put(lambda path: write_private(path, text))
            return ReportRef(report=stored, data_digest=digest)

        made, cached = once("check", key, ReportRef, make, workspace)
        results = load_report(made).results
        passed = sum(result.status == "pass" for result in results)
        running.outcome = f"{passed} of {len(results)} checks passed{unchanged(cached=cached)}"
    return as_task_result(made, cached=cached)


def decide(
    config: PipelineConfig, checked: ReportRef, kept: DatasetRef, compared: DriftRef, run: str
) -> Outcome:
    """Stage `gate`: publish, hold or reject; writes the report people read."""
    from validation.report_html import render

    _, workspace = place(config)
    with safe_stage("gate") as running:
        drift = load_measured(compared).drift
        report = load_report(checked).model_copy(
            update={"drift": drift, "history": history_of(workspace)}
        )
        decision = stages.decide(report, config)
        folder = workspace.run_folder(run)
        outcome = Outcome(
            verdict=decision.verdict,
            reasons=decision.reasons,
            report_json=folder / "report.json",
            report_html=folder / "report.html",
            set_aside=kept.set_aside,
            drift=tuple(change.message for change in drift.drifted) if drift else (),
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
    settings, workspace = place(config)
    with safe_stage("publish") as running:
        folder = workspace.run_folder(run)
        decision = Decision.model_validate_json((folder / "decision.json").read_bytes())
        manifest = manifest_of(config, synthetic, decision, raw, workspace, folder)
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


def record(
    config: PipelineConfig, raw: RawRef, compared: DriftRef, outcome: Outcome, run: str
) -> None:
    """Append the attempt to the log, and delete the real rows if it was published."""
    settings, workspace = place(config)
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
        keep_baseline(workspace, outcome.receipts[0].version, load_measured(compared).profile)
        after_publish(workspace, settings)


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
drift_task = _inner("drift", compare_source)
contract_task = _inner("contract", keep_contract)
split_task = _inner("split", divide)
fit_task = _inner("fit", fit)
sample_task = _inner("sample", sample)
check_task = _inner("check", check)
gate_task = _inner("gate", decide)
publish_task = _outer("publish", publish)
