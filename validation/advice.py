"""What to try where a check did not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from validation.base import CheckResult

_ADVICE = {
    "copies": "Let the generator see fewer people at a time: larger leaves, stronger smoothing, "
    "fewer epochs. Where it keeps rows by design, take another one.",
    "membership": "Memorising shows first on unusual people. Raise `protect.k` or the leaf "
    "size, stop training earlier, or give the generator more rows.",
    "nearest_record": "Synthetic rows crowd around train rows: raise the leaf size, smooth "
    "numbers, or stop training earlier.",
    "rare_values": "Raise `protect.k`, smooth numbers within their neighbourhood, or declare the "
    "valid `categories` of the column if they are public.",
    "representation": "Give the generator more rows of the group, or another generator: `trees` "
    "keeps shares well. A category below `protect.k` is merged into frequent ones by design.",
    "parity_gap": "The generator loses, or overdoes, the link between group and outcome: try "
    "`trees`, more rows, or leave out columns that stand in for the group.",
}
_ADVICE_BY_FAMILY = {
    "validity": "Look at the columns named above: declare their type, bounds or rule in the "
    "configuration, or choose a generator that keeps it by construction.",
    "fidelity": "Give the generator more capacity or rows for the columns named above, or try "
    "another one: `trees` is the strong default.",
    "utility": "The link between the target and the other columns is lost: try `trees`, or more "
    "capacity.",
    "privacy": "Take a generator that memorises less, or give it more rows.",
    "fairness": "Look at the groups named above, and give the generator more of their rows.",
}
_ADVICE_UNDECIDED = "More rows, above all in the holdout, would decide it."


def advice(result: CheckResult) -> str:
    """A sentence or two; empty where there is nothing to mend."""
    if result.status == "undecided":
        return _ADVICE_UNDECIDED
    if result.status != "fail":
        return ""
    return _ADVICE.get(result.check, _ADVICE_BY_FAMILY[result.family])
