from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.sources.files import digest, find, opened, stamp, table_name
from tabular.errors import SourceError


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train.csv.gz", "train"),
        ("data/Wage panel.parquet", "Wage panel"),
        ("data/sales", "sales"),
        ("data/sales-*.parquet", "sales"),
        ("data/*.parquet", "data"),
        ("data/[0-9].parquet", "data"),
        ("*.parquet", "table"),
        (".hidden.csv", "hidden"),
        ("/", "table"),
    ],
)
def test_a_table_is_called_after_its_file_without_suffixes(path: str, name: str) -> None:
    assert table_name(Path(path)) == name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.parquet", "a.parquet", "sub/c.parquet", "_log/d.parquet", ".e.parquet", "f.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_a_file_is_itself(folder: Path) -> None:
    assert find(folder / "f.md", [".parquet"]) == (folder / "f.md",)


def test_a_folder_s_files_come_in_order_without_hidden_ones(folder: Path) -> None:
    found = find(folder, [".parquet"])
    assert found == tuple(folder / name for name in ("a.parquet", "b.parquet", "sub/c.parquet"))


def test_a_pattern_s_files_come_in_order(folder: Path) -> None:
    assert [file.name for file in find(folder / "[ab].*")] == ["a.parquet", "b.parquet"]
    assert [file.name for file in find(folder / "*" / "c.*")] == ["c.parquet"]


def test_a_relative_pattern_is_looked_for_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert find(Path("b.*")) == (Path("b.parquet"),)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing.csv", "there is no such file"),
        ("x*.csv", "no file matches"),
        ("_log", r"the folder holds no \.csv or \.tsv file"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_so(folder: Path, path: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        find(folder / path, [".csv", ".tsv"])
    assert str(folder / path) in str(caught.value)


def test_a_digest_is_of_the_bytes_and_a_stamp_of_size_and_time(folder: Path) -> None:
    file = folder / "a.parquet"
    before = digest([file]), stamp([file])
    os.utime(file, ns=(1, 1))
    assert digest([file]) == before[0]
    assert stamp([file]) != before[1]
    moved = file.rename(folder / "z.parquet")
    assert digest([moved]) == before[0]
    moved.write_text("other")
    assert digest([moved]) != before[0]


def test_the_digest_of_two_files_is_not_that_of_their_bytes_in_a_row(tmp_path: Path) -> None:
    texts = {"a": "xy", "b": "z", "c": "x", "d": "yz"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    one, other = [tmp_path / "a", tmp_path / "b"], [tmp_path / "c", tmp_path / "d"]
    assert digest(one) != digest(other)


def test_a_file_that_can_t_be_opened_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can't be opened: Is a directory"):
        opened(tmp_path)
