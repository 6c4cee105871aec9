"""Rows of which some cells are given: conditional sampling, imputation, rebalancing.

A kind that can draw the other columns of a row given any (`Model.complete`, capability
`conditions`) does so. Of the others rows are drawn, and those taken that happen to have what is
asked for: exact too, but in vain where that is rare, and then the share that had it is said. The
same rejection keeps rules between columns, and columns that are made from others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from generators.encoding.arrays import EncodedTable
from generators.encoding.base import cast
from generators.encoding.categorical import CategoricalCodec
from generators.encoding.numerical import NumericalCodec
from tabular.errors import SampleError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.encoding.base import Codec
    from generators.fitted import FittedGenerator
    from tabular.dataset import Table
    from tabular.seeding import Seed

_LEAST_DRAWN = 1000  # rows drawn in a round
_MOST_AT_ONCE = 100_000
_DRAWN_PER_ROW = 200  # at most, and in all at least as many as `_DRAWN_AT_LEAST`
_DRAWN_AT_LEAST = 50_000
_ROUNDS = 100  # of imputation


def sample_where(
    fitted: FittedGenerator, conditions: pd.DataFrame | Mapping[str, Any], n: int, *, seed: Seed
) -> Table:
    """Draw rows that have what is given.

    Args:
        fitted: The model.
        conditions: A value for each of some columns, or a frame of such columns with a row for
            each row that is wanted.
        n: How many rows; as many as the frame has.
        seed: Where every random number comes from.

    Raises:
        SampleError: A column or a value is not known, or too few rows had what is asked for.
    """
    if fitted.encoder.table_schema.sequence is not None or fitted.context_encoder is not None:
        raise SampleError("conditions are for single rows, without sequence and context")
    given = _given(fitted, conditions, n)
    picked: list[npt.NDArray[np.intp]] = []
    parts: list[Table] = []
    pending = np.arange(n)
    drawn = made = attempt = 0
    most = max(_DRAWN_AT_LEAST, _DRAWN_PER_ROW * n)
    while len(pending):
        stream = seed.child("conditions", str(attempt))
        size = max(2 * len(pending), _LEAST_DRAWN) if attempt else len(pending)
        wanted = np.resize(pending, min(size, _MOST_AT_ONCE))
        part = _draw(fitted, given, wanted, start=drawn, seed=stream)
        keep = fitted.encoder.keeps_rules(part)
        rows, at = _matched(given.iloc[pending], part.frame[list(given.columns)], keep)
        parts.append(part.take(at))
        picked.append(pending[rows])
        pending = np.delete(pending, rows)
        drawn += len(wanted)
        made += len(rows)
        attempt += 1
        if len(pending) and drawn >= most:
            raise SampleError(
                f"only {made:,} of {n:,} rows were found in {drawn:,} drawn: "
                f"{made / drawn:.2%} of the rows had what was asked for",
                where=f"table {fitted.table}",
                fix="Give fewer columns or more frequent values, or choose a generator with the "
                "capability `conditions`",
            )
    return _in_order(parts, np.concatenate(picked))


def impute(fitted: FittedGenerator, table: Table, *, draws: int, seed: Seed) -> tuple[Table, ...]:
    """Fill the missing cells of a table's learnt columns, several times over.

    A column of which the model knows no value at all stays as it is.

    Args:
        fitted: The model; its kind has the capability `conditions`.
        table: Rows like those it was fitted to.
        draws: How many filled tables; how they differ is how uncertain the cells are.
        seed: Where every random number comes from.

    Raises:
        SampleError: The kind can't, or cells stay missing however often they are drawn.
    """
    if "conditions" not in fitted.capabilities:
        raise SampleError(
            f"{fitted.kind} can't draw the other columns of a row",
            fix="Choose a generator with the capability `conditions`: `waxwork list generators`",
        )
    return tuple(_imputed(fitted, table, seed.child("impute", str(i))) for i in range(draws))


def rebalance(
    fitted: FittedGenerator, n: int, column: str, shares: Mapping[Any, float], *, seed: Seed
) -> Table:
    """Draw rows in which the values of a column have these shares, in random order.

    Raises:
        SampleError: The shares don't add up to one; or as `sample_where`.
    """
    weights = np.array([*shares.values()], dtype=np.float64)
    if not len(weights) or (weights < 0).any() or abs(weights.sum() - 1) > 1e-6:  # noqa: PLR2004
        raise SampleError("shares are not negative, and add up to one", where=f"column {column}")
    counts = np.floor(weights * n).astype(np.int64)
    # What rounding left over goes to those that lost most.
    counts[np.argsort(counts - weights * n, kind="stable")[: n - counts.sum()]] += 1
    values = np.repeat(np.array([*shares], dtype=object), counts)
    given = {column: seed.child("balance").generator().permutation(values)}
    return sample_where(fitted, given, n, seed=seed)


def _given(
    fitted: FittedGenerator, conditions: pd.DataFrame | Mapping[str, Any], n: int
) -> pd.DataFrame:
    """The given columns as their own dtypes, shape (n, n_given)."""
    import pandas as pd

    codecs = {codec.name: codec for codec in fitted.encoder.codecs}
    columns = {}
    for name in conditions:
        if name not in codecs:
            known = name in fitted.encoder.table_schema.names
            raise SampleError(
                f"the column {name} is made anew, so it can't be given"
                if known
                else f"there is no column {name}",
                where=f"table {fitted.table}",
                fix=f"Known: {', '.join(codecs)}",
            )
        value = conditions[name]
        if isinstance(conditions, pd.DataFrame) or isinstance(value, np.ndarray):
            cells = pd.Series(value).reset_index(drop=True)
        else:
            cells = pd.Series([value] * n, dtype=object)
        if len(cells) != n:
            raise SampleError(f"conditions for {len(cells):,} rows were given, not for {n:,}")
        columns[name] = _cells(codecs[name], cells)
    if not columns:
        raise SampleError("no column is given")
    return pd.DataFrame(columns)


def _cells(codec: Codec, values: pd.Series) -> pd.Series:
    """Values as cells that the column can have, exactly.

    Raises:
        SampleError: One of them it can't have.
    """
    import pandas as pd

    typed = values if str(values.dtype) == codec.dtype else _typed(codec, values)
    rng = np.random.default_rng(0)  # a rare label would come out as another, and be refused
    known = codec.decode(codec.encode(typed), rng)
    there = typed.notna().to_numpy(dtype=bool)
    same = (known.notna().to_numpy(dtype=bool) == there).all()
    if not same or (known[there].to_numpy(object) != typed[there].to_numpy(object)).any():
        raise SampleError(
            "there is a value that the model does not know: rare, or beyond the range it learnt",
            where=f"column {codec.name}",
        )
    return pd.Series(known, name=codec.name)


def _typed(codec: Codec, values: pd.Series) -> pd.Series:
    """Values as the column's dtype, read from text where they are text."""
    import pandas as pd

    try:
        if isinstance(codec, CategoricalCodec):
            by_text = {str(label).lower(): label for label in codec.labels}
            by_text |= {str(label): label for label in codec.labels}
            plain = [
                by_text.get(str(v), by_text.get(str(v).lower(), v)) if pd.notna(v) else None
                for v in values
            ]
            return cast(pd.Series(plain, dtype=object), codec.dtype)
        if isinstance(codec, NumericalCodec):
            if codec.dtype == "decimal":
                from decimal import Decimal

                exact = [Decimal(str(v)) if pd.notna(v) else None for v in values]
                return pd.Series(exact, dtype=object)
            return cast(pd.Series(pd.to_numeric(values)), codec.dtype)
        moments = pd.Series(pd.to_datetime(values))
        if codec.dtype == "date":
            days = [moment.date() if pd.notna(moment) else None for moment in moments]
            return pd.Series(days, dtype=object)
        zone = getattr(pd.api.types.pandas_dtype(codec.dtype), "tz", None)
        if zone is not None and moments.dt.tz is None:
            moments = moments.dt.tz_localize(zone)
        return cast(moments, codec.dtype)
    except (ValueError, TypeError, ArithmeticError):
        raise SampleError(
            f"there is a value that is no {codec.dtype}", where=f"column {codec.name}"
        ) from None  # whose message quotes it


