"""One line per component: the quickest parameters that the contract tests run it with.

A registered kind without a line here fails `tests/contracts`. Tables that the tests share are in
`tests/tables.py`.
"""

from __future__ import annotations

GENERATOR_CASES: dict[str, dict[str, object]] = {
    "bootstrap": {},
    "gaussian_copula": {},
    "independent": {},
    "sdv_ctgan": {"epochs": 1},
    "sdv_gaussian_copula": {},
    "sdv_tvae": {"epochs": 1},
    "trees": {"trees": 1, "leaf": 5},
}
