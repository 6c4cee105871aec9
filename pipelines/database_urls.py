"""Addresses of databases: which dialect they mean, and what a configuration may hold of them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qs, urlsplit

from tabular.errors import ConfigurationError

Dialect = Literal["postgresql", "mariadb", "sqlite"]

SCHEMES: dict[str, Dialect] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+psycopg": "postgresql",
    "mariadb": "mariadb",
    "mariadb+pymysql": "mariadb",
    "mysql": "mariadb",
    "mysql+pymysql": "mariadb",
    "sqlite": "sqlite",
}
EXAMPLES: dict[Dialect, str] = {
    "postgresql": "postgresql://user@host:port/database",
    "mariadb": "mariadb://user@host:port/database",
    "sqlite": "sqlite:///file.db",
}


def dialect_of(url: str, *, among: tuple[Dialect, ...] = tuple(EXAMPLES)) -> Dialect | None:
    """The dialect that a URL's scheme names; `None` for a foreign one."""
    found = SCHEMES.get(url.partition("://")[0].lower()) if "://" in url else None
    return found if found in among else None


def example(among: tuple[Dialect, ...] = tuple(EXAMPLES)) -> str:
    """What to write, for an error."""
    return f"Write {', '.join(EXAMPLES[d] for d in among)}, or `{{secret: NAME}}`"


def check_plain_url(
    url: str, *, where: str, among: tuple[Dialect, ...] = ("postgresql",)
) -> Dialect:
    """Refuse a URL that a configuration must not hold.

    Args:
        url: The URL.
        where: What to call its place in an error.
        among: The dialects that may be meant.

    Raises:
        ConfigurationError: It is none of these dialects', or there is a password in it.
    """
    dialect = dialect_of(url, among=among)
    try:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        has_password = parts.password is not None or any("passw" in name for name in options)
        # A password with a slash in it ends the host too early, and shows up behind it.
        in_path = "@" in parts.path and dialect != "sqlite"
        can_be_read = not in_path and (parts.port is None or parts.port > 0)
    except ValueError:  # among others, a port that is no number
        can_be_read = has_password = False
    if not can_be_read:
        raise ConfigurationError("the URL can't be read", where=where, fix=example(among))
    if dialect is None:
        databases = "PostgreSQL" if among == ("postgresql",) else "a database that can be read"
        raise ConfigurationError(
            f"the URL is not one of {databases}", where=where, fix=example(among)
        )
    if has_password:
        raise ConfigurationError(
            "there is a password in the URL",
            where=where,
            fix="Keep the whole URL as a secret and write `url: {secret: NAME}`, "
            "or the password in ~/.pgpass"
            if dialect == "postgresql"
            else "Keep the whole URL as a secret and write `url: {secret: NAME}`",
        )
    return dialect
