"""Whose privacy could count, where tables point at each other."""

from __future__ import annotations

from tabular.proposals import Proposal, subjects
from tabular.schema import Column, ForeignKey, TableSchema


def _table(*names: str) -> TableSchema:
    return TableSchema(columns=tuple(Column(name=name) for name in names))


def test_a_column_that_is_part_of_a_link_stands_for_the_row_it_points_at() -> None:
    schema = {"marks": _table("course", "student", "mark"), "enrolled": _table("course", "student")}
    link = ForeignKey(
        table="marks",
        columns=("course", "student"),
        references="enrolled",
        referenced=("course", "student"),
    )
    found = {
        "marks": [Proposal("marks", None, "subject", ("student",), "several rows")],
        "enrolled": [Proposal("enrolled", None, "subject", ("student",), "several rows")],
    }
    (best,) = subjects(schema, (link,), found)
    assert (best.table, best.value) == ("enrolled", ("student",))
