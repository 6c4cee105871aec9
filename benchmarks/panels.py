"""Tables of sequences to measure on, and a split of their entities.

<data>/<folder>/<file>: one file each, named here with what orders its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.tables import BenchmarkTable, Meta, find_tables
from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Panel:
    """What the owner would say of a file."""

    file: str
    sequence: Sequence
    categorical: tuple[str, ...]


PANELS = {
    "wage_panel": Panel(
        "wage_panel/wage_panel.csv",
        Sequence(entity="nr", index="year"),
        ("black", "hisp", "married", "union", "occupation"),
    ),
    "oulad_assessments": Panel(
        "oulad/studentAssessment.csv.gz",
        Sequence(entity="id_student", index="date_submitted", index_unique=False),
        ("code_module", "code_presentation", "id_assessment", "is_banked"),
    ),
}


def find_panels(data: Path, names: tuple[str, ...] = ()) -> tuple[BenchmarkTable, ...]:
    """The panels whose file is there, or those of them that are named."""
    found = []
    for name, panel in PANELS.items():
        path = data / panel.file
        if path.is_file() and (not names or name in names):
            meta = Meta("", "classification", panel.categorical, ())
            found.append(BenchmarkTable(name, path, path, meta))
    return tuple(found)


def find_all(
    data: Path, names: tuple[str, ...], kinds: set[str]
) -> dict[str, tuple[BenchmarkTable, ...]]:
    """What experiments measure on, of these kinds: tables, panels, and rows they make."""
    flat = tuple(name for name in names if name not in PANELS)
    made = BenchmarkTable("made", Path(), Path(), Meta("", "classification", (), ()))
    return {
        "tables": find_tables(data, flat) if "tables" in kinds and (flat or not names) else (),
        "panels": find_panels(data, names),
        "made": (made,),
    }


def halves(table: BenchmarkTable, seed: Seed) -> tuple[Table, Table]:
    """Half of the entities to learn from, and the other half."""
    import pandas as pd

    panel = PANELS[table.name]
    frame = pd.read_csv(table.train)
    frame = frame.astype(dict.fromkeys(panel.categorical, "string"))
    columns = tuple(_column(frame, name, panel) for name in frame.columns)
    schema = TableSchema(columns=columns, sequence=panel.sequence)
    rows = Table(table.name, frame, schema, (panel.sequence.entity,))
    order = seed.generator().permutation(rows.n_subjects)[rows.subject_codes]
    first = order < rows.n_subjects // 2
    return rows.take(np.flatnonzero(first)), rows.take(np.flatnonzero(~first))


def _column(frame: pd.DataFrame, name: str, panel: Panel) -> Column:
    dtype = str(frame[name].dtype)
    if name == panel.sequence.entity:
        return Column(name=name, sdtype="id", dtype=dtype, nullable=False)
    gone = bool(frame[name].isna().any())
    if name in panel.categorical:
        return Column(name=name, sdtype="categorical", dtype=dtype, nullable=gone)
    cells = frame[name].dropna()
    whole = bool((cells == cells.round()).all())
    decimals = 0 if whole else None
    return Column(name=name, sdtype="numerical", dtype=dtype, nullable=gone, decimals=decimals)
