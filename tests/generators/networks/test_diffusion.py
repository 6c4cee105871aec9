"""The diffusion's losses and draws, against what is known where columns are independent."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch

from generators.networks.diffusion import Diffusion, Shape, noise_levels
from generators.networks.weights import built
from tabular.seeding import Seed


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def diffusion(sizes: tuple[int, ...], placed: tuple[int, ...], *, moved: float = 0.0) -> Diffusion:
    """Networks as they begin, or with other weights."""
    shape = Shape(sizes, placed, hidden=16, blocks=1)
    base = torch.cat([torch.full((size,), -math.log(size)) for size in sizes])
    network = built(lambda: Diffusion(shape, base), Seed(0))
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(torch.randn(weights.shape, generator=rng(1)), alpha=moved)
    return network.eval()


def test_noise_levels_fall_to_none() -> None:
    levels = noise_levels(12)
    assert len(levels) == 13
    assert math.isclose(levels[0], 20.0)
    assert math.isclose(levels[-2], 0.01)
    assert levels[-1] == 0
    assert all(now > then for now, then in pairwise(levels))


def test_it_begins_with_the_mean_of_a_normal_score_given_its_noise() -> None:
    network = diffusion((1, 1), (0, 1))
    noisy, level = torch.randn((30, 2), generator=rng()), torch.rand((30, 1), generator=rng()) + 0.1
    found = network.clean(noisy, torch.zeros((30, 2), dtype=torch.int64), level)
    torch.testing.assert_close(found, noisy / (1 + level**2))


def test_the_losses_of_independent_columns_are_their_entropy_and_one() -> None:
    network = diffusion((4, 4, 1), (2,))
    labels = torch.randint(0, 4, (20_000, 3), generator=rng())
    labels[:, 2] = 0
    torch.testing.assert_close(
        diffusion((4, 4), ()).label_loss(labels[:, :2], rng()), torch.tensor(math.log(4))
    )
    scores = torch.randn((20_000, 1), generator=rng())
    # The mean of squares of 20,000 standard normal numbers has the error .01.
    with torch.no_grad():
        assert abs(float(network.score_loss(scores, labels, rng(2))) - 1) < 0.05


def test_draws_of_independent_scores_are_standard_normal() -> None:
    labels = torch.zeros((5000, 2), dtype=torch.int64)
    drawn = diffusion((1, 1), (0, 1)).draw_scores(labels, 20, rng())
    covariance = np.cov(drawn.numpy().T)
    # Its error is .02; Heun's steps add less.
    np.testing.assert_allclose(covariance, np.eye(2), atol=0.1)
    assert abs(float(drawn.mean())) < 0.05


def test_known_labels_stay_and_the_others_come_as_often_as_they_are() -> None:
    network = diffusion((2, 4), ())
    labels = torch.tensor([[1, 0]]).expand(20_000, -1)
    known = torch.tensor([[True, False]]).expand(20_000, -1)
    drawn = network.draw_labels(labels, known, rng())
    assert (drawn[:, 0] == 1).all()
    shares = np.bincount(drawn[:, 1].numpy(), minlength=4) / 20_000
    # Five standard errors of a quarter of 20,000.
    np.testing.assert_allclose(shares, 0.25, atol=0.0153)
    everything = network.draw_labels(labels, torch.ones_like(known), rng())
    assert (everything == labels).all()


def test_labels_are_drawn_by_their_shares_given_the_known() -> None:
    network = diffusion((2, 3), (), moved=0.5)
    labels = torch.tensor([[1, 0]]).expand(40_000, -1)
    known = torch.tensor([[True, False]]).expand(40_000, -1)
    with torch.no_grad():
        expected = network.logits(labels[:1], known[:1])[1][0].exp().numpy()
    drawn = network.draw_labels(labels, known, rng())[:, 1].numpy()
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 40_000, expected, atol=0.0125)
    assert expected.max() - expected.min() > 0.05


def test_what_is_masked_or_not_there_means_nothing() -> None:
    network = diffusion((3, 2, 2), (1, 2), moved=0.3)
    labels = torch.tensor([[2, 1, 0]])
    known = torch.tensor([[True, False, True]])
    other = torch.tensor([[2, 0, 0]])
    with torch.no_grad():
        for a, b in zip(network.logits(labels, known), network.logits(other, known), strict=True):
            torch.testing.assert_close(a, b)
        # The third column has a spike here, and no place.
        level = torch.tensor([[0.5]])
        first = network.clean(torch.tensor([[0.4, -1.0]]), labels, level)
        second = network.clean(torch.tensor([[0.4, 7.0]]), labels, level)
        torch.testing.assert_close(first[:, 0], second[:, 0])
        losses = [
            network.score_loss(torch.tensor([[0.4, score]]), labels, rng()) for score in (0.0, 3.0)
        ]
        torch.testing.assert_close(losses[0], losses[1])
