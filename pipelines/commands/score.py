"""`waxwork score`: the rows of a file from the least likely on, by a saved model."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import numpy as np

from pipelines.commands.files import read_raw
from pipelines.reporting import stage
from tabular.errors import DataError
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from generators.encoding.table import TableEncoder
    from generators.scoring import Scores
    from pipelines.settings import Settings
    from tabular.dataset import Table

_NAMED = 3.0  # nats above what is usual from which on a column is named: twenty times less likely
_MOST_NAMED = 4


def score(
    model: Path,
    file: Path,
    *,
    out: Path | None,
    top: int,
    explain: int,
    seed: int,
    settings: Settings,
    as_json: bool,
) -> None:
    """Rank the rows of a file; neither what is shown nor what is written holds a cell.

    Args:
        model: Folder of the model.
        file: The rows.
        out: Where to write the ranks of all rows.
        top: How many of them to show.
        explain: Of how many of them, the shown ones at least, columns are named.
        seed: Where every random number comes from.
        settings: Caps and threads.
        as_json: Whether to show them as JSON.
    """
    from generators.artifacts import load
    from pipelines.commands.output import writer

    write = writer(out, synthetic=False) if out else None
    fitted = load(model)
    with stage("source") as running:
        table = _read(file, fitted.encoder, settings)
        running.outcome = f"{len(table):,} rows"
    with stage("score") as running:
        scores = fitted.score(table, explain=max(explain, top), seed=Seed(seed))
        ranked = _ranked(scores, table.subject_codes)
        running.outcome = f"{len(ranked):,} scored by {fitted.kind}"
        if write:
            named = _described(ranked)
            write([named], named.schema)
            running.outcome += f", in {out}"
    _show(ranked.head(top), as_json=as_json)


def _read(file: Path, encoder: TableEncoder, settings: Settings) -> Table:
    """The columns of a file that the model knows, in its types.

    Raises:
        DataError: One is missing, or holds cells of another type.
    """
    from pipelines.conform import cast
    from tabular.dataset import Table

    frame = read_raw(file, settings).frame
    known = encoder.table_schema
    needed = {codec.name for codec in encoder.codecs} | set(encoder.subject)
    needed |= {name for rule in known.rules for name in rule.used}
    schema = known.model_copy(
        update={"columns": tuple(column for column in known.columns if column.name in needed)}
    )
    if lost := [name for name in schema.names if name not in frame.columns]:
        raise DataError(
            f"columns are missing that the model knows: {', '.join(map(repr, lost))}",
            where=str(file),
        )
    typed = cast(frame[list(schema.names)], schema)
    for column in schema.columns:
        _require_type(typed[column.name], column.sdtype, str(file))
    return Table(encoder.table, typed, schema, encoder.subject)


def _require_type(cells: pd.Series, sdtype: str, where: str) -> None:
    from pandas.api import types

    # Cells that are objects, such as decimals and dates, are looked at where they are encoded.
    fits = {"numerical": types.is_numeric_dtype, "datetime": types.is_datetime64_any_dtype}
    if sdtype in fits and cells.dtype != object and not fits[sdtype](cells):
        raise DataError(
            f"there are cells that are no {'number' if sdtype == 'numerical' else 'date'}",
            where=f"{where}, column {cells.name}",
            fix="Mend the file: a model can't say how unlikely such a cell is",
        )


def _ranked(scores: Scores, codes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pd.DataFrame:
    """A row for each that was scored, least likely first."""
    import pandas as pd

    # Of an entity the first of its rows stands for all.
    first = np.unique(codes, return_index=True)[1]
    n = len(scores.order)
    named = [_columns(parts, scores.names) for parts in scores.explained]
    return pd.DataFrame(
        {
            "rank": np.arange(1, n + 1),
            "row": first[scores.order] + 1,
            "surprise": np.round(scores.surprise[scores.order], 3),
            "share": scores.share[scores.order],
            "columns": pd.Series([*named, *[""] * (n - len(named))], dtype="string"),
        }
    )


def _columns(parts: np.ndarray[tuple[int], np.dtype[np.float64]], names: tuple[str, ...]) -> str:
    """The columns that make a row unlikely, the most telling first."""
    order = np.argsort(-parts, kind="stable")[:_MOST_NAMED]
    telling = [i for i in order if parts[i] >= _NAMED] or [i for i in order[:1] if parts[i] > 0]
    return ", ".join(f"{names[i]} ({parts[i]:.1f})" for i in telling)


def _described(ranked: pd.DataFrame) -> Table:
    from tabular.dataset import Table
    from tabular.schema import Column, TableSchema

    columns = (
        Column(
            name=name,
            sdtype="text" if name == "columns" else "numerical",
            dtype=str(cells.dtype),
            nullable=False,
        )
        for name, cells in ranked.items()
    )
    return Table("scores", ranked, TableSchema(columns=tuple(columns)))


def _show(ranked: pd.DataFrame, *, as_json: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from pipelines.terminal import console

    rows = ranked.to_dict("records")
    if as_json:
        # JSON has no infinity: what a model never draws has no surprise that is a number.
        finite = [
            {**row, "surprise": row["surprise"] if np.isfinite(row["surprise"]) else None}
            for row in rows
        ]
        json.dump(finite, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("rank", "row", "surprise", "as unlikely"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("columns that make it so", overflow="fold")
    for row in rows:
        surprise = f"{row['surprise']:.1f}" if np.isfinite(row["surprise"]) else "never drawn"
        shown.add_row(
            f"{row['rank']:,}", f"{row['row']:,}", surprise, f"{row['share']:.1%}", row["columns"]
        )
    console().print(shown)
