"""Generators by name: a kind, or a kind with parameters, `trees@leaf=50+trees=20`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from generators.base import GENERATORS
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from generators.base import Generator

_NAME = re.compile(r"[a-z0-9_]+(@[A-Za-z0-9_=.+,-]+)?")


def generator_of(name: str) -> Generator:
    """The generator that a name means.

    Raises:
        ConfigurationError: There is no such kind or parameter.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} is no generator's name", fix="Like trees, or trees@leaf=50+trees=20"
        )
    kind, _, text = name.partition("@")
    fields: dict[str, Any] = {}
    for part in filter(None, text.split("+")):
        key, _, value = part.partition("=")
        fields[key] = yaml.safe_load(value)
    chosen = GENERATORS[kind]
    try:
        return chosen.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}", where=name
        ) from None


def single_table_kinds() -> tuple[str, ...]:
    """The kinds that are for single tables, SDV's last; those for sequences are left out."""
    kinds = [k for k, g in GENERATORS.items() if is_quick(k) or "sequence" not in g.capabilities]
    return tuple(sorted(kinds, key=lambda kind: (kind.startswith("sdv_"), kind)))


def is_quick(kind: str) -> bool:
    """Whether a kind is measured with five seeds: the default, the copula and the controls."""
    return kind in {"trees", "gaussian_copula", "independent", "bootstrap"}
