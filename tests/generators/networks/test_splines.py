"""Splines against their own inverse, autograd's slope, and a formula worked by hand."""

from __future__ import annotations

import pytest
import torch

from generators.networks.splines import Spline, parameters


def free(bins: int, *, seed: int = 0, scale: float = 1.5) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return scale * torch.randn((200, parameters(bins)), generator=rng, dtype=torch.float64)


def points(seed: int = 1) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(200, generator=rng, dtype=torch.float64)


def test_zeros_give_the_identity() -> None:
    x = points()
    y, slope = Spline.of(torch.zeros((200, parameters(5)), dtype=torch.float64))(x)
    torch.testing.assert_close(y, x)
    torch.testing.assert_close(slope, torch.zeros_like(x))


@pytest.mark.parametrize("bins", [2, 7, 16])
def test_the_inverse_leads_back(bins: int) -> None:
    spline, x = Spline.of(free(bins)), points()
    torch.testing.assert_close(spline.inverse(spline(x)[0]), x)
    torch.testing.assert_close(spline(spline.inverse(x))[0], x)


@pytest.mark.parametrize("bins", [2, 7, 16])
def test_the_slope_is_autograds(bins: int) -> None:
    x = points().requires_grad_()
    y, log_slope = Spline.of(free(bins))(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(log_slope, slope.log())


def test_ends_are_kept_and_order_is_too() -> None:
    spline = Spline.of(free(8, scale=4.0))
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    for end in ends:
        torch.testing.assert_close(spline(end.expand(200))[0], end.expand(200))
        torch.testing.assert_close(spline.inverse(end.expand(200)), end.expand(200))
    grid = torch.linspace(0, 1, 301, dtype=torch.float64)
    each = torch.stack([spline(x.expand(200))[0] for x in grid])
    assert (each.diff(dim=0) > 0).all()


def test_a_bin_is_the_rational_quadratic_of_the_paper() -> None:
    knots = torch.tensor([[0.0, 0.25, 1.0]], dtype=torch.float64)
    heights = torch.tensor([[0.0, 0.5, 1.0]], dtype=torch.float64)
    slopes = torch.tensor([[1.0, 2.0, 0.5]], dtype=torch.float64)
    y, _ = Spline(knots, heights, slopes)(torch.tensor([0.125], dtype=torch.float64))
    # Equation 4, half way through the first bin: s = 2, so .5 (2/4 + 1/4) / (2 + (1 + 2 - 4)/4).
    torch.testing.assert_close(y, torch.tensor([0.5 * 0.75 / 1.75], dtype=torch.float64))
