"""The training loop, on a line through points whose best slope is known."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from generators import checkpoints
from generators.encoding.arrays import EncodedTable, Variable
from generators.inner_split import inner_split
from generators.networks.weights import Average, built, device_of
from generators.training import Budget, LossLearner, train
from tabular.errors import ArtifactError, TrainingDiverged
from tabular.seeding import Seed

if TYPE_CHECKING:
    from pathlib import Path

    from generators.training import History


class Line(LossLearner):
    """y = 3 x - 1 and some noise; validated without the noise."""

    def __init__(self, *, learning_rate: float = 0.05, worsens_after: int = 10**9) -> None:
        network = built(lambda: torch.nn.Linear(1, 1), Seed(0))
        super().__init__(network, n_rows=200, batch=32, learning_rate=learning_rate, clip=1e9)
        self.x = torch.linspace(-1, 1, 200)[:, None]
        self.seen: list[torch.Tensor] = []
        self.worsens_after = worsens_after

    def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
        self.seen.append(rows)
        x = self.x[rows]
        y = 3 * x - 1 + 0.1 * torch.randn(x.shape, generator=rng)
        return torch.nn.functional.mse_loss(self.network(x), y)

    def validate(self, rng: torch.Generator) -> float:
        del rng
        with torch.no_grad():
            off = float(((self.network(self.x) - 3 * self.x + 1) ** 2).mean())
        return off if len(self.seen) <= self.worsens_after else 100 + len(self.seen)


def weights(line: Line) -> list[float]:
    return [round(float(p.detach()), 6) for p in line.network.parameters()]


def trained(line: Line, steps: int = 300, **budget: int) -> History:
    return train(line, Budget(steps, check_every=20, **budget), seed=Seed(1))


def test_learns_a_line() -> None:
    line = Line()
    trained(line, 600)
    # 600 steps of 32 noisy rows: the estimates' standard error is far below .02.
    assert weights(line) == pytest.approx([3.0, -1.0], abs=0.05)


def test_every_row_is_seen_as_often_in_an_order_that_changes() -> None:
    line = Line()
    trained(line, 12)
    first, second = torch.cat(line.seen[:6]), torch.cat(line.seen[6:12])
    # Six whole mini-batches of 32 fit into 200 rows.
    assert len(set(first.tolist())) == len(set(second.tolist())) == 192
    assert not torch.equal(first, second)


def test_stops_once_it_gets_no_better_and_keeps_the_best_weights() -> None:
    line, short = Line(worsens_after=60), Line()
    history = trained(line, patience=3)
    trained(short, 60)
    assert history.steps == [20, 40, 60, 80, 100, 120]
    assert history.best == 2
    assert weights(line) == weights(short)


def test_the_same_seed_gives_the_same_weights_and_another_one_others() -> None:
    first, again, other = Line(), Line(), Line()
    trained(first)
    trained(again)
    train(other, Budget(300, check_every=20), seed=Seed(2))
    assert weights(first) == weights(again) != weights(other)


def test_how_often_it_is_checked_does_not_change_what_is_learnt() -> None:
    often, seldom = Line(), Line()
    train(often, Budget(100, check_every=10), seed=Seed(1))
    train(seldom, Budget(100, check_every=100), seed=Seed(1))
    assert often.seen[-1].tolist() == seldom.seen[-1].tolist()


def test_losses_that_run_away_are_named_with_what_to_lower() -> None:
    line = Line(learning_rate=1e38)
    with pytest.raises(TrainingDiverged, match=r"the loss 'loss' is not a number.*`learning_rate`"):
        trained(line)


def test_a_validation_that_is_no_number_is_named() -> None:
    line = Line()
    line.validate = lambda rng: float("nan")  # type: ignore[method-assign]  # noqa: ARG005
    with pytest.raises(TrainingDiverged, match="the validation is not a number after step 20"):
        trained(line)


class Killed(BaseException):
    """What a signal's handler raises."""


