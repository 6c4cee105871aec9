"""From raw rows to a described dataset: the owner has the last word."""

import pandas as pd
import pytest

from pipelines.base import RawData, RawTable
from pipelines.config import TableConfig
from pipelines.description import describe
from tabular.errors import ConfigurationError, DataError
from tabular.schema import TableSchema


def _schema(frame: pd.DataFrame, **options: object) -> TableSchema:
    config = TableConfig.model_validate({"tables": {"t": options}})
    return describe(RawData({"t": RawTable(frame)}), config).schema.tables["t"]


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "nr": [1, 1, 2, 2],
            "year": [1, 2, 1, 2],
            "day": [20230601, 20230602, 20230603, 20230604],
            "sex": pd.Series(["m", "m", "f", "f"], dtype="string"),
            "pay": [1.5, 2.5, 3.5, 4.5],
        }
    )


def test_a_number_is_a_date_only_if_the_owner_says_so() -> None:
    assert _schema(_frame())["day"].sdtype == "numerical"
    said = _schema(_frame(), columns={"day": {"sdtype": "datetime", "datetime_format": "%Y%m%d"}})
    assert said["day"].dtype.startswith("datetime64")


def test_a_date_in_another_format_is_refused_by_its_row() -> None:
    with pytest.raises(DataError, match=r"first in row 1.*datetime_format"):
        _schema(_frame(), columns={"sex": {"sdtype": "datetime"}})


def test_text_that_is_no_number_is_refused_without_quoting_it() -> None:
    with pytest.raises(DataError, match="are not numbers") as caught:
        _schema(_frame(), columns={"sex": {"sdtype": "numerical"}})
    assert "'m'" not in str(caught.value)


def test_excluded_columns_are_gone() -> None:
    assert "pay" not in _schema(_frame(), exclude=["pay"]).names


def test_roles_are_the_owners() -> None:
    schema = _schema(_frame(), columns={"sex": {"role": "sensitive"}, "pay": {"role": "target"}})
    assert schema.with_role("sensitive") == ("sex",)
    assert schema.with_role("target") == ("pay",)


def test_the_entity_of_a_sequence_is_an_id_unless_the_owner_says_else() -> None:
    sequence = {"entity": "nr", "index": "year"}
    assert _schema(_frame(), sequence=sequence)["nr"].sdtype == "id"
    said = _schema(_frame(), sequence=sequence, columns={"nr": {"sdtype": "numerical"}})
    assert said["nr"].sdtype == "numerical"


def test_free_text_can_be_declared() -> None:
    assert _schema(_frame(), columns={"sex": {"sdtype": "text"}})["sex"].sdtype == "unknown"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": {"colour": {"role": "target"}}}, "colour"),
        ({"exclude": ["colour"]}, "colour"),
        ({"primary_key": ["colour"]}, "colour"),
        ({"sequence": {"entity": "colour", "index": "year"}}, "colour"),
        ({"columns": {"pay": {"minimum": 3, "maximum": 1}}}, "minimum"),
    ],
)
def test_what_does_not_fit_the_rows_is_a_configuration_error(
    options: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        _schema(_frame(), **options)


def test_an_unknown_table_lists_those_there_are() -> None:
    config = TableConfig.model_validate({"tables": {"people": {}}})
    with pytest.raises(ConfigurationError, match="The source has: t"):
        describe(RawData({"t": RawTable(_frame())}), config)
