"""The search for planted values finds them in whatever form they are written."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
import zstandard

from tests.canaries import Canary, search

NAME = "Søren Kværnhølt"
NUMBER = 87_654_321.125
CANARIES = (Canary("name", (NAME,)), Canary("number", ("87654321.125",), NUMBER))
_RAW = NAME.encode()
_NOISE = np.random.default_rng(0).bytes(500)


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", content)
    return file.getvalue()


_FORMS = {
    "plain": _NOISE + _RAW + _NOISE,
    "lower case": NAME.lower().encode(),
    "UTF-16": NAME.encode("utf-16"),
    "hex": _RAW.hex().encode(),
    "base64": base64.b64encode(b"x" + _RAW + b"yz"),
    "base64, other alignment": base64.urlsafe_b64encode(b"xy" + _RAW + b"z"),
    "URL": quote(NAME).encode(),
    "JSON": json.dumps({"a": [NAME]}).encode(),
    "HTML": html.escape(NAME).encode(),
    "reversed": NAME[::-1].encode(),
    "MD5": hashlib.new("md5", _RAW, usedforsecurity=False).hexdigest().encode(),
    "SHA-1, raw": _NOISE + hashlib.new("sha1", _RAW, usedforsecurity=False).digest(),
    "SHA-256": hashlib.sha256(_RAW).hexdigest().encode(),
    "SHA-256, base64": base64.b64encode(hashlib.sha256(_RAW).digest()),
    "gzip": gzip.compress(_NOISE + _RAW),
    "zlib": zlib.compress(_RAW * 3),
    "zstd": zstandard.compress(_RAW * 3),
    "zip": _zipped(_RAW),
    "gzip in zip": _zipped(gzip.compress(_RAW)),
    "number": b"salary: 87654321.125",
    "number with commas": b"87,654,321.12 EUR",
    "float64": _NOISE + struct.pack("<d", NUMBER),
}  # fmt: skip


@pytest.mark.parametrize("form", _FORMS)
def test_a_canary_is_found_in_each_form(tmp_path: Path, form: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(_FORMS[form])
    done = search([path], CANARIES)
    assert {find.canary for find in done.finds} == {
        "number" if "number" in form or form == "float64" else "name"
    }
    assert done.files == 1
    assert done.n_bytes >= len(_FORMS[form])


def test_a_canary_is_found_in_a_packed_column_and_in_a_database(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", NAME], "b": [0.5, NUMBER]})
    frame.to_parquet(tmp_path / "rows", compression="zstd")
    with sqlite3.connect(tmp_path / "database") as database:
        database.execute("create table t (a text)")
        # Longer than a page, with the name across the place where the first one ends.
        database.execute("insert into t values (?)", ("x" * 20_000 + NAME + "x" * 20_000,))
    for name, wanted in (("rows", {"name", "number"}), ("database", {"name"})):
        assert {find.canary for find in search([tmp_path / name], CANARIES).finds} == wanted


def test_a_canary_is_found_in_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.txt").write_text("nothing")
    assert [find.how for find in search(tmp_path.iterdir(), CANARIES).finds] == ["name of a file"]


def test_noise_is_no_canary(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(np.random.default_rng(1).bytes(1_000_000))
    assert search([tmp_path / "noise"], CANARIES).finds == []
