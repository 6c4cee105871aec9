"""What forests leave to be told apart, learnt and taken back.

A forest with large leaves gives nobody away, and is too coarse where columns depend on each other
closely. Boosted trees are asked to tell real rows from drawn ones: once for each column, where
both rows are the same but for that column, and once for whole rows. What they have learnt holds for
rows they have not seen, for they stop where it ceases to; where it holds for none, nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from generators.forests.learning import count_again
from generators.forests.levels import rake
from generators.forests.odds import Odds
from tabular.model import silent

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.forests.chain import Chain
    from generators.forests.learning import Growth
    from generators.forests.symbols import Symbols
    from tabular.model import Progress
    from tabular.seeding import Seed

_FEWEST_ROWS = 1_000  # below which too few are left to tell when to stop
_MOST_CELLS = 60_000_000  # rows times squared columns: the time that all columns take together
_FRESH = 0.2  # share of the subjects whose rows say when to stop
_SURE = 1.0  # standard errors by which the odds must help on fresh rows
_LOST = 0.005  # share of the rows that a cap on the odds may cost
_HIGHEST = 8.0
_DRAWN_ROWS = 3  # whole rows for each real one
_ROUNDS, _PATIENCE = 400, 25


@dataclass(frozen=True)
class Effort:
    """How hard to tell rows apart.

    Args:
        drawn: Draws of a column for each real one.
        leaf: Fewest rows, real and drawn together, in a leaf of a boosted tree.
        rate: Learning rate.
        leaves: Leaves of a boosted tree.
        bins: Most bins of a column's codes.
        smooth: Rows, real and drawn, at which a node's own say weighs as much as that of the node
            above it: what few rows have is judged as what is around them.
    """

    drawn: int = 3
    leaf: int = 50
    rate: float = 0.15
    leaves: int = 31
    bins: int = 63
    smooth: float = 200.0


def correct(
    chain: Chain,
    table: Symbols,
    growth: Growth,
    effort: Effort,
    seed: Seed,
    progress: Progress = silent,
) -> Chain:
    """The chain with odds for its columns and for whole rows, where they help.

    Args:
        chain: What was learnt of these rows.
        table: The rows.
        growth: How its forests were grown.
        effort: How hard to try.
        seed: Where chance comes from.
        progress: Told how far it is.
    """
    n_columns = len(chain.order)
    most = max(_MOST_CELLS // n_columns**2, _FEWEST_ROWS)
    if table.n_rows > most:
        table = table.take(np.sort(seed.child("rows").generator().permutation(table.n_rows)[:most]))
    if table.n_rows < _FEWEST_ROWS:
        return chain
    given = len(chain.supports)
    fresh = _some(table, _FRESH, seed.child("fresh"))
    first = _some(table, 0.5, seed.child("halves"))
    odds: list[Odds | None] = []
    for i, column in enumerate(chain.order[given:]):
        at = seed.child("column", table.variables[column].name)
        progress(i / n_columns, table.variables[column].name)
        looked_at = chain.order[: given + i + 1]
        model, found = chain.columns[i], None
        if len(looked_at) > 1 and model.given is None:
            drawn = np.tile(table.codes, effort.drawn)
            rng = at.child("draw").generator()
            for half in (first, ~first):
                # No row's draw comes from its own count, else rows would seem better drawn than
                # those are that nobody has learnt.
                other = count_again(model, table, column, growth, ~half)
                rows = np.flatnonzero(np.tile(half, effort.drawn))
                drawn[column, rows] = other.draw(drawn[:, rows], rng)[0]
            found = learn_odds(table, drawn, looked_at, fresh, effort, at)
        odds.append(found)
    chain = replace(chain, odds=tuple(odds))
    progress((n_columns - 1) / n_columns, "whole rows")
    at = seed.child("rows together")
    known = np.tile(table.codes[:given], _DRAWN_ROWS)
    drawn, _ = chain.draw_codes(known, at.child("draw").generator())
    found = learn_odds(table, drawn, chain.order, fresh, effort, at)
    odds_of = np.ones(drawn.shape[1])
    if found is not None:
        odds_of = np.minimum(np.exp(found.log(drawn)), found.cap)
    levels = rake(table, drawn, odds_of, chain.order[given:])
    whole = Odds(chain.order, found.text if found else "", 1.0, levels)
    return replace(chain, whole=replace(whole, cap=_cap(np.exp(whole.log(drawn)))))


def _some(table: Symbols, share: float, seed: Seed) -> npt.NDArray[np.bool_]:
    """All rows of a share of the subjects, shape (n_rows,)."""
    _, owner = np.unique(table.owners, return_inverse=True)
    return np.asarray(seed.generator().random(owner.max() + 1) < share)[owner]


def learn_odds(
    table: Symbols,
    drawn: npt.NDArray[np.int32],
    columns: tuple[int, ...],
    fresh: npt.NDArray[np.bool_],
    effort: Effort,
    seed: Seed,
) -> Odds | None:
    """The odds that a row is real rather than drawn, or `None` if fresh rows are none the better.

    Reference: Gutmann, Hyvaerinen (2012), Noise-contrastive estimation of unnormalized statistical
    models, section 2. Azadi et al. (2019), Discriminator rejection sampling, section 3.
    Differs from the papers: boosted trees, and conditionals one column at a time.

    Args:
        table: Real rows.
        drawn: Codes of drawn rows, shape (n_columns, times * n_rows): the r-th real row's stand at
            r, r + n_rows and so on.
        columns: Which columns are looked at.
        fresh: Real rows that only say when to stop, with those drawn that stand at theirs.
        effort: How hard to try.
        seed: Where chance comes from.
    """
    import lightgbm as lgb

    n, times = table.n_rows, drawn.shape[1] // table.n_rows
    looked_at = list(columns)
    rows = np.concatenate([table.codes[looked_at], drawn[looked_at]], axis=1)
    rows = rows.T.astype(np.float32, order="C")
    label = np.repeat([1.0, 0.0], [n, n * times])
    weight = np.repeat([1.0, 1 / times], [n, n * times])
    late = np.tile(fresh, 1 + times)
    parameters = {
        "objective": "binary",
        "learning_rate": effort.rate,
        "num_leaves": effort.leaves,
        "min_data_in_leaf": effort.leaf,
        "max_bin": effort.bins,
        "path_smooth": effort.smooth,
        "boost_from_average": False,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "seed": seed.integer(),
        "verbose": -1,
    }
    nominal = [i for i, column in enumerate(columns) if table.is_nominal(column)]
    learnt = lgb.Dataset(
        rows[~late], label[~late], weight=weight[~late], categorical_feature=nominal
    )
    judged = learnt.create_valid(rows[late], label[late], weight=weight[late])
    stop = lgb.early_stopping(_PATIENCE, verbose=False)
    booster = lgb.train(parameters, learnt, _ROUNDS, valid_sets=[judged], callbacks=[stop])
    score = np.asarray(booster.predict(rows[late], raw_score=True)).reshape(1 + times, -1)
    # What each fresh row and the rows drawn at its place gain, together, over tossing a coin.
    gain = 2 * np.log(2) - np.logaddexp(0, -score[0]) - np.logaddexp(0, score[1:]).mean(axis=0)
    if not gain.mean() > _SURE * gain.std() / np.sqrt(len(gain)):
        return None
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    text = text[: text.index("end of trees")] + "end of trees\n"
    return Odds(columns, text, _cap(np.exp(score[1:].ravel())))


def _cap(odds: npt.NDArray[np.float64]) -> float:
    """The lowest cap on the odds of drawn rows that costs few rows."""
    high = np.sort(odds)[::-1]
    # With the cap at the k-th highest, what lies above it is lost of those before.
    lost = np.cumsum(high) - high * np.arange(1, len(high) + 1)
    first = int(np.searchsorted(lost, _LOST * high.sum(), side="right")) - 1
    return float(np.clip(high[max(first, 0)], 1.0, _HIGHEST))
