"""Which encoding a text file is in, by its first bytes.

A byte order mark or valid UTF-8 settles it. All else is a guess between encodings of one byte per
character, which nothing tells apart but the sense of the words: Western European text is read as
cp1252, and said to be; what does not look like it is refused, for its owner to say.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from tabular.errors import SourceError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_MOST_FOREIGN = 0.6
"""Share of letters beyond ASCII in words that hold one, above which they are not Western words."""
_LEAST_LETTERS = 0.4
"""Share of letters among characters beyond ASCII, below which they are no text."""
_FEW = 10
"""Characters beyond ASCII from which that is looked at."""


class Encoding(NamedTuple):
    """An encoding, and what is to be said of how it was found."""

    name: str
    note: str | None = None


def found(head: bytes, where: str) -> Encoding:
    """The encoding that a file's first bytes tell.

    Raises:
        SourceError: They tell none.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, None if name == "utf-8" else f"the file is in {name}")
    if b"\0" in head:
        pairs = head[: len(head) // 2 * 2]
        for name, zeros in (("utf-16-le", pairs[1::2]), ("utf-16-be", pairs[::2])):
            if zeros.count(0) > 0.6 * len(zeros):
                return Encoding(name, f"the file is in {name}, as its zero bytes tell")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return one_byte(head, where)
    return Encoding("utf-8")


def one_byte(head: bytes, where: str) -> Encoding:
    """The encoding of a text that is not UTF-8.

    Raises:
        SourceError: It does not look like Western European text.
    """
    as_utf8 = head.decode("utf-8", errors="replace")
    broken = as_utf8.count("\ufffd")
    if sum(not letter.isascii() for letter in as_utf8) - broken >= broken:
        raise SourceError(
            "the file is UTF-8 and damaged: some of its bytes are not",
            where=where,
            fix="Write it anew, or set `source.encoding`",
        )
    fix = "Set `source.encoding` to what it is in (cp1250, cp1251, cp932, gb18030, ...)"
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        raise SourceError(
            "the file is neither UTF-8 nor in a Western European encoding", where=where, fix=fix
        ) from None
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    letters = "".join(words)
    foreign = sum(not letter.isascii() for letter in letters) > _MOST_FOREIGN * len(letters)
    odd = [character for character in text if not character.isascii()]
    signs = len(odd) >= _FEW and sum(c.isalpha() for c in odd) < _LEAST_LETTERS * len(odd)
    if foreign or signs:
        raise SourceError(
            "the file is not UTF-8, and its letters don't look like a Western European encoding",
            where=where,
            fix=fix,
        )
    return Encoding(
        "cp1252",
        "the file is not UTF-8; it is read as cp1252 (Windows, Western European), which can't be "
        "told from other encodings of one byte",
    )
