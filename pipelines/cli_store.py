"""Commands that only look: kinds, configurations, releases; and `withdraw`, which marks one."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path)


@click.command(name="list")
@click.argument("what", type=click.Choice(["generators", "checks", "sources", "sinks"]))
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_kinds(what: str, *, as_json: bool) -> None:
    """List all kinds of generators, checks, sources or sinks."""
    from pipelines.commands.catalogue import list_kinds as catalogue

    catalogue(what, as_json=as_json)


@click.command()
@click.argument("kind")
def describe(kind: str) -> None:
    """Describe a KIND: what it is, its parameters with their bounds and defaults."""
    from pipelines.commands.catalogue import describe as describe_kind

    describe_kind(kind)


@click.group(name="config")
def config_group() -> None:
    """Validate a configuration, or write its JSON schema."""


@config_group.command()
@click.argument("config", type=_FILE)
def validate(config: Path) -> None:
    """Say whether CONFIG is valid, and else every place where it isn't."""
    from pipelines.config import load

    load(config)
    click.echo(f"{config}: valid")


@config_group.command()
@click.argument("out", type=_FILE)
def schema(out: Path) -> None:
    """Write the JSON schema of configurations to OUT, for editors; `-` prints it."""
    from pipelines.commands.catalogue import config_schema

    text = config_schema()
    if str(out) == "-":
        click.echo(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


@click.command()
@click.argument("store", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def releases(store: Path, *, as_json: bool) -> None:
    """List the releases in a STORE."""
    from pipelines.commands.catalogue import list_releases

    list_releases(store, as_json=as_json)


@click.command()
@click.argument("store", type=_FILE)
@click.argument("dataset")
@click.argument("version", required=False)
def verify(store: Path, dataset: str, version: str | None) -> None:
    """Compare every byte of a release with its digests: the latest, or VERSION."""
    from pipelines.commands.catalogue import verify as verify_release

    verify_release(store, dataset, version)


@click.command()
@click.argument("store", type=_FILE)
@click.argument("dataset")
@click.argument("version")
@click.option("--reason", required=True, help="What readers are told.")
def withdraw(store: Path, dataset: str, version: str, reason: str) -> None:
    """Take a release back: its files stay, readers are told, the one before is latest again."""
    from pipelines.commands.catalogue import withdraw as withdraw_release

    withdraw_release(store, dataset, version, reason)


COMMANDS: tuple[click.Command, ...] = (
    list_kinds,
    describe,
    config_group,
    releases,
    verify,
    withdraw,
)
"""In the order people meet them."""
