"""Secrets, which a configuration only ever names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.settings import Settings


class SecretName(BaseModel):
    """`{secret: warehouse}`: the name of a secret, never its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")


def resolve(name: SecretName, settings: Settings) -> str:
    """The secret's value: from the environment, a file, or a Prefect Secret block.

    Raises:
        ConfigurationError: It is in none of them; says where it was looked for.
    """
    variable = "WAXWORK_SECRET_" + name.secret.upper().replace("-", "_")
    looked = [f"the environment variable {variable}"]
    if value := os.environ.get(variable):
        return value
    if settings.secrets_dir is not None:
        path = settings.secrets_dir / name.secret
        looked.append(f"the file {path}")
        if path.is_file() and (value := _content(path, name)):
            return value
    if os.environ.get("PREFECT_API_URL"):
        looked.append(f"the Prefect Secret block {_block_name(name)!r}")
        if value := _block(name):
            return value
    raise ConfigurationError(
        f"the secret {name.secret!r} is missing",
        fix=f"It was looked for in {', '.join(looked)}",
    )


def _content(path: Path, name: SecretName) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        # The error's own text can quote what the file holds.
        raise ConfigurationError(
            f"the secret {name.secret!r} can't be read", where=str(path), fix="It is one UTF-8 text"
        ) from None


def _block_name(name: SecretName) -> str:
    return name.secret.replace("_", "-").lower()


def _block(name: SecretName) -> str:
    """The value of a Prefect Secret block; empty if there is none or no server answers."""
    import httpx
    from prefect.blocks.system import Secret

    try:
        # `_sync`: a plain call also where an event loop runs.
        block = Secret.load(_block_name(name), _sync=True)  # type: ignore[call-arg]
    except (ValueError, RuntimeError, httpx.HTTPError):
        return ""
    return str(block.get())  # type: ignore[union-attr]


def require_all(part: object, settings: Settings) -> None:
    """See that every secret a configuration names is there, before any work begins.

    Raises:
        ConfigurationError: One is missing.
    """
    if isinstance(part, SecretName):
        resolve(part, settings)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            require_all(getattr(part, name), settings)
    elif isinstance(part, list | tuple):
        for item in part:
            require_all(item, settings)
