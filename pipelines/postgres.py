"""Connections to PostgreSQL, and its errors as ours: no password and no cell in any message."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipelines.database_urls import dialect_of, example
from pipelines.secrets import SecretName, resolve
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from pipelines.settings import Settings

_CONNECT_SECONDS = 15
_EXAMPLE = example(("postgresql",))


@contextmanager
def connected(
    url: str | SecretName, settings: Settings, *, where: str
) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection in a repeatable-read, read-only transaction, which is rolled back at the end.

    Dates are written in ISO form and moments in UTC.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of PostgreSQL.
        SourceUnavailable: The server does not answer, or goes away in the middle.
        SourceError: The server refuses.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    text = url if isinstance(url, str) else resolve(url, settings)
    if dialect_of(text) != "postgresql":
        raise ConfigurationError("it holds no URL of PostgreSQL", where=where, fix=_EXAMPLE)
    try:
        options = conninfo_to_dict(text.replace("postgresql+psycopg://", "postgresql://", 1))
    except psycopg.Error:
        # Nothing of the text may be shown: it can hold a password in any place.
        raise ConfigurationError("the URL can't be read", where=where, fix=_EXAMPLE) from None
    # A secret may be malformed, so that its password stands where the host should.
    place = (
        f"postgresql://{options.get('host') or ''}/{options.get('dbname') or ''}"
        if isinstance(url, str)
        else f"the database of the secret {url.secret!r}"
    )
    options = {"connect_timeout": _CONNECT_SECONDS, "application_name": "waxwork", **options}
    try:
        connection = psycopg.connect(
            **{**options, "client_encoding": "UTF8"},  # type: ignore[arg-type]
        )
    except (psycopg.Error, UnicodeError) as error:
        raise refused(error, place) from None
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("set local time zone 'UTC'")
        connection.execute("set local datestyle to 'ISO, YMD'")
        connection.execute("set local intervalstyle to 'iso_8601'")
        connection.execute("set local extra_float_digits to 1")
        connection.execute("set local bytea_output to 'hex'")
        yield connection
    except psycopg.Error as error:
        # The driver's text can quote cells, the statement and the connection's options.
        raise translated(error, place) from None
    finally:
        connection.close()


def refused(error: Exception, place: str) -> SourceError:
    """A connection that was not made, by what the server says, without its words."""
    text = str(error)
    if "authentication failed" in text or "no password supplied" in text:
        return SourceError(
            "the database refuses the user or the password",
            where=place,
            fix="Check the secret, or the user's rights",
        )
    if "does not exist" in text:
        return SourceError(
            "the database or the user does not exist", where=place, fix="Check the URL"
        )
    return SourceUnavailable(
        "the database does not answer",
        where=place,
        fix="Check host and port, and that the server is up",
    )


def translated(error: psycopg.Error, place: str) -> SourceError:
    """An error of the driver as ours, by its SQLSTATE alone."""
    import psycopg

    state = error.sqlstate or ""
    if state in _MEANINGS:
        what, fix = _MEANINGS[state]
        return SourceError(what, where=place, fix=fix)
    if isinstance(error, psycopg.OperationalError) and (not state or state[:2] in _GONE):
        return SourceUnavailable(
            "the connection to the database was lost",
            where=place,
            fix="Nothing was kept of what was read; run again",
        )
    return SourceError(
        f"the database reports an error (SQLSTATE {state or 'unknown'})",
        where=place,
        fix="Run the statement in psql to see the server's own words",
    )


_GONE = {"08", "57", "53"}
_MEANINGS = {
    "42P01": ("there is no such table", "Check its name, and its schema's"),
    "42703": ("there is no such column", "Check the query"),
    "42601": ("the query can't be parsed", "Check it in psql"),
    "42501": ("the user may not read this", "Grant it USAGE on the schema and SELECT on the table"),
    "25006": ("the query would write, and only reading is allowed", "Make it a SELECT"),
    "3F000": ("there is no such schema", "Check its name"),
    "42P02": ("the query has a parameter in it", "Write its value"),
}
