"""Where a training that is interrupted can be taken up again.

    with checkpoints.kept_in(folder):  # which is made where a training needs it
        generator.fit(train, seed=seed)

Killed and run again with the same folder, the fit goes on from its last checkpoint and gives the
same model as if it had not been interrupted; once it is done, the folder is removed. They
are private: weights and what an optimiser remembers, of rows that no check has looked at yet. The
folder therefore belongs to one fit, of one configuration, to one table, which its name should tell.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tabular.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch


@dataclass(frozen=True)
class _Folder:
    path: Path
    every: float


# Known to the loop alone, so that no kind has to hand it through its own code.
_FOLDER: ContextVar[_Folder | None] = ContextVar("checkpoints", default=None)


@contextmanager
def kept_in(folder: Path, *, every: float = 30.0) -> Iterator[None]:
    """Trainings inside this block write checkpoints into a folder, and go on from what is there.

    Args:
        folder: Made with mode 0700 where it is not there.
        every: Seconds between two checkpoints of one training, at least.
    """
    token = _FOLDER.set(_Folder(folder, every))
    try:
        yield
    finally:
        _FOLDER.reset(token)
    # Only reached where nothing was raised.
    if folder.exists():
        for path in folder.glob("*.checkpoint"):
            path.unlink()
        folder.rmdir()


def place(name: str) -> Place | None:
    """Where the training of this name has its checkpoint; `None` outside of `kept_in`."""
    folder = _FOLDER.get()
    if folder is None:
        return None
    folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Place(folder.path / f"{name}.checkpoint", folder.every)


@dataclass
class Place:
    """The checkpoint of one training."""

    path: Path
    every: float
    _last: float = field(default_factory=time.monotonic)

    def due(self, *, last: bool) -> bool:
        """Whether it is time to write; the `last` one always is."""
        return last or time.monotonic() - self._last >= self.every

    def write(self, state: dict[str, Any]) -> None:
        """Write a state in place of the one before, whole or not at all."""
        from safetensors.torch import save

        tensors: dict[str, torch.Tensor] = {}
        layout = json.dumps(_flattened(state, tensors))
        content = save(tensors, {"layout": layout})
        draft = self.path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        self._last = time.monotonic()

    def read(self) -> dict[str, Any] | None:
        """The state that was written last, or `None`.

        Raises:
            ArtifactError: There is a file, but it is no checkpoint.
        """
        from safetensors import SafetensorError, safe_open

        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                layout = json.loads(file.metadata()["layout"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a mapping
            state = _restored(layout, tensors)
        except (SafetensorError, ValueError, LookupError, TypeError) as error:
            raise ArtifactError(
                "the checkpoint is damaged", where=str(self.path), fix="Remove it"
            ) from error
        return dict(state)


def _flattened(value: Any, tensors: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401  any state
    """A nested state as JSON: tensors are set aside by name, mappings keep keys of any kind."""
    import torch

    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        # A copy of its own: a file can't hold two names for one memory.
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"mapping": [[key, _flattened(part, tensors)] for key, part in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_flattened(part, tensors) for part in value]}
    return value


def _restored(value: Any, tensors: dict[str, torch.Tensor]) -> Any:  # noqa: ANN401  any state
    """The state that was flattened."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "mapping":
        return {key: _restored(part, tensors) for key, part in content}
    parts = [_restored(part, tensors) for part in content]
    return parts if kind == "list" else tuple(parts)
