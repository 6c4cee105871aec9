"""`waxwork run`, `waxwork refresh` and `waxwork demo`: the flow, watched from a terminal."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

from pipelines.refresh import standing
from pipelines.reporting import Bars, Lines, watched_by
from pipelines.secrets import require_all
from pipelines.terminal import console, show_results, show_verdict
from pipelines.workspace import Workspace
from tabular.errors import WaxworkError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipelines.config import PipelineConfig
    from pipelines.references import Outcome
    from pipelines.settings import Settings

_EXIT = {"publish": 0, "reject": 3, "hold": 4}
_DRAIN_SECONDS = 20.0


def run(config: PipelineConfig, settings: Settings, *, as_json: bool, debug: bool) -> int:
    """Run the flow; returns the exit code.

    Raises:
        WaxworkError: What the flow failed with.
    """
    require_all(config, settings)
    config.source.quick_fingerprint()  # what is not there is noticed before a server starts
    with watched():
        state, flow_run = _run_flow(config)
    if (state.is_failed() and state.name != "Rejected") or state.is_crashed():
        error = state.result(raise_on_failure=False)
        if isinstance(error, WaxworkError):
            raise error
        if debug and isinstance(error, BaseException):
            raise error
        raise WaxworkError(
            f"the flow ended as {state.name}",
            fix="Run again with --debug to see where it broke",
        )
    if state.is_cancelled():
        raise WaxworkError("the run was cancelled; nothing was published")
    outcome = _outcome(config, settings, str(flow_run))
    _show(outcome, as_json=as_json)
    return _EXIT[outcome.verdict]


def refresh(config: PipelineConfig, settings: Settings, *, as_json: bool, debug: bool) -> int:
    """Run the flow if the source or the configuration changed; returns the exit code."""
    import json

    before = standing(config, settings, Workspace.of(config.name, settings))
    if before is None:
        return run(config, settings, as_json=as_json, debug=debug)
    said = {
        "publish": "Up to date: neither the source nor the configuration changed since the "
        f"release {before.version}.",
        "reject": "Rejected before on the same source and configuration; nothing was run.",
        "hold": "Held before on the same source and configuration; nothing was run.",
    }[before.verdict]
    if as_json:
        print(json.dumps({"unchanged": True, **before.model_dump(mode="json")}, indent=1))  # noqa: T201
    else:
        print(said)  # noqa: T201  the command's answer
        if before.verdict != "publish":
            for reason in before.reasons:
                print(f"  - {reason}")  # noqa: T201
    return _EXIT[before.verdict]


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Bars on a terminal, plain lines elsewhere, on standard error."""
    screen = console(stderr=True)
    if screen.is_terminal:
        with Bars(screen) as bars, watched_by(bars):
            yield
    else:
        with watched_by(Lines()):
            yield


def _run_flow(config: PipelineConfig) -> tuple[Any, UUID | None]:
    from pipelines.flows.synthesize import synthesize

    _start_server()
    state = synthesize(config, return_state=True)
    flow_run = state.state_details.flow_run_id
    if flow_run is not None:
        _drain(flow_run)
    return state, flow_run


def _start_server() -> None:
    """Start the server that a run brings along, so that only this user can read what it writes."""
    from prefect.client.orchestration import get_client
    from prefect.settings import get_current_settings

    if get_current_settings().api.url is not None:
        return
    before = os.umask(0o077)
    try:
        with get_client(sync_client=True):
            pass
    finally:
        os.umask(before)


def _drain(flow_run: UUID) -> None:
    """Wait until the server has written every task run of the flow.

    A server that lives only as long as this process loses what it was told last.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
    from prefect.events.worker import EventsWorker

    with contextlib.suppress(Exception):
        # Only history depends on it: a run that published must not fail here.
        EventsWorker.drain_all(timeout=_DRAIN_SECONDS)
        only = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
        limit = time.monotonic() + _DRAIN_SECONDS
        with get_client(sync_client=True) as client:
            before = -1
            while time.monotonic() < limit:
                runs = client.read_task_runs(flow_run_filter=only)
                final = [r for r in runs if r.state is not None and r.state.is_final()]
                if final and len(final) == len(runs) == before:
                    return
                before = len(runs)
                time.sleep(0.3)


def _outcome(config: PipelineConfig, settings: Settings, run_id: str) -> Outcome:
    from pipelines.references import Outcome

    path = Workspace.of(config.name, settings).run_folder(run_id) / "outcome.json"
    return Outcome.model_validate_json(path.read_bytes())


def _show(outcome: Outcome, *, as_json: bool) -> None:
    from validation.report import Report

    if as_json:
        print(outcome.model_dump_json(indent=1))  # noqa: T201  the command's answer
        return
    report = Report.model_validate_json(outcome.report_json.read_bytes())
    screen = console()
    show_results(report.results, screen)
    for table, rules in outcome.set_aside.items():
        for rule, rows in rules.items():
            screen.print(f"  {rows:,} rows of {table} set aside by {rule}", markup=False)
    for change in outcome.drift:
        screen.print(f"  the source changed since the last release: {change}", markup=False)
    show_verdict(outcome.verdict, outcome.reasons, screen)
    screen.print()
    for receipt in outcome.receipts:
        screen.print(f"Release: {receipt.location}", soft_wrap=True, markup=False)
    screen.print(f"Report:  {outcome.report_html}", soft_wrap=True, markup=False)
