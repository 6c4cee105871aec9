"""Connections to MariaDB and MySQL, and their errors as ours: no password and no cell in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.database_urls import dialect_of, example
from pipelines.secrets import SecretName, resolve
from tabular.errors import ConfigurationError, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from pipelines.settings import Settings

_CONNECT_SECONDS = 15
_EXAMPLE = example(("mariadb",))
_OPTIONS = ("ssl_ca", "ssl_cert", "ssl_key", "unix_socket", "ssl")


def options_of(url: str, *, where: str) -> dict[str, Any]:
    """The driver's arguments that a URL holds.

    Args:
        url: `mariadb://user:password@host:port/database`; options after `?` are `ssl=true` and
            the paths `ssl_ca`, `ssl_cert`, `ssl_key`, `unix_socket`.
        where: What to call the URL's place in an error.

    Raises:
        ConfigurationError: It can't be read, or has another option.
    """
    if dialect_of(url) != "mariadb":
        raise ConfigurationError("it holds no URL of MariaDB", where=where, fix=_EXAMPLE)
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
        given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        # Nothing of the text may be shown: it can hold a password in any place.
        raise ConfigurationError("the URL can't be read", where=where, fix=_EXAMPLE) from None
    if set(given) - set(_OPTIONS):
        raise ConfigurationError(
            "the URL has an option that is not known", where=where, fix=f"Known: {_OPTIONS}"
        )
    if given.pop("ssl", "false").lower() in {"1", "true", "yes"}:
        import ssl

        given["ssl"] = ssl.create_default_context(cafile=given.pop("ssl_ca", None))  # type: ignore[assignment]
    return {
        "host": parts.hostname or "localhost",
        "port": port,
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.removeprefix("/")) or None,
        **given,
    }


@contextmanager
def connected(
    url: str | SecretName, settings: Settings, *, where: str
) -> Iterator[pymysql.Connection[Cursor]]:
    """A connection in a consistent, read-only snapshot, which is rolled back at the end.

    Moments are in UTC, texts in UTF-8. Tables of an engine without transactions, such as MyISAM,
    are read as they are when their turn comes.

    Raises:
        ConfigurationError: The secret is missing, or what it holds is not a URL of MariaDB.
        SourceUnavailable: The server does not answer, or goes away in the middle.
        SourceError: The server refuses.
    """
    import pymysql

    text = url if isinstance(url, str) else resolve(url, settings)
    options = options_of(text, where=where)
    # A secret may be malformed, so that its password stands where the host should.
    place = (
        f"mariadb://{options['host']}/{options['database'] or ''}"
        if isinstance(url, str)
        else f"the database of the secret {url.secret!r}"
    )
    try:
        connection = pymysql.connect(
            **options,
            charset="utf8mb4",
            connect_timeout=_CONNECT_SECONDS,
            autocommit=False,
            local_infile=False,
            program_name="waxwork",
        )
    except (pymysql.Error, OSError, UnicodeError, RuntimeError, ValueError) as error:
        raise refused(error, place) from None
    try:
        with connection.cursor() as cursor:
            # Quotes mean texts and backslashes themselves, whatever the server is set to.
            cursor.execute("set session sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+00:00'")
            cursor.execute("set session transaction isolation level repeatable read")
            cursor.execute("start transaction with consistent snapshot, read only")
        yield connection
    except pymysql.Error as error:
        # The driver's text can quote cells and the statement.
        raise translated(error, place) from None
    finally:
        _close(connection)


def _close(connection: pymysql.Connection[Cursor]) -> None:
    """Close without reading what is left of an answer."""
    import pymysql

    result = connection._result  # type: ignore[attr-defined]  # noqa: SLF001
    if result is not None:
        # Its end would otherwise be looked for on a connection that is closed.
        result.unbuffered_active = False
    try:
        connection.close()
    except pymysql.Error:
        return  # it is closed


def code_of(error: Exception) -> int:
    """The server's number for an error; 0 where there is none."""
    code = error.args[0] if error.args else 0
    return code if isinstance(code, int) else 0


def refused(error: Exception, place: str) -> SourceError:
    """A connection that was not made, by the server's number alone."""
    code = code_of(error)
    if code in {1044, 1045, 1698, 1251, 1130}:
        return SourceError(
            "the database refuses the user or the password",
            where=place,
            fix="Check the secret, or the user's rights",
        )
    if code == 1049:  # noqa: PLR2004  ER_BAD_DB_ERROR
        return SourceError("the database does not exist", where=place, fix="Check the URL")
    return SourceUnavailable(
        "the database does not answer",
        where=place,
        fix="Check host and port, and that the server is up",
    )


def translated(error: pymysql.Error, place: str) -> SourceError:
    """An error of the driver as ours, by its number alone."""
    code = code_of(error)
    if code in _MEANINGS:
        what, fix = _MEANINGS[code]
        return SourceError(what, where=place, fix=fix)
    if code in _GONE:
        return SourceUnavailable(
            "the connection to the database was lost",
            where=place,
            fix="Nothing was kept of what was read; run again",
        )
    return SourceError(
        f"the database reports an error (number {code or 'unknown'})",
        where=place,
        fix="Run the statement in the `mariadb` client to see the server's own words",
    )


_GONE = {1040, 1053, 1077, 1078, 1079, 1080, 1152, 1184, 1317, 1927, 2003, 2006, 2013, 2055, 3024}
_MEANINGS = {
    1146: ("there is no such table", "Check its name, and its schema's"),
    1049: ("there is no such schema", "Check its name"),
    1046: ("no database is named", "Name it in the URL, or write `schema.table`"),
    1054: ("there is no such column", "Check the query"),
    1060: ("column names stand more than once", "Give each column of the query a name, with AS"),
    1064: ("the query can't be parsed", "Check it in the `mariadb` client"),
    1065: ("the query is empty", "Write a SELECT"),
    1142: ("the user may not read this", "Grant it SELECT on the table"),
    1143: ("the user may not read this", "Grant it SELECT on the column"),
    1792: ("the query would write, and only reading is allowed", "Make it a SELECT"),
}
