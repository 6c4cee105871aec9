"""CTGAN's networks against autograd, and its conditions against counting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from generators.networks.ctgan import Critic, Layout, RowGenerator
from generators.networks.ctgan_training import LabelDraw, SampledRows
from generators.networks.weights import built
from tabular.seeding import Seed


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("pack", "dropout"), [(1, 0.0), (3, 0.0), (2, 0.5)])
def test_the_slope_is_the_length_of_autograds_gradient(pack: int, dropout: float) -> None:
    critic = built(lambda: Critic(5, pack=pack, hidden=(8, 7), dropout=dropout), Seed(0))
    rows = torch.randn((12, 5), generator=rng()).requires_grad_()
    # The same generator leaves out the same units.
    (gradient,) = torch.autograd.grad(critic(rows, rng(1)).sum(), rows, create_graph=True)
    expected = gradient.reshape(12 // pack, -1).norm(dim=1)
    found = critic.slope(rows, rng(1))
    torch.testing.assert_close(found, expected)
    parameters = [p for name, p in critic.named_parameters() if name.endswith("weight")]
    torch.testing.assert_close(
        torch.autograd.grad(found.sum(), parameters),
        torch.autograd.grad(expected.sum(), parameters),
    )


def test_a_generator_begins_with_the_shares_it_is_given() -> None:
    layout = Layout((2, 3), 1, (0, 1))
    network = built(lambda: RowGenerator(layout, noise=4, hidden=(8,)), Seed(0))
    with torch.no_grad():
        network.head.weight.zero_()
    network.start_from(torch.tensor([0.1, 0.9, 0.2, 0.0, 0.8]))
    labels, places = network.eval().draw(torch.zeros((20_000, 5)), rng())
    shares = [np.bincount(labels[:, b].numpy(), minlength=s) / 20_000 for b, s in enumerate((2, 3))]
    # Five standard errors of a share of 20,000 are at most .018.
    np.testing.assert_allclose(shares[0], [0.1, 0.9], atol=0.018)
    np.testing.assert_allclose(shares[1], [0.2, 0.0, 0.8], atol=0.018)
    assert places.shape == (20_000, 1)
    assert places.abs().max() <= 1


def test_soft_rows_are_shares_in_each_block() -> None:
    layout = Layout((2, 3), 1, (0, 1))
    network = built(lambda: RowGenerator(layout, noise=4, hidden=(8,)), Seed(0))
    soft = network.soft(torch.randn((50, 6), generator=rng()), rng())
    torch.testing.assert_close(soft[:, :2].sum(dim=1), torch.ones(50))
    torch.testing.assert_close(soft[:, 2:5].sum(dim=1), torch.ones(50))


def test_labels_are_drawn_by_weight_from_each_block_as_often() -> None:
    draw = LabelDraw(torch.tensor([1.0, 3.0, 0.0, 0.0, 5.0, 0.0]), (3, 3))
    shares = np.bincount(draw(40_000, rng()).numpy(), minlength=6) / 40_000
    # Five standard errors are at most .0125.
    np.testing.assert_allclose(shares, [0.125, 0.375, 0, 0, 0.5, 0], atol=0.0125)


def test_rows_that_are_sampled_have_the_label_asked_for() -> None:
    labels = torch.tensor([[0, 1, 0]] * 97 + [[1, 0, 2]] * 3)
    sampled = SampledRows(labels, Layout((2, 2, 3), 0, (0, 2)))
    asked, rows = sampled.draw(30_000, rng())
    flat = torch.stack([labels[rows, 0], 2 + labels[rows, 2]], dim=1)
    assert (flat == asked[:, None]).any(dim=1).all()
    # By the logarithm: log 4 of log 98 + log 4 of a block's draws, although 3 rows in 100 have it.
    rare = np.log(4) / (np.log(98) + np.log(4)) / 2
    assert abs(float((asked == 1).double().mean()) - rare) < 5 * np.sqrt(rare / 30_000)
    assert set(rows[asked == 1].tolist()) == {97, 98, 99}
