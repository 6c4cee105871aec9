"""The any-order network against enumeration and against autograd."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from generators.networks.autoregressive import AnyOrder, Shape
from generators.networks.weights import built
from tabular.seeding import Seed

# Three columns: three values; two coarse bins of two and three fine ones; two values.
SHAPE = Shape(counts=((1, 1, 1), (2, 3, 1), (1, 1)), embedding=5, hidden=7)
CELLS = torch.tensor(
    [
        [[a, 0], [b, c], [d, 0]]
        for a, (b, c), d in product(
            range(3), [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0)], range(2)
        )
    ]
)


def network() -> AnyOrder:
    made = built(lambda: AnyOrder(SHAPE), Seed(3))
    with torch.no_grad():
        made.shift.normal_(generator=torch.Generator().manual_seed(1))
    return made


def mask_of(order: list[int]) -> torch.Tensor:
    rank = torch.tensor(order)
    return network().mask(rank[:, None] < rank[None, :])


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_the_cells_of_a_table_add_up_to_one_in_any_order(order: list[int]) -> None:
    with torch.no_grad():
        found = network().log_prob(CELLS, mask_of(order)).sum(dim=1).double().exp()
    assert len(found) == 36
    assert (found > 0).all()
    np.testing.assert_allclose(float(found.sum()), 1.0, rtol=1e-6)


def test_no_target_sees_what_comes_after_it() -> None:
    made = network()
    mask = mask_of([0, 1, 2])
    whole, own = (part.detach().requires_grad_() for part in made.embed(CELLS))
    hidden = made.hidden((whole, own), mask)
    for target, (column, digit) in enumerate(SHAPE.targets):
        seen, self_seen = torch.autograd.grad(hidden[target].sum(), (whole, own), retain_graph=True)
        assert [bool(seen[:, c].any()) for c in range(3)] == [c < column for c in range(3)]
        assert bool(self_seen.any()) == bool(digit)


def test_one_column_at_a_time_gives_the_same_as_all_at_once() -> None:
    made = network()
    with torch.no_grad():
        whole = made.log_prob(CELLS, mask_of([2, 0, 1])).sum(dim=1)
        total = torch.zeros(len(CELLS))
        known = torch.zeros(3, dtype=torch.bool)
        seen = torch.zeros((len(CELLS), 3, SHAPE.embedding))
        for column in (1, 2, 0):  # the order in which rank [2, 0, 1] tells them
            own = CELLS[:, column]
            for target, (of, digit) in enumerate(SHAPE.targets):
                if of == column:
                    logits = made.logits(target, seen, known, own[:, 0])
                    shares = torch.log_softmax(logits, dim=1)
                    total += shares.gather(1, own[:, digit, None])[:, 0]
            known[column] = True
            seen[:, column] = made.see(column, own)
    torch.testing.assert_close(total, whole)


def test_it_begins_with_the_shares_of_its_digits_and_makes_none_that_no_row_has() -> None:
    made = network()
    cells = CELLS[CELLS[:, 0, 0] != 1]
    digits = cells[torch.randint(len(cells), (500,), generator=torch.Generator().manual_seed(0))]
    made.start_from(digits)
    head = made.heads[0]
    assert isinstance(head, torch.nn.Linear)
    expected = (np.bincount(digits[:, 0, 0].numpy(), minlength=3) + 0.5) / 501.5
    expected[1] = 0.0
    np.testing.assert_allclose(head.bias.exp().detach().numpy(), expected, rtol=1e-5)
    with torch.no_grad():
        found = made.log_prob(CELLS, mask_of([1, 0, 2])).sum(dim=1).double().exp()
    assert (found[CELLS[:, 0, 0] == 1] == 0).all()
    np.testing.assert_allclose(float(found.sum()), 1.0, rtol=1e-6)
