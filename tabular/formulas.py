"""The language of formulas: `+ - * /`, brackets, numbers, columns; `{odd name}` is a column too."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def numbers(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Cells as floats, NaN where there is none; text is none."""
    import pandas as pd

    cells = frame[name]
    if cells.dtype == object:
        cells = cells.map(float, na_action="ignore")
    return np.asarray(pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def names_in(formula: str) -> tuple[str, ...]:
    """The columns of a formula, in the order they are named.

    Raises:
        ValueError: It is none.
    """
    tree, odd = _parsed(formula)
    return tuple(dict.fromkeys(_names(tree, odd)))


def evaluate(formula: str, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The formula of each row, NaN where it can't be told, shape (n_rows,)."""
    tree, odd = _parsed(formula)
    with np.errstate(all="ignore"):
        out = np.broadcast_to(_evaluated(tree.body, odd, frame), (len(frame),)).astype(float)
    out[~np.isfinite(out)] = np.nan
    return out


def _parsed(text: str) -> tuple[ast.Expression, dict[str, str]]:
    """The formula's tree, and the columns behind names that stand for odd ones."""
    odd: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        name = f"_column_{len(odd)}_"
        odd[name] = match[1]
        return name

    try:
        tree = ast.parse(re.sub(r"\{([^{}]+)\}", stand_in, text), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        message = "it is no formula: write + - * /, brackets, numbers and columns"
        raise ValueError(message) from None
    for node in ast.walk(tree):
        number = isinstance(node, ast.Constant) and type(node.value) in {int, float}
        if not (number or isinstance(node, _ALLOWED)):
            message = "a formula has + - * /, brackets, numbers and columns, and nothing else"
            raise ValueError(message)
    if not _names(tree, odd):
        message = "the formula names no column"
        raise ValueError(message)
    return tree, odd


_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Name, ast.Load,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.UAdd, ast.USub,
)  # fmt: skip


def _names(tree: ast.Expression, odd: dict[str, str]) -> list[str]:
    return [odd.get(node.id, node.id) for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _evaluated(node: ast.AST, odd: dict[str, str], frame: pd.DataFrame) -> Any:  # noqa: ANN401
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return numbers(frame, odd.get(node.id, node.id))
    if isinstance(node, ast.UnaryOp):
        value = _evaluated(node.operand, odd, frame)
        return -value if isinstance(node.op, ast.USub) else value
    assert isinstance(node, ast.BinOp)  # noqa: S101  `_parsed` lets nothing else through
    left, right = _evaluated(node.left, odd, frame), _evaluated(node.right, odd, frame)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    return left * right if isinstance(node.op, ast.Mult) else np.divide(left, right)
