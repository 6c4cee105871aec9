"""Synthetic rows in which each group has the outcome as often as the owner declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.config import ColumnOptions, TableOptions
from tabular.dataset import Dataset
from tabular.errors import ConfigurationError, SampleError
from validation.declared_rates import DeclaredRates, first_of_each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generators.fitted import FittedGenerator
    from generators.relational import FittedDataset
    from pipelines.config import TableConfig
    from tabular.dataset import Table
    from tabular.schema import Role, Schema
    from tabular.seeding import Seed
    from validation.fairness_policy import Fairness

_MOST = 50  # rows drawn for each that is kept
_SPARE = 1.1


def with_roles(config: TableConfig, tables: Iterable[str]) -> TableConfig:
    """The configuration with the roles that a declaration of `fairness` gives two columns.

    Raises:
        ConfigurationError: The owner gave them other roles, or the table is not told.
    """
    if config.fairness is None:
        return config
    name = table_of(config.fairness, tables)
    options = config.tables.get(name, TableOptions())
    columns = dict(options.columns)
    wanted: tuple[tuple[str, Role], ...] = (
        (config.fairness.sensitive, "sensitive"),
        (config.fairness.outcome, "target"),
    )
    for column, role in wanted:
        own = columns.get(column, ColumnOptions())
        others = [c for c, said in columns.items() if said.role == "target" and c != column]
        if own.role not in (None, role) or (role == "target" and others):
            raise ConfigurationError(
                f"column {column!r} must have the role `{role}`",
                where="fairness",
                fix=f"Set `tables.{name}.columns.{column}.role: {role}`, and that of no other "
                "column to `target`",
            )
        columns[column] = own.model_copy(update={"role": role})
    changed = options.model_copy(update={"columns": columns})
    return config.model_copy(update={"tables": {**config.tables, name: changed}})


def table_of(fairness: Fairness, tables: Iterable[str]) -> str:
    """The table that a declaration is about.

    Raises:
        ConfigurationError: It names none of several, or one that is not there.
    """
    known = sorted(tables)
    name = fairness.table or (known[0] if len(known) == 1 else None)
    if name not in known:
        raise ConfigurationError(
            f"there is no table {name!r}" if name else "it does not say which table it is about",
            where="fairness.table",
            fix=f"The source has: {', '.join(known)}",
        )
    return name


def refuse_unless_alone(fairness: Fairness, schema: Schema) -> None:
    """Only rows that nothing else hangs on can be taken or left.

    Raises:
        ConfigurationError: The table is a sequence, public, or has keys to others or from others.
    """
    name = table_of(fairness, schema.tables)
    table = schema.tables[name]
    linked = any(name in (key.table, key.references) for key in schema.foreign_keys)
    if linked or table.sequence is not None or table.reference:
        raise ConfigurationError(
            "only a table by itself can be brought to declared rates: no sequence, no reference "
            "table, no foreign keys",
            where=f"fairness, table {name}",
            fix="Leave `fairness` out, or make a release of this table alone",
        )


def reshape(
    drawn: Dataset, fitted: FittedDataset, fairness: Fairness, train: Dataset, *, seed: Seed
) -> Dataset:
    """The dataset with as many rows, taken from a larger draw so that the declared rates hold.

    Within a group and an outcome the rows are the generator's own: nothing but their number is
    changed.

    Args:
        drawn: What the generator drew, as it is.
        fitted: The models.
        fairness: What is declared.
        train: What groups and outcome are learnt from.
        seed: Where every random number comes from.

    Raises:
        ConfigurationError: A group is named that is not there.
        SampleError: A declared group and outcome hardly ever comes out.
    """
    name = table_of(fairness, drawn.schema.tables)
    aim = DeclaredRates.learn(train[name], fairness)
    taken = _taken(fitted.alone[name], drawn[name], aim, seed.child("fairness"))
    return Dataset.of({**{t.name: t.frame for t in drawn}, name: taken.frame}, drawn.schema)


def _taken(model: FittedGenerator, first: Table, aim: DeclaredRates, seed: Seed) -> Table:
    counts = aim.counts(first)
    quota = aim.wanted(counts).reshape(-1)
    have = counts.reshape(-1)
    n = len(first)
    size = n
    pool = first
    while (have < quota).any():
        rate = (have / len(pool) / np.maximum(quota / n, 1e-12))[quota > 0].min()
        size = max(int(np.ceil(_SPARE * n / max(rate, 1e-12))), 2 * len(pool))
        if size > _MOST * n:
            at = int(np.argmin(np.where(quota > 0, have / np.maximum(quota, 1), np.inf)))
            group = (*aim.names, "no group")[at // 2]
            raise SampleError(
                f"of {len(pool):,} rows drawn {have[at]:,} are {aim.sensitive} = {group} "
                f"{'with' if at % 2 else 'without'} the outcome, and {quota[at]:,} of {n:,} are "
                "declared",
                where=f"table {first.name}",
                fix="Declare rates nearer to the source's under `fairness.target`",
            )
        # One draw, so that keys differ, and not the first one drawn on.
        pool = model.sample(size, unit="subjects", seed=seed.child("pool", str(size)))
        have = aim.counts(pool).reshape(-1)
    picked = first_of_each(aim.cells(pool), quota)
    return pool.take(seed.child("order").generator().permutation(picked))
