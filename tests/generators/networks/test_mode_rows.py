"""Rows of labels and places as networks see them, against counting and against scipy."""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import norm

from generators.networks.mode_rows import ModeRows

# A category of two labels; a number with a spike, two modes and missing cells.
ROWS = ModeRows(sizes=(2, 4), moded=(1,), spikes=(1,), modes=(2,))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_row_is_ones_at_its_labels_and_then_its_places() -> None:
    assert ROWS.vectors(torch.tensor([[1, 2]]), torch.tensor([[0.5]])).tolist() == [
        [0, 1, 0, 0, 1, 0, 0.5]
    ]
    assert (ROWS.inputs, ROWS.outputs) == (7, 10)


def test_a_rows_density_is_that_of_its_labels_and_of_the_place_in_its_mode() -> None:
    out = torch.tensor([[0.0, 1.0, 0.3, -0.2, 0.5, 0.0, 0.1, -0.4, 0.2, 0.6]], dtype=torch.float64)
    label = np.exp([0.0, 1.0])
    component = np.exp([0.3, -0.2, 0.5, 0.0])
    shares = label[1] / label.sum() * component / component.sum()
    for mode, (mean, deviation) in enumerate([(0.1, 0.2 - 1.4), (-0.4, 0.6 - 1.4)]):
        found = ROWS.log_prob(out, torch.tensor([[1, 1 + mode]]), torch.tensor([[0.25]]))
        density = norm.pdf(0.25, mean, np.exp(deviation))
        np.testing.assert_allclose(found.numpy(), np.log(shares[1 + mode] * density), rtol=1e-6)
    for without in (0, 3):  # neither a spike nor a missing cell has a place
        found = ROWS.log_prob(out, torch.tensor([[1, without]]), torch.tensor([[0.25]]))
        np.testing.assert_allclose(found.numpy(), np.log(shares[without]), rtol=1e-6)


def test_rows_are_drawn_as_likely_as_they_are() -> None:
    out = torch.tensor([0.0, 1.0, 0.3, -0.2, 0.5, 0.0, 0.1, -0.4, 0.2, 0.6]).expand(40_000, -1)
    labels, places = ROWS.draw(out, rng())
    component = np.exp([0.3, -0.2, 0.5, 0.0])
    shares = np.bincount(labels[:, 1].numpy(), minlength=4) / 40_000
    # Five standard errors of a share of 40,000 are at most .0125.
    np.testing.assert_allclose(shares, component / component.sum(), atol=0.0125)
    inside = places[labels[:, 1] == 1, 0].numpy()
    # Mean and deviation of some 9,000 draws of N(.1, .3), to five standard errors.
    assert abs(inside.mean() - 0.1) < 0.017
    assert abs(inside.std() - np.exp(-1.2)) < 0.012


def test_a_table_without_numbers_has_no_places() -> None:
    rows = ModeRows(sizes=(3,), moded=(), spikes=(), modes=())
    out = torch.zeros((5, 3))
    labels, places = rows.draw(out, rng())
    assert places.shape == (5, 0)
    np.testing.assert_allclose(rows.log_prob(out, labels, places).numpy(), np.log(1 / 3), rtol=1e-6)
