"""The command line. Every import of weight waits until a command needs it."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli_store import COMMANDS
from tabular.errors import ConfigurationError, WaxworkError

if TYPE_CHECKING:
    from pipelines.settings import Settings

_FILE = click.Path(path_type=Path)
_INTERRUPTED, _TERMINATED = 130, 143  # what shells make of SIGINT and SIGTERM


class _Commands(click.Group):
    """Commands in the order people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 2 usage or configuration, 3 rejected by the gate, "
    "4 held or undecided.",
)
@click.option("--debug", is_flag=True, help="Full traces and logs; they may quote cells.")
@click.version_option(package_name="waxwork")
@click.pass_context
def main(ctx: click.Context, *, debug: bool) -> None:
    """Synthetic tables that are published only if they pass their checks.

    Start with `waxwork demo`, or with your own data:

    \b
        waxwork init people.csv > people.yaml    write a configuration, then read it
        waxwork run people.yaml                  ingest, fit, sample, check, decide, publish
        waxwork refresh people.yaml              the same, only if something changed
    """  # noqa: D301  click's own mark for lines to leave as they are
    ctx.obj = debug


def _settings(*, debug: bool) -> Settings:
    """The settings, and a process prepared for the libraries."""
    from pydantic import ValidationError

    from pipelines.environment import prepare
    from pipelines.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(
            fault["msg"], where=f"WAXWORK_{'_'.join(map(str, fault['loc'])).upper()}"
        ) from None
    if debug:
        logging.basicConfig(level=logging.DEBUG)
    prepare(settings, debug=debug)
    return settings


@main.command()
@click.option("--out", type=_FILE, default=Path("demo"), show_default=True, help="Release folder.")
@click.option("--relational", is_flag=True, help="Two tables: workers, and eight years of each.")
@click.pass_context
def demo(ctx: click.Context, out: Path, *, relational: bool) -> None:
    """Run everything once on a real public dataset: the General Social Survey."""
    from pipelines.commands.demo import config_in, relational_in
    from pipelines.commands.run import run

    settings = _settings(debug=ctx.obj)
    config = relational_in(out) if relational else config_in(out)
    sys.exit(run(config, settings, as_json=False, debug=ctx.obj))


@main.command()
@click.argument("source", required=False)
@click.option("-o", "--out", type=_FILE, help="The file to write, or to compare with the source.")
@click.option("--schema", help="Of a database: the tables of this schema alone.")
@click.option("--update", is_flag=True, help="Merge what is new into FILE; your changes stay.")
@click.pass_context
def init(
    ctx: click.Context, source: str | None, out: Path | None, schema: str | None, *, update: bool
) -> None:
    """Write a commented configuration for SOURCE to standard output, or to FILE with -o.

    SOURCE is a file of a kind that is read, a folder, `postgresql://...` or another database, or
    `sample:happiness`; `waxwork list sources` shows them. Every guess stands with its reason, and
    no cell value with any. Where FILE is there already, what would change is shown, and --update
    writes it: new columns are added, lost ones commented out, and what you wrote is kept. Without
    SOURCE, the one that FILE names is read again.
    """
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.init import init as write_or_merge

    write_or_merge(source, out, settings, schema=schema, update=update)


