"""Rules are kept by what is drawn, whichever kind draws and whatever order they stand in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from generators.base import GENERATORS
from generators.constraints import Constraints
from generators.encoding.table import TableEncoder
from generators.protection import Protection
from tabular.dataset import Table
from tabular.errors import ConfigurationError, SampleError
from tabular.profile import profile
from tabular.rules import Rule, broken
from tabular.schema import TableSchema
from tabular.seeding import Seed

_RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(tuple[Rule, ...])
_ALL: list[dict[str, Any]] = [
    {"kind": "inequality", "low": "start", "high": "end"},
    {"kind": "inequality", "low": "end", "high": "paid", "strict": True},
    {"kind": "inequality", "low": "least", "high": "most"},
    {"kind": "sum", "total": "total", "parts": ["net", "tax"]},
    {"kind": "formula", "column": "gross", "equals": "units * 2.5"},
    {"kind": "fixed_combinations", "columns": ["city", "country"]},
    {"kind": "functional_dependency", "columns": ["product"], "determines": "group"},
    {"kind": "not_null_when", "column": "tax", "given": "flag", "values": [True]},
    {"kind": "positive", "column": "units"},
]


def _orders(n: int = 600, rules: list[dict[str, Any]] | None = None) -> Table:
    rng = Seed(7).child("orders").generator()
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    end = start + pd.to_timedelta(rng.integers(0, 20, n), unit="D")
    net = np.round(rng.gamma(2, 50, n), 2)
    flag = rng.random(n) < 0.3
    tax = pd.Series(np.round(net * rng.choice([0.07, 0.19], n), 2)).mask(
        ~flag & (rng.random(n) < 0.2)
    )
    units = rng.integers(1, 30, n)
    place = rng.integers(0, 4, n)
    product = rng.integers(0, 9, n)
    frame = pd.DataFrame(
        {
            "start": start,
            "end": end,
            "paid": end + pd.to_timedelta(rng.integers(1, 9, n), unit="D"),
            "least": rng.integers(0, 50, n),
            "most": 0,
            "net": net,
            "tax": tax,
            "total": np.round(net + tax, 2),
            "units": units,
            "gross": units * 2.5,
            "city": np.array(["Ulm", "Bonn", "Lyon", "Nice"])[place],
            "country": np.array(["DE", "DE", "FR", "FR"])[place],
            "product": np.array([f"p{i}" for i in range(9)])[product],
            "group": np.array(["g0", "g1", "g2"])[product % 3],
            "flag": flag,
        }
    ).astype({"city": "string", "country": "string", "product": "string", "group": "string"})
    frame["most"] = frame["least"] + rng.integers(0, 9, n)
    schema = profile("orders", frame).model_copy(
        update={"rules": _RULES.validate_python(_ALL if rules is None else rules)}
    )
    return Table("orders", frame, schema)


def _encoder(table: Table, k: int = 5) -> TableEncoder:
    return TableEncoder.learn(table, Protection(k=k))


@pytest.mark.parametrize("kind", ["independent", "trees", "gaussian_copula"])
def test_every_rule_holds_in_every_row(kind: str) -> None:
    train = _orders()
    fitted = GENERATORS[kind].model_validate({}).fit(train, seed=Seed(0))
    drawn = fitted.sample(1500, seed=Seed(1))
    assert len(drawn) == 1500
    assert not broken(train.schema.rules, drawn.frame).any()
    assert drawn.frame.dtypes.equals(train.frame.dtypes)
    pairs = set(zip(train.frame["city"], train.frame["country"], strict=True))
    assert set(zip(drawn.frame["city"], drawn.frame["country"], strict=True)) == pairs


def test_construction_carries_what_it_can() -> None:
    found = _encoder(_orders()).constraints
    assert found.totals == ("gross", "total")
    assert {gap.high for gap in found.gaps} == {"end", "most", "paid"}
    assert [c.columns for c in found.combinations] == [("city", "country")]
    assert [image.column for image in found.images] == ["group"]


@settings(max_examples=10)
@given(st.permutations(_ALL))
def test_the_order_of_the_rules_makes_no_difference(rules: list[dict[str, Any]]) -> None:
    assert _encoder(_orders(rules=rules)).constraints == _encoder(_orders()).constraints


def test_inside_the_domain_encoding_and_decoding_give_the_rows_back() -> None:
    train = _orders()
    encoder = _encoder(train, k=1)
    encoded = encoder.encode(train)
    assert [v.name for v in encoded.variables] == [v.name for v in encoder.variables]
    assert len(encoded.arrays) == len(encoder.codecs) - 3  # two totals and a country
    back = encoder.decode(encoded, seed=Seed(0))
    pd.testing.assert_frame_equal(back.frame, train.frame)


def test_a_combination_that_few_share_is_not_held() -> None:
    train = _orders()
    train.frame.loc[:2, "country"] = "FR"
    train.frame.loc[:2, "city"] = "Ulm"
    (combination,) = _encoder(train).constraints.combinations
    assert len(combination.members) == 4


def test_a_chain_is_measured_link_by_link_and_a_circle_is_not_closed() -> None:
    chain = [("end", "paid"), ("start", "end"), ("paid", "start")]
    rules = [{"kind": "inequality", "low": low, "high": high} for low, high in chain]
    gaps = _encoder(_orders(rules=rules[:2])).constraints.gaps
    assert [(gap.low, gap.high) for gap in gaps] == [("start", "end"), ("end", "paid")]
    # Columns that must not be above each other are equal: no real row here keeps that.
    assert len(_encoder(_orders(rules=rules)).constraints.gaps) == 2


def test_rules_outlive_saving(tmp_path: Any) -> None:
    from generators.artifacts import load

    fitted = GENERATORS["independent"].model_validate({}).fit(_orders(), seed=Seed(0))
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.encoder == fitted.encoder
    pd.testing.assert_frame_equal(
        again.sample(50, seed=Seed(3)).frame, fitted.sample(50, seed=Seed(3)).frame
    )


def test_a_rule_that_nothing_drawn_keeps_is_named() -> None:
    impossible = [{"kind": "range", "column": "units", "minimum": 1e6}]
    fitted = (
        GENERATORS["independent"].model_validate({}).fit(_orders(rules=impossible), seed=Seed(0))
    )
    with pytest.raises(
        SampleError, match=r"0\.0% of the rows drawn keep the rules \(range\(units\)"
    ):
        fitted.sample(10, seed=Seed(1))


def test_fixed_combinations_of_numbers_are_refused() -> None:
    rules = [{"kind": "fixed_combinations", "columns": ["net", "city"]}]
    with pytest.raises(ConfigurationError, match="fixed combinations need columns that are categ"):
        _encoder(_orders(rules=rules))


def test_a_table_without_rules_is_encoded_as_before() -> None:
    assert _encoder(_orders(rules=[])).constraints == Constraints()


def test_whole_entities_are_drawn_again() -> None:
    rng = Seed(3).child("walks").generator()
    n, length = 60, 5
    frame = pd.DataFrame(
        {
            "who": np.repeat(np.arange(n), length),
            "step": np.tile(np.arange(length), n),
            "low": np.round(rng.normal(size=n * length), 2),
            "high": np.round(rng.normal(size=n * length), 2),
        }
    )
    schema = profile("walks", frame).model_dump() | {
        "sequence": {"entity": "who", "index": "step"},
        "rules": [{"kind": "range", "column": "low", "maximum": 1.5}],
    }
    table = Table("walks", frame, TableSchema.model_validate(schema), ("who",))
    kind = GENERATORS["hmm"].model_validate({"states": 2, "restarts": 1, "iterations": 3})
    drawn = kind.fit(table, seed=Seed(0)).sample(40, unit="subjects", seed=Seed(1))
    assert drawn.frame["who"].nunique() == 40
    assert (drawn.frame["low"] <= 1.5).all()
    assert (drawn.frame.groupby("who")["step"].min() >= 0).all()
