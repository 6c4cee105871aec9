"""Business rules, kept by construction wherever the encoding can carry them.

- `sum`, `formula`: the total is not learnt but computed from the cells that were drawn.
- `inequality`: the higher column is learnt as its distance from the lower one.
- `fixed_combinations`, and a dependency on several columns: the columns are learnt as one, whose
  categories are the combinations that enough subjects share.
- `functional_dependency` on one column: the determined cell is looked up.

Which rule comes first in the configuration makes no difference: a column is derived by one rule at
most, chosen in the order above and then by name. What construction can't carry (two rules about one
column, bounds, presence, patterns) is left to rejection: rows that break a rule are drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from generators.encoding.arrays import Variable
from generators.encoding.categorical import CategoricalCodec
from generators.encoding.numerical import NumericalCodec
from generators.encoding.temporal import TemporalCodec
from tabular.errors import ConfigurationError
from tabular.rules import FixedCombinations, Formula, FunctionalDependency, Inequality, Sum

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from generators.encoding.base import Codec
    from generators.protection import Protection
    from tabular.dataset import Table
    from tabular.rules import Rule

    Array = npt.NDArray[np.float64] | npt.NDArray[np.int32]

_NUMERIC = (NumericalCodec, TemporalCodec)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Gap(_Part):
    """A column as its distance from a lower one, in the units of its own codec."""

    low: str
    high: str
    least: float
    most: float


class Combination(_Part):
    """Categorical columns as one; `members[i]` are the codes of combination i."""

    columns: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]


class Image(_Part):
    """The code of a column for each code of the column that determines it."""

    given: str
    column: str
    codes: tuple[int, ...]


class Constraints(_Part):
    """How the rules of one table are kept; holds no value of fewer than k subjects."""

    gaps: tuple[Gap, ...] = ()
    combinations: tuple[Combination, ...] = ()
    images: tuple[Image, ...] = ()
    totals: tuple[str, ...] = ()

    @classmethod
    def learn(cls, train: Table, codecs: Sequence[Codec], protection: Protection) -> Self:
        """Find out which rules construction can carry, and what it needs for them.

        Args:
            train: The rows; they keep the rules.
            codecs: Of the columns that are learnt.
            protection: How many subjects must stand behind what is held.

        Raises:
            ConfigurationError: Fixed combinations are asked of columns that have no categories.
        """
        known = {codec.name: codec for codec in codecs}
        rules = sorted(train.schema.rules, key=lambda rule: (rule.kind, rule.used))
        index = train.schema.sequence.index if train.schema.sequence else None
        # Nothing may be derived from, or taken out of the way of, what orders a sequence.
        free = {name for name in known if name != index}
        learner = _Learner(train, known, protection, free)
        totals = tuple(r.total for r in rules if isinstance(r, Sum | Formula) and learner.total(r))
        combinations = tuple(c for r in rules if (c := learner.combination(r)) is not None)
        images = tuple(i for r in rules if (i := learner.image(r)) is not None)
        gaps = [g for r in rules if (g := learner.gap(r)) is not None]
        return cls(
            totals=totals, combinations=combinations, images=images, gaps=_lowest_first(gaps)
        )

    def variables(self, full: tuple[Variable, ...]) -> tuple[Variable, ...]:
        """What the arrays are once the rules are taken out of them."""
        joint = {c.columns[0]: len(c.members) for c in self.combinations}
        return tuple(
            Variable(name=v.name, cardinality=joint[v.name], place=v.place)
            if v.name in joint
            else v
            for v in full
            if v.name not in self._gone
        )

    @property
    def indirect(self) -> frozenset[str]:
        """Columns whose cells are not what a model draws, or not alone."""
        return self._gone.union(c.columns[0] for c in self.combinations).union(
            g.high for g in self.gaps
        )

    @property
    def _gone(self) -> frozenset[str]:
        return frozenset(
            (*self.totals, *(name for c in self.combinations for name in c.columns[1:]))
        )

    def encode(self, arrays: Sequence[Array], codecs: Sequence[Codec]) -> list[Array]:
        """Arrays of the codecs to arrays that models learn."""
        by_name = {codec.name: array for codec, array in zip(codecs, arrays, strict=True)}
        known = {codec.name: codec for codec in codecs}
        out = dict(by_name)
        for c in self.combinations:
            out[c.columns[0]] = _joint_codes(c, [by_name[name] for name in c.columns])
        for gap in self.gaps:
            distance = _distance(gap, by_name, known)
            out[gap.high] = np.clip(distance, gap.least, gap.most)
        return [out[codec.name] for codec in codecs if codec.name not in self._gone]

    def decode(
        self, arrays: Sequence[Array], codecs: Sequence[Codec], rng: np.random.Generator
    ) -> list[Array]:
        """Arrays that models draw to arrays of the codecs; those of totals are placeholders."""
        names = [codec.name for codec in codecs if codec.name not in self._gone]
        out: dict[str, Array] = dict(zip(names, arrays, strict=True))
        known = {codec.name: codec for codec in codecs}
        n = len(arrays[0]) if arrays else 0
        for c in self.combinations:
            members = np.array(c.members, dtype=np.int32)[np.asarray(out[c.columns[0]], dtype=int)]
            out |= {name: members[:, i] for i, name in enumerate(c.columns)}
        for gap in self.gaps:
            # The lower cell as it will be: rounded, and inside its own bounds.
            low = known[gap.low].encode(known[gap.low].decode(out[gap.low], rng))
            base = _physical(known[gap.low], np.asarray(low, dtype=float))
            drawn = np.clip(np.asarray(out[gap.high], dtype=float), gap.least, gap.most)
            high = known[gap.high]
            out[gap.high] = drawn + _units(high, base)
        for name in self.totals:
            out[name] = np.zeros(n)
        return [out[codec.name] for codec in codecs]

    def derive(
        self,
        cells: dict[str, pd.Series],
        rules: Sequence[Rule],
        codecs: Sequence[Codec],
        rng: np.random.Generator,
    ) -> None:
        """Put the cells that follow from others in their place.

        Args:
            cells: The columns by name; changed in place.
            rules: Of the table's schema.
            codecs: Of the columns that are learnt.
            rng: Where chance comes from.
        """
        import pandas as pd

        known = {codec.name: codec for codec in codecs}
        for image in self.images:
            given = known[image.given].encode(cells[image.given])
            there = cells[image.given].notna()
            codes = np.array(image.codes, dtype=np.int32)[np.asarray(given, dtype=int)]
            looked_up = known[image.column].decode(codes, rng)
            cells[image.column] = looked_up.where(there, cells[image.column])
        for rule in sorted(rules, key=lambda rule: (rule.kind, rule.used)):
            if isinstance(rule, Sum | Formula) and rule.total in self.totals:
                frame = pd.DataFrame({name: cells[name] for name in rule.parts}, copy=False)
                codec = known[rule.total]
                assert isinstance(codec, NumericalCodec)  # noqa: S101  `_Learner.total` saw to it
                scale = codec.scale or 0
                units = rule.expected(frame) * 10.0**scale - codec.origin
                cells[rule.total] = codec.decode(units, rng)


class _Learner:
    """Takes rules one by one, and columns away from those that come after."""

    def __init__(
        self,
        train: Table,
        known: dict[str, Codec],
        protection: Protection,
        free: set[str],
    ) -> None:
        self._train, self._known, self._protection = train, known, protection
        self._free = free  # columns that a rule may still derive
        self._bound: set[str] = set()  # columns that others are derived from
        self._lower: dict[str, str] = {}  # of each distance, the column it is measured from

    def _take(self, derived: set[str], sources: set[str]) -> None:
        self._free -= derived | sources
        self._bound |= sources

    def total(self, rule: Sum | Formula) -> bool:
        """Whether the total can be computed: all parts are learnt and it is there when they are."""
        names = {rule.total, *rule.parts}
        codec = self._known.get(rule.total)
        if not isinstance(codec, NumericalCodec) or rule.total in rule.parts:
            return False
        if rule.total not in self._free or not names <= set(self._known):
            return False
        # A part that is itself computed would have to be computed first.
        if any(name not in self._free and name not in self._bound for name in rule.parts):
            return False
        missing = self._train.frame[rule.total].isna().to_numpy(dtype=bool)
        if (missing != np.isnan(rule.expected(self._train.frame))).any():
            return False
        self._take({rule.total}, set(rule.parts))
        return True

    def combination(self, rule: Rule) -> Combination | None:
        """Columns learnt as one."""
        if isinstance(rule, FixedCombinations):
            columns = tuple(sorted(rule.columns))
        elif isinstance(rule, FunctionalDependency) and len(rule.columns) > 1:
            columns = tuple(sorted(rule.used))
        else:
            return None
        codecs = [self._known.get(name) for name in columns]
        if any(not isinstance(codec, CategoricalCodec) for codec in codecs):
            if isinstance(rule, FunctionalDependency):
                return None
            raise ConfigurationError(
                "fixed combinations need columns that are categories",
                where=f"table {self._train.name}, rule {rule.title}",
                fix="Declare them as `sdtype: categorical`, or take the rule out",
            )
        if not set(columns) <= self._free:
            return None
        arrays = [np.asarray(self._known[n].encode(self._train.frame[n])) for n in columns]
        codes = np.stack(arrays, axis=1)
        members, inverse = np.unique(codes, axis=0, return_inverse=True)
        backing = self._protection.backing(
            inverse.reshape(-1), self._train.subject_codes, len(members)
        )
        rare = np.zeros(len(members), dtype=bool)
        for i, codec in enumerate(codecs):
            assert isinstance(codec, CategoricalCodec)  # noqa: S101  see above
            if codec.has_rare:
                # A rare code is drawn as any frequent label, which may not go with the others.
                rare |= members[:, i] == codec.rare_code
        kept = (backing >= self._protection.k) & ~rare
        if not kept.any():
            return None
        self._take(set(columns), set(columns))
        rows = members[kept].tolist()
        return Combination(columns=columns, members=tuple(tuple(row) for row in rows))

    def image(self, rule: Rule) -> Image | None:
        """A column looked up from another."""
        if not isinstance(rule, FunctionalDependency) or len(rule.columns) > 1:
            return None
        given, column = rule.columns[0], rule.determines
        first, second = self._known.get(given), self._known.get(column)
        if not (isinstance(first, CategoricalCodec) and isinstance(second, CategoricalCodec)):
            return None
        if column not in self._free or (given not in self._free and given not in self._bound):
            return None
        codes = np.asarray(first.encode(self._train.frame[given]), dtype=np.int64)
        values = np.asarray(second.encode(self._train.frame[column]), dtype=np.int64)
        wide = len(second.labels) + second.has_missing + second.has_rare
        height = len(first.labels) + first.has_missing + first.has_rare
        counts = np.bincount(codes * wide + values, minlength=height * wide).reshape(height, wide)
        self._take({column}, {given})
        return Image(given=given, column=column, codes=tuple(counts.argmax(axis=1).tolist()))

    def _is_above(self, name: str, other: str) -> bool:
        """Whether a column is measured from another, directly or not, or is that other."""
        while name != other and name in self._lower:
            name = self._lower[name]
        return name == other

    def _can_be_measured(self, rule: Inequality) -> bool:
        low, high = self._known.get(rule.low), self._known.get(rule.high)
        if low is None or type(low) is not type(high) or not isinstance(low, _NUMERIC):
            return False
        if rule.high in self._lower or self._is_above(rule.low, rule.high):
            return False
        # Links of a chain may be taken in any order.
        chain = {*self._lower, *self._lower.values()}
        return rule.high in self._free | chain and rule.low in self._free | self._bound | chain

    def gap(self, rule: Rule) -> Gap | None:
        """A column as its distance from a lower one."""
        if not isinstance(rule, Inequality) or not self._can_be_measured(rule):
            return None
        frame = self._train.frame
        if (frame[rule.low].isna() & frame[rule.high].notna()).any():
            return None
        arrays = {name: self._known[name].encode(frame[name]) for name in (rule.low, rule.high)}
        gap = Gap(low=rule.low, high=rule.high, least=0, most=0)
        distance = _distance(gap, arrays, self._known)
        there = ~np.isnan(distance)
        bounds = self._protection.bounds(distance[there], self._train.subject_codes[there])
        if bounds is None or bounds[0] < 0:
            return None
        self._take({rule.high}, {rule.low})
        self._lower[rule.high] = rule.low
        return gap.model_copy(update={"least": bounds[0], "most": bounds[1]})


def _lowest_first(gaps: list[Gap]) -> tuple[Gap, ...]:
    """Each gap after the one that its lower column comes from; there are no circles."""
    ordered: list[Gap] = []
    while len(ordered) < len(gaps):
        pending = [gap for gap in gaps if gap not in ordered]
        highs = {gap.high for gap in pending}
        ready = [gap for gap in pending if gap.low not in highs]
        ordered += ready or pending
    return tuple(ordered)


def _joint_codes(c: Combination, codes: Sequence[Array]) -> npt.NDArray[np.int32]:
    """The combination of each row; one that is not held takes the nearest that is."""
    members = np.array(c.members, dtype=np.int64)
    rows = np.stack([np.asarray(a, dtype=np.int64) for a in codes], axis=1)
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    place = np.empty(len(distinct), dtype=np.int32)
    for start in range(0, len(distinct), 1024):
        chunk = distinct[start : start + 1024]
        agree = (chunk[:, None, :] == members[None]).sum(axis=2)
        place[start : start + 1024] = agree.argmax(axis=1)
    return place[inverse.reshape(-1)]


def _distance(
    gap: Gap, arrays: dict[str, Array], known: dict[str, Codec]
) -> npt.NDArray[np.float64]:
    """How far above its lower column each cell is, in the units of its own codec."""
    base = _physical(known[gap.low], np.asarray(arrays[gap.low], dtype=float))
    return np.asarray(arrays[gap.high], dtype=float) - _units(known[gap.high], base)


def _physical(codec: Codec, units: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Numbers, or microseconds, from a codec's units."""
    if isinstance(codec, TemporalCodec):
        return units * codec.step + codec.origin
    assert isinstance(codec, NumericalCodec)  # noqa: S101  gaps are between such only
    return (units + codec.origin) / 10.0 ** (codec.scale or 0)


def _units(codec: Codec, physical: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A codec's units from numbers or microseconds."""
    if isinstance(codec, TemporalCodec):
        return (physical - codec.origin) / codec.step
    assert isinstance(codec, NumericalCodec)  # noqa: S101  gaps are between such only
    return physical * 10.0 ** (codec.scale or 0) - codec.origin
