from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tabular.seeding import Seed

NAMES = st.lists(st.text(max_size=5), max_size=4)


def test_one_name_always_gives_one_stream() -> None:
    first = Seed(7).child("fit").generator().random(5)
    again = Seed(7).child("fit").generator().random(5)
    assert np.array_equal(first, again)


def test_a_stream_never_changes_between_versions() -> None:
    # A release's seed must give the same rows for ever: blake2b of "0/6:sample", as the code says.
    digest = hashlib.blake2b(b"0/6:sample", digest_size=8).digest()
    assert Seed(0).child("sample").integer() == int.from_bytes(digest, "little") >> 33
    assert Seed(0).child("sample").integer() == 367586048
    assert Seed(0).child("sample").generator().integers(1 << 30) == 673808371


def test_streams_of_different_names_are_independent() -> None:
    root = Seed(0)
    streams = [root.child(str(i)).generator().standard_normal(4000) for i in range(8)]
    correlation = np.asarray(np.corrcoef(streams))[np.triu_indices(8, 1)]
    # 28 correlations of 4,000 draws have a standard error of .0158 each; 4 of them is 1 in 500.
    assert np.abs(correlation).max() < 4 * 0.0158


def test_names_can_be_given_at_once_or_one_after_the_other() -> None:
    assert Seed(0).child("a", "b") == Seed(0).child("a").child("b")


@given(NAMES, NAMES)
def test_different_paths_never_share_a_key(first: list[str], second: list[str]) -> None:
    same = Seed(1).child(*first).key() == Seed(1).child(*second).key()
    assert same == (first == second)


def test_names_are_not_joined_into_one() -> None:
    assert Seed(0).child("a", "bc").key() != Seed(0).child("ab", "c").key()
    assert Seed(1).child("1:a").key() != Seed(11).child(":a").key()


@given(st.integers(), st.integers(1, 64))
def test_an_integer_fits_its_bits(root: int, bits: int) -> None:
    assert 0 <= Seed(root).child("x").integer(bits) < 1 << bits


def test_a_key_has_sixteen_bytes() -> None:
    assert len(Seed(3).key()) == 16
