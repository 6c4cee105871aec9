"""The contract of a table, judged by Great Expectations; the only module that imports it.

A suite is made from the schema, the owner's own suites stand beside it, and Great Expectations
does the judging. Its ordinary results carry cell values, so the first pass asks for true or false
only; the rules that failed run again in the form that gives row positions without the cells.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import warnings
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.errors import ConfigurationError
from validation.bounds import bound_of, widened
from validation.contract import RuleOutcome, Verdict, outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from great_expectations import ExpectationSuite
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation

    from tabular.dataset import Table
    from tabular.schema import Column, TableSchema
    from validation.base import Severity

_LARGEST = float(np.finfo(np.float64).max)
_SEVERITIES: Mapping[str, Severity] = {
    "critical": "blocking",
    "warning": "warning",
    "info": "info",
}
_POSITIONS = {"result_format": "COMPLETE", "exclude_unexpected_values": True}


def suite_for(schema: TableSchema, *, closed: Table | None = None) -> ExpectationSuite:
    """The suite that a schema stands for.

    Columns in order, types, missing cells, keys, declared categories, bounds and patterns, no
    infinities, and one row per entity and index. It holds nothing but what the schema declares.

    Args:
        schema: The table's schema.
        closed: Rows whose categories and extremes no row may leave: what is asked of a generator
            of this program, whose domains are closed. The suite then holds values of these rows
            and must not be published.
    """
    rules = [
        _rule(
            "ExpectTableColumnsToMatchOrderedList",
            "columns",
            "the columns, in this order",
            column_list=list(schema.names),
        )
    ]
    required = set(schema.primary_key)
    if schema.sequence:
        required |= {schema.sequence.entity, schema.sequence.index}
    for column in schema.columns:
        rules += _column_rules(column, required=column.name in required)
        if closed is not None:
            rules += _closed_rules(column, closed)
    rules += [_unique(key, "key") for key in schema.unique_keys]
    if schema.sequence and schema.sequence.index_unique:
        pair = (schema.sequence.entity, schema.sequence.index)
        if pair not in schema.unique_keys:
            rules.append(_unique(pair, "sequence"))
    suite: ExpectationSuite = _great_expectations().ExpectationSuite(
        name="schema", expectations=rules
    )
    return suite


def expectations_json(schema: TableSchema) -> str:
    """The schema's suite as Great Expectations reads it, for a release; holds no value of the data.

    `great_expectations.ExpectationSuite(**json.loads(text))` loads it.
    """
    rules = [rule.configuration.to_json_dict() for rule in suite_for(schema).expectations]
    kept = ("type", "kwargs", "meta", "severity")
    body = {
        "name": "schema",
        "expectations": [{name: rule[name] for name in kept if name in rule} for rule in rules],
    }
    return json.dumps(body, indent=2, ensure_ascii=False)


def judge(
    table: Table, *, suites: tuple[str | Path, ...] = (), closed: Table | None = None
) -> Verdict:
    """Hold a table to its schema, its business rules and the owner's own suites.

    Args:
        table: The rows to judge; their index counts from 0.
        suites: Great Expectations suites as JSON files.
        closed: Rows whose categories and extremes none may leave; see `suite_for`.

    Raises:
        ConfigurationError: A suite file is missing or can't be read.
    """
    rules = [*suite_for(table.schema, closed=closed).expectations]
    for path in suites:
        rules += load_suite(path).expectations
    asked = {str(rule.meta["rule"]): rule for rule in rules if rule.meta}
    with _quiet():
        outcomes = _ask(table.frame, asked)
        mistyped = [
            outcome
            for outcome in outcomes.values()
            if not outcome.success and outcome.rows is not None and outcome.rule.startswith("type(")
        ]
        raised = {
            name
            for name, outcome in outcomes.items()
            if outcome.raised and any(m.columns == outcome.columns for m in mistyped)
        }
        if raised:
            # A cell of a foreign type stops every comparison in its column: ask again without it.
            keep = np.ones(len(table), dtype=bool)
            for outcome in mistyped:
                keep[outcome.rows] = False
            rest = table.frame.loc[keep].reset_index(drop=True)
            places = np.flatnonzero(keep)
            again = _ask(rest, {name: asked[name] for name in asked if name in raised})
            for name, outcome in again.items():
                rows = None if outcome.rows is None else places[outcome.rows]
                outcomes[name] = replace(outcome, rows=rows)
    kept = tuple(outcome_of(rule, table) for rule in table.schema.rules)
    return Verdict((*outcomes.values(), *kept), len(table))


def load_suite(path: str | Path) -> ExpectationSuite:
    """An owner's suite from a JSON file that Great Expectations wrote.

    Raises:
        ConfigurationError: The file is missing, is not JSON, or is not a suite.
    """
    from pathlib import Path

    gx = _great_expectations()
    file = Path(path)
    where = f"suite {file}"
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError("the suite can't be read", where=where) from error
    except ValueError as error:
        raise ConfigurationError("the suite is not JSON", where=where) from error
    if not isinstance(body, dict) or not isinstance(body.get("expectations"), list):
        raise ConfigurationError(
            "the suite has no list `expectations`",
            where=where,
            fix="Save it with Great Expectations, or write {name, expectations: [{type, kwargs}]}",
        )
    name = str(body.get("name", file.stem))
    rules: list[Expectation] = []
    for place, rule in enumerate(body["expectations"]):
        try:
            with _quiet():
                rules += gx.ExpectationSuite(name=name, expectations=[rule]).expectations
        except Exception as error:
            raise _refused(place, where) from error
        if len(rules) == place:
            # GX leaves a rule that it does not know out of the suite, and only logs it.
            raise _refused(place, where)
    suite: ExpectationSuite = gx.ExpectationSuite(name=name, expectations=rules)
    for i, rule in enumerate(suite.expectations):
        said = rule.description or rule.expectation_type.replace("_", " ")
        label = f"{name}/{i + 1}:{rule.expectation_type}"
        rule.meta = {**(rule.meta or {}), **_meta(label, said)}
    return suite


def _refused(place: int, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"Great Expectations refuses expectation {place + 1} of the suite",
        where=where,
        fix="Load it with Great Expectations to see why",
    )


def _great_expectations() -> Any:  # noqa: ANN401  the module itself
    # Read once at import: without it, importing alone opens a connection.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with _quiet():
        import great_expectations as gx
        import great_expectations.expectations
    return gx


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and no log lines of Great Expectations: they may quote cells."""
    loggers = [
        logger
        for name, logger in list(logging.root.manager.loggerDict.items())
        if name.partition(".")[0] == "great_expectations" and isinstance(logger, logging.Logger)
    ]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _meta(rule: str, description: str) -> dict[str, str]:
    return {"rule": rule, "description": description}