def test_a_signal_ends_it_between_two_steps_and_the_threads_are_as_before() -> None:
    def kill(*_: object) -> None:
        raise Killed

    class Cancelled(Line):
        def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            if len(self.seen) == 7:
                signal.raise_signal(signal.SIGTERM)
            return super().loss(rows, rng)

    before, threads = signal.signal(signal.SIGTERM, kill), torch.get_num_threads()
    line = Cancelled()
    try:
        with pytest.raises(Killed):
            train(line, Budget(300, threads=threads + 1), seed=Seed(1))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(line.seen) == 7
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("killed_at", [45, 130])
def test_killed_and_run_again_it_gives_the_same_result(killed_at: int, tmp_path: Path) -> None:
    class Interrupted(Line):
        def loss(self, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            if len(self.seen) == killed_at:
                raise Killed
            return super().loss(rows, rng)

    whole, first, second = Line(), Interrupted(), Line()
    folder = tmp_path / "fit"
    history = trained(whole)
    with pytest.raises(Killed), checkpoints.kept_in(folder, every=0):
        trained(first)
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
    with checkpoints.kept_in(folder, every=0):
        resumed = trained(second)
    assert len(second.seen) == len(whole.seen) - killed_at // 20 * 20
    assert weights(second) == weights(whole)
    assert vars(resumed) == vars(history)
    assert not folder.exists()


def test_a_training_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    first, second = Line(), Line()

    def fit(line: Line) -> None:
        trained(line)
        raise Killed  # while another part of the fit is under way

    with pytest.raises(Killed), checkpoints.kept_in(tmp_path):
        fit(first)
    with checkpoints.kept_in(tmp_path):
        trained(second)
    assert second.seen == []
    assert weights(first) == weights(second)


def test_two_trainings_of_one_fit_have_a_checkpoint_each(tmp_path: Path) -> None:
    def fit(other: Line) -> None:
        trained(Line())
        train(other, Budget(300, check_every=20), seed=Seed(2))
        raise Killed

    plain, other, again = Line(), Line(), Line()
    train(plain, Budget(300, check_every=20), seed=Seed(2))
    with pytest.raises(Killed), checkpoints.kept_in(tmp_path):
        fit(other)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(Killed), checkpoints.kept_in(tmp_path):
        fit(again)
    assert again.seen == []
    assert weights(plain) == weights(other) == weights(again)


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    def fit(line: Line) -> None:
        trained(line)
        raise Killed

    with pytest.raises(Killed), checkpoints.kept_in(tmp_path):
        fit(Line())
    (written,) = tmp_path.iterdir()
    written.write_bytes(b"no checkpoint")
    with pytest.raises(ArtifactError, match="damaged"), checkpoints.kept_in(tmp_path):
        trained(Line())


def test_progress_rises_and_tells_the_loss_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("generators.training._TOLD", 0.0)
    told: list[tuple[float, str]] = []
    train(
        Line(),
        Budget(40, check_every=20),
        seed=Seed(1),
        progress=lambda done, message="": told.append((done, message)),
    )
    assert [done for done, _ in told] == pytest.approx(np.arange(1, 41) / 40)
    assert told[9][1].startswith("step 10 of 40 at most, loss ")
    assert told[9][1].endswith(" s left")


def test_the_history_is_coarse() -> None:
    history = trained(Line(), 300, patience=100)
    coarse = history.coarse(points=5)
    assert coarse["steps"] == [20, 80, 140, 200, 260]
    assert all(number == float(f"{number:.3g}") for number in coarse["losses"]["loss"])
    assert coarse["best_step"] == history.steps[history.best]


def test_the_first_weights_come_from_the_seed_and_touch_nothing() -> None:
    before = torch.get_rng_state()
    a, b, c = (built(lambda: torch.nn.Linear(3, 3), Seed(s)).weight for s in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(before, torch.get_rng_state())


def test_an_average_follows_slowly() -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    average = Average(module, decay=0.5)
    torch.nn.init.ones_(module.weight)
    found = []
    for _ in range(3):
        average.update()
        found.append(float(average.module.weight.detach()))
    # 2/11, then 3/12, then 4/13 of the old mean are kept.
    kept = np.cumprod([2 / 11, 3 / 12, 4 / 13])
    assert found == pytest.approx(1 - kept)


def test_nobody_is_on_both_sides_of_the_inner_split() -> None:
    owners = np.random.default_rng(0).integers(0, 100, 1000)
    table = EncodedTable(
        (Variable(name="a"),), (np.arange(1000.0),), np.ones(1000, np.int64), owners
    )
    learnt, held_out = inner_split(table, share=0.2, most=10_000, seed=Seed(0))
    assert sorted([*learnt, *held_out]) == list(range(1000))
    assert not set(owners[learnt]) & set(owners[held_out])
    assert len(set(owners[held_out])) == 20
    few = inner_split(table, share=0.2, most=50, seed=Seed(0))[1]
    assert len(set(owners[few])) == 5


def test_auto_takes_the_processor_where_there_is_no_other_device() -> None:
    there = "cuda" if torch.cuda.is_available() else "cpu"
    assert device_of("auto").type == there
    assert device_of("cpu").type == "cpu"
