"""JSON lines: types as JSON has them, one level of objects, and one sentence for the rest."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.init import source_from_text
from pipelines.settings import Settings
from pipelines.sources import jsonl
from pipelines.sources.jsonl import JsonlSource
from tabular.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawTable


def read(folder: Path, *lines: str | bytes) -> RawTable:
    path = folder / "x.jsonl"
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    )
    return JsonlSource(path=path).read(Settings()).tables["x"]


def test_texts_stay_texts_and_numbers_numbers(tmp_path: Path) -> None:
    table = read(
        tmp_path,
        '{"zip": "01234", "n": 1, "f": 1.5, "b": true, "day": "2024-02-29", "none": null}',
        '{"zip": "99", "n": null, "f": 2, "day": "2023-01-01", "late": ""}',
    )
    assert {name: c.dtype for name, c in table.columns.items()} == {
        "zip": "string", "n": "Int64", "f": "float64", "b": "boolean", "day": "datetime64[ns]",
        "none": "string", "late": "string",
    }  # fmt: skip
    assert table.frame["zip"].tolist() == ["01234", "99"]
    assert table.columns["day"].datetime_format == "%Y-%m-%d"
    assert table.frame["late"].isna().tolist() == [True, False]
    assert not table.notes


def test_an_object_is_flattened_one_level(tmp_path: Path) -> None:
    table = read(
        tmp_path, '{"id": 1, "at": {"city": "Ulm", "zip": 7}}', '{"id": 2, "at": null}', '{"id": 3}'
    )
    assert list(table.frame) == ["id", "at.city", "at.zip"]
    assert table.frame["at.zip"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"a": {"b": {"c": 1}}}'], "value of 'a.b' is nested"),
        (['{"a": 1}', '{"a": [1, 2]}'], "value of 'a' is nested"),
        (['{"a": {"b": []}}'], "value of 'a.b' is nested"),
        (['{"a": {"b": 1}}', '{"a": 1}'], "'a' is an object in some rows"),
        (['{"a.b": 1, "a": {"b": 1}}'], "'a.b' stands twice, once as a path"),
        (['{"a": 1}', '{"a": 1, "a": 2}'], "line 2: the key 'a' stands twice"),
        (['{"a": 1}', "", '{"a": secret}'], "line 3: it is not JSON"),
        (['{"a": NaN}'], "line 1: it is not JSON"),
        (['{"a": 1} {"a": 2}'], "line 1: it is not JSON"),
        (['{"a": 1', '"b": 2}'], "line 1: it is not JSON"),
        (['[{"a": 1}]'], "line 1: it is JSON, and no object"),
        (["7"], "line 1: it is JSON, and no object"),
        (['{"a": ' + "[" * 200_000 + "]" * 200_000 + "}"], "line 1: the row is nested"),
        (["{}", "{}"], "there are no keys"),
        ([], "there are no rows"),
        (["", " "], "there are no rows"),
    ],
)
def test_what_no_table_holds_is_refused_by_its_place(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, *lines)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="byte 7 is not UTF-8"):
        read(tmp_path, b'{"a": "\xe9"}')


def test_numbers_are_whole_however_long(tmp_path: Path) -> None:
    table = read(tmp_path, '{"a": 9223372036854775808, "b": 123456789012345678901234567890}')
    assert table.columns["a"].dtype == "uint64"
    assert table.frame["b"].tolist() == ["123456789012345678901234567890"]


def test_values_of_several_types_are_read_as_a_text_file_s(tmp_path: Path) -> None:
    table = read(tmp_path, '{"a": 1, "b": 1}', '{"a": "NA", "b": true}', '{"a": 3, "b": "x"}')
    assert table.frame["a"].tolist()[::2] == [1, 3]
    assert table.frame["b"].tolist() == ["1", "True", "x"]
    assert [note.column for note in table.notes] == ["a", "b"]


def test_parts_agree_whatever_the_blocks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"a": i if i < 7 else i + 0.5, f"k{i % 3}": str(i)} for i in range(20)]
    lines = [json.dumps(row) for row in rows]
    whole = read(tmp_path, *lines)
    monkeypatch.setattr(jsonl, "_ROWS", 3)
    parts = read(tmp_path, *lines)
    assert parts.frame.equals(whole.frame[list(parts.frame)])
    assert set(parts.frame) == set(whole.frame)


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "a-1.jsonl").write_text('{"x": 1}\n')
    (tmp_path / "a-2.jsonl.gz").write_bytes(gzip.compress(b'{"x": 2, "y": "b"}\n'))
    source = source_from_text(str(tmp_path / "a-*.jsonl*"))
    (table,) = source.read(Settings()).tables.values()
    assert table.frame["x"].tolist() == [1, 2]


SCALARS = st.one_of(
    st.none(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), SCALARS, min_size=1), min_size=1))
def test_any_flat_rows_come_back_or_are_said_to_be_mixed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    table = read(folder, *(json.dumps(row) for row in rows))
    mixed = {note.column for note in table.notes}
    for name in table.frame:
        if name in mixed:
            continue
        for cell, row in zip(table.frame[name], rows, strict=True):
            before = row[name] if name in row else None  # noqa: SIM401  mypy
            if before is None or isinstance(cell, dt.datetime):
                continue
            assert cell == before or str(cell) == str(before)
