"""`waxwork list`, `describe`, `config schema` and `releases`: what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from generators.base import GENERATORS, Generator
from pipelines.base import SINKS, SOURCES
from pipelines.config import PipelineConfig
from pipelines.terminal import console
from tabular.errors import ConfigurationError, ReleaseError
from validation.base import CHECKS, Check, by_family

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tabular.component import Component

_REGISTRIES: dict[str, Mapping[str, type[Component]]] = {
    "generators": GENERATORS,
    "checks": CHECKS,
    "sources": SOURCES,
    "sinks": SINKS,
}


def list_kinds(what: str, *, as_json: bool) -> None:
    """Print the kinds of one sort."""
    from rich.table import Table

    registry = _REGISTRIES[what]
    kinds = by_family(CHECKS) if what == "checks" else list(registry)
    if as_json:
        rows = [{"kind": kind, **_facts(registry[kind])} for kind in kinds]
        print(json.dumps(rows, indent=1))  # noqa: T201  the command's answer
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for kind in kinds:
        facts = _facts(registry[kind])
        more = ", ".join(facts.get("capabilities", [])) or facts.get("family", "")
        table.add_row(kind, facts["summary"], f"[dim]{more}[/]")
    console().print(table)


def describe(kind: str) -> None:
    """Print what a kind is and its parameters.

    Raises:
        ConfigurationError: There is no such kind.
    """
    from rich.table import Table

    found = [(sort, registry[kind]) for sort, registry in _REGISTRIES.items() if kind in registry]
    if not found:
        raise ConfigurationError(
            f"there is no kind {kind!r}", fix="`waxwork list generators` and so on list them"
        )
    screen = console()
    for sort, component in found:
        screen.print(f"[bold]{kind}[/] ({sort.removesuffix('s')})\n")
        screen.print((component.__doc__ or "").strip() + "\n", markup=False)
        reference = getattr(component, "reference", "")
        if reference:
            screen.print(f"Reference: {reference}\n", markup=False)
        table = Table("parameter", "type", "default", "meaning", box=None, pad_edge=False)
        properties: dict[str, Any] = component.model_json_schema()["properties"]
        for name, spec in properties.items():
            if name != "kind":
                table.add_row(name, _type(spec), _default(spec), spec.get("description", ""))
        if table.row_count:
            screen.print(table)


def config_schema() -> str:
    """The JSON schema of a configuration."""
    schema = PipelineConfig.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=1)


def list_releases(store: Path, *, as_json: bool) -> None:
    """Print the releases in a store, newest last.

    Raises:
        ReleaseError: There is no store.
    """
    from rich.markup import escape
    from rich.table import Table

    from pipelines.store import Store

    opened = Store(store)
    found = [manifest for name in opened.datasets() for manifest in opened.releases(name)]
    taken_back = {
        (name, version): withdrawal
        for name in opened.datasets()
        for version, withdrawal in opened.withdrawals(name).items()
    }
    if as_json:
        listed = [
            m.model_dump(mode="json") | {"withdrawn": entry and entry.model_dump(mode="json")}
            for m in found
            for entry in (taken_back.get((m.name, m.version)),)
        ]
        print(json.dumps(listed, indent=1))  # noqa: T201
        return
    table = Table("dataset", "version", "created", "rows", "generator", "policy", "", box=None)
    for manifest in found:
        entry = taken_back.get((manifest.name, manifest.version))
        rows = sum(file.rows for file in manifest.tables.values())
        table.add_row(
            manifest.name,
            manifest.version,
            manifest.created,
            f"{rows:,}",
            str(manifest.generator.get("kind")),
            manifest.policy,
            f"withdrawn: {escape(entry.reason)}" if entry else "",
        )
    console().print(table)


def withdraw(store: Path, dataset: str, version: str, reason: str) -> None:
    """Take a release back and say what readers get from now on.

    Raises:
        ReleaseError: There is no such release, or the store can't be written.
    """
    from pipelines.store import Store

    latest = Store(store).withdraw(dataset, version, reason)
    now = f"latest is {latest.version} now" if latest else "no other release stands"
    print(f"{dataset} {version}: withdrawn; {now}")  # noqa: T201  the command's answer


def verify(store: Path, dataset: str, version: str | None) -> None:
    """Compare every byte of a release with its digests.

    Raises:
        ReleaseError: It is not as published, or not there.
    """
    from pipelines.store import Store

    opened = Store(store)
    if version is None:
        latest = opened.latest(dataset)
        if latest is None:
            raise ReleaseError(f"{dataset} has no release that stands", where=str(store))
        version = latest.version
    manifest = opened.verify(dataset, version)
    taken_back = opened.withdrawals(dataset).get(version)
    state = f"withdrawn: {taken_back.reason}" if taken_back else f"policy {manifest.policy}"
    print(f"{dataset} {version}: as published, {state}")  # noqa: T201  the command's answer


def _facts(component: type[Component]) -> dict[str, Any]:
    facts: dict[str, Any] = {"summary": component.summary()}
    if issubclass(component, Generator):
        facts |= {"capabilities": sorted(component.capabilities), "artifact": component.artifact}
    if issubclass(component, Check):
        facts |= {"family": component.family, "requires": sorted(component.requires)}
    return facts


def _type(spec: dict[str, Any]) -> str:
    if "enum" in spec:
        return " | ".join(map(str, spec["enum"]))
    if "anyOf" in spec:
        return " | ".join(_type(part) for part in spec["anyOf"])
    text = str(spec.get("type", spec.get("const", "")))
    bounds = [
        f"{sign} {spec[name]}"
        for name, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if name in spec
    ]
    return f"{text} {', '.join(bounds)}".strip()


def _default(spec: dict[str, Any]) -> str:
    return "" if "default" not in spec else json.dumps(spec["default"])
