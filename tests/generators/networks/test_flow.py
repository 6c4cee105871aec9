"""The flow against grids, autograd and its own masks."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from generators.networks.flow import Flow, Shape
from generators.networks.weights import built
from tabular.seeding import Seed


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flow(sizes: tuple[int, ...], placed: tuple[int, ...]) -> Flow:
    """A flow whose weights are far from those it begins with."""
    shape = Shape(sizes, placed, bins=5, hidden=24, blocks=2)
    network = built(lambda: Flow(shape, torch.zeros(sum(sizes))), Seed(0))
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(torch.randn(weights.shape, generator=rng(1)), alpha=0.15)
    return network.double().eval()


def test_one_place_integrates_to_one() -> None:
    network = flow((1,), (0,))
    middles = (torch.arange(20_000, dtype=torch.float64)[:, None] + 0.5) / 20_000
    labels = torch.zeros((20_000, 1), dtype=torch.int64)
    with torch.no_grad():
        density = network.log_prob(labels, middles, middles).exp()
    assert abs(float(density.mean()) - 1) < 1e-4


def test_labels_and_two_places_add_up_to_one() -> None:
    # Two labels; a number that is a spike or a place; and another place.
    network = flow((2, 2, 1), (1, 2))
    side = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    a, b = (x.reshape(-1) for x in torch.meshgrid(side, side, indexing="ij"))
    half = torch.full_like(side, 0.5)
    total = 0.0
    for first, second in product((0, 1), (0, 1)):
        at = torch.stack([a, b] if second else [half, side], dim=1)
        labels = torch.tensor([[first, second, 0]]).expand(len(at), -1)
        with torch.no_grad():
            total += float(network.log_prob(labels, at, at).exp().mean())
    assert abs(total - 1) < 1e-3


def test_the_probability_of_an_interval_is_the_integral_of_the_density_in_it() -> None:
    network = flow((2, 1), (1,))
    labels = torch.tensor([[1, 0]])
    low, high = (torch.tensor([[x]], dtype=torch.float64) for x in (0.2, 0.45))
    grid = 0.2 + 0.25 * (torch.arange(2000, dtype=torch.float64)[:, None] + 0.5) / 2000
    with torch.no_grad():
        mass = network.log_prob(labels, low, high).exp()
        density = network.log_prob(labels.expand(2000, -1), grid, grid).exp()
    # The middle of the last column's interval is seen by no other.
    torch.testing.assert_close(mass[0], 0.25 * density.mean(), rtol=1e-4, atol=0)


def test_change_of_variables_is_autograds_jacobian() -> None:
    network = flow((1, 1, 1), (0, 1, 2))
    labels = torch.zeros((1, 3), dtype=torch.int64)
    x = torch.tensor([[0.2, 0.7, 0.4]], dtype=torch.float64)

    def uniform(place: torch.Tensor) -> torch.Tensor:
        from generators.networks.splines import Spline

        return Spline.of(network(labels, place)[1])(place)[0]

    whole = torch.autograd.functional.jacobian(uniform, x)  # type: ignore[no-untyped-call]
    jacobian = whole[0, :, 0, :]
    assert (jacobian.triu(1) == 0).all()
    with torch.no_grad():
        found = network.log_prob(labels, x, x)[0]
    torch.testing.assert_close(found, torch.linalg.slogdet(jacobian).logabsdet)


@pytest.mark.parametrize("column", range(4))
def test_no_column_sees_itself_or_a_later_one(column: int) -> None:
    network = flow((3, 2, 1, 2), (1, 2))
    labels = torch.randint(0, 2, (50, 4), generator=rng(2)).clamp(max=torch.tensor([2, 1, 0, 1]))
    middles = torch.rand((50, 2), generator=rng(3), dtype=torch.float64)
    other, moved = labels.clone(), middles.clone()
    other[:, column] = (labels[:, column] + 1) % network.shape.sizes[column]
    if column in network.shape.placed:
        moved[:, network.shape.placed.index(column)] *= 0.5
    with torch.no_grad():
        (before, _), (after, _) = network(labels, middles), network(other, moved)
    for i in range(column + 1):
        torch.testing.assert_close(before[i], after[i])
    if column < 3:
        assert any((before[i] - after[i]).abs().max() > 1e-3 for i in range(column + 1, 4))


def test_it_begins_with_independent_columns() -> None:
    shape = Shape((2, 2), (1,), bins=4, hidden=8, blocks=1)
    base = torch.log(torch.tensor([0.2, 0.8, 0.5, 0.5]))
    network = built(lambda: Flow(shape, base), Seed(0))
    place = torch.tensor([[0.3]])
    found = network.log_prob(torch.tensor([[0, 1]]), place, place).exp()
    torch.testing.assert_close(found, torch.tensor([0.1]), rtol=1e-3, atol=0)


def test_draws_are_as_frequent_as_the_density_says() -> None:
    network = flow((2, 2), (1,)).float()
    labels, places = network.draw(40_000, rng(), lambda _, place: place)
    cell = torch.where(labels[:, 1] == 1, 1 + (places[:, 0] * 4).long(), 0)
    found = np.bincount((5 * labels[:, 0] + cell).numpy(), minlength=10) / 40_000
    side = torch.linspace(0, 1, 5)
    spike = (torch.tensor([0]), torch.tensor([[0.5]]), torch.tensor([[0.5]]))
    expected = []
    for first in (0, 1):
        intervals = [
            (torch.tensor([1]), low.reshape(1, 1), high.reshape(1, 1))
            for low, high in pairwise(side)
        ]
        for second, low, high in [spike, *intervals]:
            with torch.no_grad():
                both = torch.stack([torch.tensor([first]), second], dim=1)
                expected.append(float(network.log_prob(both, low, high).exp()))
    assert abs(sum(expected) - 1) < 1e-4
    # Five standard errors of a share of 40,000 are at most .0125.
    np.testing.assert_allclose(found, expected, atol=0.0125)
