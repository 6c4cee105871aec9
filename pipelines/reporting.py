"""How far a run is, for whoever watches: bars on a terminal, plain lines elsewhere.

Stages tell a `Watcher`; which one listens is set for the current context, so that tasks need not
carry it through the orchestrator.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import TaskID


class Watcher(Protocol):
    """Somebody who is told of stages."""

    def begin(self, stage: str) -> None:
        """A stage begins."""
        ...

    def advance(self, stage: str, done: float, message: str) -> None:
        """A stage is this far, in [0, 1]."""
        ...

    def end(self, stage: str, outcome: str, seconds: float) -> None:
        """A stage ended after so many wall seconds."""
        ...


class Silence:
    """Nobody watches."""

    def begin(self, stage: str) -> None:
        """Say nothing."""

    def advance(self, stage: str, done: float, message: str) -> None:
        """Say nothing."""

    def end(self, stage: str, outcome: str, seconds: float) -> None:
        """Say nothing."""


class Lines:
    """One line per finished stage on standard error: for logs and CI."""

    def begin(self, stage: str) -> None:
        """Say nothing yet."""

    def advance(self, stage: str, done: float, message: str) -> None:
        """Say nothing: a log is read afterwards."""

    def end(self, stage: str, outcome: str, seconds: float) -> None:
        """Print the stage, what came of it and how long it took."""
        sys.stderr.write(f"{stage:<9} {seconds:7.1f} s  {outcome}\n")
        sys.stderr.flush()


class Bars:
    """A progress bar per stage, on a terminal."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.fields[mark]} {task.description:<9}"),
            BarColumn(bar_width=28),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[message]}"),
            console=console,
            transient=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, stage: str) -> None:
        """Add a bar."""
        self._tasks[stage] = self._progress.add_task(stage, total=1.0, mark="·", message="")

    def advance(self, stage: str, done: float, message: str) -> None:
        """Move the bar."""
        self._progress.update(self._tasks[stage], completed=done, message=message)

    def end(self, stage: str, outcome: str, seconds: float) -> None:  # noqa: ARG002  shown by the bar
        """Fill the bar and say what came of it."""
        failed = outcome.startswith("failed")
        self._progress.update(
            self._tasks[stage],
            completed=None if failed else 1.0,
            mark="[red]✗[/]" if failed else "[green]✓[/]",
            message=outcome,
        )
        self._progress.stop_task(self._tasks[stage])


_watcher: ContextVar[Watcher] = ContextVar("watcher", default=Silence())  # noqa: B039  holds nothing


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Tell this watcher of all stages inside the block."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


_listeners: ContextVar[tuple[Callable[[str, float], None], ...]] = ContextVar(
    "listeners", default=()
)


@contextmanager
def also_told(listener: Callable[[str, float], None]) -> Iterator[None]:
    """Also tell this function how far each stage is, inside the block."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


class Stage:
    """A running stage: how it tells its progress, and what came of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outcome = "done"

    def progress(self, done: float, message: str = "") -> None:
        """A `tabular.model.Progress`."""
        done = min(max(done, 0.0), 1.0)
        _watcher.get().advance(self.name, done, message)
        for tell in _listeners.get():
            tell(self.name, done)


@contextmanager
def stage(name: str) -> Iterator[Stage]:
    """Announce a stage, its progress and its end."""
    running = Stage(name)
    watcher = _watcher.get()
    begun = time.perf_counter()
    watcher.begin(name)
    try:
        yield running
    except BaseException as error:
        watcher.end(name, f"failed: {type(error).__name__}", time.perf_counter() - begun)
        raise
    running.progress(1.0)
    watcher.end(name, running.outcome, time.perf_counter() - begun)
