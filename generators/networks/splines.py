"""Monotone rational-quadratic splines from [0, 1] onto itself: a distribution function each.

Reference: Durkan, Bekasov, Murray, Papamakarios (2019), Neural spline flows, section 3.1 and
appendix A.1; Gregory, Delbourgo (1982), Piecewise rational quadratic interpolation to monotonic
data. Differs from the paper: the ends have slopes of their own, as there are no linear tails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch.nn import functional

_LEAST = 1e-4  # length of a bin, either way
_LEAST_SLOPE = 1e-4
_SHIFT = math.log(math.expm1(1 - _LEAST_SLOPE))  # at which the slope is 1


def parameters(bins: int) -> int:
    """How many numbers make a spline of so many bins."""
    return 3 * bins + 1


@dataclass(frozen=True)
class Spline:
    """One spline per row and column.

    Args:
        x: Knots, from 0 to 1, shape (..., bins + 1).
        y: What they are mapped to, from 0 to 1, of the same shape.
        slope: At the knots, of the same shape.
    """

    x: torch.Tensor
    y: torch.Tensor
    slope: torch.Tensor

    @classmethod
    def of(cls, free: torch.Tensor) -> Self:
        """The splines of free numbers, shape (..., 3 * bins + 1); zeros give the identity."""
        bins = (free.shape[-1] - 1) // 3
        widths, heights, slopes = torch.split(free, [bins, bins, bins + 1], dim=-1)
        return cls(
            _knots(widths), _knots(heights), _LEAST_SLOPE + functional.softplus(slopes + _SHIFT)
        )

    def __call__(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Where each x is mapped to, and the log of the slope there.

        Args:
            x: In [0, 1], shape (...,).
        """
        x0, x1, y0, y1, d0, d1 = self._bin(self.x, x)
        width, height = x1 - x0, y1 - y0
        t = ((x - x0) / width).clamp(0.0, 1.0)
        straight = height / width
        product = t * (1 - t)
        below = straight + (d0 + d1 - 2 * straight) * product
        y = y0 + height * (straight * t * t + d0 * product) / below
        rise = d1 * t * t + 2 * straight * product + d0 * (1 - t) * (1 - t)
        return y, 2 * straight.log() + rise.log() - 2 * below.log()

    def inverse(self, y: torch.Tensor) -> torch.Tensor:
        """What is mapped to each y in [0, 1], shape (...,)."""
        x0, x1, y0, y1, d0, d1 = self._bin(self.y, y)
        width, height = x1 - x0, y1 - y0
        straight = height / width
        rest = (y - y0).clamp_min(0.0)
        bent = rest * (d0 + d1 - 2 * straight)
        a = height * (straight - d0) + bent
        b = height * d0 - bent
        c = -straight * rest
        root = (b * b - 4 * a * c).clamp_min(0.0).sqrt()
        # The form that does not cancel where a is near zero.
        t = (2 * c / (-b - root)).nan_to_num(0.0).clamp(0.0, 1.0)
        return x0 + t * width

    def _bin(self, knots: torch.Tensor, at: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Both ends of the bin that each number is in: x, y and slopes."""
        inner = knots[..., 1:-1].detach().contiguous()
        which = torch.searchsorted(inner, at[..., None].detach().contiguous())
        ends = []
        for numbers in (self.x, self.y, self.slope):
            ends += [numbers.gather(-1, which)[..., 0], numbers.gather(-1, which + 1)[..., 0]]
        return tuple(ends)


def _knots(free: torch.Tensor) -> torch.Tensor:
    """Increasing from 0 to 1, shape (..., bins + 1)."""
    bins = free.shape[-1]
    shares = _LEAST + (1 - _LEAST * bins) * functional.softmax(free, dim=-1)
    inner = torch.cumsum(shares[..., :-1], dim=-1)
    return torch.cat([torch.zeros_like(free[..., :1]), inner, torch.ones_like(free[..., :1])], -1)
