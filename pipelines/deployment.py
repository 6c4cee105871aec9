"""What `prefect deploy` calls while it reads `deploy/prefect.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.config import load


def configuration(path: str) -> dict[str, Any]:
    """A build step that hands a configuration file to a deployment's parameters.

    The file is held to the model here, so that a misspelt key stops the deployment and not the
    first night's run. Paths in it become absolute: a worker starts runs in folders of their own.

        build:
          - pipelines.deployment.configuration: {id: happiness, path: deploy/configs/happiness.yaml}
        parameters: {config: "{{ happiness.config }}"}

    Args:
        path: The file, as seen from where `prefect deploy` runs.

    Returns:
        `config`, as JSON holds it.

    Raises:
        ConfigurationError: Every fault in the file, each with its place.
    """
    config = load(Path(path))
    return {"config": config.model_dump(mode="json", exclude_unset=True)}
