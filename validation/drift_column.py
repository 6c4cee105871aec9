"""Compare one column of today's rows with its profile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from validation.bins import backing_of
from validation.drift import Change, ColumnDrift
from validation.drift_profile import column_profile, kind_of, type_of
from validation.effects import Effect, cohens_h, cramers_v, kolmogorov_smirnov, psi
from validation.pictures import ColumnPicture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tabular.schema import Column
    from validation.base import Evidence
    from validation.drift import What
    from validation.drift_policy import DriftPolicy
    from validation.drift_profile import Codes, ColumnProfile, TableProfile

_EXPECTED = 10
"""Rows that were to be expected where none is: fewer may be absent by chance."""


class ColumnComparison:
    """One column on both sides."""

    def __init__(
        self,
        old: ColumnProfile,
        column: Column,
        before: TableProfile,
        evidence: Evidence,
        policy: DriftPolicy,
    ) -> None:
        self._old, self._column, self._policy, self._evidence = old, column, policy, evidence
        self._sizes = before.subjects, evidence.train.n_subjects
        self._kind = kind_of(column, evidence.train)
        self._same_kind = self._kind == old.kind and self._fits()
        if self._same_kind:
            codes = old.codes(evidence.train.frame[column.name])
        else:
            gone = evidence.train.frame[column.name].isna().to_numpy(dtype=bool)
            codes = np.where(gone, len(old.labels) + 1, len(old.labels)).astype(np.int64)
        self._codes: Codes = codes
        counts = np.bincount(codes, minlength=len(old.labels) + 2)
        self._now, self._missing = counts[:-1], int(counts[-1])
        share = 1 - self._missing / max(len(codes), 1)
        self._present = (
            math.ceil(self._sizes[0] * (1 - old.missing_share)),
            math.ceil(self._sizes[1] * share),
        )

    def _fits(self) -> bool:
        """Whether today's cells can be put into the bins of before: text is no number."""
        words = {self._old.type, type_of(self._column)}
        numeric = {"whole numbers", "numbers", "decimals"}
        return len(words) == 1 or words <= numeric or words <= {"dates", "moments"}

    def changes(self) -> Iterator[Change]:
        """Everything that is not as it was."""
        yield from self._type()
        yield from self._missing_cells()
        if self._same_kind:
            yield from self._domain()
            yield from self._distribution()

    def drawn(self) -> ColumnDrift | None:
        """The column as a picture; none for identifiers and columns of another kind."""
        if not self._same_kind or self._kind == "id":
            return None
        effect, name, threshold = self._effect()
        return ColumnDrift(
            name=self._column.name,
            statistic=name,
            value=effect.value,
            interval=effect.interval,
            threshold=threshold,
            psi=psi(np.array(self._old.counts), self._now),
            picture=self._picture(),
        )

    def _change(self, what: What, message: str, *, drifts: bool, **values: object) -> Change:
        fields = {
            "what": what,
            "table": self._evidence.train.name,
            "column": self._column.name,
            "drifts": drifts,
            "message": f"{self._column.name}: {message}",
        }
        return Change.model_validate({**fields, **values})

    def _type(self) -> Iterator[Change]:
        before, now = self._old.type, type_of(self._column)
        if before != now:
            yield self._change("type", f"{now}, {before} before", drifts=True)
        elif self._kind != self._old.kind:
            text = f"is handled as {_KINDS[self._kind]}, as {_KINDS[self._old.kind]} before"
            yield self._change("type", text, drifts=False)

    def _missing_cells(self) -> Iterator[Change]:
        n = max(len(self._codes), 1)
        before, now = self._old.missing_share, self._missing / n
        effect = cohens_h(before, now, *self._sizes)
        drifts = effect.interval[0] > self._policy.cohens_h
        began = not self._old.missing and self._missing > 0
        ended = not self._missing and before * n >= _EXPECTED
        if drifts or began or ended:
            text = f"{_percent(now)} of the cells are missing, {_percent(before)} before"
            yield self._change("missing", text, drifts=drifts, **self._as_h(effect))

    def _domain(self) -> Iterator[Change]:
        if self._kind in {"number", "moment"}:
            yield from self._range()
        if self._kind != "category":
            return
        then, now = np.array(self._old.counts), self._now
        p, q = then / max(then.sum(), 1), now / max(now.sum(), 1)
        unheard = cohens_h(float(p[-1]), float(q[-1]), *self._present)
        grown = q[-1] > p[-1]
        gone = (now[:-1] == 0) & (p[:-1] * now.sum() >= _EXPECTED)
        lost = cohens_h(float(p[:-1][gone].sum()), 0.0, *self._present)
        new = self._new_categories()
        limit = self._policy.cohens_h
        if new:
            more = f"{new} new categories" if new > 1 else "one new category"
            text = f"{more}; {_percent(q[-1])} of the cells are in categories not named before"
            drifts = bool(grown) and unheard.interval[0] > limit
            yield self._change("domain", text, drifts=drifts, **self._as_h(unheard))
        if gone.any():
            n = int(gone.sum())
            share = _percent(p[:-1][gone].sum())
            text = f"{n} {'categories' if n > 1 else 'category'} gone, {share} of the cells before"
            yield self._change("domain", text, drifts=lost.interval[0] > limit, **self._as_h(lost))

    def _range(self) -> Iterator[Change]:
        now = self._old.outside_of(self._evidence.train.frame[self._column.name])
        n_then, n_now = max(self._old.present, 1), max(int(self._now.sum()), 1)
        effect = cohens_h(self._old.outside / n_then, now / n_now, *self._present)
        if now / n_now > self._old.outside / n_then and effect.interval[0] > self._policy.cohens_h:
            text = (
                f"{_percent(now / n_now)} of the values are outside the former range, "
                f"{_percent(self._old.outside / n_then)} before"
            )
            yield self._change("domain", text, drifts=True, **self._as_h(effect))

    def _new_categories(self) -> int:
        """Categories that k subjects share now, and that were not named before."""
        unheard = self._evidence.train.frame[self._column.name][
            self._codes == len(self._old.labels)
        ]
        if unheard.empty:
            return 0
        found = set(column_profile(self._column, self._evidence).categories)
        return len(found - set(self._old.categories))

    def _distribution(self) -> Iterator[Change]:
        if self._kind == "id":
            return
        effect, name, threshold = self._effect()
        if effect.value <= threshold:
            return
        what = "the lengths of its text" if self._kind == "text" else "the values"
        drifts = effect.interval[0] > threshold and self._kind != "text"
        low, high = effect.interval
        text = f"{what} spread differently: {name} {effect.value:.2f} ({low:.2f} to {high:.2f})"
        yield self._change(
            "distribution",
            text,
            drifts=drifts,
            statistic=name,
            value=effect.value,
            interval=effect.interval,
            threshold=threshold,
        )

    def _effect(self) -> tuple[Effect, str, float]:
        then = np.array(self._old.counts)
        if self._kind == "category":
            effect = cramers_v(then, self._now, *self._present)
            return effect, "Cramér's V", self._policy.cramers_v
        # No number is outside all bins: what stands last there is empty on both sides.
        effect = kolmogorov_smirnov(then[:-1], self._now[:-1], *self._present)
        return effect, "Kolmogorov-Smirnov distance", self._policy.ks

    def _as_h(self, effect: Effect) -> dict[str, object]:
        return {
            "statistic": "Cohen's h",
            "value": effect.value,
            "interval": effect.interval,
            "threshold": self._policy.cohens_h,
        }

    def _picture(self) -> ColumnPicture:
        """Both sides in the bins of before; what fewer than k subjects stand behind is left out."""
        k = self._evidence.k
        backing = backing_of(self._codes, self._evidence, len(self._old.labels) + 2)
        now = np.where(backing >= k, [*self._now, self._missing], 0)
        then = np.array([*self._old.counts, self._old.missing])
        then = np.where(then >= k, then, 0)
        names = [*self._old.labels, "all others", "missing"]
        p, q = then / max(then.sum(), 1), now / max(now.sum(), 1)
        kept = [i for i in range(len(names)) if p[i] > 0 or q[i] > 0]
        return ColumnPicture(
            name=self._column.name,
            type="category" if self._kind == "category" else "number",
            labels=tuple(names[i] for i in kept),
            real=tuple(float(p[i]) for i in kept),
            synthetic=tuple(float(q[i]) for i in kept),
        )


_KINDS = {
    "number": "a number",
    "moment": "a moment",
    "category": "a category",
    "text": "free text or personal data",
    "id": "an identifier",
}


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
