"""Check constraints of a database, and what they say of single columns.

Only comparisons with constants that are joined by AND are understood: `age >= 0 and age <= 120`,
`price between 0 and 9`, `sex in ('f', 'm')`. All else says nothing here and stays the text it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tabular.schema import Column

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<name>"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\W\d][^\]',]*\])
  | (?:_utf8(?:mb[34])?\s*)?(?P<text>'(?:[^']|'')*')
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
  | (?P<cast>::)
  | (?P<operator><=|>=|<>|!=|[=<>])
  | (?P<mark>[(),+\-*/%|\[\].])
  | (?P<word>[^\W\d][\w$]*)
  | (?P<other>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


class _Token(NamedTuple):
    kind: str
    text: str


class _Fact(NamedTuple):
    """What one comparison says: an operator of `<`, `<=`, `=`, `>=`, `>`, `in`, and constants."""

    column: str
    operator: str
    values: tuple[str, ...]


def constraints_in(create: str) -> tuple[str, ...]:
    """The conditions of the CHECK constraints in a CREATE TABLE statement."""
    found = []
    depth, start = 0, None
    waiting = False
    for match in _TOKEN.finditer(create):
        text = match.group().strip()
        if match.lastgroup == "word" and text.lower() == "check" and start is None:
            waiting = True
        elif text == "(":
            depth += 1
            if waiting:
                start, waiting, level = match.end(), False, depth
        elif text == ")":
            if start is not None and depth == level:
                found.append(create[start : match.start()].strip())
                start = None
            depth -= 1
        else:
            waiting = False
    return tuple(found)


def told_by(checks: tuple[str, ...], columns: Mapping[str, Column]) -> dict[str, dict[str, object]]:
    """Bounds and closed lists of values that check constraints give columns.

    Args:
        checks: The conditions.
        columns: The columns, whose dtype decides how a constant is meant.

    Returns:
        Fields of `Column` by the column's name.
    """
    by_fold = {name.casefold(): name for name in columns}
    told: dict[str, dict[str, object]] = {}
    for check in checks:
        for fact in _facts(check):
            name = fact.column if fact.column in columns else by_fold.get(fact.column.casefold())
            if name is not None:
                fields = _fields(fact, columns[name])
                told.setdefault(name, {}).update(fields)
    return told


def _facts(check: str) -> list[_Fact]:
    tokens = list(_tokens(check))
    if any(t.kind == "word" and t.text in {"or", "not", "is", "case", "like"} for t in tokens):
        return []
    facts = []
    for clause in _clauses(tokens):
        fact = _fact(clause)
        if fact is not None:
            facts += fact
    return facts


def _tokens(check: str) -> Iterator[_Token]:
    """The tokens of a condition, without parentheses, casts and comments."""
    in_cast = False
    if "_utf8mb4\\'" in check:  # MySQL escapes the quotes around its texts
        check = check.replace("\\'", "'")
    for match in _TOKEN.finditer(check):
        kind = match.lastgroup or "other"
        text = match[kind]
        if kind == "word":
            text = text.lower() if text.lower() in _WORDS else text
            if in_cast and text not in {"and", "or"}:
                continue
        if kind == "cast":
            in_cast = True
            continue
        if in_cast and (kind == "number" or text in {"(", ")", "[", "]"}):
            # character varying(20)[]: the type's own marks
            continue
        in_cast = False
        if kind == "comment" or text in {"(", ")", "[", "]"}:
            continue
        if kind == "name":
            text = _unquoted(text)
        if kind == "text":
            text = text[1:-1].replace("''", "'")
        yield _Token(kind, text)


_WORDS = {"and", "or", "not", "is", "case", "like", "between", "in", "any", "array"}


def _unquoted(name: str) -> str:
    quote = name[0]
    inner = name[1:-1]
    return inner if quote == "[" else inner.replace(quote * 2, quote)


def _clauses(tokens: list[_Token]) -> list[list[_Token]]:
    """The tokens split at AND, save for the one that belongs to a BETWEEN."""
    clauses: list[list[_Token]] = [[]]
    open_between = False
    for token in tokens:
        if token == ("word", "between"):
            open_between = True
        if token == ("word", "and") and not open_between:
            clauses.append([])
            continue
        if token == ("word", "and"):
            open_between = False
        clauses[-1].append(token)
    return clauses


def _fact(clause: list[_Token]) -> list[_Fact] | None:
    """What one comparison says; `None` for anything that is not plainly one."""
    parts = _signed(clause)
    kinds = "".join(_LETTERS.get(part.kind, "?") for part in parts)
    texts = [part.text for part in parts]
    words = [part.text if part.kind == "word" else "" for part in parts]
    if re.fullmatch("[nw]o[vt]", kinds):
        return [_Fact(texts[0], texts[1], (texts[2],))]
    if re.fullmatch("[vt]o[nw]", kinds) and texts[1] in _FLIPPED:
        return [_Fact(texts[2], _FLIPPED[texts[1]], (texts[0],))]
    if re.fullmatch("[nw]w[vt]w[vt]", kinds) and words[1] == "between" and words[3] == "and":
        return [_Fact(texts[0], ">=", (texts[2],)), _Fact(texts[0], "<=", (texts[4],))]
    if re.fullmatch("[nw]w[vt](,[vt])*", kinds) and words[1] == "in":
        return [_Fact(texts[0], "in", tuple(texts[2::2]))]
    if re.fullmatch("[nw]oww[vt](,[vt])*", kinds) and texts[1:4] == ["=", "any", "array"]:
        return [_Fact(texts[0], "in", tuple(texts[4::2]))]
    return None


_LETTERS = {"name": "n", "word": "w", "operator": "o", "number": "v", "text": "t", "comma": ","}


def _signed(clause: list[_Token]) -> list[_Token]:
    """The tokens with commas named and a sign joined to its number."""
    out: list[_Token] = []
    for token in clause:
        if token == ("mark", ","):
            out.append(_Token("comma", ","))
        elif token.kind == "number" and out and out[-1] in {("mark", "-"), ("mark", "+")}:
            before = out[-2].kind if len(out) > 1 else "operator"
            if before in {"operator", "comma", "word"}:
                out[-1] = _Token("number", out[-1].text + token.text)
            else:
                out.append(token)
        else:
            out.append(token)
    return out


def _fields(fact: _Fact, column: Column) -> dict[str, object]:
    family = column.dtype.lower()
    whole = family.startswith(("int", "uint"))
    if fact.operator in {"in", "="}:
        if whole and all(re.fullmatch(r"[+-]?\d+", value) for value in fact.values):
            values: tuple[object, ...] = tuple(dict.fromkeys(int(value) for value in fact.values))
        elif family == "string":
            values = tuple(dict.fromkeys(fact.values))
        else:
            return {}
        return {"categories": values, "sdtype": "categorical"}
    bound = _bound(fact.values[0], column)
    if bound is None or fact.operator not in {"<", "<=", ">", ">="}:
        return {}
    if whole and isinstance(bound, int) and fact.operator in {"<", ">"}:
        bound += 1 if fact.operator == ">" else -1
    return {"minimum" if fact.operator.startswith(">") else "maximum": bound}


def _bound(text: str, column: Column) -> int | float | str | None:
    is_number = column.dtype.lower().startswith(("int", "uint", "float", "decimal"))
    if is_number and _NUMBER.fullmatch(text):
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    if column.sdtype == "datetime" and _DATE.fullmatch(text):
        return text
    return None
