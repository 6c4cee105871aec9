"""Boltzmann machines so small that every row there can be is enumerated."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from generators.networks.rbm import Machine, anneal
from generators.networks.rbm_training import Options, RbmLearner, set_gradients
from generators.training import Budget, train
from tabular.seeding import Seed

SIZES = (2, 3, 2)
HIDDEN = 4
ALL = torch.tensor(list(product(*(range(size) for size in SIZES))))


def _rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _machine(scale: float = 1.0) -> Machine:
    machine = Machine(SIZES, HIDDEN)
    rng = _rng(5)
    for weights in machine.parameters():
        weights.normal_(0.0, scale, generator=rng)
    return machine


def _weights(machine: Machine) -> torch.Tensor:
    """Weight of each row and each state of the hidden units, shape (n_rows, 2 ** hidden)."""
    hidden = torch.tensor(list(product((0.0, 1.0), repeat=HIDDEN)))
    visible = machine.blocks.hot(ALL)
    energy = -(visible @ machine.visible)[:, None] - (hidden @ machine.hidden)[None, :]
    return torch.exp(-(energy - visible @ machine.weight @ hidden.T)).double()


def _shares(labels: torch.Tensor) -> torch.Tensor:
    place = np.ravel_multi_index(tuple(labels.T.numpy()), SIZES)
    return torch.from_numpy(np.bincount(place, minlength=len(ALL)) / len(labels))


def _near(found: torch.Tensor, expected: torch.Tensor, n: int) -> bool:
    """Within five standard errors of a share."""
    return bool(((found - expected).abs() < 5 * (expected / n).sqrt() + 1e-9).all())


def test_the_free_energy_sums_the_hidden_units_out() -> None:
    machine = _machine()
    expected = -_weights(machine).sum(dim=1).log()
    torch.testing.assert_close(machine.free_energy(ALL).double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale", [0.3, 1.5])
def test_the_annealed_likelihood_is_that_of_enumeration(scale: float) -> None:
    machine = _machine(scale)
    base = torch.zeros(sum(SIZES))
    annealed = anneal(machine, base, 4000, 100, _rng())
    expected = float(_weights(machine).sum().log())
    # The weights' own spread says how far the estimate may be off: five standard errors.
    weights = (annealed.log_weights - annealed.log_weights.max()).double().exp()
    error = float(weights.std() / weights.mean()) / 4000**0.5
    assert abs(annealed.log_partition - expected) < 5 * error + 1e-4


def test_annealed_rows_are_as_frequent_as_they_are_likely() -> None:
    machine, n = _machine(), 20_000
    expected = _weights(machine).sum(dim=1)
    found = _shares(anneal(machine, torch.zeros(sum(SIZES)), n, 100, _rng(1)).labels)
    assert _near(found, expected / expected.sum(), n)


def test_gibbs_sampling_leaves_the_distribution_as_it_is() -> None:
    machine, n = _machine(), 20_000
    expected = _weights(machine).sum(dim=1)
    expected = expected / expected.sum()
    place = torch.multinomial(expected, n, replacement=True, generator=_rng(2))
    assert _near(_shares(machine.step(ALL[place], _rng(3))), expected, n)


def test_rows_that_are_held_to_some_labels_are_drawn_given_these() -> None:
    machine, n = _machine(), 20_000
    barred = torch.zeros(n, sum(SIZES))
    barred[:, [1, 3]] = -torch.inf
    fits = (ALL[:, 0] == 0) & (ALL[:, 1] != 1)
    expected = _weights(machine).sum(dim=1) * fits
    drawn = anneal(machine, torch.zeros(sum(SIZES)), n, 100, _rng(4), barred=barred).labels
    assert _near(_shares(drawn), expected / expected.sum(), n)


def test_the_pseudo_likelihood_is_that_of_enumeration() -> None:
    machine = _machine()
    joint = _weights(machine).sum(dim=1).reshape(SIZES)
    expected = torch.zeros(SIZES, dtype=torch.float64)
    for block in range(len(SIZES)):
        expected += (joint / joint.sum(dim=block, keepdim=True)).log()
    found = machine.pseudo_log_likelihood(ALL).double()
    torch.testing.assert_close(found, expected.reshape(-1), rtol=1e-5, atol=1e-5)


def test_the_gradient_is_that_of_the_likelihood_in_the_centred_coordinates() -> None:
    # Where dreams are exact, the bias' gradient plus what centring took off is the plain one.
    machine = _machine(0.5)
    real = ALL[[0, 3, 3, 7]]
    shares = _weights(machine).sum(dim=1)
    place = torch.multinomial(shares / shares.sum(), 200_000, replacement=True, generator=_rng(6))
    set_gradients(machine, real, ALL[place])
    by_autograd = [p.detach().clone().requires_grad_() for p in machine.parameters()]
    weight, visible, hidden = by_autograd
    rows = torch.nn.functional.one_hot

    def free_energy(labels: torch.Tensor) -> torch.Tensor:
        hot = torch.cat([rows(labels[:, b], size).float() for b, size in enumerate(SIZES)], dim=1)
        inner = torch.nn.functional.softplus(hot @ weight + hidden).sum(dim=1)
        return -(hot @ visible) - inner

    loss = free_energy(real).mean() + torch.logsumexp(-free_energy(ALL), dim=0)
    loss.backward()  # type: ignore[no-untyped-call]
    means = [
        (machine.blocks.hot(labels).mean(dim=0), torch.sigmoid(machine.inputs(labels)).mean(dim=0))
        for labels in (real, ALL[place])
    ]
    middle = (means[0][1] + means[1][1]) / 2
    assert machine.weight.grad is not None
    assert machine.visible.grad is not None
    plain = machine.visible.grad + machine.weight.grad @ middle
    assert visible.grad is not None
    torch.testing.assert_close(plain, visible.grad, rtol=0, atol=0.01)


def test_training_learns_which_columns_go_together() -> None:
    rng = Seed(0).child("rows").generator()
    first, other = rng.integers(0, 3, size=(2, 4000))
    labels = torch.from_numpy(np.stack([first, first, other], axis=1))
    machine = Machine((3, 3, 3), 8)
    machine.start_from(torch.zeros(9), _rng(7))
    options = Options(300, 100, 100, 2, 0.05, 0.0, 0.98)
    learner = RbmLearner(machine, labels[:3600], labels[3600:], options)
    train(learner, Budget(300, 100, 3), seed=Seed(1))
    drawn = anneal(learner.kept, torch.zeros(9), 4000, 50, _rng(8)).labels
    # One in three by chance.
    assert (drawn[:, 0] == drawn[:, 1]).double().mean() > 0.8
    assert abs((drawn[:, 0] == drawn[:, 2]).double().mean() - 1 / 3) < 0.1
