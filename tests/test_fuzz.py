"""Mutations of good input, the same ones each time: each is read, or refused as ours."""

from __future__ import annotations

import random

import pytest

from tests.fuzz import TARGETS, feed

ROUNDS = 60
SIGNS = [b'"', b"\n", b"[[", b"{", b"\xff\xfe", b"\0", b"99999999999"]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Data with some bytes changed, cut, doubled or swapped."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if not out:
            return bytes(out)
        at = rng.randrange(len(out))
        end = min(len(out), at + rng.randint(1, 16))
        match rng.randrange(5):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                del out[at:end]
            case 2:
                out[at:at] = out[at:end] * rng.randint(1, 3)
            case 3:
                out[at:end] = rng.choice(
                    [b'"', b"\n", b"[[", b"{", b"\xff\xfe", b"\0", b"99999999999"]
                )
            case _:
                out = out[:at]
    return bytes(out)


@pytest.mark.parametrize("name", list(TARGETS))
def test_whatever_is_read_is_read_or_refused_as_ours(name: str) -> None:
    rng = random.Random(7531)  # noqa: S311  no secret
    _, seeds = TARGETS[name]
    for seed in seeds:
        feed(name, seed)
        for _ in range(ROUNDS // len(seeds)):
            feed(name, mutated(seed, rng))
