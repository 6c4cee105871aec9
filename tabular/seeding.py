"""One root seed, and independent streams of it by name.

Two draws that share a stream can correlate: a fold shuffled with the seed a sample was drawn with
moves a classifier test's AUC by tenths. So nothing here hands out the root seed itself; every
consumer names its stream, and different names give independent streams.
"""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Seed:
    """A node in a tree of named random streams.

    Args:
        root: The one number a user sets.
        path: The names from the root to this node.

    Example:
        >>> a = Seed(0).child("sample").generator().integers(1 << 30)
        >>> b = Seed(0).child("check").generator().integers(1 << 30)
        >>> bool(a != b)
        True
    """

    root: int
    path: tuple[str, ...] = ()

    def child(self, *names: str) -> "Seed":
        """The node below this one that `names` lead to."""
        return Seed(self.root, (*self.path, *names))

    def generator(self) -> np.random.Generator:
        """A fresh generator at the start of this node's stream."""
        words = np.frombuffer(self._digest(32), dtype="<u4")
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))

    def integer(self, bits: int = 31) -> int:
        """One number of `bits` bits, for libraries that take a seed rather than a generator."""
        return int.from_bytes(self._digest(8), "little") >> (64 - bits)

    def key(self) -> bytes:
        """Sixteen bytes, for keyed hashes."""
        return self._digest(16)

    def _digest(self, size: int) -> bytes:
        # Lengths are written before the names, so ("a", "bc") and ("ab", "c") differ.
        text = "".join(f"{len(name)}:{name}" for name in self.path)
        return hashlib.blake2b(f"{self.root}/{text}".encode(), digest_size=size).digest()
