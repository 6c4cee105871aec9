"""What every generator promises, tried on every kind that is registered."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.fitted import FittedGenerator
from generators.protection import Protection
from tabular.dataset import Table
from tabular.errors import ConfigurationError, DataError, FitError, SampleError
from tabular.schema import Column, TableSchema
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.tables import mixed_table, panel_table, plain_table

KINDS = sorted(GENERATORS)
K = Protection().k


def fit(kind: str, table: Table, *, seed: int = 0, **parameters: object) -> FittedGenerator:
    generator = GENERATORS[kind].model_validate(
        {"kind": kind, **GENERATOR_CASES[kind], **parameters}
    )
    return generator.fit(table, seed=Seed(seed))


@cache
def mixed() -> Table:
    return mixed_table()


@cache
def fitted(kind: str) -> FittedGenerator:
    return fit(kind, mixed())


@cache
def sampled(kind: str) -> pd.DataFrame:
    return fitted(kind).sample(200, seed=Seed(1)).frame


def test_every_kind_has_a_line_in_the_cases() -> None:
    assert sorted(GENERATOR_CASES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
class TestOneTable:
    def test_says_in_one_line_what_it_is(self, kind: str) -> None:
        assert 10 < len(GENERATORS[kind].summary()) < 120

    def test_survives_json(self, kind: str) -> None:
        generator = fitted(kind).generator
        assert type(generator).model_validate_json(generator.model_dump_json()) == generator

    @pytest.mark.parametrize("n", [1, 7, 300])
    def test_gives_exactly_the_rows_asked_for(self, kind: str, n: int) -> None:
        table = fitted(kind).sample(n, seed=Seed(2))
        assert len(table) == n
        assert table.frame.index.equals(pd.RangeIndex(n))

    def test_refuses_to_draw_no_rows(self, kind: str) -> None:
        with pytest.raises(SampleError):
            fitted(kind).sample(0, seed=Seed(2))

    def test_gives_the_columns_in_order_with_their_dtypes(self, kind: str) -> None:
        assert sampled(kind).dtypes.to_dict() == mixed().frame.dtypes.to_dict()
        assert tuple(sampled(kind).columns) == mixed().schema.names

    def test_same_seed_gives_the_same_rows_and_another_seed_others(self, kind: str) -> None:
        again = fitted(kind).sample(200, seed=Seed(1)).frame
        other = fitted(kind).sample(200, seed=Seed(3)).frame
        pd.testing.assert_frame_equal(again, sampled(kind))
        assert not other["price"].equals(again["price"])

    def test_fitting_again_with_the_same_seed_gives_the_same_model(self, kind: str) -> None:
        again = fit(kind, mixed()).sample(200, seed=Seed(1)).frame
        pd.testing.assert_frame_equal(again, sampled(kind))

    def test_touches_no_global_random_state_and_not_the_rows(self, kind: str) -> None:
        import torch

        table = mixed_table(80)
        before = table.frame.copy(deep=True)
        numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002
        states = repr(numpy_state), random.getstate(), torch.get_rng_state().tolist()
        fit(kind, table).sample(5, seed=Seed(0))
        numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002
        assert states == (repr(numpy_state), random.getstate(), torch.get_rng_state().tolist())
        pd.testing.assert_frame_equal(table.frame, before)

    def test_stays_inside_the_domain(self, kind: str) -> None:
        real, made = mixed().frame, sampled(kind)
        for name in ("age", "count", "huge", "price", "ratio", "gaps", "when", "zoned", "day"):
            assert made[name].dropna().min() >= real[name].dropna().min(), name
            assert made[name].dropna().max() <= real[name].dropna().max(), name
        for name in ("true", "maybe", "town", "grade", "code", "constant"):
            assert set(made[name].dropna()) <= set(real[name].dropna()), name

    def test_keeps_to_the_decimals(self, kind: str) -> None:
        made = sampled(kind)
        assert made["price"].equals(made["price"].round(2))
        assert {cell.as_tuple().exponent for cell in made["amount"]} == {-2}

    def test_a_cell_is_missing_only_where_the_column_may_have_gaps(self, kind: str) -> None:
        gone = sampled(kind).isna().mean()
        for column in mixed().schema.columns:
            if not column.nullable:
                assert gone[column.name] == 0, column.name
        assert gone["nothing"] == gone["void"] == 1

    def test_gaps_are_drawn_too(self, kind: str) -> None:
        if kind in {"sdv_ctgan", "sdv_par", "sdv_tvae"}:
            pytest.skip("one epoch is not enough to learn a share")
        gone = sampled(kind)[["count", "gaps", "town", "maybe"]].isna().mean()
        # Of 300 and 200 cells a fifth: five standard errors of the difference are .18.
        assert ((gone - 0.2).abs() < 0.18).all()

    def test_keys_are_unique_and_made_anew(self, kind: str) -> None:
        made = fitted(kind).sample(1000, seed=Seed(4)).frame
        assert made["id"].is_unique
        assert not set(made["email"]) & set(mixed().frame["email"])
        assert made["email"].str.endswith("@example.com").all()

    def test_batches_go_on_where_the_last_ended(self, kind: str) -> None:
        parts = list(fitted(kind).sample_batches(250, batch_rows=100, seed=Seed(5)))
        assert sum(len(part) for part in parts) == 250
        assert pd.concat([part.frame["id"] for part in parts]).is_unique

    def test_a_learnt_key_is_unique(self, kind: str) -> None:
        frame = pd.DataFrame({"a": np.arange(100) % 20, "b": np.arange(100) // 20})
        columns = tuple(
            Column(name=name, sdtype="numerical", dtype="int64", nullable=False) for name in "ab"
        )
        table = Table("keyed", frame, TableSchema(columns=columns, primary_key=("a", "b")))
        made = fit(kind, table).sample(30, seed=Seed(0)).frame
        assert len(made) == 30
        assert not made.duplicated().any()

    def test_rare_categories_and_extremes_do_not_come_out(self, kind: str) -> None:
        rng = Seed(0, ("rare",)).generator()
        number = np.round(rng.normal(100, 10, size=200), 1)
        number[:K] = 100_000 + np.arange(K)  # the k-th largest is the last that may be held
        label = np.array(["common"] * 200, dtype=object)
        label[100:] = "usual"
        label[: K - 1] = "canary"
        frame = pd.DataFrame({"number": number, "label": pd.Series(label, dtype="string")})
        made = fit(kind, plain_table(frame)).sample(2000, seed=Seed(0)).frame
        assert set(made["label"]) <= {"common", "usual"}
        assert made["number"].max() <= 100_000
        assert made["number"].min() >= np.sort(number)[K - 1]

    def test_learns_a_dozen_rows_or_says_what_it_needs(self, kind: str) -> None:
        frame = pd.DataFrame(
            {
                "number": np.arange(12.0),
                "whole": np.arange(12) % 3,
                "label": pd.Series(["a", "b"] * 6, dtype="string"),
            }
        )
        try:
            made = fit(kind, plain_table(frame)).sample(20, seed=Seed(0)).frame
        except FitError as error:
            message = str(error)
            assert "12" in message or "SDV" in message
            return
        assert set(made["label"]) <= {"a", "b"}
        assert made["number"].between(4, 7).all()

    def test_refuses_an_empty_table(self, kind: str) -> None:
        with pytest.raises(DataError, match="no rows"):
            fit(kind, mixed().take(np.arange(0)))

    def test_refuses_a_table_of_nothing_but_identifiers(self, kind: str) -> None:
        frame = pd.DataFrame({"id": ["a", "b", "c"]})
        table = Table("ids", frame, TableSchema(columns=(Column(name="id", sdtype="id"),)))
        with pytest.raises(DataError, match="no column is left"):
            fit(kind, table)

    def test_learns_a_table_of_one_column(self, kind: str) -> None:
        frame = pd.DataFrame({"only": pd.Series(["a", "b"] * 40, dtype="string")})
        made = fit(kind, plain_table(frame)).sample(50, seed=Seed(0)).frame
        assert set(made["only"]) <= {"a", "b"}

    def test_learns_a_table_in_which_nothing_varies(self, kind: str) -> None:
        frame = pd.DataFrame({"one": np.ones(40), "a": pd.Series(["a"] * 40, dtype="string")})
        made = fit(kind, plain_table(frame)).sample(10, seed=Seed(0)).frame
        assert (made["one"] == 1).all()
        assert (made["a"] == "a").all()

    def test_refuses_a_sequence_it_can_not_learn(self, kind: str) -> None:
        if "sequence" in GENERATORS[kind].capabilities:
            pytest.skip("learns sequences")
        with pytest.raises(ConfigurationError, match="does not learn sequences"):
            fit(kind, panel_table())

    def test_has_a_likelihood_only_where_it_says_so(self, kind: str) -> None:
        if "log_prob" in GENERATORS[kind].capabilities:
            likelihood = fitted(kind).log_prob(mixed())
            assert likelihood.shape == (len(mixed()),)
            assert np.isfinite(likelihood).all()
        else:
            with pytest.raises(SampleError, match="no likelihood"):
                fitted(kind).log_prob(mixed())
