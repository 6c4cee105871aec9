"""How errors of the driver are told; connections are in tests/integration."""

from __future__ import annotations

import psycopg
import pytest

from pipelines.postgres import refused, translated
from tabular.errors import SourceError, SourceUnavailable


@pytest.mark.parametrize(
    ("text", "said", "may_pass"),
    [
        ('FATAL: password authentication failed for user "canary"', "user or the password", False),
        ("fe_sendauth: no password supplied", "user or the password", False),
        ('FATAL: database "canary" does not exist', "does not exist", False),
        ("connection refused: canary", "does not answer", True),
    ],
)
def test_a_refused_connection_says_why_and_nothing_of_its_text(
    text: str, said: str, *, may_pass: bool
) -> None:
    error = refused(psycopg.OperationalError(text), "postgresql://host/db")
    assert said in str(error)
    assert "canary" not in str(error)
    assert isinstance(error, SourceUnavailable) is may_pass


@pytest.mark.parametrize(
    ("error", "said", "may_pass"),
    [
        (psycopg.OperationalError("canary"), "was lost", True),
        (psycopg.errors.AdminShutdown("canary"), "was lost", True),
        (psycopg.errors.TooManyConnections("canary"), "was lost", True),
        (psycopg.errors.UndefinedTable("canary"), "no such table", False),
        (psycopg.errors.InvalidTextRepresentation("canary"), "SQLSTATE 22P02", False),
        (psycopg.InterfaceError("canary"), "SQLSTATE unknown", False),
    ],
)
def test_an_error_of_a_statement_is_told_by_its_state_alone(
    error: psycopg.Error, said: str, *, may_pass: bool
) -> None:
    told = translated(error, "postgresql://host/db")
    assert said in str(told)
    assert "canary" not in str(told)
    assert isinstance(told, SourceError)
    assert isinstance(told, SourceUnavailable) is may_pass
