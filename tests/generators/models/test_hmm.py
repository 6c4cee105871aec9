"""The hidden Markov model from table to table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from generators.encoding.arrays import Variable
from generators.models.hmm import Hmm, HmmModel
from generators.sequence_features import Feature
from generators.sequence_symbols import SequenceSymbols
from tabular.dataset import Table
from tabular.schema import Column, Sequence, TableSchema
from tabular.seeding import Seed


def panel(frame: pd.DataFrame) -> Table:
    columns = []
    for name in frame.columns:
        kind = {"person": "id", "label": "categorical"}.get(name, "numerical")
        dtype = str(frame[name].dtype)
        columns.append(
            Column.model_validate({"name": name, "sdtype": kind, "dtype": dtype, "nullable": False})
        )
    schema = TableSchema(columns=tuple(columns), sequence=Sequence(entity="person", index="time"))
    return Table("panel", frame, schema, ("person",))


def regimes(n: int = 300, length: int = 12, seed: int = 0) -> Table:
    """People who are calm or excited and change every tenth time; numbers around 0 or 10."""
    rng = np.random.default_rng(seed)
    state = np.empty((n, length), dtype=np.int64)
    state[:, 0] = rng.integers(0, 2, n)
    for t in range(1, length):
        state[:, t] = state[:, t - 1] ^ (rng.random(n) < 0.1)
    return panel(
        pd.DataFrame(
            {
                "person": np.repeat(np.arange(n), length),
                "time": np.tile(np.arange(length), n),
                "number": 10.0 * state.ravel() + rng.normal(size=n * length),
            }
        )
    )


def known_chain(transition: np.ndarray) -> HmmModel:
    """Two states, each of which shows itself in a label; twenty rows an entity."""
    label = Feature("label", "row", 2, numeric=False)
    length = Feature.of_numbers("", "entity", np.full(9, 20.0), np.arange(9), 5, 4)
    symbols = SequenceSymbols((Variable(name="label", cardinality=2),), (label, length), (), None)
    return HmmModel(
        symbols,
        {
            "start": np.array([0.3, 0.7]),
            "transition": transition,
            # The label shows the state; the one length there is has one symbol.
            "emission": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
            "memory": np.zeros((1, 2)),
            "following": np.full(4, 0.5),
        },
    )


def test_draws_from_a_known_chain_have_its_probabilities() -> None:
    transition = np.array([[0.8, 0.2], [0.4, 0.6]])
    model = known_chain(transition)
    drawn = model.sample(2000, seed=Seed(0))
    assert (drawn.lengths == 20).all()
    state = drawn["label"].reshape(2000, 20)
    assert abs(state[:, 0].mean() - 0.7) < 5 * np.sqrt(0.3 * 0.7 / 2000)
    for origin in (0, 1):
        after = state[:, 1:][state[:, :-1] == origin]
        p = transition[origin, 1]
        assert abs(after.mean() - p) < 5 * np.sqrt(p * (1 - p) / len(after))


def test_two_regimes_are_found_and_held() -> None:
    table = regimes()
    fitted = Hmm(states=2, restarts=2).fit(table, seed=Seed(0))
    made = fitted.sample(300, unit="subjects", seed=Seed(1)).frame
    assert (made.groupby("person").size() == 12).all()
    assert made["time"].tolist() == list(range(12)) * 300
    real, drawn = (
        float(
            (part["number"] > 5)
            .groupby(part["person"])
            .apply(lambda x: x.diff()[1:].ne(0).mean())
            .mean()
        )
        for part in (table.frame, made)
    )
    # 3,300 moves on either side; that a regime is told by its number costs little.
    assert abs(real - drawn) < 5 * np.sqrt(2 * 0.1 * 0.9 / 3300)
    assert float(made["number"].between(3.5, 6.5).mean()) < 0.01


def test_as_many_states_as_predict_best_are_taken() -> None:
    fitted = Hmm(restarts=1, iterations=20).fit(regimes(150), seed=Seed(0))
    states = len(fitted.model.chain["start"])  # type: ignore[attr-defined]
    assert states >= 2


def test_lengths_that_are_ragged_come_out_ragged() -> None:
    frame = regimes(200).frame
    kept = frame["time"] < 3 + 3 * (frame["person"] % 3)
    table = panel(frame[kept].reset_index(drop=True))
    made = (
        Hmm(states=3, restarts=1)
        .fit(table, seed=Seed(0))
        .sample(600, unit="subjects", seed=Seed(1))
    )
    sizes = made.frame.groupby("person").size()
    share = sizes.value_counts(normalize=True)
    assert set(share.index) == {3, 6, 9}
    assert (share - 1 / 3).abs().max() < 5 * np.sqrt(2 / 9 / 200 + 2 / 9 / 600)


def test_an_irregular_index_keeps_its_gaps() -> None:
    rng = np.random.default_rng(0)
    n, length = 150, 6
    steps = rng.choice([1, 2, 7], p=[0.5, 0.3, 0.2], size=(n, length))
    steps[:, 0] = rng.integers(0, 30, n)
    table = panel(
        pd.DataFrame(
            {
                "person": np.repeat(np.arange(n), length),
                "time": steps.cumsum(axis=1).ravel(),
                "number": rng.normal(size=n * length),
            }
        )
    )
    made = (
        Hmm(states=2, restarts=1).fit(table, seed=Seed(0)).sample(n, unit="subjects", seed=Seed(1))
    )
    gaps = made.frame.groupby("person")["time"].diff().dropna()
    share = gaps.value_counts(normalize=True)
    # At the end of the range steps are shortened, so that rows fit in.
    assert share[[1, 2, 7]].sum() > 0.97
    expected = pd.Series({1: 0.5, 2: 0.3, 7: 0.2})
    assert (share[[1, 2, 7]] - expected).abs().max() < 5 * np.sqrt(0.25 / (n * 5)) + 0.03


def test_what_grows_by_one_every_year_still_does() -> None:
    frame = regimes(80).frame
    frame["age"] = frame["time"] + frame["person"] % 20
    frame["square"] = frame["age"] ** 2
    made = (
        Hmm(states=2, restarts=1)
        .fit(panel(frame), seed=Seed(0))
        .sample(80, unit="subjects", seed=Seed(1))
        .frame
    )
    assert (made.groupby("person")["age"].diff().dropna() == 1).mean() > 0.99
    assert (made["square"] == made["age"] ** 2).all()


def test_the_probabilities_of_all_sequences_there_are_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 4, 60)
    person = np.repeat(np.arange(60), lengths)
    time = np.concatenate([np.arange(n) for n in lengths])
    label = pd.Series(np.array(["a", "b"])[rng.integers(0, 2, len(person))], dtype="string")
    fitted = Hmm(states=3, restarts=1).fit(
        panel(pd.DataFrame({"person": person, "time": time, "label": label})), seed=Seed(0)
    )
    every = [path for n in (1, 2, 3) for path in product("ab", repeat=n)]
    table = panel(
        pd.DataFrame(
            {
                "person": np.repeat(np.arange(len(every)), [len(path) for path in every]),
                "time": np.concatenate([np.arange(len(path)) for path in every]),
                "label": pd.Series([cell for path in every for cell in path], dtype="string"),
            }
        )
    )
    likelihood = fitted.log_prob(table)
    assert likelihood.shape == (14,)
    assert np.exp(likelihood).sum() == pytest.approx(1.0, abs=1e-9)


def test_a_density_integrates_to_one() -> None:
    rng = np.random.default_rng(0)
    numbers = np.where(rng.random(1000) < 0.25, 0.0, rng.normal(size=1000))
    column = Column(name="x", sdtype="numerical", dtype="float64", nullable=False)
    schema = TableSchema(columns=(column,))
    fitted = Hmm(states=2).fit(Table("x", pd.DataFrame({"x": numbers}), schema), seed=Seed(0))
    low, high = np.sort(numbers)[[4, -5]]
    grid = np.linspace(low, high, 100_001)[1:-1] + 1e-9
    density = np.exp(fitted.log_prob(Table("x", pd.DataFrame({"x": grid}), schema)))
    atoms = np.exp(fitted.log_prob(Table("x", pd.DataFrame({"x": [low, 0.0, high]}), schema))).sum()
    share = float(np.isin(np.clip(numbers, low, high), [low, 0.0, high]).mean())
    assert atoms == pytest.approx(share, abs=0.005)  # the prior weighs one row of a thousand
    assert density.mean() * (high - low) + atoms == pytest.approx(1.0, abs=0.005)


def test_people_who_do_not_fit_in_are_the_least_likely() -> None:
    table = regimes(100)
    fitted = Hmm(states=2, restarts=1).fit(table, seed=Seed(0))
    odd = table.frame.copy()
    # One person changes regime every time.
    odd.loc[odd["person"] == 7, "number"] = np.tile([0.0, 10.0], 6)
    assert int(np.argmin(fitted.log_prob(table.with_frame(odd)))) == 7


@pytest.mark.parametrize("states", [1, 4])
def test_a_table_without_sequences_is_a_mixture(states: int) -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 4, 2000)
    frame = pd.DataFrame({"number": group * 10 + rng.normal(size=2000)})
    frame["label"] = pd.Series(np.array(list("abcd"))[group], dtype="string")
    schema = TableSchema(
        columns=(
            Column(name="number", sdtype="numerical", dtype="float64", nullable=False),
            Column(name="label", sdtype="categorical", nullable=False),
        )
    )
    fitted = Hmm(states=states).fit(Table("rows", frame, schema), seed=Seed(0))
    made = fitted.sample(2000, seed=Seed(1)).frame
    right = np.array(list("abcd"))[np.clip(np.rint(made["number"] / 10), 0, 3).astype(int)]
    agreement = float((made["label"] == right).mean())
    if states == 1:
        assert agreement < 0.35  # one state knows nothing: a quarter by chance
    else:
        assert agreement > 0.95


def test_by_bic_noise_has_one_state() -> None:
    frame = regimes(60).frame
    frame["number"] = np.random.default_rng(1).normal(size=len(frame))
    fitted = Hmm(criterion="bic", restarts=1, iterations=10).fit(panel(frame), seed=Seed(0))
    assert len(fitted.model.chain["start"]) == 1  # type: ignore[attr-defined]


def test_states_that_show_themselves_are_found_in_the_order_of_the_rows() -> None:
    transition = np.array([[0.8, 0.2], [0.4, 0.6]])
    model = known_chain(transition)
    drawn = model.sample(30, seed=Seed(0)).head(550)  # the last entity is cut short
    assert model.states_of(drawn).tolist() == drawn["label"].tolist()
    last = drawn["label"][np.cumsum(drawn.lengths) - 1]
    np.testing.assert_allclose(model.forecast(drawn, 1), transition[last], atol=1e-12)
