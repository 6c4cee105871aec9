"""Replacements for personal data, one maker for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generators.personal.contacts import Email, Ip4, Ip6, Mac, Phone, Url, Uuid
from generators.personal.numbers import Card, Iban, NationalIdMaker, makes_national_id
from generators.personal.people import Address, Coordinates, Name

if TYPE_CHECKING:
    from collections.abc import Callable

    from generators.personal.base import Maker

__all__ = ["maker"]

_MAKERS: dict[str, Callable[[str | None], Maker]] = {
    "email": Email,
    "url": Url,
    "phone": Phone,
    "ip": Ip4,
    "ip6": Ip6,
    "mac": Mac,
    "uuid": Uuid,
    "card": Card,
    "iban": Iban,
    "name": Name,
    "given_name": lambda locale: Name(locale, "given"),
    "family_name": lambda locale: Name(locale, "family"),
    "address": Address,
    "coordinates": Coordinates,
}


def maker(kind: str | None, locale: str | None) -> Maker | None:
    """What makes a kind anew; `None` where only the form of the cells can be kept.

    Args:
        kind: One of `tabular.pii.KINDS`, or `ip6` for addresses of version 6.
        locale: Whose, like `de_DE`.
    """
    if kind == "national_id":
        return NationalIdMaker(locale) if makes_national_id(locale) else None
    return _MAKERS[kind](locale) if kind in _MAKERS else None


def is_version_6(texts: list[str]) -> bool:
    """Whether most network addresses are of version 6."""
    return 2 * sum(":" in text for text in texts) > len(texts)
