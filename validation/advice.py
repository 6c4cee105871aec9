"""What to try where a check did not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from validation.base import CheckResult

_ADVICE = {
    "contract": "The rules above say what broke: declare the type, bounds or categories that are "
    "meant in `tables`, or correct the owner's suite; our own generators keep the schema.",
    "keys": "Declare `primary_key` and `alternate_keys`, so that keys are made anew; if another "
    "program made the rows, number them afresh.",
    "rules": "Declare the rule under `rules` before fitting, so that it is kept while rows are "
    "made; rows of another program have to be mended there.",
    "column_shapes": "Look at the column's picture below. A wrong type is the usual cause: codes "
    "that are numbers want `sdtype: categorical`, dates a `datetime_format`. Else try `trees`.",
    "pair_trends": "The two columns are learnt too much apart: try `trees`, which conditions each "
    "column on those before, or give the generator more rows or capacity.",
    "classifier_two_sample": "“What gives it away” names the columns by which a classifier tells "
    "the rows apart: begin there, with their type and their picture.",
    "associations": "The link between the two columns is too weak: try `trees`, smaller leaves, or "
    "more rows; a declared rule keeps a link that always holds.",
    "coverage": "Part of a column hardly comes up: rare categories below `protect.k` are merged by "
    "design; otherwise smaller leaves or less smoothing bring the ends back.",
    "missingness": "Which cells are missing no longer depends on the other columns: take a "
    "generator that models gaps, such as `trees`.",
    "three_way_marginals": "Pairs are kept and what three columns have in common is not: `trees` "
    "with smaller leaves or more rows, since a copula knows pairs only.",
    "train_synthetic_test_real": "The link between the target and its predictors is lost: try "
    "`trees` or smaller leaves, and see whether `pair_trends` names the target.",
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
_ADVICE_BY_STATUS = {
    "undecided": "More rows, above all in the holdout, would decide it.",
    "insufficient": "The figure needs more rows of this kind; it holds nothing up.",
    "error": "The check itself broke down: `waxwork --debug check` shows where. Its answer counts "
    "as a failure until it can be given.",
}


def advice(result: CheckResult) -> str:
    """A sentence or two; empty where there is nothing to mend."""
    if result.status == "fail":
        return _ADVICE.get(result.check, _ADVICE_BY_FAMILY[result.family])
    return _ADVICE_BY_STATUS.get(result.status, "")
