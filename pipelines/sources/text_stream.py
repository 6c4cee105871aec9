"""The bytes of a text file: decompressed, counted, and turned into UTF-8 as they are read."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO

from pipelines.sources.encodings import found
from pipelines.sources.files import keep_caps, opened
from tabular.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.sources.files import File

_BLOCK = 1 << 20
_SAMPLE = 1 << 18
_CODECS = {".gz": "gzip", ".zst": "zstd"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotUtf8Error(SourceError):
    """A text that began as UTF-8 and does not go on as it.

    Args:
        offset: The byte that is not.
        sample: Bytes around it.
        path: The file.
    """

    def __init__(self, offset: int, sample: bytes, path: str) -> None:
        super().__init__(f"byte {offset:,} is not UTF-8", where=path)
        self.sample = sample

    def __reduce__(self) -> tuple[object, tuple[object, ...], dict[str, object]]:
        """Leave the bytes behind: they are cells."""
        return (SourceError, (self.what,), {"where": self.where, "fix": self.fix})


class TextStream(io.RawIOBase):
    """A file as UTF-8 bytes without a byte order mark.

    The cap counts what comes out of the decompression, while it comes out, so a small file that
    would unfold into a huge one stops at the cap.

    Args:
        path: The file; `.gz` and `.zst` are decompressed.
        encoding: Its encoding; `None` where it is to be found, and then said by `encoding` and,
            if there is any doubt, `note`.
        settings: The cap on bytes.

    Raises:
        SourceError: It can't be opened.
        ConfigurationError: There is no such encoding.
    """

    def __init__(self, path: File, encoding: str | None, settings: Settings) -> None:
        super().__init__()
        self._raw = opened(path)
        self._file = _decompressed(path, self._raw)
        self._first: bytes | None = None
        self.note: str | None = None
        self._is_found = encoding is None
        if encoding is None:
            self._first = self._read(path)
            encoding, self.note = found(self._first[:_SAMPLE], str(path))
            self._is_found = not self._first.startswith(codecs.BOM_UTF8)
        self.encoding = encoding
        try:
            "a".encode(encoding)  # which also refuses codecs of anything but text
            info = codecs.lookup(encoding)
            self._decoder = codecs.getincrementaldecoder(encoding)()
        except LookupError as error:
            raise ConfigurationError(
                f"there is no encoding {encoding!r}",
                where="source.encoding",
                fix="Common ones: utf-8, latin-1, cp1252, utf-16",
            ) from error
        self._is_utf8 = info.name == "utf-8"
        self._path = path
        self._settings = settings
        self._n_read = 0
        self._n_quotes = 0
        self._ready = b""
        self._ended = False

    @property
    def n_quotes(self) -> int:
        """Double quotes among the bytes read so far."""
        return self._n_quotes

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; 0 at the end.

        Raises:
            SourceError: The file is above the cap, damaged, or not text in its encoding.
        """
        view = memoryview(buffer).cast("B")
        while not self._ready and not self._ended:
            self._ready = self._next_block()
        taken = self._ready[: len(view)]
        self._ready = self._ready[len(view) :]
        view[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._file.close()
            self._raw.close()
        super().close()

    def _next_block(self) -> bytes:
        where = str(self._path)
        first = self._n_read == 0
        block = self._read(self._path) if self._first is None else self._first
        self._first = None
        self._n_read += len(block)
        keep_caps(self._settings, where, n_bytes=self._n_read)
        self._ended = not block
        if first and block[:3] == codecs.BOM_UTF8 and self._is_utf8:
            block = block[3:]
        held = self._decoder.getstate()[0]
        start = self._n_read - len(block) - len(held)
        try:
            text = self._decoder.decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            raise self._not_text(start + error.start, held + block, first=first) from None
        if "\0" in text:
            raise SourceError("there are zero bytes in it, so it is not text", where=where)
        # Bytes that proved to be UTF-8 need no second encoding.
        plain = self._is_utf8 and not held and not self._decoder.getstate()[0]
        ready = block if plain else text.encode()
        self._n_quotes += ready.count(b'"')
        return ready

    def _read(self, path: File) -> bytes:
        try:
            return bytes(self._file.read(_BLOCK))
        except OSError as error:
            raise SourceError(
                "the file is damaged or cut short, or not compressed as its name says",
                where=str(path),
            ) from error

    def _not_text(self, offset: int, block: bytes, *, first: bool) -> SourceError:
        if self._is_found and self._is_utf8:
            return NotUtf8Error(offset, block[max(0, len(block) - _SAMPLE) :], str(self._path))
        guess = next((name for bom, name in _BOMS if first and block.startswith(bom)), None)
        return SourceError(
            f"byte {offset:,} is not {self._decoder_name}",
            where=str(self._path),
            fix=f"Set `encoding: {guess}`"
            if guess
            else "Set `encoding` to what the file is in (often cp1252 or latin-1), "
            "or save it as UTF-8",
        )

    @property
    def _decoder_name(self) -> str:
        return "UTF-8" if self._is_utf8 else "in the encoding given"


def _decompressed(path: File, raw: BinaryIO) -> BinaryIO:
    import pyarrow as pa

    codec = _CODECS.get(path.suffix.lower())
    if codec is None:
        return raw
    unpacked: BinaryIO = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), codec)
    return unpacked
