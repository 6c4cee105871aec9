from __future__ import annotations

import pytest
from pydantic import ValidationError

from pipelines.settings import Settings
from pipelines.sources.sample import SampleSource
from tabular.errors import ConfigurationError


def test_happiness_comes_without_the_columns_that_are_computed_from_others() -> None:
    frame = SampleSource(name="happiness").read(Settings()).tables["happiness"].frame
    assert frame.shape == (17_137, 22)
    assert not {"y94", "vhappy", "blackfemale", "occattend", "regattend"} & set(frame.columns)
    assert {"happy", "black", "female", "year"} < set(frame.columns)
    assert set(map(str, frame.dtypes)) == {"int64", "float64", "string"}


def test_wagepan_is_a_panel_of_545_men_and_8_years() -> None:
    frame = SampleSource(name="wagepan").read(Settings()).tables["wagepan"].frame
    assert len(frame) == 545 * 8
    assert frame["nr"].nunique() == 545
    assert not frame.duplicated(["nr", "year"]).any()


def test_a_sample_that_is_not_there_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ConfigurationError, match=r"there is no sample 'nothing'.*happiness"):
        SampleSource(name="nothing").read(Settings())
    with pytest.raises(ValidationError):
        SampleSource(name="../secrets")
