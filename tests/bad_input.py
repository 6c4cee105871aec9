# ruff: noqa: RUF001, S608
"""Input as people have it, and worse: what Waxwork answers to each, as a table.

    python -m tests.bad_input > docs/tables/bad_input.md

`tests/pipelines/test_bad_input_table.py` runs every case and compares the page. A case is a command
line over files that it makes in a folder of its own; `{folder}` stands for that folder.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import struct
import sys
import tempfile
import warnings
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from tests.bad_input_case import (
    CANARY,
    POSTGRES,
    Answer,
    Case,
    _parquet_bytes,
    _zip,
    answer,
    config,
    file,
    full_disk,
    init,
    leaving,
    rows,
    sqlite,
    table,
    unreadable,
    workbook,
)

COUNT = [str(i % 9) for i in range(60)]
CASES: dict[str, Case] = {
    # Nothing, or not what it says
    "an empty file": init("x.csv", "", 1, "the file is empty"),
    "blank lines alone": init("x.csv", "\n\r\n\n", 1, "the file is empty"),
    "a byte order mark alone": init("x.csv", b"\xef\xbb\xbf", 1, "the file is empty"),
    "a header alone": init("x.csv", "a,b\n", 1, "a header, and no rows"),
    "a header without an end": init("x.csv", "a,b", 1, "a header, and no rows"),
    "an empty Parquet file": init("x.parquet", "", 1, "damaged, cut short"),
    "a file that is not there": Case(
        lambda _: None, ("init", "{folder}/gone.csv"), 1, "there is no such file"
    ),
    "a folder called like a file": Case(
        lambda folder: (folder / "x.csv").mkdir(), ("init", "{folder}/x.csv"), 1, "the folder holds"
    ),
    "a picture": init("x", b"\x89PNG\r\n\x1a\n\0", 2, "no source reads such files"),
    "Parquet called csv": init("x.csv", b"PAR1\x15\x04\x15\x00" * 9, 1, "zero bytes|damaged"),
    "csv called Parquet": init("x.parquet", "a,b\n1,2\n", 1, "no Parquet file"),
    "csv called xlsx": init("x.xlsx", "a,b\n1,2\n", 1, "no workbook of Excel"),
    "csv called db": init("x.duckdb", "a,b\n1,2\n" * 99, 1, "no database of DuckDB"),
    "text called gz": init("x.csv.gz", "a,b\n1,2\n", 1, "not compressed as its name says"),
    # Cut short and damaged
    "gzip cut short": init("x.csv.gz", gzip.compress(os.urandom(99))[:-20], 1, "cut short"),
    "zstd cut short": init(
        "x.csv.zst", pa.compress(b"a,b\n1,2\n" * 99, "zstd", asbytes=True)[:-5], 1, "cut short"
    ),
    "Parquet cut short": init("x.parquet", _parquet_bytes(a=[1, 2])[:-9], 1, "cut short"),
    "Parquet without an end": init("x.parquet", b"PAR1" + bytes(99), 1, "damaged"),
    "a Parquet footer of 2 GB, it says": init(
        "x.parquet", b"PAR1" + bytes(99) + struct.pack("<I", 2**31 - 1) + b"PAR1", 1, "damaged"
    ),
    "a Parquet footer of noise": init(
        "x.parquet", b"PAR1" + b"\x15\xff" * 500 + struct.pack("<I", 1000) + b"PAR1", 1, "damaged"
    ),
    "a Parquet column whose name is not UTF-8": init(
        "x.parquet", _parquet_bytes(abcd=[1, 2]).replace(b"abcd", b"abc\xe5"), 1, "damaged"
    ),
    "a Parquet text that is not UTF-8": init(
        "x.parquet",
        _parquet_bytes(a=[CANARY] * 9).replace(b"quokka7531", b"q\xeeokka7531"),
        1,
        "not UTF-8",
    ),
    "a database cut short": init("x.db", b"SQLite format 3\0" + bytes(9), 1, "damaged"),
    "a workbook under a password": init(
        "x.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), 1, "protected by a password"
    ),
    # Too large
    "a gzip bomb": init(
        "x.csv.gz", gzip.compress(b"a\n" + b"1\n" * 3_000_000), 1, "WAXWORK_MAX_BYTES",
        max_bytes="1000000",
    ),
    "a zip bomb in a workbook": init(
        "x.xlsx", _zip("xl/worksheets/sheet1.xml", bytes(5_000_000)), 1, "WAXWORK_MAX_BYTES",
        max_bytes="1000000",
    ),
    "more rows than allowed": init("x.csv", "a\n" + "1\n" * 99, 1, "MAX_ROWS", max_rows="9"),
    "more columns than allowed": init("x.csv", "a,b,c\n1,2,3\n", 1, "MAX_COL", max_columns="2"),
    "600 columns": init(
        "x.csv",
        rows(*(",".join(f"{r}{i}" for i in range(600)) for r in ("c", "1", "2"))),
        0,
        "c599: ",
    ),
    "a row longer than a block": init(
        "x.csv", "a,b\n" + "x" * 20_000_000 + ",1\n1,2\n", 1, "can't be told apart"
    ),
    # Form
    "a short row": init("x.csv", f"a,b\n1,2\n{CANARY}\n4,5\n", 1, "line 3 has 1 cells"),
    "a long row": init("x.csv", f"a,b\n1,2\n3,4,{CANARY}\n", 1, "line 3 has 3 cells"),
    "a short row after line ends in quotes": init(
        "x.csv", 'a,b\n"1\n1\n1",2\n3\n', 1, "line 5 has 1"
    ),
    "a long row after a long cell": init(
        "x.csv", 'a,b\n"' + "x" * 200_000 + '",1\n1,2,3\n', 1, "line 3 has 3 cells"
    ),
    "a quote that is never closed": init("x.csv", f'a,b\n1,2\n"{CANARY},4\n5,6\n', 1, "line 3"),
    "a quote within a cell": init("x.csv", 'a,b\n1,2\n"y"x,4\n', 0, "a: .*string"),
    "a name twice": init("x.csv", "a,b,a\n1,2,3\n", 1, "more than once: 'a'"),
    "an odd name twice": init("x.csv", '"a\nb","a\nb"\n1,2\n', 1, "more than once"),
    "zero bytes in text": init("x.csv", b"a,b\n1,\x00\n", 1, "zero bytes"),
    "carriage returns alone": init("x.csv", "a,b\r1,2\r3,4\r", 0, "b: "),
    "semicolons and decimal commas": init("x.csv", "a;b\n1,5;2\n2,5;3\n", 0, "delimiter is"),
    # Encodings
    "latin-1": init("x.csv", "a,b\nMüller,1\n".encode("latin-1"), 0, "read as cp1252"),
    "UTF-16 without a mark": init("x.csv", "a,b\n1,2\n".encode("utf-16-le"), 0, "utf-16-le"),
    "Cyrillic in cp1251": init(
        "x.csv", "имя,b\nИван,1\n".encode("cp1251"), 1, "Western European"
    ),
    "UTF-8 with a broken byte": init(
        "x.csv", "a,b\nMüller,1\n".encode() + b"\xff,2\n", 1, "UTF-8 and damaged"
    ),
    # Names
    "an odd name": init("x.csv", '"a ""b""\nc \U0001f980",b\n1,2\n3,4\n', 0, "1F980"),
    "zero-width characters in a name": init("x.csv", "a\u200b,a\n1,2\n3,4\n", 0, r"200B|u200b"),
    "right-to-left text and emoji": init("x.csv", "שם,b\nשלום,\U0001f980\nعربى,1\n", 0, "b: "),
    "names that are words of YAML": init("x.csv", "yes,null,1,#\n1,2,3,4\n5,6,7,8\n", 0, '"yes"'),
    "SQL in a table's name": sqlite(
        'create table "x""; drop table y; --" (a int); create table y (a int);'
        'insert into "x""; drop table y; --" values (1), (2); insert into y values (1), (2);',
        0,
        "drop table y",
    ),
    "SQL in a column's name": sqlite(
        'create table y ("a""); drop table y; --" int); insert into y values (1), (2);',
        0,
        "drop table y",
    ),
    "a table's name that leaves its folder": sqlite(
        'create table "../../y" (a int); insert into "../../y" values (1), (2);', 0, "../y"
    ),
    # Cells
    "one row": init("x.csv", "a,b\n1,2\n", 0, "b: "),
    "one column": init("x.csv", "a\n1\n2\n", 0, "a: "),
    "a column of nothing": init("x.csv", "a,b\n,2\n,4\n", 0, "all its cells are missing"),
    "a column of one value": init("x.csv", f"a,b\n{CANARY},2\n{CANARY},4\n", 0, "are the same"),
    "several types in a column": init("x.csv", "a,b\n1,2\nx,3\n2024-01-01,4\n", 0, "a: "),
    "infinities": init("x.csv", "a,b\ninf,2\n-inf,3\n1.5,4\n", 0, "a: .*float64"),
    "integers of 31 digits": init("x.csv", f"a\n1{'0' * 30}\n2{'0' * 30}\n", 0, "a: .*string"),
    "decimals of 38 digits": table(
        0, "a: .*decimal",
        a=pa.array([Decimal("1." + "3" * 37), Decimal(2)], pa.decimal128(38, 37)),
    ),
    "decimals of 70 digits": table(
        1, "more than 38 digits", a=pa.array([Decimal("1" * 70), Decimal(2)], pa.decimal256(76, 0))
    ),
    "days in the years 1 and 9999": init("x.csv", "a\n0001-01-01\n9999-12-31\n", 0, "datetime"),
    "a day that may be a month": init("x.csv", "a\n01/02/2020\n03/04/2020\n", 0, "several orders"),
    "a thirtieth of February": init("x.csv", "a\n2020-02-30\n2020-02-28\n", 0, "a: .*text"),
    "eight digits that may be a day": init("x.csv", "a\n20230623\n20230624\n", 0, "a: .*int64"),
    "zip codes with leading zeros": init("x.csv", "zip\n01234\n99999\n", 0, "zip: .*string"),
    "a comma that may be either": init("x.csv", 'a\n"1,234"\n"5,678"\n', 0, "may be the other"),
    "moments of several zones": init(
        "x.csv", "a\n2024-01-01T10:00:00+01:00\n2024-07-01T10:00:00+02:00\n", 0, "datetime"
    ),
    "moments with and without a zone": init(
        "x.csv", "a\n2024-01-01T10:00:00+01:00\n2024-07-01T10:00:00\n", 0, "a: .*string"
    ),
    "3,000 categories": init("x.csv", rows("a", *(f"c{i % 3000}" for i in range(6000))), 0, "a: "),
    "a formula in a cell": init("x.csv", f'a,b\n=1+1,2\n"=cmd|{CANARY}!A1",3\n', 0, "a: "),
    "a formula in a workbook": workbook(0, "never computed", ["a", "b"], [1, "=A2"], [2, "=A3"]),
    "faults in a workbook": workbook(0, "#DIV/0", ["a"], [1], ["#DIV/0!"], [3]),
    # Nested
    "nested JSON": init("x.jsonl", f'{{"a": {{"b": {{"{CANARY}": 1}}}}}}\n', 1, "'a.b' is nested"),
    "arrays in JSON": init("x.jsonl", f'{{"a": ["{CANARY}"]}}\n', 1, "'a' is nested"),
    "JSON of 200,000 brackets": init("x.jsonl", '{"a": ' + "[" * 200_000, 1, "nested|not JSON"),
    "JSON that is none": init("x.jsonl", f'{{"a": 1}}\n{{"a": {CANARY}}}\n', 1, "line 2"),
    "a key twice in JSON": init("x.jsonl", '{"a": 1, "a": 2}\n', 1, "stands twice"),
    "JSON in one piece": init("x.json", json.dumps([{"a": 1}]), 2, r"no source reads \.json"),
    "arrays in Parquet": table(1, "nested values", a=pa.array([[CANARY]])),
    "bytes in Parquet": table(1, "values of type binary", a=pa.array([b"x"])),
    "bytes in a database": sqlite(
        f"create table t (a int, b blob); insert into t values (1, x'00'), (2, '{CANARY}');",
        1,
        "column 'b': there are bytes",
    ),
    "an empty database": sqlite("create table t (a int);", 1, "no rows in any table"),
    # Configurations
    "a YAML bomb": config(
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: x\n", 2, "aliases"
    ),
    "YAML of 100,000 brackets": config("[" * 100_000, 2, "nested too deeply"),
    "YAML that would make an object": config(
        "name: !!python/object/apply:os.system [true]\n", 2, "can't be read"
    ),
    "a key twice in YAML": config("name: x\nname: y\n", 2, "stands twice"),
    "a key that is unknown": config("name: x\nsource: {kind: csv, pth: y}\n", 2, "source.csv.pth"),
    "a name that leaves its folder": config(
        "name: ../../x\nsource: {kind: csv, path: x.csv}\n", 2, "name: "
    ),
    "a secret that is missing": config(
        "name: x\nsource: {kind: sql, url: {secret: nope}, tables: [t]}\n", 2, "'nope' is missing"
    ),
    "a password in a URL": config(
        f"name: x\nsource: {{kind: sql, url: 'postgresql://u:{CANARY}@h/d'}}\n", 2, "password"
    ),
    # The machine
    "a full disk": Case(
        file("x.csv", rows("a,b", *(f"{x},{i}" for i, x in enumerate(COUNT)))),
        ("fit", "--source", "{folder}/x.csv", "--generator", "independent",
         "--out", "{folder}/model"),
        1,
        "",
        place=full_disk,
    ),
    "no right to read": Case(
        file("x.csv", "a,b\n1,2\n"),
        ("init", "{folder}/x.csv"),
        1,
        "may not be read|can't be opened",
        place=unreadable,
    ),
    "a database that does not answer": Case(
        lambda _: None, ("init", "postgresql://nobody@127.0.0.1:1/nothing"), 1, "does not answer"
    ),
    "a database that is not there": Case(
        lambda _: None,
        ("init", POSTGRES.rpartition("/")[0] + "/no_such_database"),
        1,
        "does not exist",
        needs="postgres",
    ),
    "a database that goes away": Case(
        lambda _: None,
        ("init", POSTGRES + "#waxwork_bad_input.leaving"),
        1,
        "connection to the database was lost",
        place=leaving,
        needs="postgres",
    ),
}  # fmt: skip
"""By what is bad about it."""


def shown(found: Answer, folder: Path) -> str:
    """What a user sees, in one line: the error, or what the configuration notes."""
    if found.code:
        (line, *_) = [x for x in found.err.splitlines() if x.startswith(("Error", "Rejected"))] or [
            found.err.strip().splitlines()[-1]
        ]
        text = line.replace(str(folder), "")
    else:
        notes = re.findall(r"# note: (.*)", found.out)
        text = "read" + (f"; notes: {'; '.join(notes)}" if notes else "")
    text = re.sub(r"([^\x20-\x7e])", lambda m: m[1] if m[1].isprintable() else " ", text)
    return text.replace("|", "\\|") if len(text) < 260 else text[:257].replace("|", "\\|") + "..."


def page(cases: dict[str, Answer], folders: dict[str, Path]) -> str:
    """The table of all cases."""
    lines = [
        "# Bad input: what Waxwork answers",
        "",
        f"{len(CASES)} cases, made by `python -m tests.bad_input > docs/tables/bad_input.md`. Each",
        "ends in one clear sentence or in a correct run; nothing is left behind, and no cell is in",
        "the answer. Exit codes: 0 done, 1 bad data or a lost service, 2 usage or configuration.",
        "",
        "| case | what the user sees | exit |",
        "|---|---|---|",
    ]
    for name, found in cases.items():
        lines.append(f"| {name} | {shown(found, folders[name])} | {found.code} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all cases and print the table."""
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as root:
        os.environ["WAXWORK_HOME"] = str(Path(root) / "home")
        found, folders = {}, {}
        for number, (name, case) in enumerate(CASES.items()):
            folders[name] = Path(root) / f"{number:03d}"
            folders[name].mkdir()
            found[name] = answer(case, folders[name])
        sys.stdout.write(page(found, folders))


if __name__ == "__main__":
    main()
