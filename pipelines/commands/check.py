"""`waxwork check`: a verdict on any files, also those this program did not make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.base import RawData, RawTable
from pipelines.commands.files import read_raw, table_name
from pipelines.config import ColumnOptions, TableOptions, load_table_config
from pipelines.conform import cast, same_columns, widened
from pipelines.description import describe
from pipelines.provenance import versions
from pipelines.reporting import stage
from tabular.errors import ConfigurationError
from tabular.seeding import Seed
from tabular.split import halves

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from pipelines.config import TableConfig
    from pipelines.settings import Settings
    from tabular.dataset import Table
    from tabular.model import Progress
    from tabular.schema import Column
    from validation.base import CheckResult, Evidence
    from validation.gate import Decision
    from validation.report import Report


def check(
    files: dict[str, Path],
    target: str | None,
    sensitive: tuple[str, ...],
    config_path: Path | None,
    settings: Settings,
) -> tuple[Report, Decision]:
    """Judge a synthetic file.

    Args:
        files: By side: train and synthetic, and where there are any holdout and reference.
        target: Column to predict.
        sensitive: Columns that tell protected groups apart.
        config_path: A configuration, whatever of it is given.
        settings: Caps and threads.
    """
    from validation.gate import Gate
    from validation.pictures import draw
    from validation.report import Report

    config = load_table_config(config_path)
    with stage("source") as running:
        evidence = _evidence(files, target, sensitive, config, settings)
        sides = {
            side: table
            for side in ("train", "holdout", "reference", "synthetic")
            if (table := getattr(evidence, side)) is not None
        }
        running.outcome = ", ".join(f"{side} {len(table):,}" for side, table in sides.items())
    with stage("check") as running:
        report = Report(
            name=evidence.train.name,
            results=_results(evidence, config, running.progress),
            rows={evidence.train.name: {side: len(table) for side, table in sides.items()}},
            seed=config.seed,
            versions=versions(),
            pictures={evidence.train.name: draw(evidence)},
        )
        running.outcome = f"{len(report.results)} checks"
    return report, Gate(config.gate).decide(report)


def _evidence(
    files: dict[str, Path],
    target: str | None,
    sensitive: tuple[str, ...],
    config: TableConfig,
    settings: Settings,
) -> Evidence:
    from validation.base import Evidence

    raw = {side: read_raw(path, settings) for side, path in files.items()}
    name = table_name(files["train"], config)
    train = raw["train"]
    columns = list(train.frame.columns)
    real = widened(
        {
            side: same_columns(table.frame, columns, str(files[side]))
            for side, table in raw.items()
            if side != "synthetic"
        }
    )
    synthetic = same_columns(raw["synthetic"].frame, columns, str(files["synthetic"]))
    described = _describe_all(name, train, real, _with_roles(config, name, target, sensitive))
    table = described.pop("train")
    excluded = set(columns) - set(table.schema.names)
    synthetic = cast(synthetic.drop(columns=list(excluded)), table.schema)
    holdout, reference = described.get("holdout"), described.get("reference")
    seed = Seed(config.seed)
    if holdout is not None and reference is None:
        holdout, reference = halves(holdout, seed.child("split", "reference"))
    return Evidence(
        train=table,
        synthetic=table.with_frame(synthetic),
        holdout=holdout,
        reference=reference,
        own=False,
        k=config.protect.k,
        suites=tuple(str(path) for path in config.contract.suite),
        seed=seed.child("check"),
    )


def _results(
    evidence: Evidence, config: TableConfig, progress: Progress
) -> tuple[CheckResult, ...]:
    from validation.mitigation import check_reshaped
    from validation.runner import run_checks

    checks = config.selected_checks()
    if config.fairness is None:
        return run_checks(evidence, checks, progress)
    return check_reshaped(evidence, checks, config.fairness, None, progress)[0]


def _describe_all(
    name: str, train: RawTable, real: dict[str, pd.DataFrame], config: TableConfig
) -> dict[str, Table]:
    """All real sides under one schema, which is found out from all their rows together."""
    import pandas as pd

    together = pd.concat(real.values(), ignore_index=True)
    known = {c: spec for c, spec in train.columns.items() if _same_dtype(spec, together[c])}
    raw = RawTable(together, known, train.primary_key, train.alternate_keys)
    whole = describe(RawData({name: raw}), config).only
    out, start = {}, 0
    for side, frame in real.items():
        rows = whole.frame.iloc[start : start + len(frame)].reset_index(drop=True)
        out[side] = whole.with_frame(rows)
        start += len(frame)
    return out


def _same_dtype(spec: Column, cells: pd.Series) -> bool:
    from tabular.profile import dtype_name

    return "dtype" not in spec.model_fields_set or spec.dtype == dtype_name(cells)


def _with_roles(
    config: TableConfig, name: str, target: str | None, sensitive: tuple[str, ...]
) -> TableConfig:
    """The configuration with the command line's roles written into it."""
    options = config.tables.get(name, TableOptions())
    columns = dict(options.columns)
    for role, names in (("target", (target,) if target else ()), ("sensitive", sensitive)):
        for column in names:
            columns[column] = columns.get(column, ColumnOptions()).model_copy(update={"role": role})
    changed = options.model_copy(update={"columns": columns})
    return config.model_copy(update={"tables": {**config.tables, name: changed}})


def require_folders(pages: dict[str, Path | None]) -> None:
    """Refuse before minutes of work what could not be written after them.

    Raises:
        ConfigurationError: A folder is not there.
    """
    for path in filter(None, pages.values()):
        if not path.parent.is_dir():
            raise ConfigurationError("the folder is not there", where=str(path.parent))


def show(
    report: Report, decision: Decision, *, pages: dict[str, Path | None], as_json: bool
) -> None:
    """Print the verdict, and write the report in the forms that are asked for.

    Args:
        report: What was found.
        decision: What the gate made of it.
        pages: Where to: `html` for people, `junit` for a build server, `markdown` for a request.
        as_json: Print JSON instead of a table.

    Raises:
        ConfigurationError: A file can't be written.
    """
    import json

    from pipelines.terminal import console, show_results, show_verdict
    from validation.report_html import render

    forms: dict[str, Callable[[], str]] = {
        "html": lambda: render(report, decision),
        "junit": report.to_junit,
        "markdown": report.to_markdown,
    }
    for form, path in pages.items():
        if path:
            try:
                path.write_text(forms[form](), encoding="utf-8")
            except OSError as error:
                raise ConfigurationError(
                    f"the report can't be written: {error.strerror}", where=str(path)
                ) from error
    if as_json:
        answer = {
            "decision": decision.model_dump(mode="json"),
            "report": json.loads(report.to_json()),
        }
        print(json.dumps(answer, indent=1))  # noqa: T201  the command's answer
        return
    screen = console()
    show_results(report.results, screen)
    show_verdict(decision.verdict, decision.reasons, screen)
