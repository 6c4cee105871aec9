"""The page people look at: one HTML file that needs no script, no font and no network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validation.advice import advice
from validation.base import CHECKS, FAMILIES
from validation.details import Block, blocks
from validation.drawing import axis, bars, heat_map, histogram
from validation.drift_html import compared
from validation.explanations import FIGURES, STATUSES
from validation.mitigation import costs
from validation.portrait_html import shown
from validation.report import figure

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from validation.base import CheckResult
    from validation.drift import Drift
    from validation.gate import Decision
    from validation.pictures import AssociationPicture, TablePictures
    from validation.report import Report

_TEMPLATES = Path(__file__).parent / "templates"

_QUESTIONS = {
    "validity": "is every row well formed?",
    "fidelity": "does it look like the source?",
    "utility": "can it be worked with like the source?",
    "privacy": "does it give away who was in the source?",
    "fairness": "is every group still there, and treated no worse?",
}

_STATUS = {
    "pass": ("passed", "pass"),
    "fail": ("failed", "fail"),
    "undecided": ("undecided", "open"),
    "insufficient": ("too few rows", "none"),
    "not_applicable": ("not applicable", "none"),
    "error": ("broke down", "fail"),
}

_SENTENCES = {
    "publish": "Every check that the policy {policy} asks for was done, and none found a fault. "
    "The data may be published.",
    "hold": "No fault was proved, but the policy {policy} asks for more than the checks could "
    "give. The data waits for a person to decide.",
    "reject": "At least one check that the policy {policy} counts on found a fault. The data must "
    "not be published.",
}

_ICON = (
    '<svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="4" '
    'stroke-linecap="round" stroke-linejoin="round"><circle cx="24" cy="24" r="21"/>{}</svg>'
)
_ICONS = {
    "publish": '<path d="M14 25l7 7 13-15"/>',
    "hold": '<path d="M19 16v16M29 16v16"/>',
    "reject": '<path d="M16 16l16 16M32 16L16 32"/>',
}

_HARMLESS = (
    " detectable at ",
    " was asked for",
    " the policy lets pass",
    " corrected for together",
    " since the last release, release ",
)
"""What marks a sentence of the gate that stops nothing."""


@dataclass(frozen=True)
class _CheckView:
    """One check as the page shows it."""

    result: CheckResult
    title: str
    status: str
    tone: str
    about: str
    message: str
    axis: Markup | None
    caption: str
    figures: list[tuple[str, str]]
    advice: Markup
    blocks: list[Block] = field(default_factory=list)


def render(report: Report, decision: Decision) -> str:
    """The report as one self-contained HTML page, the verdict first.

    Args:
        report: What was found; `report.public()` for a page that leaves the house.
        decision: What the gate made of it.
    """
    from markupsafe import Markup

    views = [_view(result) for result in report.results]
    families = [_family(name, views) for name in FAMILIES]
    sure, warnings, found_nothing = _sorted_reasons(decision)
    drifted = report.drift.drifted if report.drift else ()
    warnings += [f"The source changed: {change.message}." for change in drifted]
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            decision=decision,
            verdict={
                "word": decision.verdict.capitalize(),
                "sentence": _SENTENCES[decision.verdict].format(policy=decision.policy),
                "icon": Markup(_ICON).format(Markup(_ICONS[decision.verdict])),  # noqa: S704  constants
            },
            glossary={**FIGURES, **STATUSES},
            stopping=sure,
            warnings=warnings,
            found_nothing=found_nothing,
            families=[family for family in families if family["checks"]],
            many_tables=len({result.table for result in report.results} | set(report.pictures)) > 1,
            mitigation=report.mitigation,
            costs=costs(report.mitigation) if report.mitigation else [],
            drift=report.drift,
            compared=compared(report.drift) if report.drift else {},
            models=shown(report.portraits),
            tables=[_table(name, pictures) for name, pictures in report.pictures.items()],
        )
    )


def render_drift(name: str, drift: Drift) -> str:
    """A page about a source that is not what it was, where the run ended at that.

    Args:
        name: The dataset.
        drift: What changed.
    """
    return (
        _environment()
        .get_template("drift_page.html")
        .render(name=name, drift=drift, compared=compared(drift))
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _sorted_reasons(decision: Decision) -> tuple[list[str], list[str], list[str]]:
    """What stops the release, what is worth knowing, and what the passed checks allow to say."""
    stopping, warnings, passed = _parted(decision)
    texts = [warning.removeprefix("Warning: ") for warning in warnings]
    first, second, third = ([_capital(r) for r in part] for part in (stopping, texts, passed))
    return first, second, third


def _parted(decision: Decision) -> tuple[list[str], list[str], list[str]]:
    warnings = [reason for reason in decision.reasons if reason.startswith("Warning: ")]
    others = [reason for reason in decision.reasons if not reason.startswith("Warning: ")]
    if decision.verdict == "publish":
        return [], warnings, others
    stopping = [reason for reason in others if _stops(reason)]
    return stopping, warnings, [reason for reason in others if not _stops(reason)]


def _stops(reason: str) -> bool:
    """Whether a sentence says why, and not what was found to be right."""
    return not any(words in reason for words in _HARMLESS)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _family(name: str, views: list[_CheckView]) -> dict[str, Any]:
    checks = [view for view in views if view.result.family == name]
    counts = Counter(view.status for view in checks)
    said = ", ".join(f"{n} {word}" for word, n in sorted(counts.items(), key=_by_status))
    return {"name": name, "question": _QUESTIONS[name], "checks": checks, "said": said}


def _by_status(item: tuple[str, int]) -> int:
    """Statuses in the order of the field, a failure that only warns after one that stops."""
    words = [word for word, _ in _STATUS.values()]
    return words.index(item[0]) if item[0] in words else len(words)


def _view(result: CheckResult) -> _CheckView:
    status, tone = _STATUS[result.status]
    if result.status in {"fail", "error"} and result.severity != "blocking":
        status, tone = f"{status} ({result.severity})", "open"
    about = CHECKS[result.check].summary() if result.check in CHECKS else result.statistic
    drawing = axis(result)
    return _CheckView(
        result=result,
        title=result.check.replace("_", " ").capitalize(),
        status=status,
        tone=tone,
        about=about,
        message=_sentence(result.message),
        axis=drawing,
        caption=_caption(result) if drawing else "",
        figures=_figures(result),
        advice=_with_code(advice(result)),
        blocks=blocks(result.details),
    )


def _caption(result: CheckResult) -> str:
    better = "Lower is better" if result.better == "lower" else "Higher is better"
    what = result.statistic or "the figure"
    return f"{_capital(what)}. {better}."


def _figures(result: CheckResult) -> list[tuple[str, str]]:
    found = [("Value", figure(result.value))]
    if result.interval:
        found.append(("95 % interval", " to ".join(map(figure, result.interval))))
    found.append(("Fresh real rows", figure(result.baseline)))
    sign = "≤" if result.better == "lower" else "≥"
    asked = f"{sign} {figure(result.threshold)}" if result.threshold is not None else ""
    found.append(("Threshold", asked))
    found.append(("Smallest visible effect", figure(result.smallest_effect)))
    found.append(("Rows", f"{result.n_rows:,}" if result.n_rows else ""))
    found = [(name, text) for name, text in found if text]
    return [*found, ("CPU seconds", f"{result.seconds:.1f}")] if found else []


def _with_code(text: str) -> Markup:
    """Words in backticks as code."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return _capital(text) + ("" if text.endswith((".", "!", "?")) else ".")


