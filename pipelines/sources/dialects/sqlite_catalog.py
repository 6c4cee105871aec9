"""What a file of SQLite declares of its tables: columns, types, keys, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.sources.dialects.base import SqlColumn, SqlTable
from pipelines.sources.dialects.checks import constraints_in
from tabular.errors import SourceError
from tabular.schema import ForeignKey

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_VIRTUAL, _STORED = 2, 3
"""How `table_xinfo` marks generated columns; 1 marks hidden ones of virtual tables."""


def quoted(name: str) -> str:
    """A name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def names(connection: sqlite3.Connection) -> tuple[tuple[str, ...], ...]:
    """All plain tables; virtual ones and what keeps them are left out."""
    rows = connection.execute(
        "select name from pragma_table_list where schema = 'main' and type = 'table'"
        " and name not like 'sqlite\\_%' escape '\\' order by name"
    )
    return tuple((str(name),) for (name,) in rows)


def table(connection: sqlite3.Connection, parts: tuple[str, ...]) -> SqlTable:
    """The table or view of this name.

    Raises:
        SourceError: There is none.
    """
    name = parts[-1]
    row = connection.execute(
        "select l.name, l.type, l.wr, m.sql from pragma_table_list as l"
        " left join sqlite_master as m on m.name = l.name and m.type in ('table', 'view')"
        " where l.schema = 'main' and l.name = ? collate nocase order by l.name <> ?",
        (name, name),
    ).fetchone()
    if row is None or (len(parts) > 1 and parts[0].lower() != "main"):
        raise SourceError(
            "there is no such table", where=f"table {'.'.join(parts)}", fix="Check its name"
        )
    found, kind, without_rowid, create = row
    info = connection.execute(
        'select name, type, "notnull", pk, hidden from pragma_table_xinfo(?) where hidden <> 1',
        (found,),
    ).fetchall()
    key = tuple(str(entry[0]) for entry in sorted(info, key=lambda e: e[3]) if entry[3])
    # An INTEGER PRIMARY KEY is the row's own number; other keys of SQLite may hold nulls.
    numbered = [e[0] for e in info if e[3] and str(e[1]).upper() == "INTEGER" and len(key) == 1]
    columns = tuple(
        SqlColumn(
            str(column),
            str(type_),
            scale=_scale(str(type_)),
            nullable=None
            if kind == "view"
            else not (not_null or column in numbered or (pk and without_rowid)),
            generated=hidden in {_VIRTUAL, _STORED},
        )
        for column, type_, not_null, pk, hidden in info
    )
    never_null = {column.name for column in columns if column.nullable is False}
    return SqlTable(
        (str(found),),
        f"select * from main.{quoted(str(found))}",  # noqa: S608  quoted
        columns,
        key,
        tuple(k for k in _unique(connection, str(found)) if never_null.issuperset(k)),
        constraints_in(str(create or "")) if kind == "table" else (),
    )


def _scale(type_: str) -> int | None:
    """The digits after the point that `DECIMAL(10, 2)` declares."""
    word, _, rest = type_.upper().partition("(")
    inside = rest.partition(")")[0].split(",")
    if word.strip() not in {"DECIMAL", "NUMERIC", "DEC", "NUMBER"} or len(inside) != 2:  # noqa: PLR2004
        return None
    return int(inside[1]) if inside[1].strip().isdigit() else None


def _unique(connection: sqlite3.Connection, name: str) -> list[tuple[str, ...]]:
    """The unique constraints of a table."""
    found = []
    for (index,) in connection.execute(
        "select name from pragma_index_list(?) where \"unique\" and origin = 'u' and not partial"
        " order by seq desc",
        (name,),
    ).fetchall():
        columns = connection.execute(
            "select name from pragma_index_info(?) order by seqno", (index,)
        ).fetchall()
        found.append(tuple(str(column) for (column,) in columns))
    return found


def foreign_keys(
    connection: sqlite3.Connection, tables: Sequence[SqlTable]
) -> tuple[ForeignKey, ...]:
    """The foreign keys between these tables."""
    by_fold = {table.name.casefold(): table for table in tables}
    found = []
    for child in tables:
        columns = {column.name.casefold(): column.name for column in child.columns}
        groups: dict[int, list[tuple[str, str, str | None]]] = {}
        for number, parent, source, target in connection.execute(
            'select id, "table", "from", "to" from pragma_foreign_key_list(?) order by id, seq',
            (child.name,),
        ):
            groups.setdefault(number, []).append((parent, source, target))
        for pairs in reversed(groups.values()):
            referenced = by_fold.get(str(pairs[0][0]).casefold())
            if referenced is None:
                continue
            # Without a list of columns the parent's primary key is meant.
            targets = [t for _, _, t in pairs if t is not None] or list(referenced.primary_key)
            names_there = {c.name.casefold(): c.name for c in referenced.columns}
            found.append(
                (
                    child.name,
                    [columns.get(s.casefold(), s) for _, s, _ in pairs],
                    referenced.name,
                    [names_there.get(t.casefold(), t) for t in targets],
                )
            )
    return tuple(
        ForeignKey(table=table, columns=tuple(own), references=parent, referenced=tuple(theirs))
        for table, own, parent, theirs in found
        if len(own) == len(theirs)
    )
