"""Columns that are a function of another: kept exactly by models that would only come close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from generators.protection import Protection

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from generators.discretization import Discretization


@dataclass(frozen=True)
class Link:
    """One column as a function of another.

    Args:
        column: Position of the column.
        parent: Position of the column it is a function of, which is itself none.
        image: The column's code for each of the parent's, shape (n_parent_codes,).
    """

    column: int
    parent: int
    image: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Dependencies:
    """All such columns of a table.

    Args:
        links: One for each column that is a function of another.
        n_columns: Of the table.
    """

    links: tuple[Link, ...]
    n_columns: int

    @classmethod
    def learn(
        cls,
        columns: Discretization,
        codes: npt.NDArray[np.int32],
        owners: npt.NDArray[np.int64],
        k: int,
        parents: npt.NDArray[np.bool_] | None = None,
    ) -> Self:
        """Find them: every code of the parent that occurs is that of `k` people, and goes with one.

        Args:
            columns: What the codes are.
            codes: Shape (n_columns, n_rows).
            owners: Whose each row is, shape (n_rows,).
            k: Fewest people.
            parents: Columns that others may follow from, shape (n_columns,); all if not given.
        """
        sizes = columns.sizes
        backing = [
            Protection(k=k).backing(code, owners, size)
            for code, size in zip(codes, sizes, strict=True)
        ]
        backed = np.array([bool((count[count > 0] >= k).all()) for count in backing])
        if parents is not None:
            backed &= parents
        links: list[Link] = []
        # Columns with few codes first: what is left free tells more.
        for column in sorted(range(len(sizes)), key=lambda j: (sizes[j], j)):
            taken = {link.column for link in links}
            needed = {link.parent for link in links}
            if column in needed or (codes[column] == codes[column][0]).all():
                continue
            if (own := columns.bins[column]) is not None and not own.is_exact:
                continue
            for parent in range(len(sizes)):
                if parent == column or parent in taken or not backed[parent]:
                    continue
                image = np.full(sizes[parent], -1, dtype=np.int32)
                image[codes[parent]] = codes[column]
                if (image[codes[parent]] == codes[column]).all():
                    seen = np.flatnonzero(backing[parent])
                    following = np.searchsorted(seen, np.arange(sizes[parent]))
                    nearest = seen[np.minimum(following, len(seen) - 1)]
                    links.append(Link(column, parent, image[nearest]))
                    break
        return cls(tuple(links), len(sizes))

    @property
    def free(self) -> npt.NDArray[np.intp]:
        """Positions of the columns that are functions of none, increasing."""
        bound = [link.column for link in self.links]
        return np.setdiff1d(np.arange(self.n_columns), bound)

    def fill(self, free: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Codes of all columns, shape (n_columns, n_rows), from those of the free ones."""
        out = np.empty((self.n_columns, free.shape[1]), dtype=np.int32)
        out[self.free] = free
        for link in self.links:
            out[link.column] = link.image[out[link.parent]]
        return out

    def allowed(
        self, codes: npt.NDArray[np.int32], fixed: tuple[int, ...], sizes: tuple[int, ...]
    ) -> dict[int, npt.NDArray[np.bool_]]:
        """Which codes of the free columns fit what is known of a row.

        Args:
            codes: Shape (n_columns, n_rows); those of other columns than the fixed mean nothing.
            fixed: Positions of the columns that are known.
            sizes: Number of codes of each column.

        Returns:
            Masks by place among the free columns, shape (n_rows, size) each; none for a column
            that may be anything.
        """
        free = self.free
        out: dict[int, npt.NDArray[np.bool_]] = {}
        for place, column in enumerate(free):
            if column in fixed:
                out[place] = codes[column][:, None] == np.arange(sizes[column])
        for link in self.links:
            if link.column in fixed and link.parent not in fixed:
                # The parent may be whatever has this image.
                place = int(np.searchsorted(free, link.parent))
                fits = link.image[None, :] == codes[link.column][:, None]
                out[place] = out[place] & fits if place in out else fits
        return out

    def are_kept(
        self, codes: npt.NDArray[np.int32], fixed: tuple[int, ...] | None = None
    ) -> npt.NDArray[np.bool_]:
        """Whether each row's bound columns are what their parents say, shape (n_rows,).

        Args:
            codes: Shape (n_columns, n_rows).
            fixed: Positions of the columns that are looked at; all of them if not given.
        """
        seen = range(self.n_columns) if fixed is None else fixed
        kept = np.ones(codes.shape[1], dtype=bool)
        for link in self.links:
            if link.column in seen and link.parent in seen:
                kept &= link.image[codes[link.parent]] == codes[link.column]
        return kept

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All arrays by name."""
        return {f"link.{link.column}.{link.parent}": link.image for link in self.links}

    @classmethod
    def of_arrays(cls, n_columns: int, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The dependencies that gave these arrays."""
        links = []
        for name, image in arrays.items():
            if name.startswith("link."):
                _, column, parent = name.split(".")
                links.append(Link(int(column), int(parent), image.astype(np.int32)))
        return cls(tuple(sorted(links, key=lambda link: link.column)), n_columns)
