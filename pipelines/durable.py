"""Writing that outlives a crash: every file and folder is flushed to the disk."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's bytes, flushed to the disk, with the mode that the umask gives."""
    shutil.copyfile(source, target)
    flush_file(target)


def flush_file(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that they outlive a crash."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    flush_folder(folder.parent)


def write_text(path: Path, content: str) -> None:
    """Write text as UTF-8, flushed to the disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_text(path: Path, staging: Path, content: str) -> None:
    """Put text in a file's place in one step.

    Args:
        path: The file, whether it is there or not.
        staging: A name beside it, for the moment before.
        content: What it holds then.
    """
    write_text(staging, content)
    staging.replace(path)
    flush_folder(path.parent)
