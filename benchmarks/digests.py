"""Which code a cell was measured with: a digest of the modules that one module reaches.

Comments and layout don't count. A module is reached by an import anywhere in it, also within a
function but not for type checking alone, or by its name in a string, as a worker process is.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def code_digest(module: str, packages: tuple[str, ...]) -> str:
    """Sixteen hexadecimal digits of a module and of what it reaches in `packages`.

    Args:
        module: Dotted name, `generators.models.trees`.
        packages: Top-level packages whose code matters.
    """
    digest = hashlib.sha256()
    for path in reached(module, packages):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        digest.update(f"{path.relative_to(ROOT)}\n{ast.unparse(tree)}\n".encode())
    return digest.hexdigest()[:16]


def reached(module: str, packages: tuple[str, ...]) -> list[Path]:
    """The files of a module and of all that it reaches in `packages`, sorted."""
    seen: set[Path] = set()
    waiting = [file for file in [_file(module)] if file]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        names = _names(ast.parse(path.read_text(encoding="utf-8")))
        near = [n for n in names if n.partition(".")[0] in packages]
        waiting += [file for name in near if (file := _file(name))]
    return sorted(seen)


def _names(tree: ast.AST) -> set[str]:
    """Dotted names that may be modules."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts = node.value.split(".")
            if len(parts) > 1 and all(map(str.isidentifier, parts)):
                found.add(node.value)
    return found


def _file(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    candidates = (place.with_name(place.name + ".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
