"""How a stage runs as a task: watched, safe to show, and not again where nothing changed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel

from pipelines.config import PipelineConfig
from pipelines.provenance import code_digest, versions
from pipelines.reporting import Stage, stage
from pipelines.settings import Settings
from pipelines.workspace import Workspace, digest_of_json
from tabular.errors import WaxworkError

_Made = TypeVar("_Made", bound=BaseModel)


def place(config: PipelineConfig) -> tuple[Settings, Workspace]:
    """The settings of this process, and the dataset's workspace."""
    settings = Settings()
    return settings, Workspace.of(config.name, settings)


def cache_key(*parts: object) -> str:
    """A digest of a stage's inputs, which are JSON values, and of what runs it; no paths."""
    return digest_of_json([code_digest(), versions(), *parts])[:32]


def once(
    name: str,
    key: str,
    model: type[_Made],
    make: Callable[[], _Made],
    workspace: Workspace,
    *,
    cacheable: bool = True,
) -> tuple[_Made, bool]:
    """What the stage made before from the same inputs, or what it makes now; and which it is."""
    if cacheable and (found := workspace.remembered(name, key, model)) is not None:
        return found, True
    made = make()
    if cacheable:
        workspace.remember(name, key, made)
    return made, False


def as_task_result(made: _Made, *, cached: bool) -> _Made:
    """The result; from the cache in a state of that name, which Prefect unpacks for the flow."""
    if not cached:
        return made
    return cast("_Made", Completed(name="Cached", message="Nothing changed.", data=made))


def result_of(made: _Made) -> _Made:
    """What a task made, for the flow itself: Prefect unpacks a returned state for tasks only."""
    return cast("_Made", made.result()) if isinstance(made, State) else made


def unchanged(*, cached: bool) -> str:
    """What a watcher is told of a stage that had nothing to do."""
    return " (unchanged)" if cached else ""


@contextmanager
def safe_stage(name: str) -> Iterator[Stage]:
    """A watched stage whose errors can be shown: another library's text may quote a cell.

    The orchestrator writes errors with their causes into its database, which others read, so no
    cause goes there, however loud the logs are; with `--debug` it goes to standard error.
    """
    with stage(name) as running:
        try:
            yield running
        except WaxworkError as error:
            _show_trace(error)
            raise error from None
        except Exception as error:  # noqa: BLE001  every other becomes one of ours
            _show_trace(error)
            raise WaxworkError(
                f"the stage broke down with {type(error).__name__}",
                where=name,
                fix="Run again with --debug to see where; the trace may quote cells",
            ) from None


def _show_trace(error: Exception) -> None:
    if Settings().debug:
        traceback.print_exception(error)
