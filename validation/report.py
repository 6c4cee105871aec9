"""All answers about one dataset, and the forms they are read in: JSON, frame, JUnit, Markdown."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tabular.portrait import Portrait
from validation.base import FAMILIES, CheckResult
from validation.drift import Drift
from validation.mitigation import Mitigation
from validation.pictures import TablePictures

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = (
    "table",
    "family",
    "check",
    "status",
    "severity",
    "statistic",
    "value",
    "low",
    "high",
    "baseline",
    "threshold",
    "better",
    "smallest_effect",
    "n_rows",
    "seconds",
    "message",
)
_MOST_ITEMS = 20
_COUNTS = frozenset({"rows", "n", "n_rows", "count", "subjects"})
# What XML 1.0 can't hold, section 2.2.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class History(BaseModel):
    """What happened to a source before, by the log of attempts.

    Args:
        attempts: Attempts since the last release, this one counted.
        releases: Releases before this one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(ge=1)
    releases: int = Field(ge=0)


class Report(BaseModel):
    """Every check's answer, with pictures: aggregates only."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    name: str
    results: tuple[CheckResult, ...]
    rows: dict[str, dict[str, int]] = Field(
        default_factory=dict,
        description="Rows of each table on each side: train, holdout, reference, synthetic.",
    )
    without_subjects: tuple[str, ...] = Field(
        default=(),
        description="Generated tables that hold no subject's rows: no privacy check is owed.",
    )
    generator: str | None = None
    seed: int = 0
    data_digest: str = Field(
        default="", description="sha256 of the data that was judged; empty in `waxwork check`."
    )
    versions: dict[str, str] = Field(default_factory=dict)
    pictures: dict[str, TablePictures] = Field(default_factory=dict)
    portraits: dict[str, Portrait] = Field(
        default_factory=dict,
        description="What the models show of themselves, by table; fit to be published.",
    )
    set_aside: dict[str, dict[str, int]] = Field(
        default_factory=dict,
        description="Real rows that each contract rule set aside, by table and rule.",
    )
    must_have: dict[str, int] = Field(
        default_factory=dict,
        description="Rows the owner asked for, by table: put in after the checks, at the end.",
    )
    drift: Drift | None = Field(
        default=None, description="What changed in the source since the last release."
    )
    mitigation: Mitigation | None = Field(
        default=None, description="What bringing the groups to declared rates changed and cost."
    )
    history: History | None = Field(
        default=None, description="Attempts and releases of this source; none in `waxwork check`."
    )
    epsilon: float | None = Field(
        default=None, description="Differential privacy spent; none where there is no guarantee."
    )

    def to_json(self) -> str:
        """The report as JSON, which `Report.model_validate_json` reads."""
        return self.model_dump_json(indent=2, fallback=_plain)

    def to_frame(self) -> pd.DataFrame:
        """One row for each result."""
        import pandas as pd

        records = []
        for result in self.results:
            low, high = result.interval or (None, None)
            known = {"low": low, "high": high}
            records.append(
                [known[name] if name in known else getattr(result, name) for name in _COLUMNS]
            )
        frame = pd.DataFrame(records, columns=list(_COLUMNS))
        figures = ["value", "low", "high", "baseline", "threshold", "smallest_effect", "seconds"]
        return frame.astype(dict.fromkeys(figures, "float64"))

    def to_junit(self) -> str:
        """JUnit XML: a suite for each family, a case for each check.

        What fails or can't be decided, and blocks, is a failure; what could not be judged is
        skipped; what only warns is said in the case's output.
        """
        root = ET.Element("testsuites", name=_xml(self.name))
        for family in FAMILIES:
            members = [result for result in self.results if result.family == family]
            if not members:
                continue
            tags = [_junit_tag(result) for result in members]
            counts = Counter(tags)
            suite = ET.SubElement(
                root,
                "testsuite",
                name=family,
                tests=str(len(members)),
                failures=str(counts["failure"]),
                errors=str(counts["error"]),
                skipped=str(counts["skipped"]),
                time=f"{sum(result.seconds for result in members):.3f}",
            )
            for result, tag in zip(members, tags, strict=True):
                case = ET.SubElement(
                    suite,
                    "testcase",
                    classname=_xml(".".join(filter(None, (family, result.table)))),
                    name=_xml(result.check),
                    time=f"{result.seconds:.3f}",
                )
                if tag in {"failure", "error", "skipped"}:
                    ET.SubElement(case, tag, type=result.status, message=_xml(result.message))
                else:
                    ET.SubElement(case, "system-out").text = _xml(
                        f"{result.status}: {result.message}"
                    )
        ET.indent(root)
        return ET.tostring(root, encoding="unicode", xml_declaration=True)

    def to_markdown(self) -> str:
        """A table of all results, for a pull request or a terminal."""
        lines = [
            f"# {_cell(self.name)}",
            "",
            "| check | family | table | status | value | 95 % interval | baseline | threshold | |",
            "|---|---|---|---|---:|---|---:|---:|---|",
        ]
        for result in self.results:
            interval = " to ".join(map(figure, result.interval)) if result.interval else ""
            bound = "≤" if result.better == "lower" else "≥"
            asked = f"{bound} {figure(result.threshold)}" if result.threshold is not None else ""
            cells = (
                result.check,
                result.family,
                result.table,
                result.status
                if result.severity == "blocking"
                else f"{result.status} ({result.severity})",
                figure(result.value),
                interval,
                figure(result.baseline),
                asked,
                result.message,
            )
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
        return "\n".join(lines) + "\n"

    def public(self) -> Report:
        """The same report as it may leave the house.

        Statistics are rounded to three significant digits, so that a release can't be searched for
        the rows behind a figure's last digits (Ganev and De Cristofaro 2023, arXiv 2312.05114);
        long lists and groups of fewer than k are left out; pictures hide small cells.
        """
        k = max((picture.k for picture in self.pictures.values()), default=5)
        return self.model_copy(
            update={
                "results": tuple(_public(result, k) for result in self.results),
                "set_aside": {},
                "drift": None,
                "mitigation": self.mitigation and _public_mitigation(self.mitigation, k),
                "pictures": {name: picture.public() for name, picture in self.pictures.items()},
            }
        )


def figure(value: float | None) -> str:
    """A number as people read it: three significant digits, empty for none."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    rounded = _rounded(value)
    if rounded == 0:
        return "0"
    if abs(rounded) >= 1000:  # noqa: PLR2004  three digits before the point and more
        return f"{rounded:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits > 3 else text  # noqa: PLR2004