def _draw(
    fitted: FittedGenerator,
    given: pd.DataFrame,
    wanted: npt.NDArray[np.intp],
    *,
    start: int,
    seed: Seed,
) -> Table:
    """Rows that have, or may have, what is given in these rows, in their order."""
    encoder = fitted.encoder
    codecs = {codec.name: codec for codec in encoder.codecs}
    direct = [name for name in given.columns if name not in encoder.constraints.indirect]
    arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = []
    fixed = []
    for i, variable in enumerate(encoder.variables):
        if variable.name in direct:
            fixed.append(i)
            cells = given[variable.name].iloc[wanted].reset_index(drop=True)
            arrays.append(codecs[variable.name].encode(cells))
        elif variable.is_numeric:
            arrays.append(np.full(len(wanted), np.nan))
        else:
            arrays.append(np.zeros(len(wanted), dtype=np.int32))
    ones = np.ones(len(wanted), dtype=np.int64)
    known = EncodedTable(encoder.variables, tuple(arrays), ones)
    if not fixed:
        made = fitted.model.sample(len(wanted), seed=seed)
    elif "conditions" in fitted.capabilities:
        made = fitted.model.complete(known, tuple(fixed), seed=seed)
    else:
        made = fitted.model.propose(known, tuple(fixed), seed=seed)
    return encoder.decode(made, seed=seed, start=start)


