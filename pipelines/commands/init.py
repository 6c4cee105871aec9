"""`waxwork init`: write a first configuration, show what is new in one, or bring it up to date."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from pipelines.config import PipelineConfig, load, read_yaml, validate
from pipelines.init import source_from_text, write_config
from pipelines.init_merge import merge, remembered, without_memory
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.base import Source
    from pipelines.init_merge import Change
    from pipelines.settings import Settings

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def init(
    source: str | None,
    out: Path | None,
    settings: Settings,
    *,
    schema: str | None = None,
    update: bool,
) -> None:
    """Write, compare or merge.

    Args:
        source: What the command line calls it; `None` for the one that the file names.
        out: The file; `None` for standard output.
        settings: Where things run.
        schema: The only schema of a database to look at.
        update: Change a file that is there.

    Raises:
        ConfigurationError: There is neither a source nor a file, or the file is not one of ours.
        SourceError: The source can't be read.
    """
    if source is None and schema is not None:
        raise ConfigurationError("name the database whose schema it is", where="--schema")
    if out is None:
        if source is None:
            raise ConfigurationError("name a source, or a file with -o", where="SOURCE")
        click.echo(remembered(write_config(_source(source, schema), settings)), nl=False)
        return
    folder = out.resolve().parent
    if not out.exists():
        if source is None:
            raise ConfigurationError(
                "there is no such file, and no source to write it for", where=str(out)
            )
        _write(out, remembered(write_config(_source(source, schema), settings, folder=folder)))
        click.echo(f"written: {out}", err=True)
        return
    read_yaml(out)  # refuses what is not one of ours, before the source is read
    found = load(out).source if source is None else _source(source, schema)
    before = out.read_text(encoding="utf-8")
    settled = ("name", "source") if source is None else ("name",)
    try:
        merged = merge(before, write_config(found, settings, folder=folder), settled=settled)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), where=str(out)) from error
    if update:
        content = yaml.safe_load(merged.text)
        validate(PipelineConfig, content, out)  # or nothing is written
        _write(out, merged.text)
    else:
        _show(before, merged.text, str(out))
    _report(merged.changes, done=update)


def _source(text: str, schema: str | None) -> Source:
    """The source; a path may be read from anywhere."""
    return source_from_text(str(Path(text).resolve()) if Path(text).exists() else text, schema)


def _write(out: Path, text: str) -> None:
    """All of it or nothing, with the mode the file had."""
    mode = out.stat().st_mode & 0o777 if out.exists() else None
    folder = out.resolve().parent
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=folder)
    except OSError as error:
        raise ConfigurationError(
            f"the configuration can't be written: {error.strerror}", where=str(out)
        ) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        if mode is None:
            mode = 0o666 & ~_umask()
        Path(name).chmod(mode)
        Path(name).replace(out.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _show(before: str, after: str, name: str) -> None:
    """The lines that would change; click drops the colours where there is no terminal."""
    lines = difflib.unified_diff(
        without_memory(before).splitlines(),
        without_memory(after).splitlines(),
        name,
        f"{name} (after --update)",
        lineterm="",
    )
    for line in lines:
        click.echo(click.style(line, fg=_COLOURS.get(line[:1])))


def _report(changes: tuple[Change, ...], *, done: bool) -> None:
    """What is new, to standard error, and both sides of what is for the owner to settle."""
    for change in changes:
        if change.what == "conflict":
            yours = change.yours or "nothing; add it where it belongs"
            click.echo(f"for you to settle: {change.where}", err=True)
            click.echo(f"    yours:      {yours}\n    the source: {change.source}", err=True)
    counts = {what: sum(c.what == what for c in changes) for what in ("added", "updated", "lost")}
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
    click.echo(said if done or said == "nothing new" else f"{said}; --update writes it", err=True)
