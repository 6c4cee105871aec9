"""`waxwork fit` and `waxwork sample`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from generators.base import GENERATORS
from pipelines.commands.files import read_table
from pipelines.config import load_table_config
from pipelines.reporting import stage
from tabular.errors import ConfigurationError, DataError
from tabular.seeding import Seed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from generators.base import Generator
    from generators.fitted import FittedGenerator
    from pipelines.settings import Settings
    from tabular.dataset import Table


def fit(
    source: Path,
    kind: str | None,
    options: tuple[str, ...],
    config_path: Path | None,
    seed: int | None,
    out: Path,
    settings: Settings,
) -> None:
    """Fit a generator to every row of a file and save it."""
    config = load_table_config(config_path)
    generator = _generator(kind, options) if kind or options else config.generator
    config = config.model_copy(
        update={"generator": generator, "seed": config.seed if seed is None else seed}
    )
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not _is_model(out):
        raise ConfigurationError("there is something else here", where=str(out))
    with stage("source") as running:
        table = read_table(source, config, settings)
        _refuse_infinities(table)
        running.outcome = f"{len(table):,} rows, {len(table.schema.columns)} columns"
    with stage("fit") as running:
        fitted = config.generator.fit(
            table,
            seed=Seed(config.seed),
            protection=config.protect,
            progress=running.progress,
        )
        fitted.save(out)
        running.outcome = f"{fitted.kind} saved in {out}"


def sample(model: Path, rows: int, seed: int, out: Path, where: tuple[str, ...] = ()) -> None:
    """Draw rows from a saved model into a file.

    Args:
        model: Folder of the model.
        rows: How many.
        seed: Where every random number comes from.
        out: The file.
        where: `COLUMN=VALUE`: what all rows have.
    """
    from generators.artifacts import load
    from pipelines.commands.output import writer

    write = writer(out)
    fitted = load(model)
    with stage("sample") as running:
        conditions = _conditions(where)
        if conditions or fitted.encoder.learnt_keys or rows <= _ONE_BATCH:
            parts: Iterable[Table] = (
                fitted.sample(rows, conditions=conditions or None, seed=Seed(seed)),
            )
        else:
            parts = fitted.sample_batches(rows, seed=Seed(seed))
        write(_watched(parts, rows, running.progress), fitted.encoder.table_schema)
        running.outcome = f"{rows:,} synthetic rows in {out}" + _cut_notice(fitted)


_ONE_BATCH = 250_000


def _conditions(where: tuple[str, ...]) -> dict[str, str | None]:
    """Values by column, from `COLUMN=VALUE`; nothing after the sign is a missing cell."""
    conditions: dict[str, str | None] = {}
    for text in where:
        column, equals, value = text.partition("=")
        if not equals:
            raise ConfigurationError(f"{text!r} is not COLUMN=VALUE", where="--where")
        conditions[column] = value or None
    return conditions


def _watched(parts: Iterable[Table], rows: int, progress: Any) -> Iterable[Table]:  # noqa: ANN401
    done = 0
    for part in parts:
        yield part
        done += len(part)
        progress(done / rows, f"{done:,} rows")


def _cut_notice(fitted: FittedGenerator) -> str:
    if not fitted.encoder.table_schema.sequence:
        return ""
    return " (entities are whole, but for the last where the count cuts it)"


def _generator(kind: str | None, options: tuple[str, ...]) -> Generator:
    """A generator from `--generator KIND --set NAME=VALUE ...`."""
    parameters: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise ConfigurationError(f"{option!r} is not NAME=VALUE", where="--set")
        try:
            parameters[name.strip()] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise ConfigurationError(f"{text!r} is not a value", where=f"--set {name}") from None
    chosen = GENERATORS[kind or "trees"]
    try:
        return chosen.model_validate(parameters)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}",
            where=f"--set of {chosen.model_fields['kind'].default}",
            fix=f"`waxwork describe {chosen.model_fields['kind'].default}` lists its parameters",
        ) from None


def _is_model(folder: Path) -> bool:
    return (folder / "model.json").exists()


def _refuse_infinities(table: Table) -> None:
    """Without a contract stage, infinite numbers are refused here.

    Raises:
        DataError: There are some.
    """
    import numpy as np

    for name in table.frame.select_dtypes("float").columns:
        if np.isinf(table.frame[name].to_numpy()).any():
            raise DataError(
                "there are infinite numbers",
                where=f"table {table.name}, column {name}",
                fix="Mend the source; `waxwork run` sets such rows aside",
            )