def _table(name: str, pictures: TablePictures) -> dict[str, Any]:
    columns = sorted(pictures.columns, key=lambda column: -column.distance)
    return {
        "name": name,
        "k": pictures.k,
        "columns": [
            {
                "name": column.name,
                "distance": f"{100 * column.distance:.1f} %",
                "drawing": bars(column) if column.type == "category" else histogram(column),
            }
            for column in columns
        ],
        "maps": _maps(pictures.association) if pictures.association else [],
        "groups": _groups(pictures),
        "outcome": pictures.outcome,
    }


def _maps(picture: AssociationPicture) -> list[dict[str, Any]]:
    names, difference = picture.names, picture.difference
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    i, j = max(pairs, key=lambda pair: abs(difference[pair[0]][pair[1]]))
    said = f"largest: {names[j]} and {names[i]}, {difference[i][j]:+.2f}"
    return [
        {
            "title": "Real",
            "said": "fuller is stronger",
            "drawing": heat_map(names, picture.real, "real", "Associations in the real rows"),
        },
        {
            "title": "Synthetic",
            "said": "fuller is stronger",
            "drawing": heat_map(
                names, picture.synthetic, "synthetic", "Associations in the synthetic rows"
            ),
        },
        {
            "title": "Difference",
            "said": f"red is stronger in synthetic rows, blue weaker; {said}",
            "drawing": heat_map(
                names, difference, "difference", f"Difference of the associations; {said}"
            ),
        },
    ]


def _groups(pictures: TablePictures) -> list[dict[str, Any]]:
    shown = []
    for group in pictures.groups:
        shares: list[tuple[str, float | None]] = [
            ("real", group.real),
            ("synthetic", group.synthetic),
        ]
        if pictures.outcome:
            shares += [("real", group.outcome_real), ("synthetic", group.outcome_synthetic)]
        cells = [{"text": f"{group.rows:,}", "bar": "", "side": ""}]
        cells += [
            {
                "text": "" if share is None else f"{100 * share:.1f} %",
                "bar": f"{share:.3f}" if share else "",
                "side": side,
            }
            for side, share in shares
        ]
        shown.append({"name": group.group, "cells": cells})
    return shown
