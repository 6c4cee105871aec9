"""What every kind that learns sequences promises of them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from generators.base import GENERATORS
from generators.fitted import FittedGenerator
from tabular.dataset import Table
from tabular.seeding import Seed
from tests.cases import GENERATOR_CASES
from tests.tables import panel_table

KINDS = sorted(kind for kind in GENERATORS if "sequence" in GENERATORS[kind].capabilities)


def fit(kind: str, table: Table) -> FittedGenerator:
    generator = GENERATORS[kind].model_validate({"kind": kind, **GENERATOR_CASES[kind]})
    return generator.fit(table, seed=Seed(0))


@cache
def panel() -> Table:
    return panel_table()


@cache
def fitted(kind: str) -> FittedGenerator:
    return fit(kind, panel())


@cache
def sampled(kind: str) -> pd.DataFrame:
    return fitted(kind).sample(80, unit="subjects", seed=Seed(1)).frame


@pytest.mark.parametrize("kind", KINDS)
class TestSequences:
    def test_gives_as_many_whole_entities_as_asked_for(self, kind: str) -> None:
        sizes = sampled(kind).groupby("person").size()
        assert len(sizes) == 80
        assert sizes.between(3, 6).all()

    def test_gives_exactly_the_rows_asked_for_and_cuts_the_last_entity_only(
        self, kind: str
    ) -> None:
        frame = fitted(kind).sample(50, seed=Seed(2)).frame
        assert len(frame) == 50
        sizes = frame.groupby("person", sort=False).size()
        assert sizes.iloc[:-1].between(3, 6).all()

    def test_rows_of_an_entity_stand_together(self, kind: str) -> None:
        person = sampled(kind)["person"]
        assert person.ne(person.shift(fill_value="")).sum() == person.nunique()

    def test_the_index_increases_and_stays_in_bounds(self, kind: str) -> None:
        frame = sampled(kind)
        steps = frame.groupby("person")["year"].diff().dropna()
        assert (steps > 0).all()
        assert not frame.duplicated(["person", "year"]).any()
        assert frame["year"].between(2000, panel().frame["year"].max()).all()

    def test_what_never_changes_within_an_entity_still_does_not(self, kind: str) -> None:
        pairs = sampled(kind)[["person", "group"]].drop_duplicates()
        assert pairs["person"].is_unique

    def test_entities_are_made_anew_and_go_on_over_batches(self, kind: str) -> None:
        parts = list(fitted(kind).sample_batches(200, batch_rows=60, seed=Seed(3)))
        frame = pd.concat([part.frame for part in parts], ignore_index=True)
        assert len(frame) == 200
        sizes = frame.groupby("person", sort=False).size()
        assert sizes.iloc[:-1].between(3, 6).all()
        assert not frame.duplicated(["person", "year"]).any()

    def test_dtypes_and_gaps_survive(self, kind: str) -> None:
        frame = sampled(kind)
        assert frame.dtypes.to_dict() == panel().frame.dtypes.to_dict()
        if kind == "sdv_par":
            pytest.skip("one epoch is not enough to learn a share")
        # Of about 270 and 360 cells a fifth: five standard errors of the difference are .16.
        assert ((frame[["note", "gaps"]].isna().mean() - 0.2).abs() < 0.16).all()

    def test_same_seed_same_rows(self, kind: str) -> None:
        again = fit(kind, panel()).sample(80, unit="subjects", seed=Seed(1)).frame
        pd.testing.assert_frame_equal(again, sampled(kind))
        other = fitted(kind).sample(80, unit="subjects", seed=Seed(9)).frame
        assert not other["score"].head(200).equals(again["score"].head(200))

    def test_the_order_of_the_rows_does_not_matter(self, kind: str) -> None:
        frame = panel().frame
        # The entities in the same order, each one's rows in another.
        turned = frame.iloc[::-1]
        place = {person: i for i, person in enumerate(frame["person"].unique())}
        turned = turned.iloc[np.argsort(turned["person"].map(place).to_numpy(), kind="stable")]
        again = fit(kind, panel().with_frame(turned.reset_index(drop=True)))
        pd.testing.assert_frame_equal(
            again.sample(80, unit="subjects", seed=Seed(1)).frame, sampled(kind)
        )

    def test_a_table_of_single_rows_is_a_sequence_too(self, kind: str) -> None:
        frame = panel().frame.drop_duplicates("person").reset_index(drop=True)
        made = fit(kind, panel().with_frame(frame)).sample(30, seed=Seed(0)).frame
        assert made["person"].is_unique
