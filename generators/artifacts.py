"""A fitted model on disk: JSON for what people read, safetensors for arrays, never pickle.

    <folder>/model.json           format, kind, parameters, encoder, values, digest of the arrays
    <folder>/arrays.safetensors   the model's arrays

A private model is written with mode 0600, and is read back only where its digest was recorded on
this machine when it was written: some of them hold another library's own serialisation, which must
never be opened from an unknown hand.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular.errors import ArtifactError

if TYPE_CHECKING:
    from generators.fitted import FittedGenerator

FORMAT = 2
_MODEL, _ARRAYS = "model.json", "arrays.safetensors"


def save(fitted: FittedGenerator, folder: Path) -> None:
    """Write a fitted generator.

    Raises:
        ArtifactError: The folder can't be written.
    """
    from safetensors.numpy import save as to_bytes

    state = fitted.model.state()
    arrays = to_bytes({name: np.ascontiguousarray(a) for name, a in state.arrays.items()})
    body = {
        "format": FORMAT,
        "kind": fitted.kind,
        "generator": fitted.generator.model_dump(mode="json"),
        "encoder": fitted.encoder.model_dump(mode="json"),
        "context": fitted.context_encoder and fitted.context_encoder.model_dump(mode="json"),
        "values": state.values,
        "arrays_sha256": hashlib.sha256(arrays).hexdigest(),
    }
    text = json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(folder / _ARRAYS, arrays)
        _write(folder / _MODEL, text)
        if fitted.generator.artifact == "private":
            _record(hashlib.sha256(text).hexdigest())
    except OSError as error:
        _take_back(folder)
        raise ArtifactError(
            f"the model can't be written: {error.strerror}", where=str(folder)
        ) from error


def _take_back(folder: Path) -> None:
    """Remove what was written of a model, and its folder if nothing else is in it."""
    with contextlib.suppress(OSError):
        for name in (_ARRAYS, _MODEL):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def load(folder: Path) -> FittedGenerator:
    """Read a fitted generator.

    Raises:
        ArtifactError: It is not a model, is damaged, of another format, or private and foreign.
    """
    from safetensors.numpy import load as from_bytes

    from generators.base import GENERATORS, State
    from generators.encoding.table import TableEncoder
    from generators.fitted import FittedGenerator

    where = str(folder)
    try:
        text, packed = (folder / _MODEL).read_bytes(), (folder / _ARRAYS).read_bytes()
        body: Any = json.loads(text)
    except (OSError, ValueError) as error:
        raise ArtifactError(
            "there is no readable model here", where=where, fix="Make one with `waxwork fit`"
        ) from error
    if not isinstance(body, dict) or "format" not in body:
        raise ArtifactError(
            "there is no readable model here", where=where, fix="Make one with `waxwork fit`"
        )
    if body["format"] != FORMAT:
        raise ArtifactError(
            f"the model has format {body['format']!r}, this program reads {FORMAT}",
            where=where,
            fix="Fit it again",
        )
    if hashlib.sha256(packed).hexdigest() != body.get("arrays_sha256"):
        raise ArtifactError(
            "the model's arrays don't match its digest", where=where, fix="Fit it again"
        )
    try:
        kind = GENERATORS[body["kind"]]
        if kind.artifact == "private":
            _require_recorded(hashlib.sha256(text).hexdigest(), where)
        generator = kind.model_validate(body["generator"])
        encoder = TableEncoder.model_validate(body["encoder"])
        around = TableEncoder.model_validate(body["context"]) if body.get("context") else None
        state = State(from_bytes(packed), body["values"])
        given = around.variables if around else ()
        model = kind.model.from_state(generator, (*given, *encoder.variables), state)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise ArtifactError("the model is damaged", where=where, fix="Fit it again") from error
    return FittedGenerator(generator, encoder, model, around)


def _write(path: Path, content: bytes) -> None:
    # The mode is set when the file is made, so that it is never open to others for a moment.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # a file that was there keeps its own mode otherwise
        file.write(content)


def _ledger() -> Path:
    home = os.environ.get("WAXWORK_HOME") or Path.home() / ".local" / "state" / "waxwork"
    return Path(home) / "private-models"


def _record(digest: str) -> None:
    _ledger().mkdir(parents=True, exist_ok=True, mode=0o700)
    (_ledger() / digest).touch(mode=0o600)


def _require_recorded(digest: str, where: str) -> None:
    if not (_ledger() / digest).exists():
        raise ArtifactError(
            "this private model was not written by this user on this machine",
            where=where,
            fix="Fit it again here; private models don't travel",
        )
