"""Encodings found out, said where there is doubt, and refused where nothing tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipelines.init import source_from_text
from pipelines.settings import Settings
from tabular.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawTable

# ruff: noqa: RUF001
TEXT = "name;Größe\nMüller;1,75\nGarçon – “né”;1,8\n"
LONG = "a,b\n" + "plain,1\n" * 200_000


def read(folder: Path, content: bytes) -> RawTable:
    path = folder / "x.csv"
    path.write_bytes(content)
    (table,) = source_from_text(str(path)).read(Settings()).tables.values()
    return table


@pytest.mark.parametrize(
    ("encoding", "settle"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "encoding: utf-16"),
        ("utf-16-le", "encoding: utf-16-le"),
        ("utf-16-be", "encoding: utf-16-be"),
        ("utf-32", "encoding: utf-32"),
        ("cp1252", "encoding: cp1252"),
    ],
)
def test_an_encoding_is_found_and_what_is_found_is_said(
    tmp_path: Path, encoding: str, settle: str | None
) -> None:
    table = read(tmp_path, TEXT.encode(encoding))
    assert table.frame.to_dict("list") == {
        "name": ["Müller", "Garçon – “né”"], "Größe": [1.75, 1.8],
    }  # fmt: skip
    said = [note.settle or "" for note in table.notes]
    assert [s.startswith("encoding") for s in said] == ([True, False] if settle else [False])
    assert settle is None or said[0].startswith(settle)
    assert said[-1].startswith('delimiter: ";"')


def test_what_begins_as_ascii_and_goes_on_in_another_encoding_is_found(tmp_path: Path) -> None:
    table = read(tmp_path, f"{LONG}Müller,2\n".encode("cp1252"))
    assert table.frame["a"].iloc[-1] == "Müller"
    assert "cp1252" in table.notes[0].says


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("имя,город\nИван,Москва\nОльга,Тверь\n".encode("cp1251"), "don't look like a Western"),
        ("名前,町\n山田,東京\n".encode("shift_jis"), "Western European encoding"),
        ("a,b\nMüller,1\nKöln,2\n".encode() + b"\xff,3\n", "UTF-8 and damaged"),
        (b"\xef\xbb\xbfa,b\n\xff,3\n", "is not UTF-8"),
        (f"{LONG}Müller,2\nKöln,\xff\n".encode().replace(b"\xc3\xbf", b"\xff"), "and damaged"),
        (bytes(range(128, 256)) * 20, "Western European encoding"),
    ],
)
def test_what_nothing_tells_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, content)
    assert "encoding" in str(caught.value)
    assert caught.value.__cause__ is None
