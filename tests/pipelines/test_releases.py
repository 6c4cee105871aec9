"""What a release is bound to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.releases import Manifest, data_digest, file_name, read_manifest, table_file
from tabular.errors import ReleaseError
from tests.example_release import every_dtype, example_release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("verdict", ["hold", "reject"])
def test_a_release_needs_the_verdict_publish(tmp_path: Path, verdict: str) -> None:
    release = example_release(tmp_path)
    decision = release.decision.model_copy(update={"verdict": verdict})
    with pytest.raises(ReleaseError, match=f"the verdict is {verdict}"):
        replace(release, decision=decision)


def test_data_that_changed_after_the_verdict_is_no_release(tmp_path: Path) -> None:
    release = example_release(tmp_path)
    path = release.files["every dtype"]
    path.write_bytes(path.read_bytes() + b"one byte more")
    with pytest.raises(ReleaseError, match="not the data that was judged"):
        replace(release)


def test_a_verdict_on_other_data_is_no_verdict_on_this(tmp_path: Path) -> None:
    release = example_release(tmp_path)
    other = "0" * 64
    for changes in (
        {"decision": release.decision.model_copy(update={"data_digest": other})},
        {"report": release.report.model_copy(update={"data_digest": other})},
        {"manifest": release.manifest.model_copy(update={"data_digest": other})},
    ):
        with pytest.raises(ReleaseError, match="not the data that was judged"):
            replace(release, **changes)


def test_a_manifest_with_another_digest_of_a_table_is_refused(tmp_path: Path) -> None:
    release = example_release(tmp_path)
    (name, entry), *_ = release.manifest.tables.items()
    tables = {name: entry.model_copy(update={"sha256": "0" * 64})}
    with pytest.raises(ReleaseError, match="not the data that was judged"):
        replace(release, manifest=release.manifest.model_copy(update={"tables": tables}))


def test_manifest_files_and_schema_name_the_same_tables(tmp_path: Path) -> None:
    release = example_release(tmp_path)
    with pytest.raises(ReleaseError, match="different tables"):
        replace(release, files={})


def test_a_release_gives_back_the_rows_in_the_dtypes_of_the_schema(tmp_path: Path) -> None:
    frame, _ = every_dtype()
    assert example_release(tmp_path).frame("every dtype").dtypes.equals(frame.dtypes)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "../up"), ("name", "Has Blank"), ("version", ".."), ("version", "a/b")],
)
def test_names_in_a_manifest_can_not_be_paths(tmp_path: Path, field: str, value: str) -> None:
    fields = example_release(tmp_path).manifest.model_dump()
    with pytest.raises(ValidationError):
        Manifest.model_validate({**fields, field: value})


def test_a_manifest_of_a_later_format_is_refused_by_name(tmp_path: Path) -> None:
    text = example_release(tmp_path).manifest.model_dump_json()
    path = tmp_path / "manifest.json"
    path.write_text(text)
    assert read_manifest(path).model_dump_json() == text
    path.write_text(text.replace('"format":1', '"format":2'))
    with pytest.raises(ReleaseError, match="format"):
        read_manifest(path)


def test_the_digest_of_the_data_depends_on_every_table_and_not_on_their_order() -> None:
    assert data_digest({"a": "1", "b": "2"}) == data_digest({"b": "2", "a": "1"})
    assert data_digest({"a": "1", "b": "2"}) != data_digest({"a": "2", "b": "1"})


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("wages", "wages"),
        ("public.wages", "public.wages"),
        ("my table", "my%20table"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("", "%"),
        (".", "%2E"),
        ('odd "\n', "odd%20%22%0A"),
    ],
)
def test_a_table_can_have_any_name_and_its_file_none_but_a_plain_one(
    table: str, expected: str
) -> None:
    assert file_name(table) == expected
    assert table_file(table) == f"data/{expected}/part-00000.parquet"


@settings(max_examples=200, deadline=None, derandomize=True)
@example(tables=["", ".", "%", "..", "%2E"])
@given(tables=st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True))
def test_different_tables_have_different_files_of_bearable_length(tables: list[str]) -> None:
    names = [file_name(table) for table in tables]
    assert len(set(names)) == len(names)
    assert all(len(name) < 200 and "/" not in name and name[0] != "." for name in names)


def test_long_names_are_told_apart_by_what_was_cut() -> None:
    assert file_name("x" * 300 + "a") != file_name("x" * 300 + "b")
    assert len(file_name("名" * 300)) < 200