def _rule(kind: str, rule: str, description: str, **asked: object) -> Expectation:
    """One expectation of a kind; `asked` are its arguments."""
    gx = _great_expectations()
    made: Expectation = getattr(gx.expectations, kind)(**asked, meta=_meta(rule, description))
    return made


def _column_rules(column: Column, *, required: bool) -> Iterator[Expectation]:
    name = column.name
    yield _rule(
        "ExpectColumnValuesToBeOfType",
        f"type({name})",
        f"type {column.dtype}",
        column=name,
        type_=_type_name(column.dtype),
    )
    if required or not column.nullable:
        yield _rule(
            "ExpectColumnValuesToNotBeNull", f"present({name})", "no cell is missing", column=name
        )
    if column.dtype.lower().startswith("float"):
        yield _rule(
            "ExpectColumnValuesToBeBetween",
            f"finite({name})",
            "no infinity",
            column=name,
            min_value=-_LARGEST,
            max_value=_LARGEST,
        )
    if column.categories is not None:
        yield _rule(
            "ExpectColumnValuesToBeInSet",
            f"category({name})",
            "one of the declared categories",
            column=name,
            value_set=list(column.categories),
        )
    if column.minimum is not None or column.maximum is not None:
        yield _rule(
            "ExpectColumnValuesToBeBetween",
            f"between({name})",
            "within the declared minimum and maximum",
            column=name,
            min_value=bound_of(column, column.minimum, -math.inf),
            max_value=bound_of(column, column.maximum, math.inf),
        )
    if column.pattern is not None:
        yield _rule(
            "ExpectColumnValuesToMatchRegex",
            f"pattern({name})",
            "matches the declared pattern in full",
            column=name,
            regex=rf"^(?:{column.pattern})\Z",
        )


