"""Components of a number: the mixture is found, spikes are exact, nothing belongs to one person."""

from __future__ import annotations

import numpy as np

from generators.modes import Modes, learn_modes


def learnt(values: np.ndarray, *, owners: np.ndarray | None = None, most: int = 10) -> Modes:
    whose = np.arange(len(values)) if owners is None else owners
    return learn_modes([values], whose, backing=5, most=most)[0]


def test_two_hills_are_two_modes() -> None:
    rng = np.random.default_rng(0)
    hill = rng.random(20_000) < 0.3
    modes = learnt(np.where(hill, rng.normal(-4, 0.5, 20_000), rng.normal(3, 1, 20_000)), most=2)
    # Standard errors: .01 of the means, .003 of the weight; bins add a little.
    np.testing.assert_allclose(modes.means, [-4, 3], atol=0.05)
    np.testing.assert_allclose(modes.deviations, [0.5, 1], atol=0.05)
    np.testing.assert_allclose(modes.weights, [0.3, 0.7], atol=0.015)


def test_columns_that_are_fitted_together_are_as_those_fitted_alone() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.normal(size=3000), np.exp(rng.normal(size=3000)), rng.random(3000)]
    together = learn_modes(columns, np.arange(3000), backing=5)
    for column, modes in zip(columns, together, strict=True):
        np.testing.assert_allclose(modes.means, learnt(column).means)


def test_a_number_comes_back_and_a_missing_one_too() -> None:
    rng = np.random.default_rng(0)
    values = np.exp(rng.normal(size=5000))
    values[:500], values[500:1000] = 0.0, np.nan
    modes = learnt(values)
    assert modes.spikes.tolist() == [0.0]
    component, place = modes.encode(values, np.random.default_rng(1))
    assert np.abs(place).max() <= 1
    back = modes.decode(component, place)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    low, high = modes.bounds
    np.testing.assert_allclose(back[1000:], np.clip(values, low, high)[1000:], rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(back[:500], 0.0)


def test_a_value_goes_to_a_mode_by_the_modes_claims() -> None:
    half, none = np.array([0.5, 0.5]), np.zeros(0)
    ends = np.array([-9.0, 9.0])
    modes = Modes(none, np.array([-1.0, 1.0]), np.ones(2), half, none, ends, missing=False)
    component, place = modes.encode(np.full(4000, 0.5), np.random.default_rng(0))
    # phi(.5 - 1) / (phi(.5 - 1) + phi(.5 + 1)) = 1 / (1 + exp(-1)) = .731; error .007.
    assert abs(component.mean() - 0.731) < 5 * 0.007
    np.testing.assert_allclose(np.unique(place), [(0.5 - 1) / 4, (0.5 + 1) / 4])


def test_a_column_of_few_values_has_a_component_for_each() -> None:
    modes = learnt(np.repeat(np.arange(16.0), 50))
    assert modes.spikes.tolist() == list(range(16))
    assert modes.n_modes == 0


def test_a_column_of_shared_values_draws_nothing_else() -> None:
    rng = np.random.default_rng(0)
    values = np.rint(rng.normal(50, 10, 20_000)).clip(25, 75) * 2
    values = values[
        np.isin(values, np.unique(values)[np.unique(values, return_counts=True)[1] > 9])
    ]
    modes = learnt(values)
    drawn = modes.decode(np.full(500, modes.n_spikes), np.linspace(-1, 1, 500, dtype=np.float32))
    assert set(drawn) <= set(values)


def test_no_component_stands_on_one_person() -> None:
    rng = np.random.default_rng(0)
    values, owners = rng.normal(100, 10, 400), np.repeat(np.arange(100), 4)
    owners[:9], values[:9] = 0, 101.2345678
    modes = learnt(values, owners=owners)
    assert 101.2345678 not in modes.spikes
    assert 101.2345678 not in modes.grid
    assert (modes.deviations > 0.01).all()


def test_nothing_shared_is_nothing_known() -> None:
    modes = learnt(np.array([1.0, 2.0, 3.0]))
    assert modes.n_components == 1
    component, place = modes.encode(np.array([1.0]), np.random.default_rng(0))
    assert np.isnan(modes.decode(component, place)).all()
