"""What to try where a check did not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from validation.base import CheckResult

_ADVICE = {
    "attribute_inference": "All rows together tell the column named above: leave it out, make it "
    "coarser, or smooth more.",
    "linkability": "Rows stay recognisable from half of their columns: smooth more, or leave out "
    "columns that nobody needs.",
    "sdmetrics_quality": "Look at `column_shapes` and `pair_trends`, which name the columns.",
    "singling_out": "Few columns describe single people: make them coarser, raise `protect.k`, or "
    "smooth more.",
    "domains": "Declare `categories`, `minimum` and `maximum` of the columns named above; rows of "
    "another program have to be clipped there.",
    "dtypes": "Declare `sdtype` and `decimals` of the columns named above, and write the file in a "
    "format that keeps types, such as Parquet.",
    "personal_data_in_output": "Declare the column's `pii` or `sdtype: text`, so that it is made "
    "anew and never learnt.",
    "references": "Declare `foreign_keys`, so that children are drawn for the parents there are; "
    "rows of another program need theirs mended.",
    "alpha_beta": "Low precision: rows stray from the real ones, so smooth less. Low recall: the "
    "generator leaves kinds of rows out, so smooth more, or give it more rows.",
    "holdout_likelihood": "The model knows train rows better than fresh ones: larger leaves, "
    "earlier stopping, or more rows.",
    "children_per_parent": "See whether the foreign key and the subject are declared, and give the "
    "generator more parents.",
    "family_trends": "The children no longer follow their parents: declare the foreign key, and "
    "take a generator with the capability `context`, such as `trees`.",
    "join_two_sample": "What children come to differs from the real sums: look at the child "
    "table's own checks first, then at the numbers of children.",
    "join_membership": "A family's rows together give members away: fewer generations of "
    "conditioning, larger leaves, or a higher `protect.k`.",
    "query_error": "The queries named above rest on combinations that are lost: try `trees` or "
    "smaller leaves, or leave out columns that nobody needs.",
    "feature_importance": "A model would look at other columns than in the real rows: see which "
    "link `associations` or `pair_trends` names, and mend that.",
    "k_map": "Make the quasi-identifiers coarser (years for dates, regions for postcodes), raise "
    "`protect.k`, or leave one of them out.",
    "model_file_scan": "The saved model holds single people's values: raise `protect.k` or the "
    "leaf size, or take a generator whose artifact is shareable.",
    "equalised_odds": "Models trained on these rows judge the group worse: give the generator more "
    "of its rows, or try `trees`.",
    "calibration": "Models trained on these rows misjudge how likely the group's outcome is: give "
    "the generator more of its rows.",
    "intersections": "Small intersections shrink: give the generator more of their rows; those "
    "below `protect.k` people are merged by design.",
    "joint_rates": "The group's outcome changed: try `trees`, which conditions each column on "
    "those before, or give the generator more of its rows.",
    "proxies": "The generator ties columns to the attribute more tightly than they are: smooth "
    "more, or leave out the column that foretells it.",
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
