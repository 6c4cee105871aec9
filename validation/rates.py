"""The answer of a check that counts rows that do something, which none may or few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validation.excess import Excess, Rate, judged
from validation.report import figure
from validation.statistics import upper_tail, wilson

ROOM = 10
"""As for copies: the rate of something rare is known to few digits where rows are few."""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from validation.base import Check, CheckResult, Evidence

    Mask = npt.NDArray[np.bool_]


def answer(
    check: Check,
    evidence: Evidence,
    hits: Mask,
    fresh_hits: Mask,
    *,
    threshold: float,
    what: str,
    details: dict[str, object] | None = None,
) -> CheckResult:
    """Fail where the excess is surely above the threshold, pass as far as the rows rule it out.

    Args:
        check: Whose answer it is.
        evidence: With fresh rows.
        hits: Which synthetic rows do it, shape (n_synthetic,).
        fresh_hits: Which fresh rows do it, shape (n_fresh,).
        threshold: Tolerated excess, as a share of all rows.
        what: What the rows do, to follow "share of rows".
        details: What else there is to say.
    """
    fresh = evidence.fresh
    assert fresh is not None  # noqa: S101  the check's `requires` has seen to it
    found = Rate.of(hits, evidence.synthetic.subject_codes)
    by_chance = Rate.of(fresh_hits, fresh.subject_codes)
    excess = Excess.of(found, by_chance)
    status = judged((excess.low, excess.high), threshold, excess.fresh_error, ROOM)
    z = (excess.value - threshold) / max(excess.error, 1e-12)
    return check.result(
        status,
        f"{figure(100 * found.share)} % of the synthetic rows {what}, "
        f"{figure(100 * by_chance.share)} % of fresh rows do",
        statistic=f"share of rows that {what}",
        value=found.share,
        interval=(by_chance.share + excess.low, by_chance.share + excess.high),
        baseline=by_chance.share,
        threshold=by_chance.share + threshold,
        smallest_effect=threshold + excess.smallest_effect,
        p_value=float(upper_tail(z)),
        n_rows=len(evidence.synthetic),
        details={"excess": excess.value, **(details or {})},
    )


def none_may(
    check: Check,
    hits: Mask,
    *,
    what: str,
    message: str,
    details: dict[str, object],
    failed: bool | None = None,
) -> CheckResult:
    """Fail where a single row does it.

    Args:
        check: Whose answer it is.
        hits: Which synthetic rows do it, shape (n_synthetic,).
        what: What the rows do, to follow "share of rows".
        message: What was found.
        details: What else there is to say.
        failed: Whether it fails, where no row need be at fault; by default, whether a row is.
    """
    n, broken = len(hits), int(hits.sum())
    return check.result(
        "fail" if (broken if failed is None else failed) else "pass",
        message,
        statistic=f"share of rows {what}",
        value=broken / max(n, 1),
        interval=wilson(broken, n),
        baseline=0.0,
        threshold=0.0,
        smallest_effect=1 / max(n, 1),
        n_rows=n,
        details=details,
    )
