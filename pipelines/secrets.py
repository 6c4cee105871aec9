"""Secrets, which a configuration only ever names."""

from __future__ import annotations

import os
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
    if (value := os.environ.get(variable)) is not None:
        return value
    if settings.secrets_dir is not None:
        path = settings.secrets_dir / name.secret
        looked.append(f"the file {path}")
        if path.is_file():
            return path.read_text(encoding="utf-8").strip()
    if os.environ.get("PREFECT_API_URL"):
        looked.append(f"the Prefect Secret block {name.secret!r}")
        if (value := _block(name.secret)) is not None:
            return value
    raise ConfigurationError(
        f"the secret {name.secret!r} is missing",
        fix=f"It was looked for in {', '.join(looked)}",
    )


def _block(name: str) -> str | None:
    from prefect.blocks.system import Secret

    try:
        block = Secret.load(name.replace("_", "-").lower())
    except ValueError:
        return None
    return str(block.get())  # type: ignore[union-attr]