def _closed_rules(column: Column, closed: Table) -> Iterator[Expectation]:
    cells = closed.frame[column.name].dropna()
    if not column.is_modelled or not len(cells):
        return
    rule = f"closed({column.name})"
    if column.sdtype in {"numerical", "datetime"}:
        low, high = cells.min(), cells.max()
        if column.sdtype == "datetime" and column.dtype != "date":
            low, high = low.to_pydatetime(), high.to_pydatetime()
        yield _rule(
            "ExpectColumnValuesToBeBetween",
            rule,
            "within the extremes of the train rows",
            column=column.name,
            min_value=widened(low, -math.inf),
            max_value=widened(high, math.inf),
        )
    else:
        yield _rule(
            "ExpectColumnValuesToBeInSet",
            rule,
            "a category of the train rows",
            column=column.name,
            value_set=cells.drop_duplicates().tolist(),
        )


def _unique(key: tuple[str, ...], what: str) -> Expectation:
    name, said = f"{what}({', '.join(key)})", "no two rows agree in it"
    if len(key) == 1:
        return _rule("ExpectColumnValuesToBeUnique", name, said, column=key[0])
    return _rule("ExpectCompoundColumnsToBeUnique", name, said, column_list=list(key))


def _type_name(dtype: str) -> str:
    """What Great Expectations calls a dtype: the name of its scalar type."""
    if dtype in {"date", "decimal"}:
        return {"date": "date", "decimal": "Decimal"}[dtype]
    if dtype.startswith("datetime64"):
        return "Timestamp" if "," in dtype else "datetime64"
    names = {"string": "str", "boolean": "bool", "category": "CategoricalDtypeType"}
    return names.get(dtype, dtype.lower())


def _ask(frame: pd.DataFrame, asked: Mapping[str, Expectation]) -> dict[str, RuleOutcome]:
    """What becomes of each rule: true or false first, then positions for those that failed."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})

    def validate(names: list[str], form: object) -> dict[str, ExpectationValidationResult]:
        rules = [asked[name].copy() for name in names]
        suite = gx.ExpectationSuite(name="judged", expectations=rules)
        results = batch.validate(suite, result_format=form).results
        return {str(result.expectation_config.meta["rule"]): result for result in results}

    first = validate(list(asked), "BOOLEAN_ONLY")
    failed = [n for n, r in first.items() if not r.success and not _raised(r.exception_info)]
    second = validate(failed, _POSITIONS) if failed else {}
    return {name: _outcome(name, asked[name], first[name], second.get(name)) for name in asked}


def _outcome(
    name: str,
    rule: Expectation,
    first: ExpectationValidationResult,
    second: ExpectationValidationResult | None,
) -> RuleOutcome:
    raised = _raised(first.exception_info)
    if raised is None and second is not None:
        raised = _raised(second.exception_info)
    found = (second.result or {}) if second is not None and raised is None else {}
    rows = found.get("unexpected_index_list")
    positions = None if rows is None else np.unique(np.asarray(rows, dtype=np.int64))
    count = found.get("unexpected_count")
    return RuleOutcome(
        rule=name,
        description=str((rule.meta or {}).get("description", "")),
        columns=_columns(rule),
        severity=_SEVERITIES.get(str(getattr(rule.severity, "value", rule.severity)), "blocking"),
        success=bool(first.success),
        unexpected_count=None if count is None else int(count),
        rows=positions,
        raised=raised,
    )


def _columns(rule: Expectation) -> tuple[str, ...]:
    kwargs = rule.configuration.kwargs
    if "column" in kwargs:
        return (str(kwargs["column"]),)
    pair = [kwargs[name] for name in ("column_A", "column_B") if name in kwargs]
    listed = kwargs.get("column_list") if "column_list" in kwargs else kwargs.get("column_set")
    if rule.expectation_type.startswith("expect_table"):
        return ()
    return tuple(str(name) for name in (pair or listed or ()))


def _raised(info: Mapping[str, Any]) -> str | None:
    """The innermost exception's type; its text may quote a cell."""
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            trace = str(entry.get("exception_traceback") or "")
            types = re.findall(
                r"^([A-Za-z_][\w.]*(?:Error|Exception|Warning))\b", trace, re.MULTILINE
            )
            return types[0].rpartition(".")[2] if types else "Exception"
    return None
