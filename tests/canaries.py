"""Values planted in a source, and the search for them in whatever was written, in any encoding."""

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
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pyarrow.parquet
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_SHORTEST = 8
"""Bytes of a needle at least: shorter ones are found by chance."""


@dataclass(frozen=True)
class Canary:
    """A value that must not be found.

    Args:
        what: What it is, for the table.
        words: The whole value, and parts of it that nobody else's value has.
        number: The value, if it is a number.
    """

    what: str
    words: tuple[str, ...]
    number: float | None = None

    @cached_property
    def needles(self) -> dict[str, set[bytes]]:
        """Byte strings to look for, by how the value is written in them."""
        found: dict[str, set[bytes]] = {}

        def add(how: str, needle: bytes) -> None:
            if len(needle) >= _SHORTEST:
                found.setdefault(how, set()).add(needle)

        for word in self.words:
            for text in {word, word.lower(), word.upper()}:
                for encoding in _ENCODINGS:
                    raw = text.encode(encoding)
                    add("plain" if encoding == "utf-8" else encoding, raw)
                    add("hex", raw.hex().encode())
                    add("hex", raw.hex().upper().encode())
                    for needle in _in_base64(raw):
                        add("base64", needle)
                add("reversed", text[::-1].encode())
                add("URL", quote(text, safe="").encode())
                add("URL", quote_plus(text).encode())
                add("JSON", json.dumps(text)[1:-1].encode())
                add("JSON", "".join(f"\\u{ord(c):04x}" for c in text).encode())
                add("HTML", html.escape(text).encode())
                add("HTML", "".join(f"&#{ord(c)};" for c in text).encode())
                for name in _HASHES:
                    digest = hashlib.new(name, text.encode()).digest()
                    add(name, digest)
                    add(name, digest.hex().encode())
                    add(name, base64.b64encode(digest).rstrip(b"="))
        if self.number is not None:
            for kind in ("<d", ">d"):
                add("float64", struct.pack(kind, self.number))
                add("hex", struct.pack(kind, self.number).hex().encode())
            add("plain", f"{self.number:,.2f}".encode())
            add("plain", f"{self.number:.12e}"[:12].encode())
        return found


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What base64 of any text with these bytes inside holds for certain, at each alignment."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        # The first and last characters also depend on the neighbours.
        start = (8 * shift + 5) // 6
        inner = coded[start : 4 * ((shift + len(raw)) // 3)]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


@dataclass(frozen=True)
class Find:
    """A canary that was found.

    Args:
        canary: Which.
        how: How it was written.
        path: In which file.
        around: The bytes around it.
    """

    canary: str
    how: str
    path: Path
    around: bytes


@dataclass
class Searched:
    """What was searched, and what was found in it."""

    files: int
    n_bytes: int
    finds: list[Find]


def search(paths: Iterable[Path], canaries: Iterable[Canary]) -> Searched:
    """Search files for canaries, also inside what is packed or in a database."""
    wanted = tuple(canaries)
    done = Searched(0, 0, [])
    for path in paths:
        if path.is_symlink() or not path.is_file():
            continue
        done.files += 1
        for content in views(path):
            done.n_bytes += len(content)
            done.finds += [
                Find(canary.what, how, path, content[max(at - 60, 0) : at + 60])
                for canary in wanted
                for how, needles in canary.needles.items()
                for needle in needles
                if (at := content.find(needle)) >= 0
            ]
        # A name is written too.
        done.finds += [
            Find(canary.what, "name of a file", path, b"")
            for canary in wanted
            if any(word.lower() in str(path).lower() for word in canary.words)
        ]
    return done


def views(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what is inside where it is packed or a database."""
    raw = path.read_bytes()
    yield from unpacked(raw)
    if raw.startswith(b"SQLite format 3\0"):
        # A long cell is in pieces on several pages: read them together, whatever the log holds.
        with sqlite3.connect(path) as database:
            dump = "\n".join(database.iterdump())
        yield dump.encode("utf-8", "surrogateescape")


def unpacked(raw: bytes, depth: int = 3) -> Iterator[bytes]:
    """Bytes, and the bytes that are compressed in them."""
    yield raw
    if depth == 0:
        return
    for inner in _inner(raw):
        yield from unpacked(inner, depth - 1)


def _inner(raw: bytes) -> Iterator[bytes]:
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    elif raw.startswith(b"\x28\xb5\x2f\xfd"):
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)) as reader:
            yield reader.read()
    elif raw[:1] == b"\x78" and len(raw) > 1 and (raw[0] * 256 + raw[1]) % 31 == 0:
        try:
            yield zlib.decompress(raw)
        except zlib.error:
            return
    elif raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            for name in file.namelist():
                yield name.encode()
                yield file.read(name)
    elif raw.startswith(b"PAR1") and raw.endswith(b"PAR1"):
        opened = pyarrow.parquet.ParquetFile(io.BytesIO(raw))
        yield str(opened.metadata.metadata).encode()
        for group in range(opened.num_row_groups):
            yield str(opened.metadata.row_group(group).to_dict()).encode()
        for name, column in zip(opened.schema_arrow.names, opened.read().columns, strict=True):
            yield "\n".join([name, *map(str, column.unique().to_pylist())]).encode()
