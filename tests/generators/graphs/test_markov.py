"""Marginals and the model that has them, against enumeration of every row there can be."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import numpy.typing as npt
import pytest

from generators.graphs.counts import CodedRows, mutual_information
from generators.graphs.junction import JunctionTree, Scope, cliques
from generators.graphs.markov import CalibratedTree, estimated
from generators.graphs.measurements import (
    choose_pairs,
    choose_triples,
    fitted_to,
    interaction,
    measured,
)
from tabular.seeding import Seed

Floats = npt.NDArray[np.float64]
SIZES = (2, 3, 2, 3, 2)
ALL = np.array(list(product(*(range(size) for size in SIZES))), dtype=np.int32).T
# A loop of four columns, whose cliques hold more than any marginal, and a triple.
SCOPES: tuple[Scope, ...] = ((0,), (4,), (0, 1), (1, 2), (2, 3), (0, 3), (1, 2, 4))


def _marginals() -> dict[Scope, Floats]:
    joint = Seed(1).child("joint").generator().gamma(0.7, size=SIZES)
    joint /= joint.sum()
    return {
        scope: np.asarray(joint.sum(axis=tuple(v for v in range(5) if v not in scope)))
        for scope in SCOPES
    }


def _model() -> CalibratedTree:
    return estimated(JunctionTree.of(SIZES, SCOPES), _marginals(), sweeps=200, close=1e-10)


def _shares(codes: npt.NDArray[np.integer]) -> Floats:
    place = np.ravel_multi_index(tuple(codes), SIZES)
    return np.asarray(np.bincount(place, minlength=ALL.shape[1]) / codes.shape[1])


def test_probabilities_of_all_rows_add_up_to_one_and_have_the_marginals() -> None:
    joint = np.exp(_model().log_prob(ALL)).reshape(SIZES)
    np.testing.assert_allclose(joint.sum(), 1)
    for scope, wanted in _marginals().items():
        found = joint.sum(axis=tuple(v for v in range(5) if v not in scope))
        np.testing.assert_allclose(found, wanted, atol=1e-7)
        np.testing.assert_allclose(_model().marginal(scope), wanted, atol=1e-7)


def test_it_is_the_distribution_of_the_greatest_entropy() -> None:
    # Fitting the whole table from an even one gives it too, where there are few cells.
    everything = tuple(range(5))
    expected = np.full(SIZES, 1 / ALL.shape[1])
    for _ in range(40):
        expected = fitted_to(expected, everything, _marginals())
    found = np.exp(_model().log_prob(ALL)).reshape(SIZES)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_rows_are_drawn_as_often_as_they_are_likely() -> None:
    model, n = _model(), 200_000
    found = _shares(model.draw(n, Seed(2).generator()))
    expected = np.exp(model.log_prob(ALL))
    # Five standard errors of a share.
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


@pytest.mark.parametrize("value", [0, 1])
def test_rows_given_a_code_and_some_codes_are_drawn_as_enumeration_says(value: int) -> None:
    model, n = _model(), 100_000
    some = np.array([True, False, True])
    allowed = {4: np.tile(np.arange(2) == value, (n, 1)), 1: np.tile(some, (n, 1))}
    expected = np.exp(model.log_prob(ALL)) * (ALL[4] == value) * some[ALL[1]]
    expected /= expected.sum()
    found = _shares(model.draw_given(allowed, n, Seed(3).generator()))
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


def _rows(n: int, k: int = 1) -> CodedRows:
    joint = Seed(4).child("joint").generator().dirichlet(np.full(ALL.shape[1], 0.5))
    place = Seed(4).child("rows").generator().choice(len(joint), size=n, p=joint)
    return CodedRows(ALL[:, place], SIZES, None, k)


def test_measured_tables_agree_where_they_share_columns_and_are_near_the_counts() -> None:
    rows = _rows(5000, k=5)
    tables: dict[Scope, Floats] = {}
    for size in (1, 2, 3):
        for scope in combinations(range(4), size):
            tables[scope] = measured(rows, scope, tables, 0.1)
    assert all((table > 0).all() for table in tables.values())
    triple = tables[0, 1, 2]
    np.testing.assert_allclose(triple.sum(axis=2), tables[0, 1], atol=1e-6)
    np.testing.assert_allclose(triple.sum(axis=0), tables[1, 2], atol=1e-6)
    cell, size = rows.cells((0, 1, 2))
    shares = np.bincount(cell, minlength=size) / 5000
    # Fewer than 5 rows are no count, and a tenth of a row is the prior.
    assert np.abs(triple.reshape(-1) - shares).max() < 5.2 / 5000


def test_a_cell_of_too_few_is_as_the_margins_say() -> None:
    codes = np.repeat([[0, 0, 1, 1], [0, 1, 0, 1]], [40, 2, 38, 20], axis=1).astype(np.int32)
    few, many = (
        measured(rows, (0, 1), {(v,): measured(rows, (v,), {}, 1e-9) for v in (0, 1)}, 1e-9)
        for rows in (CodedRows(codes, (2, 2), None, 3), CodedRows(codes, (2, 2), None, 2))
    )
    np.testing.assert_allclose(many, np.array([[40, 2], [38, 20]]) / 100, atol=1e-6)
    # Its two rows are no count, but the margins, which many stand behind, still have them.
    np.testing.assert_allclose(few.sum(axis=1), [0.42, 0.58], atol=1e-6)


def test_three_columns_that_tell_only_together_are_measured_together() -> None:
    rng = Seed(5).child("rows").generator()
    first, second, other = rng.integers(0, 2, size=(3, 4000))
    parity = first ^ second ^ (rng.random(4000) < 0.1)
    rows = CodedRows(np.stack([first, second, parity, other]).astype(np.int32), (2,) * 4, None, 5)
    tables: dict[Scope, Floats] = {}
    for size in (1, 2):
        for scope in combinations(range(4), size):
            tables[scope] = measured(rows, scope, tables, 1e-6)
    # The information of a channel that errs one time in ten.
    wanted = np.log(2) + 0.1 * np.log(0.1) + 0.9 * np.log(0.9)
    np.testing.assert_allclose(interaction(rows, (0, 1, 2), tables), wanted, atol=0.02)
    assert interaction(rows, (0, 1, 3), tables) < 0.002
    whole = JunctionTree.of(rows.sizes, [(0, 1, 2, 3)])
    assert choose_triples(rows, whole, tables, 1, 1e-6) == ((0, 1, 2),)


def test_pairs_are_the_most_telling_ones_within_the_bounds() -> None:
    rows = _rows(5000)
    information = mutual_information(rows)
    everything = choose_pairs(information, rows, 10_000, 10_000)
    assert set(everything) == {p for p in combinations(range(5), 2) if information[p] > 1e-4}
    within = choose_pairs(information, rows, 6, 24)
    cells = [int(np.prod([SIZES[v] for v in c])) for c in cliques(SIZES, within)]
    assert within
    assert max(cells) <= 6
    assert sum(cells) <= 24
