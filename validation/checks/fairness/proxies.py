"""Proxies: do the other columns give a protected attribute away more than before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from validation.base import Check, CheckResult, Family, Requirement, Severity
from validation.boosting import Booster
from validation.excess import POWER, judged
from validation.features import FeatureSpace
from validation.groups import group_rows
from validation.report import figure
from validation.statistics import auc_interval, normal_quantile, upper_tail

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from tabular.dataset import Table
    from tabular.seeding import Seed
    from validation.base import Evidence

    Mask = npt.NDArray[np.bool_]

_PER_LABEL = 30
_STRONG = 0.75


class Proxies(Check, frozen=True):
    """How much better the other columns foretell a protected attribute than in the real rows.

    For the group of each attribute that is nearest to a quarter of the rows: AUC of gradient
    boosting on all other columns, cross-fitted in two halves, in the synthetic less in the train
    rows. A group that can be
    foretold can be treated unequally by who never sees the attribute. What the real rows have too
    is inherited: a warning.
    """

    kind: Literal["proxies"] = "proxies"
    family: ClassVar[Family] = "fairness"
    requires: ClassVar[frozenset[Requirement]] = frozenset({"sensitive"})
    reference: ClassVar[str] = (
        "Feldman et al. (2015), Certifying and removing disparate impact, section 4; DeLong et al. "
        "(1988)"
    )

    severity: Severity = Field(default="warning", description="What a failure means to the gate.")
    threshold: float = Field(
        default=0.05, gt=0, le=0.5, description="Rise of the AUC that fails once it is certain."
    )
    least_rows: int = Field(
        default=100, ge=10, description="Rows below which a group is too small to judge."
    )
    rows: int = Field(default=10_000, ge=100, description="Most rows of a side.")

    def run(self, evidence: Evidence) -> CheckResult:
        """Foretell each attribute on either side."""
        found: list[tuple[str, tuple[float, float], tuple[float, float]]] = []
        for attribute in evidence.sensitive:
            groups = [
                group
                for group in group_rows(evidence, ("train", "synthetic"), together=False)
                if group.attributes == (attribute,) and self._is_judged(group.masks)
            ]
            space = FeatureSpace.learn(evidence.train, leave_out=(attribute,))
            if not groups or not space.columns:
                continue
            minority = min(groups, key=lambda g: abs(g.share("train") - 0.25))
            seed = evidence.seed.child("checks", self.kind, attribute)
            real, other = (
                self._area(table, minority.masks[side], space, seed.child(side))
                for side, table in (("train", evidence.train), ("synthetic", evidence.synthetic))
            )
            found.append((minority.name, real, other))
        n = len(evidence.synthetic)
        if not found:
            return self.result(
                "insufficient", f"no group has {self.least_rows} rows on both sides", n_rows=n
            )
        rises = [other[0] - real[0] for _, real, other in found]
        errors = [float(np.hypot(real[1], other[1])) for _, real, other in found]
        z = normal_quantile(comparisons=len(found))
        worst = int(
            np.argmax([rise - z * error for rise, error in zip(rises, errors, strict=True)])
        )
        name, real, other = found[worst]
        interval = (rises[worst] - z * errors[worst], rises[worst] + z * errors[worst])
        warnings = [
            f"{group} can be foretold with AUC {figure(area[0])} in the real rows too"
            for group, area, _ in found
            if area[0] > _STRONG
        ]
        return self.result(
            judged(interval, self.threshold, errors[worst]),
            f"{name} is foretold by the other columns with AUC {figure(real[0])} in the real and "
            f"{figure(other[0])} in the synthetic rows",
            statistic=f"rise of the AUC for {name}",
            value=rises[worst],
            interval=interval,
            baseline=0.0,
            threshold=self.threshold,
            smallest_effect=self.threshold + (z + POWER) * errors[worst],
            p_value=float(upper_tail((rises[worst] - self.threshold) / max(errors[worst], 1e-12))),
            n_rows=n,
            details={
                "groups": [
                    {"group": group, "real": a[0], "synthetic": b[0]} for group, a, b in found
                ],
                "warnings": warnings,
            },
        )

    def _is_judged(self, masks: Mapping[str, Mask]) -> bool:
        return all(
            mask.sum() >= self.least_rows and (~mask).sum() >= self.least_rows
            for mask in masks.values()
        )

    def _area(
        self, table: Table, mine: Mask, space: FeatureSpace, seed: Seed
    ) -> tuple[float, float]:
        """AUC for the group by two halves of the subjects, and its standard error."""
        order = seed.generator().permutation(table.n_subjects)[table.subject_codes]
        picked = np.argsort(order, kind="stable")[: self.rows]
        x, y, half = space.ordinal(table.take(picked)), mine[picked], order[picked] % 2 == 0
        scores = np.zeros(len(y))
        for part in (half, ~half):
            if min(y[~part].sum(), (~y[~part]).sum()) < _PER_LABEL or not part.any():
                return 0.5, 0.5
            model = Booster.fit(
                x[~part],
                y[~part].astype(np.float64),
                objective="binary",
                shape="predictor",
                categorical=space.categorical,
                seed=seed.child("model"),
            )
            raw = model.predict(x[part])
            scores[part] = np.searchsorted(np.sort(raw), raw, "left") / len(raw)
        area, (low, high) = auc_interval(scores, y, table.subject_codes[picked])
        # Two halves share no row, so that the folds need no widening.
        return area, max((high - low) / 2 / normal_quantile(), 1e-6)
