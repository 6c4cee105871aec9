"""Made personal data is valid, different for each number, and none of the source's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from faker import Faker

from generators.identifiers import Identifier
from generators.personal import maker
from tabular.pii import recognise
from tabular.pii.cells import Cells
from tabular.pii.forms import in_form
from tabular.pii.national import NATIONAL_IDS
from tabular.schema import Column

LOCALES = (
    "en_US", "en_GB", "en_CA", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL",
    "pt_BR", "sv_SE", "nb_NO", "ru_RU", "cs_CZ", "zh_CN",
)  # fmt: skip
KINDS = (
    "email", "url", "phone", "ip", "ip6", "mac", "uuid", "card", "iban", "name", "address",
    "national_id", "coordinates",
)  # fmt: skip
CASES = [(kind, locale) for kind in KINDS for locale in LOCALES if maker(kind, locale)]


@pytest.mark.parametrize(("kind", "locale"), CASES)
def test_each_number_makes_another_value(kind: str, locale: str) -> None:
    makes = maker(kind, locale)
    assert makes is not None
    serial = np.array([*range(1, 3000), *range(130_000, 133_000), *range(600_000, 601_000)])
    for chosen in range(makes.n_ranges):
        assert len(np.unique(makes.make(serial, chosen))) == len(serial)


@pytest.mark.parametrize(("kind", "locale"), CASES)
def test_no_range_makes_a_value_of_a_source_that_holds_values_of_the_others(
    kind: str, locale: str
) -> None:
    makes = maker(kind, locale)
    assert makes is not None
    serial = np.arange(1, 500)
    for used in range(makes.n_ranges - 1):
        source = [str(text) for chosen in range(used + 1) for text in makes.make(serial, chosen)]
        chosen, skipped = makes.choose(source)
        assert (chosen, skipped) == (used + 1, 0)
        more = makes.make(np.arange(1, 20_000), chosen)
        assert not set(more.tolist()) & set(source)


@pytest.mark.parametrize(
    "locale", [n.locale for n in NATIONAL_IDS if maker("national_id", n.locale)]
)
def test_national_ids_have_their_form_and_check_digits(locale: str) -> None:
    (known,) = [each for each in NATIONAL_IDS if each.locale == locale]
    makes = maker("national_id", locale)
    assert makes is not None
    for chosen in range(makes.n_ranges):
        assert known.fits(makes.make(np.arange(1, 20_000), chosen)).all()


@pytest.mark.parametrize(
    "kind", ["email", "url", "phone", "ip", "ip6", "mac", "uuid", "card", "iban"]
)
def test_what_is_made_is_recognised_as_what_it_is(kind: str) -> None:
    for locale in LOCALES:
        makes = maker(kind, locale)
        assert makes is not None
        for chosen in range(makes.n_ranges):
            cells = Cells.of(pd.Series(makes.make(np.arange(1, 300), chosen)))
            assert cells is not None
            found = in_form(cells, frozenset({"ip"} if "ip" in kind else {kind}), "x")
            assert found is not None
            assert found.kind == kind.removesuffix("6")


def test_german_tax_ids_repeat_exactly_one_of_their_first_ten_digits() -> None:
    makes = maker("national_id", "de_DE")
    assert makes is not None
    for text in makes.make(np.arange(1, 3000), 0).tolist():
        counts = sorted(text[:10].count(digit) for digit in "0123456789")
        assert counts == [0, *[1] * 8, 2]


@pytest.mark.parametrize(
    ("locale", "rule"),
    [
        # The banks' own check digits inside the IBAN, as their federations publish them.
        ("fr_FR", lambda b: (int(b[:21]) * 100 + int(b[21:])) % 97 == 0),
        ("nl_BE", lambda b: (int(b[:10]) - 1) % 97 + 1 == int(b[10:])),
    ],
)
def test_an_account_number_is_valid_inside_too(locale: str, rule: object) -> None:
    makes = maker("iban", locale)
    assert makes is not None
    assert callable(rule)
    assert all(rule(text[4:]) for text in makes.make(np.arange(1, 300), 0).tolist())


def test_a_saved_identifier_says_nothing_of_a_cell() -> None:
    cells = pd.Series([f"anna.{i}@mail.example.com" for i in range(50)] + ["Quokka@example.com"])
    column = Column(name="mail", pii="email")
    saved = Identifier.learn(column, cells, key=False).model_dump_json()
    assert "anna" not in saved
    assert "uokka" not in saved
    assert '"chosen":1' in saved


def test_names_read_like_names_of_their_language() -> None:
    makes = maker("family_name", "sv_SE")
    assert makes is not None
    cells = pd.Series(makes.make(np.arange(1, 60), 0))
    guess = recognise("efternamn", cells)
    assert guess is not None
    assert guess.kind == "family_name"


@pytest.mark.parametrize(
    ("locale", "method"),
    [("nl_NL", "ssn"), ("es_ES", "nif"), ("pt_BR", "cpf"), ("sv_SE", "ssn"), ("en_US", "ssn")],
)
def test_numbers_that_lie_in_every_range_are_met_by_none_that_is_made(
    locale: str, method: str
) -> None:
    fake = Faker(locale)
    fake.seed_instance(0)
    source = pd.Series([str(getattr(fake, method)()) for _ in range(4000)], dtype="string")
    column = Column(name="x", pii="national_id", locale=locale)
    learnt = Identifier.learn(column, source, key=False)
    made = learnt.make(4000, rng=np.random.default_rng(0))
    bare = [set(cells.str.replace(r"\W", "", regex=True)) for cells in (made, source)]
    assert made.is_unique
    assert not bare[0] & bare[1]


def test_a_stretch_that_meets_the_source_is_left_out() -> None:
    makes = maker("national_id", "nl_NL")
    assert makes is not None
    source = makes.make(np.array([5, 900, 1700]), 0).tolist()
    assert makes.choose(source) == (0, 2000)
    assert not set(makes.make(np.arange(2001, 3001), 0).tolist()) & set(source)
