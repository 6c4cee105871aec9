"""What the words of the report mean, one sentence each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIGURES = {
    "Value": "What the check measured on the synthetic rows.",
    "95 % interval": "Where the true value lies in 19 of 20 such samples; few rows make it wide.",
    "Fresh real rows": "The same measured on real rows that the generator never saw: as good as "
    "it gets.",
    "Threshold": "What the policy accepts; the whole interval has to agree to pass or fail.",
    "Smallest visible effect": "A smaller fault could not have been seen with so few rows.",
    "Rows": "Rows that the figure rests on.",
    "CPU seconds": "What the check cost.",
}
STATUSES = {
    "passed": "The whole interval is on the accepted side.",
    "failed": "The whole interval is beyond the threshold; “(warning)” does not stop a release.",
    "undecided": "The threshold lies within the interval, so the rows do not suffice to say.",
    "too few rows": "There are too few rows of this kind to judge at all.",
    "not applicable": "The data lacks what the check needs, such as a target or a key.",
    "broke down": "The check could not be done; where it blocks, that counts as a failure.",
}
_WORDS = {
    "associations": "how much columns have to do with each other",
    "association": "how much the columns have to do with each other in the real rows, 0 is nothing",
    "attack": "the way of guessing who was in the train rows",
    "distance": "share of rows that would have to move to make both alike",
    "fresh": "the same among fresh real rows",
    "group": "a value of a protected attribute",
    "high": "upper end of the 95 % interval",
    "kept": "share of the real strength that the synthetic rows keep",
    "low": "lower end of the 95 % interval",
    "mean distance": "the distance, averaged over all",
    "mean noise": "the noise, averaged over all",
    "noise": "the distance that chance alone would make",
    "part": "the records that were attacked",
    "ratio": "synthetic over real share, 1 is alike",
    "real": "in the real rows",
    "rows": "rows that the line rests on",
    "seen in": "the data themselves, or models trained on them",
    "share": "share of the rows",
    "status": "how the line by itself would be judged",
    "synthetic": "in the synthetic rows",
    "threshold": "what is accepted",
    "value": "the figure of the line",
}


def explained(words: Iterable[str]) -> str:
    """One sentence on those of the words that are not plain; empty where all are."""
    known = [(word, _WORDS[word.lower()]) for word in words if word.lower() in _WORDS]
    text = "; ".join(f"{word.lower()}: {meaning}" for word, meaning in known)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
