"""Drawings of the report page: small SVG and CSS pictures that need no script and no network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from validation.report import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from validation.base import CheckResult
    from validation.pictures import ColumnPicture

_TICKS = (1.0, 2.0, 2.5, 5.0, 10.0)
Sides = tuple[str, str]
REAL_AND_SYNTHETIC: Sides = ("real", "synthetic")
_FULL_DIFFERENCE = 0.3
"""Difference of two associations that is drawn in full colour."""


def axis(result: CheckResult) -> Markup | None:
    """A check's figure with interval, baseline and threshold on one axis; none without a figure."""
    from markupsafe import Markup

    if result.value is None or not math.isfinite(result.value):
        return None
    interval = result.interval
    if interval and not all(map(math.isfinite, interval)):
        interval = None
    marks = [result.value, *(interval or ())]
    marks += [m for m in (result.baseline, result.threshold) if m is not None and math.isfinite(m)]
    low, high = _span(marks)

    def at(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    parts = []
    if result.threshold is not None and math.isfinite(result.threshold):
        place = 100 * (result.threshold - low) / (high - low)
        start, width = (place, 100 - place) if result.better == "lower" else (0.0, place)
        # The label goes to the accepted side, unless there is no room for it.
        left = place > (40 if result.better == "lower" else 60)
        shift, anchor = (-6, "end") if left else (6, "start")
        parts += [
            f'<rect class="beyond" x="{start:.2f}%" width="{width:.2f}%" y="0" height="44"/>',
            f'<line class="threshold" x1="{place:.2f}%" x2="{place:.2f}%" y1="0" y2="44"/>',
            (
                f'<text class="named" x="{place:.2f}%" dx="{shift}" y="11" '
                f'text-anchor="{anchor}">threshold {figure(result.threshold)}</text>'
            ),
        ]
    parts.append('<line class="base" x1="0" x2="100%" y1="44" y2="44"/>')
    for tick in _ticks(low, high):
        anchor = "start" if tick - low < 0.03 * (high - low) else "middle"
        anchor = "end" if high - tick < 0.03 * (high - low) else anchor
        parts += [
            f'<line class="tick" x1="{at(tick)}" x2="{at(tick)}" y1="44" y2="48"/>',
            f'<text x="{at(tick)}" y="61" text-anchor="{anchor}">{_tick_text(tick)}</text>',
        ]
    if interval:
        parts.append(
            f'<line class="interval" x1="{at(interval[0])}" x2="{at(interval[1])}" '
            'y1="27" y2="27"/>'
        )
    if result.baseline is not None and math.isfinite(result.baseline):
        # A nested picture of no width puts a path at a percentage.
        parts.append(
            f'<svg x="{at(result.baseline)}" y="27" overflow="visible" width="1" height="1">'
            '<path class="baseline" d="M0 -7 7 0 0 7 -7 0Z"/></svg>'
        )
    parts.append(f'<circle class="value" cx="{at(result.value)}" cy="27" r="6"/>')
    body = "".join(parts)
    # Every part is made of numbers and fixed words.
    return Markup(f'<svg class="axis" role="img" aria-label="{_spoken(result)}">{body}</svg>')  # noqa: S704


def histogram(picture: ColumnPicture, sides: Sides = REAL_AND_SYNTHETIC) -> Markup:
    """Bars for the first side, marks across them for the second."""
    from markupsafe import Markup, escape

    top = max((*picture.real, *picture.synthetic), default=0.0) or 1.0
    parts = []
    for i, (label, real, synthetic) in enumerate(
        zip(picture.labels, picture.real, picture.synthetic, strict=True)
    ):
        height, mark = 96 * real / top, 96 * synthetic / top
        parts.append(
            f"<g><title>{escape(label)}: "
            f"{_share(real)} {sides[0]}, {_share(synthetic)} {sides[1]}</title>"
            f'<rect class="real" x="{10 * i + 0.7:.1f}" width="8.6" y="{100 - height:.2f}" '
            f'height="{height:.2f}"/>'
            f'<rect class="synthetic" x="{10 * i + 0.2:.1f}" width="9.6" '
            f'y="{min(98.6 - mark, 97.6):.2f}" height="2.4"/></g>'
        )
    n = len(picture.labels)
    # Labels are escaped above, all else is numbers.
    drawing = Markup(  # noqa: S704
        f'<svg class="histogram" role="img" aria-label="{escape(summary(picture, sides))}" '
        f'viewBox="0 0 {10 * max(n, 1)} 100" preserveAspectRatio="none">{"".join(parts)}</svg>'
    )
    shown = [picture.labels[i] for i in sorted({0, n // 2, n - 1})] if n else []
    ends = Markup("").join(Markup("<span>{}</span>").format(label) for label in shown)
    return drawing + Markup('<div class="ends" aria-hidden="true">{}</div>').format(ends)


def bars(picture: ColumnPicture, sides: Sides = REAL_AND_SYNTHETIC) -> Markup:
    """One line for each category: a bar for the first side, a mark for the second."""
    from markupsafe import Markup

    top = max((*picture.real, *picture.synthetic), default=0.0) or 1.0
    lines = Markup("").join(
        Markup(
            '<span title="{0}">{0}</span><div title="{1} {5}, {2} {6}">'
            '<i style="--real-share:{3:.1f}"></i><b style="--synthetic-share:{4:.1f}"></b></div>'
        ).format(
            label,
            _share(real),
            _share(synthetic),
            98 * real / top,
            98 * synthetic / top,
            *sides,
        )
        for label, real, synthetic in zip(
            picture.labels, picture.real, picture.synthetic, strict=True
        )
    )
    return Markup('<div class="bars" role="img" aria-label="{}">{}</div>').format(
        summary(picture, sides), lines
    )


def heat_map(
    names: Sequence[str], matrix: Sequence[Sequence[float]], side: str, label: str
) -> Markup:
    """A map of associations, or of their differences where `side` is "difference"."""
    from markupsafe import Markup

    cells = []
    for i, name in enumerate(names):
        cells.append(Markup('<span title="{0}">{0}</span>').format(name))
        for j, other in enumerate(names):
            value = matrix[i][j]
            if i == j:
                cells.append(Markup('<i class="self"></i>'))
                continue
            tone, strength = "", value
            if side == "difference":
                tone = "more" if value > 0 else "less"
                strength = min(abs(value) / _FULL_DIFFERENCE, 1.0)
            cells.append(
                Markup('<i class="{}" style="--v:{:.0f}" title="{}, {}: {:+.2f}"></i>').format(
                    tone, 100 * strength, name, other, value
                )
                if side == "difference"
                else Markup('<i style="--v:{:.0f}" title="{}, {}: {:.2f}"></i>').format(
                    100 * strength, name, other, value
                )
            )
    return Markup('<div class="map {}" style="--n:{}" role="img" aria-label="{}">{}</div>').format(
        side, len(names), label, Markup("").join(cells)
    )


def _span(marks: list[float]) -> tuple[float, float]:
    """Where the axis begins and ends: all marks and some room, not below 0 if none is."""
    low, high = min(marks), max(marks)
    room = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    return (max(low - room, 0.0) if low >= 0 else low - room), high + room


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * tick for tick in _TICKS if size * tick >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _tick_text(value: float) -> str:
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def _spoken(result: CheckResult) -> str:
    parts = [f"figure {figure(result.value)}"]
    if result.interval:
        parts.append(f"interval {figure(result.interval[0])} to {figure(result.interval[1])}")
    if result.baseline is not None:
        parts.append(f"fresh rows {figure(result.baseline)}")
    if result.threshold is not None:
        side = "at most" if result.better == "lower" else "at least"
        parts.append(f"accepted {side} {figure(result.threshold)}")
    return ", ".join(parts)


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def summary(picture: ColumnPicture, sides: Sides = REAL_AND_SYNTHETIC) -> str:
    """A picture in a sentence, for those who don't see it."""
    text = f"{picture.name}: {_share(picture.distance)} of the rows would have to move"
    if not picture.labels:
        return text
    gaps = [abs(a - b) for a, b in zip(picture.real, picture.synthetic, strict=True)]
    i = gaps.index(max(gaps))
    return (
        f"{text}; the largest difference is at {picture.labels[i]}, "
        f"{_share(picture.real[i])} {sides[0]} and {_share(picture.synthetic[i])} {sides[1]}"
    )