def _rounded(value: float) -> float:
    if not math.isfinite(value) or value == 0:
        return value
    return round(value, 2 - math.floor(math.log10(abs(value))))


def _public(result: CheckResult, k: int) -> CheckResult:
    numbers = {
        name: None if (value := getattr(result, name)) is None else _rounded(value)
        for name in ("value", "baseline", "threshold", "smallest_effect", "seconds")
    }
    interval = tuple(map(_rounded, result.interval)) if result.interval else None
    details = _public_value(result.details, k)
    return result.model_copy(
        update={**numbers, "interval": interval, "details": {} if details is None else details}
    )


def _public_mitigation(mitigation: Mitigation, k: int) -> Mitigation:
    return mitigation.model_copy(
        update={
            "kept": _rounded(mitigation.kept),
            "groups": tuple(
                group.model_copy(
                    update={
                        name: _rounded(getattr(group, name))
                        for name in ("real", "before", "after", "declared")
                    }
                )
                for group in mitigation.groups
            ),
            "before": tuple(_public(result, k) for result in mitigation.before),
            "after": tuple(_public(result, k) for result in mitigation.after),
        }
    )


def _public_value(value: Any, k: int) -> Any:  # noqa: ANN401  whatever JSON holds
    """Rounded, without long lists and small groups; `None` for what is left out."""
    value = _plain(value) if isinstance(value, np.generic | np.ndarray) else value
    if isinstance(value, dict):
        counts = [value[name] for name in _COUNTS & set(value)]
        if any(isinstance(count, int | float) and count < k for count in counts):
            return None
        kept = {name: _public_value(item, k) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None}
    if isinstance(value, list | tuple):
        if len(value) > _MOST_ITEMS:
            return None
        return [kept for item in value if (kept := _public_value(item, k)) is not None]
    if isinstance(value, float):
        return _rounded(value)
    return value


def _plain(value: object) -> object:
    """What JSON can hold, for the numbers numpy gives."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)


def _junit_tag(result: CheckResult) -> str:
    if result.status in {"not_applicable", "insufficient"}:
        return "skipped"
    if result.status == "error":
        return "error"
    return "failure" if result.severity == "blocking" and result.status != "pass" else "system-out"


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
