from __future__ import annotations

import pickle

import pytest

from tabular import errors
from tabular.errors import WaxworkError

TREE = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, WaxworkError)
]


def test_an_error_says_where_what_and_what_to_do() -> None:
    error = errors.SourceError("the file is empty", where="data.csv", fix="Fill it")
    assert str(error) == "data.csv: the file is empty. Fill it"


def test_an_error_without_a_place_or_a_remedy_says_only_what() -> None:
    assert str(errors.DataError("there are no rows")) == "there are no rows"
    assert str(errors.DataError("no rows", where="table t")) == "table t: no rows"
    assert str(errors.DataError("no rows", fix="Add some")) == "no rows. Add some"


@pytest.mark.parametrize("kind", TREE)
def test_an_error_comes_back_whole_from_another_process(kind: type[WaxworkError]) -> None:
    error = pickle.loads(pickle.dumps(kind("what", where="here", fix="this")))  # noqa: S301
    assert type(error) is kind
    assert (error.what, error.where, error.fix) == ("what", "here", "this")
    assert str(error) == "here: what. this"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.WaxworkError, 1),
        (errors.SourceError, 1),
        (errors.DataError, 1),
        (errors.ContractViolated, 1),
        (errors.ConfigurationError, 2),
        (errors.Rejected, 3),
        (errors.Held, 4),
    ],
)
def test_each_error_ends_a_command_in_its_exit_code(kind: type[WaxworkError], code: int) -> None:
    assert kind.exit_code == code


def test_every_error_of_the_module_stands_in_the_picture_of_the_tree() -> None:
    assert [kind.__name__ for kind in TREE if kind.__name__ not in (errors.__doc__ or "")] == []
