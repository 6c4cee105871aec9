"""A small release with a column of every dtype, for tests of what publishes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from pipelines.frames import write_parquet
from pipelines.releases import FileDigest, Manifest, Release, data_digest, sha256, table_file
from tabular.schema import Column, ForeignKey, Schema, TableSchema
from validation.base import CheckResult
from validation.gate import Decision
from validation.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _moments(*texts: str) -> pd.Series[pd.Timestamp]:
    return pd.Series([pd.Timestamp(text) for text in texts], dtype="datetime64[ns]")


def every_dtype() -> tuple[pd.DataFrame, TableSchema]:
    """Five rows with missing cells wherever a dtype has them, and the schema they belong to."""
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3, 4, 5],
            "small": pd.array([1, None, -3, 127, 0], dtype="Int8"),
            "big": pd.array([None, 2**62, -1, 0, 7], dtype="Int64"),
            "amount": [0.1, float("nan"), -2.5, 1e300, 3.0],
            "flag": [True, False, True, True, False],
            "maybe": pd.array([True, None, False, None, True], dtype="boolean"),
            "moment": _moments(
                "2024-02-29 12:00:00.123456", "NaT", "1970-01-01", "2030-01-01", "2024-01-01"
            ),
            "zoned": _moments(
                "2024-06-01 00:00", "NaT", "2024-01-01 12:30", "2000-01-01", "2024-12-31"
            ).dt.tz_localize("Europe/Berlin"),
            "day": pd.Series(
                [dt.date(2024, 2, 29), None, dt.date(1, 1, 1), None, None], dtype=object
            ),
            "price": pd.Series(
                [Decimal("1.50"), None, Decimal("-0.01"), Decimal("12345678901234567890.99"), None],
                dtype=object,
            ),
            "name": pd.array(['a "quoted", name', None, "", "=1+1", "ünïcode\nline"], "string"),
            "kind": pd.Categorical(["x", None, "y", "x", "x"]),
            "odd\n\"';--": ["a", "b", "c", "d", "e"],
        }
    ).astype({"odd\n\"';--": "string"})
    types = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    types |= {"day": "date", "price": "decimal", "kind": "category"}
    columns = tuple(
        Column(
            name=str(name),
            dtype=dtype,
            nullable=bool(frame[name].isna().any()),
            decimals=2 if dtype == "decimal" else None,
            description="What it costs." if dtype == "decimal" else "",
        )
        for name, dtype in types.items()
    )
    return frame, TableSchema(columns=columns, primary_key=("id",))


def example_release(
    folder: Path,
    *,
    version: str = "v1",
    name: str = "example",
    created: str = "2026-01-01T00:00:00+00:00",
    frames: Mapping[str, pd.DataFrame] | None = None,
    schema: Schema | None = None,
    synthetic: bool = True,
) -> Release:
    """A release whose verdict is publish, with its files in `folder`."""
    if frames is None or schema is None:
        frame, table = every_dtype()
        frames, schema = {"every dtype": frame}, Schema(tables={"every dtype": table})
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for number, (table_name, rows) in enumerate(frames.items()):
        files[table_name] = folder / f"{version}-{number}.parquet"
        described = schema.tables[table_name]
        write_parquet(rows, files[table_name], schema=described, synthetic=synthetic)
    digests = {table: sha256(path) for table, path in files.items()}
    digest = data_digest(digests)
    decision = Decision(
        verdict="publish", policy="internal", reasons=("all <checks> passed",), data_digest=digest
    )
    report = Report(
        name=name,
        results=(
            CheckResult(
                check="column_shapes",
                family="fidelity",
                status="pass",
                statistic="mean distance",
                value=0.012345678,
                interval=(0.011111, 0.013333),
                baseline=0.01,
                threshold=0.05,
                n_rows=5,
            ),
        ),
        data_digest=digest,
    )
    manifest = Manifest(
        name=name,
        version=version,
        created=created,
        tables={
            table: FileDigest(file=table_file(table), rows=len(frames[table]), sha256=found)
            for table, found in digests.items()
        },
        data_digest=digest,
        config_digest="c" * 64,
        source_fingerprint="f" * 64,
        seed=0,
        generator={"kind": "independent"},
        packages={"waxwork": "0.1.0"},
        verdict="publish",
        policy="internal",
        reasons=decision.reasons,
        attempts=1,
        releases=0,
    )
    return Release(manifest=manifest, files=files, schema=schema, report=report, decision=decision)


def related_tables() -> tuple[dict[str, pd.DataFrame], Schema]:
    """Two tables, the second of which points at the first."""
    frames = {
        "shop": pd.DataFrame({"shop": ["a", "b"]}).astype("string"),
        "sale": pd.DataFrame({"sale": [1, 2, 3], "shop": ["a", "a", "b"]}).astype(
            {"shop": "string"}
        ),
    }
    schema = Schema(
        tables={
            "shop": TableSchema(
                columns=(Column(name="shop", nullable=False),), primary_key=("shop",)
            ),
            "sale": TableSchema(
                columns=(
                    Column(name="sale", dtype="int64", nullable=False),
                    Column(name="shop", nullable=False),
                ),
                primary_key=("sale",),
            ),
        },
        foreign_keys=(
            ForeignKey(table="sale", columns=("shop",), references="shop", referenced=("shop",)),
        ),
    )
    return frames, schema