@main.command()
@click.argument("config", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def run(ctx: click.Context, config: Path, *, as_json: bool) -> None:
    """Run the whole pipeline of CONFIG."""
    from pipelines.config import load

    loaded = load(config)
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.run import run as run_flow

    sys.exit(run_flow(loaded, settings, as_json=as_json, debug=ctx.obj))


@main.command()
@click.argument("config", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def refresh(ctx: click.Context, config: Path, *, as_json: bool) -> None:
    """Run CONFIG only if its source or configuration changed since the last release."""
    from pipelines.config import load

    loaded = load(config)
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.run import refresh as refresh_flow

    sys.exit(refresh_flow(loaded, settings, as_json=as_json, debug=ctx.obj))


@main.command()
@click.option("--source", type=_FILE, required=True, help="csv or Parquet file; all rows are used.")
@click.option("--generator", "kind", help="Kind of generator; see `waxwork list generators`.")
@click.option("--set", "options", multiple=True, metavar="NAME=VALUE", help="One parameter of it.")
@click.option("--config", type=_FILE, help="Configuration, whatever of it is given.")
@click.option("--seed", type=click.IntRange(min=0), help="Root of every random stream.")
@click.option("--out", type=_FILE, required=True, help="Folder of the saved model.")
@click.pass_context
def fit(
    ctx: click.Context,
    source: Path,
    kind: str | None,
    options: tuple[str, ...],
    config: Path | None,
    seed: int | None,
    out: Path,
) -> None:
    """Fit a generator to every row of a file and save the model."""
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.model import fit as fit_model
    from pipelines.commands.run import watched

    with watched():
        fit_model(source, kind, options, config, seed, out, settings)


@main.command()
@click.argument("model", type=_FILE)
@click.option("--rows", type=click.IntRange(min=1), required=True, help="Exactly this many rows.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=_FILE, required=True, help=".csv, .csv.gz, .csv.zst or .parquet file.")
@click.option("--where", multiple=True, help="COLUMN=VALUE that all rows have; may be repeated.")
@click.pass_context
def sample(
    ctx: click.Context, model: Path, rows: int, seed: int, out: Path, where: tuple[str, ...]
) -> None:
    """Draw synthetic rows from a saved MODEL.

    Rows drawn this way have passed no check: `waxwork check` judges them.
    """
    _settings(debug=ctx.obj)
    from pipelines.commands.model import sample as sample_model
    from pipelines.commands.run import watched

    with watched():
        sample_model(model, rows, seed, out, where)


@main.command()
@click.argument("model", type=_FILE)
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, help="Ranks of all rows: .csv, .csv.gz, .csv.zst or .parquet.")
@click.option("--top", type=click.IntRange(min=0), default=20, show_default=True, help="To show.")
@click.option(
    "--explain",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Rows whose columns are named.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
@click.pass_context
def score(
    ctx: click.Context,
    model: Path,
    file: Path,
    out: Path | None,
    top: int,
    explain: int,
    seed: int,
    *,
    as_json: bool,
) -> None:
    """Rank the rows of FILE by how unlikely MODEL finds them, and name the columns.

    \b
        waxwork fit --source people.csv --generator latent_class --out model
        waxwork score model people.csv --top 10

    The model's kind needs a likelihood: `waxwork list generators` shows which have one. "row"
    counts the file's rows from 1 (of a sequence, it is the first of the entity's). "surprise" is
    how many nats less likely a row is than the model's own rows are on average; "as unlikely", how
    many of the model's own rows are at least as unlikely. A column is named with the nats it adds
    given the row's others: 3 is twenty times less likely than usual. No cell is shown or written.
    """  # noqa: D301  click's own mark for lines to leave as they are
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.run import watched
    from pipelines.commands.score import score as score_rows

    with watched():
        score_rows(
            model, file, out=out, top=top, explain=explain, seed=seed,
            settings=settings, as_json=as_json,
        )  # fmt: skip


@main.command()
@click.argument("config", type=_FILE)
@click.option(
    "--canaries",
    type=click.IntRange(min=80),
    default=400,
    show_default=True,
    help="Made-up outliers, half of which are planted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.pass_context
def audit(ctx: click.Context, config: Path, canaries: int, *, as_json: bool) -> None:
    """Measure what the generator of CONFIG gives away of outliers; publishes nothing.

    Made-up outliers are planted in a copy of the source, a model of their own is fitted to it and
    attacked. Takes a fit and a sample. Exits 0, 3 (exposed) or 4 (undecided, too few).
    """
    from pipelines.config import load

    loaded = load(config)
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.audit import audit as audit_generator
    from pipelines.commands.audit import show as show_audit
    from pipelines.commands.run import watched

    with watched():
        found = audit_generator(loaded, canaries, settings)
    sys.exit(show_audit(found, as_json=as_json))


@main.command()
@click.option("--train", type=_FILE, required=True, help="Rows the generator learnt from.")
@click.option("--holdout", type=_FILE, help="Fresh real rows; without them privacy is undecided.")
@click.option("--reference", type=_FILE, help="Other fresh rows; else half of the holdout.")
@click.option("--synthetic", type=_FILE, required=True, help="Rows to judge.")
@click.option("--target", help="Column to predict.")
@click.option("--sensitive", multiple=True, help="Column of protected groups; may be repeated.")
@click.option("--config", type=_FILE, help="Configuration, whatever of it is given.")
@click.option("--html", type=_FILE, help="Write the report people look at to this file.")
@click.option("--junit", type=_FILE, help="Write JUnit XML, which build servers read.")
@click.option("--markdown", type=_FILE, help="Write a markdown table, for a pull request.")
@click.option("--json", "as_json", is_flag=True, help="Print report and decision as JSON.")
@click.pass_context
def check(
    ctx: click.Context,
    train: Path,
    holdout: Path | None,
    reference: Path | None,
    synthetic: Path,
    target: str | None,
    sensitive: tuple[str, ...],
    config: Path | None,
    html: Path | None,
    junit: Path | None,
    markdown: Path | None,
    *,
    as_json: bool,
) -> None:
    """Judge any synthetic file against real ones; exits 0, 3 (rejected) or 4 (held)."""
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.check import check as check_files
    from pipelines.commands.check import require_folders, show
    from pipelines.commands.run import watched

    pages = {"html": html, "junit": junit, "markdown": markdown}
    require_folders(pages)
    files = {"train": train, "synthetic": synthetic}
    files |= {"holdout": holdout} if holdout else {}
    files |= {"reference": reference} if reference else {}
    with watched():
        report, decision = check_files(files, target, sensitive, config, settings)
    show(report, decision, pages=pages, as_json=as_json)
    sys.exit(decision.exit_code)


for _command in COMMANDS:
    main.add_command(_command)


@main.command()
@click.option("--older-than", metavar="AGE", help="Such as 30d, 12h, 2w; else WAXWORK_KEEP_DAYS.")
@click.option("--all", "everything", is_flag=True, help="Whatever its age, and all reports too.")
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def clean(
    ctx: click.Context, older_than: str | None, *, everything: bool, dry_run: bool, as_json: bool
) -> None:
    """Delete expired rows, models, cache, quarantine and reports of all datasets.

    The log of attempts stays. Datasets of which a run is going on are left alone.
    """
    settings = _settings(debug=ctx.obj)
    from pipelines.commands.clean import clean as clean_all

    clean_all(
        settings, older_than=older_than, everything=everything, dry_run=dry_run, as_json=as_json
    )


class _Terminated(KeyboardInterrupt):
    """A polite request to end, so that everything is cleaned up on the way out."""


def _end_politely(*_: object) -> None:
    raise _Terminated


def entry(arguments: list[str] | None = None) -> int:
    """Run the command line; every error becomes one line and an exit code."""
    debug = "--debug" in (sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _end_politely)
    try:
        result: Any = main.main(args=arguments, prog_name="waxwork", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except (KeyboardInterrupt, click.Abort) as error:
        click.echo("Interrupted; nothing was published.", err=True)
        return _TERMINATED if isinstance(error, _Terminated) else _INTERRUPTED
    except Exception as error:
        if debug:
            raise
        return _said(error)
    return result if isinstance(result, int) else 0


def _said(error: Exception) -> int:
    """Print one line about an error; returns the exit code."""
    if isinstance(error, BrokenPipeError):
        return 0  # whoever read our output has enough
    if isinstance(error, WaxworkError):
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    # The error's own text may quote a cell, so only its type is shown.
    click.echo(
        f"Error: {type(error).__name__}. This is a fault of Waxwork; run again with --debug "
        "to see where (the trace may quote cells)",
        err=True,
    )
    return 1


def script() -> None:
    """The console script."""
    sys.exit(entry())


if __name__ == "__main__":
    script()
