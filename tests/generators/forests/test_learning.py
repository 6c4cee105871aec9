"""Which columns are functions of others, and what may be said of them."""

from __future__ import annotations

import numpy as np

from generators.encoding.arrays import EncodedTable, Variable
from generators.forests.learning import determined_by
from generators.forests.symbols import Symbols

LETTER = Variable(name="letter", cardinality=4)
SIDE = Variable(name="side", cardinality=2)


def _symbols(letters: list[int], sides: list[int], owners: list[int] | None = None) -> Symbols:
    arrays = (np.array(letters, dtype=np.int32), np.array(sides, dtype=np.int32))
    lengths = np.ones(len(letters), dtype=np.int64)
    held = None if owners is None else np.array(owners, dtype=np.int64)
    table = EncodedTable((LETTER, SIDE), arrays, lengths, owners=held)
    return Symbols.of(table, backing=3)


def test_a_function_of_an_earlier_column_is_found() -> None:
    table = _symbols([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1, 0, 0, 0])
    found = determined_by(table, 1, (0,), backing=3)
    assert found is not None
    parent, image = found
    assert parent == 0
    # Letter 3 never occurred: it takes the image of the last that did.
    assert image.tolist() == [0, 1, 0, 0]


def test_one_exception_makes_it_no_function() -> None:
    table = _symbols([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])
    assert determined_by(table, 1, (0,), backing=3) is None


def test_what_too_few_rows_show_is_not_held() -> None:
    table = _symbols([0, 0, 0, 1, 1], [0, 0, 0, 1, 1])
    assert determined_by(table, 1, (0,), backing=3) is None


def test_many_rows_of_one_person_are_one_persons() -> None:
    letters, sides = [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]
    assert determined_by(_symbols(letters, sides, [0, 1, 2, 3, 3, 3]), 1, (0,), backing=3) is None
    assert determined_by(_symbols(letters, sides, [0, 1, 2, 3, 4, 5]), 1, (0,), backing=3)


def test_a_constant_needs_no_parent() -> None:
    assert determined_by(_symbols([0, 0, 0, 1, 1, 1], [1] * 6), 1, (0,), backing=3) is None
