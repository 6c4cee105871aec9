"""Bayesian networks: what is counted, which graph is found, and draws against enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from generators.graphs.counts import CodedRows, mutual_information, spanning_tree
from generators.graphs.families import Counted, FamilyScore, Groups
from generators.graphs.network import Network
from generators.graphs.search import Bounds, climbed, in_order
from tabular.seeding import Seed

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.integer]
SIZES = (3, 4, 2, 3)
PARENTS = ((), (0,), (0, 1), (2, 1))
GROUPS = Groups(
    (np.array([0, 1, 1]), np.array([0, 0, 1, 2]), np.array([0, 1]), np.array([0, 1, 2]))
)
ALL = np.array(list(product(*(range(size) for size in SIZES))), dtype=np.int32).T


def _network() -> Network:
    rng = Seed(2).child("tables").generator()
    sizes = GROUPS.sizes
    tables = tuple(
        rng.dirichlet(np.ones(size), size=int(np.prod([sizes[p] for p in own], dtype=int)))
        for size, own in zip(SIZES, PARENTS, strict=True)
    )
    return Network(GROUPS, PARENTS, tables)


def _by_hand(network: Network) -> Floats:
    """Probability of each row, shape (n_rows,)."""
    grouped = [group[code] for group, code in zip(GROUPS.of, ALL, strict=True)]
    out = np.ones(ALL.shape[1])
    for child, own in enumerate(PARENTS):
        shape = (*(GROUPS.sizes[p] for p in own), SIZES[child])
        out *= network.tables[child].reshape(shape)[(*(grouped[p] for p in own), ALL[child])]
    return out


def _shares(codes: Codes) -> Floats:
    place = np.ravel_multi_index(tuple(codes), SIZES)
    return np.asarray(np.bincount(place, minlength=ALL.shape[1]) / codes.shape[1])


def test_the_likelihood_is_that_of_enumeration() -> None:
    network = _network()
    found = np.exp(network.log_prob(ALL))
    np.testing.assert_allclose(found, _by_hand(network))
    np.testing.assert_allclose(found.sum(), 1)


def test_rows_are_drawn_as_often_as_they_are_likely() -> None:
    network = _network()
    found = _shares(network.draw(200_000, Seed(1).generator()))
    expected = _by_hand(network)
    # Five standard errors of a share.
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / 200_000) + 1e-9).all()


@pytest.mark.parametrize("value", [0, 1])
def test_given_a_child_and_some_codes_of_a_parent_draws_are_those_of_enumeration(
    value: int,
) -> None:
    network = _network()
    n = 100_000
    wide = np.array([True, False, True, True])
    allowed = {3: np.tile(np.arange(3) == value, (n, 1)), 1: np.tile(wide, (n, 1))}
    fits = (ALL[3] == value) & wide[ALL[1]]
    expected = np.where(fits, _by_hand(network), 0)
    masks = {j: mask[:1] for j, mask in allowed.items()}
    np.testing.assert_allclose(np.exp(network.log_prob_given(masks)), expected.sum())
    expected /= expected.sum()
    found = _shares(network.draw_given(allowed, n, Seed(3).generator()))
    assert (np.abs(found - expected) < 5 * np.sqrt(expected / n) + 1e-9).all()


def _counted(codes: Codes, sizes: tuple[int, ...], k: int, prior: float) -> Counted:
    rows = CodedRows(codes.astype(np.int32), sizes, None, k)
    return Counted(rows, rows, prior)


def test_a_count_of_too_few_is_taken_from_the_table_without_the_parent() -> None:
    # Under parent 0: six times code 0, twice code 1; under parent 1: ten times code 1.
    parent = np.repeat([0, 0, 1], [6, 2, 10])
    child = np.repeat([0, 1, 1], [6, 2, 10])
    table = _counted(np.stack([child, parent]), (2, 2), 3, 1e-9).table(0, (1,))
    # Two rows are too few for a count, and for saying that there were any.
    np.testing.assert_allclose(table, [[1, 0], [0, 1]], atol=1e-6)
    whole = _counted(np.stack([child, parent]), (2, 2), 3, 4.0).table(0, (1,))
    lower = (np.array([6, 12]) + 4 * np.array([0.5, 0.5])) / 22
    np.testing.assert_allclose(whole[0], (np.array([6, 0]) + 4 * lower) / 10)


def test_rows_of_sparse_cells_keep_their_weight_together() -> None:
    # Five codes of two rows each beside one of ten: none has a count, all together have one.
    child = np.repeat([0, 1, 2, 3, 4, 5], [10, 2, 2, 2, 2, 2])
    codes = np.stack([child, np.zeros_like(child)])
    table = _counted(codes, (6, 1), 3, 1e-9).table(0, (1,))
    np.testing.assert_allclose(table, [[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]], atol=1e-6)


@pytest.mark.parametrize("score", ["holdout", "bic", "bdeu"])
def test_both_causes_of_an_effect_are_found_and_nothing_else(score: str) -> None:
    rng = Seed(4).child("rows").generator()
    first, second, other = rng.integers(0, 2, size=(3, 6000))
    noise = rng.random(6000) < 0.05
    effect = np.minimum(first + second + noise, 2)
    codes = np.stack([first, second, effect, other])
    sizes = (2, 2, 3, 2)
    counted = _counted(codes, sizes, 5, 5.0)
    learnt, held = counted.take(np.arange(4000)), counted.take(np.arange(4000, 6000))
    family = FamilyScore(score, learnt, held)  # type: ignore[arg-type]
    bounds = Bounds(sizes, sizes, 2, 1000, 1000)
    tree = spanning_tree(mutual_information(counted.rows))
    parents = climbed(tree, family, bounds, ~np.eye(4, dtype=bool), least=1.0)
    edges = {frozenset((child, p)) for child, own in enumerate(parents) for p in own}
    assert {frozenset((0, 2)), frozenset((1, 2))} <= edges
    assert not any(3 in edge for edge in edges)


def test_bounds_are_kept() -> None:
    rng = Seed(6).child("rows").generator()
    base = rng.normal(size=3000)
    codes = np.stack([np.digitize(base + 0.5 * rng.normal(size=3000), [-1, 0, 1])] * 6)
    codes = np.where(rng.random(codes.shape) < 0.3, rng.integers(0, 4, size=codes.shape), codes)
    counted = _counted(codes, (4,) * 6, 1, 1.0)
    family = FamilyScore("bdeu", counted, counted)
    for bounds in (
        Bounds((4,) * 6, (4,) * 6, 1, 1000, 1000),
        Bounds((4,) * 6, (4,) * 6, 5, 64, 64),
    ):
        parents = climbed((), family, bounds, ~np.eye(6, dtype=bool))
        assert any(parents)
        assert sorted(in_order(parents)) == list(range(6))
        assert all(bounds.allow_family(child, own) for child, own in enumerate(parents))
        assert bounds.allow(parents)


def test_groups_are_neighbours_where_codes_have_an_order_and_the_rare_codes_elsewhere() -> None:
    codes = np.tile(np.repeat([0, 1, 2, 3, 4, 5], [1, 4, 4, 4, 4, 1]), (2, 1)).astype(np.int32)
    rows = CodedRows(codes, (6, 6))
    ordered, loose = Groups.learn(rows, (True, False), 3).of
    assert (np.diff(ordered[:-1]) >= 0).all()
    assert ordered[-1] == ordered.max() == 2  # missing cells stand alone
    assert loose.tolist() == [2, 0, 1, 2, 2, 2]