def _matched(
    given: pd.DataFrame, drawn: pd.DataFrame, usable: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Which given rows a drawn row was found for, and which; none of them twice."""
    import pandas as pd

    drawn = drawn[usable]
    both = pd.concat([given, drawn], ignore_index=True)
    group = both.groupby(list(both.columns), dropna=False, observed=True, sort=False).ngroup()
    turn = group.groupby(group).cumcount()
    turn.iloc[len(given) :] = group.iloc[len(given) :].groupby(group.iloc[len(given) :]).cumcount()
    keys = pd.DataFrame({"group": group, "turn": turn})
    left = keys.iloc[: len(given)].assign(row=np.arange(len(given)))
    right = keys.iloc[len(given) :].assign(at=np.flatnonzero(usable))
    pairs = left.merge(right, on=["group", "turn"])
    return pairs["row"].to_numpy(), pairs["at"].to_numpy()


def _imputed(fitted: FittedGenerator, table: Table, seed: Seed) -> Table:
    """One filled table."""
    import pandas as pd

    encoder = fitted.encoder
    # A column of which no value is known stays as it is.
    names = [codec.name for codec in encoder.codecs if codec.knows_values]
    frame = table.frame.copy()
    pending = np.flatnonzero(frame[names].isna().to_numpy().any(axis=1))
    for attempt in range(_ROUNDS):
        if not len(pending):
            return table.with_frame(frame)
        stream = seed.child(str(attempt))
        rows = frame.iloc[pending].reset_index(drop=True)
        encoded = encoder.encode(replace(table, frame=rows, subject=(), owners=None))
        gone = rows[[variable.name for variable in encoder.variables]].isna().to_numpy()
        patterns, of = np.unique(gone, axis=0, return_inverse=True)
        for p, pattern in enumerate(patterns):
            mine = np.flatnonzero(of.reshape(-1) == p)
            fixed = tuple(int(i) for i in np.flatnonzero(~pattern))
            part = encoded.take_subjects(mine)
            inner = stream.child(str(p))
            made = (
                fitted.model.complete(part, fixed, seed=inner)
                if fixed
                else fitted.model.sample(len(mine), seed=inner)
            )
            drawn = encoder.decode(made, seed=inner).frame
            for name in names:
                cells = rows[name].iloc[mine].reset_index(drop=True)
                if cells.isna().any():
                    filled = cells.where(cells.notna(), drawn[name])
                    rows[name] = _put(rows[name], mine, filled)
        for name in names:
            frame[name] = _put(frame[name], pending, rows[name])
        pending = pending[rows[names].isna().to_numpy().any(axis=1)]
    lost = [name for name in names if pd.isna(frame[name]).any()]
    raise SampleError(
        f"cells of {', '.join(lost)} stay missing however often they are drawn",
        where=f"table {fitted.table}",
        fix="The model hardly knows any value of them; leave these columns out",
    )


def _put(column: pd.Series, at: npt.NDArray[np.intp], cells: pd.Series) -> pd.Series:
    """The column with other cells at some positions, and the same dtype."""
    out = column.copy()
    out.iloc[at] = cells.to_numpy(dtype=object) if out.dtype == object else cells.array
    return out


def _in_order(parts: list[Table], rows: npt.NDArray[np.intp]) -> Table:
    """All parts' rows, in the order of the conditions they were found for."""
    import pandas as pd

    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    ordered = frame.iloc[np.argsort(rows, kind="stable")].reset_index(drop=True)
    return parts[0].with_frame(ordered)
