"""How unlikely a model finds rows, and which of their columns make them so.

A kind with the capability `log_prob` says how dense rows are. Densities alone say little to people,
so everything is told beside rows that the model drew itself: what is usual for it, and how few of
its own rows are as unlikely. A cell that the encoding can't hold, and a rule that is broken, count
on top of what the model sees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from generators.encoding.categorical import CategoricalCodec
from generators.encoding.numerical import NumericalCodec
from generators.encoding.temporal import TemporalCodec
from generators.encoding.words import Words
from tabular.errors import SampleError
from tabular.rules import Unique, broken

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from generators.base import Model
    from generators.encoding.arrays import EncodedTable
    from generators.encoding.base import Codec
    from generators.encoding.table import TableEncoder
    from generators.fitted import FittedGenerator
    from tabular.dataset import Table
    from tabular.seeding import Seed

    Floats = npt.NDArray[np.float64]

_OWN = 1000  # rows drawn from the model, to know what is usual
_OWN_EXPLAINED = 200  # of which each column's part is worked out
_REPLACED = 8  # cells that stand in for the one left out


@dataclass(frozen=True)
class Scores:
    """How unlikely rows are; "row" is an entity where the table is a sequence.

    Args:
        surprise: Negative log density less the mean of the model's own rows, in nats, shape
            (n,); infinite for rows that the model never draws, such as those that break a rule.
        share: Share of the model's own rows that are at least as unlikely, in (0, 1], shape (n,).
        order: Rows from the least likely on, shape (n,).
        names: Of the columns.
        explained: Of the first rows of `order` how much likelier they are without each column,
            given the others, than is usual, in nats, shape (n_explained, n_columns).
    """

    surprise: Floats
    share: Floats
    order: npt.NDArray[np.intp]
    names: tuple[str, ...]
    explained: Floats


def score(fitted: FittedGenerator, table: Table, *, explain: int, seed: Seed) -> Scores:
    """Score the rows of a table.

    Args:
        fitted: The model; its kind has the capability `log_prob`.
        table: Rows like those it was fitted to.
        explain: Of how many of the least likely rows the columns are worked out.
        seed: Where every random number comes from.

    Raises:
        DataError: There are cells of another type.
        SampleError: The kind has no likelihood, or the model takes context.
    """
    if "log_prob" not in fitted.capabilities:
        from generators.base import GENERATORS

        able = sorted(kind for kind, g in GENERATORS.items() if "log_prob" in g.capabilities)
        raise SampleError(
            f"{fitted.kind} can't say how likely a row is",
            where=f"table {fitted.table}",
            fix=f"Fit one of {', '.join(able)}",
        )
    if fitted.context_encoder is not None:
        raise SampleError("rows that were drawn given context can't be scored alone")
    encoder, model = fitted.encoder, fitted.model
    if encoder.table_schema.sequence is None:
        table = replace(table, subject=(), owners=None)
    rows = encoder.encode(table)
    beyond = _beyond(encoder, table)
    own = _own_rows(fitted, seed.child("own"))
    usual = -model.log_prob(own)
    surprise = -model.log_prob(rows) + beyond.sum(axis=1)
    at_least = np.searchsorted(np.sort(usual), surprise, side="left")
    order = np.argsort(-surprise, kind="stable")
    first = order[:explain]
    explained = beyond[first]
    if len(first):
        few = own.take_subjects(np.arange(min(_OWN_EXPLAINED, own.n_subjects)))
        parts = model.column_scores(rows.take_subjects(first), seed=seed.child("columns"))
        mean = model.column_scores(few, seed=seed.child("usual")).mean(axis=0)
        explained[:, : len(mean)] += parts - mean
    words = Words(encoder)
    return Scores(
        surprise=surprise - float(usual.mean()),
        share=(1 + len(usual) - at_least) / (1 + len(usual)),
        order=order,
        names=(
            *(words.column(i) for i in range(len(encoder.variables))),
            *encoder.constraints.totals,
        ),
        explained=explained,
    )


def by_leaving_out(
    log_marginal: Callable[[EncodedTable, tuple[int, ...]], Floats], rows: EncodedTable
) -> Floats:
    """Negative log density of each cell given the row's others, shape (n_subjects, n_variables).

    Args:
        log_marginal: Log density of some variables of rows alone, by their places.
        rows: To score.
    """
    every = tuple(range(len(rows.variables)))
    whole = log_marginal(rows, every)
    without = [log_marginal(rows, every[:i] + every[i + 1 :]) for i in every]
    return _gained(np.stack(without, axis=1), whole)


def by_replacement(model: Model, rows: EncodedTable, seed: Seed) -> Floats:
    """How much likelier rows are with each variable drawn anew, shape (n_subjects, n_variables).

    For kinds that have a density and can't leave a variable out: the log of the mean density with
    cells of the model's own rows in its place, less the log density as it is. What orders a
    sequence is left as it is.
    """
    rng = seed.generator()
    pool = model.sample(max(rows.n_subjects, _OWN), seed=seed.child("pool"))
    whole = model.log_prob(rows)
    without = np.tile(whole[:, None], len(rows.variables))
    copies = rows.take_subjects(np.tile(np.arange(rows.n_subjects), _REPLACED))
    for i, variable in enumerate(rows.variables):
        if variable.place == "index":
            continue
        if variable.place == "entity":
            picked = rng.integers(pool.n_rows, size=copies.n_subjects)[copies.subjects]
        else:
            picked = rng.integers(pool.n_rows, size=copies.n_rows)
        arrays = (*copies.arrays[:i], pool.arrays[i][picked], *copies.arrays[i + 1 :])
        logs = model.log_prob(copies.with_arrays(arrays)).reshape(_REPLACED, -1)
        without[:, i] = np.logaddexp.reduce(logs, axis=0) - np.log(_REPLACED)
    return _gained(without, whole)


def _gained(without: Floats, whole: Floats) -> Floats:
    """What each column takes from the log density; nothing where the rest is impossible too."""
    impossible = np.isneginf(without)
    gained = np.where(impossible, 0.0, without) - whole[:, None]
    return np.where(impossible, 0.0, gained)


def _own_rows(fitted: FittedGenerator, seed: Seed) -> EncodedTable:
    """Rows of the model as they would come back from a file: rounded, and inside the domain."""
    made = fitted.model.sample(_OWN, seed=seed)
    table = fitted.encoder.decode(made, seed=seed)
    return fitted.encoder.encode(table.take(fitted.encoder.keeps_rules(table)))


def _beyond(encoder: TableEncoder, table: Table) -> Floats:
    """What the model can't see of rows, (n_subjects, n_variables + n_totals), in nats.

    A label that was not learnt: the log of how few rows have such a one, unless the model knows it
    as rare. A number beyond the protected bounds: a heavy tail, twice the log of its distance in
    widths of the range. A broken rule: infinitely much, for each of its columns.
    """
    places = _places(encoder)
    out = np.zeros((len(table), max(places.values(), default=-1) + 1))
    for codec in encoder.codecs:
        out[:, places[codec.name]] += _unseen(codec, table)
    for rule in encoder.table_schema.rules:
        if not isinstance(rule, Unique):
            bad = broken([rule], table.frame)
            for carrier in {places[name] for name in rule.used if name in places}:
                out[bad, carrier] = np.inf
    codes = table.subject_codes
    together = np.zeros((table.n_subjects, out.shape[1]))
    np.add.at(together, codes, out)
    return together


def _places(encoder: TableEncoder) -> dict[str, int]:
    """Among variables and totals the one that carries each learnt column."""
    carried = [variable.name for variable in encoder.variables]
    places = {name: i for i, name in enumerate((*carried, *encoder.constraints.totals))}
    for joint in encoder.constraints.combinations:
        places |= dict.fromkeys(joint.columns, places[joint.columns[0]])
    return places


def _unseen(codec: Codec, table: Table) -> Floats:
    cells = table.frame[codec.name]
    out = np.zeros(len(cells))
    if isinstance(codec, CategoricalCodec):
        if codec.has_rare or not codec.labels:
            return out
        known = cells.isin(codec.labels) | (cells.isna() & codec.has_missing)
        out[~known.to_numpy(dtype=bool)] = np.log(1 + sum(codec.weights))
        return out
    assert isinstance(codec, NumericalCodec | TemporalCodec)  # noqa: S101  the only others
    low, high = codec.low, codec.high
    if low is None or high is None:
        return out
    steps = codec.model_copy(update={"low": None, "high": None}).encode(cells)
    away = np.maximum(np.maximum(low - steps, steps - high), 0.0)
    return np.asarray(2 * np.log1p(np.nan_to_num(away) / ((high - low) or 1.0)))
