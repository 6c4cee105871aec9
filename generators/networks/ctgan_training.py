"""CTGAN's training: conditions and the rows that meet them, and a step of both networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from generators.networks.weights import Average
from generators.training import Learner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from generators.networks.ctgan import Critic, Layout, RowGenerator

_BETAS = (0.5, 0.9)  # of both optimisers, as in the paper's
_LAST_RATE = 0.1  # of the learning rate at the end, of what it was at the beginning


class LabelDraw:
    """Labels drawn by weight, from one of several blocks of labels, each block as often.

    Args:
        weights: Weight of each label, block after block, shape (n_labels,); some of each block
            above zero.
        sizes: Length of each block.
    """

    def __init__(self, weights: torch.Tensor, sizes: tuple[int, ...]) -> None:
        parts = torch.split(weights.double(), list(sizes))
        # Block b's cumulative shares lie in (b, b + 1].
        shares = [torch.cumsum(part / part.sum(), 0) + b for b, part in enumerate(parts)]
        self._cumulative = torch.cat(shares)
        # Rounding may leave the last of them a little short of one.
        self._last = torch.stack([(part > 0).nonzero()[-1, 0] for part in parts])
        self._last += torch.tensor([0, *sizes[:-1]], device=weights.device).cumsum(0)

    def __call__(self, n: int, rng: torch.Generator) -> torch.Tensor:
        """Labels numbered through all blocks, (n,), int64."""
        device = self._cumulative.device
        block = torch.randint(len(self._last), (n,), generator=rng, device=device)
        u = torch.rand(n, generator=rng, device=device, dtype=torch.float64)
        label = torch.searchsorted(self._cumulative, block + u, right=True)
        return torch.minimum(label, self._last[block])


class SampledRows:
    """Training by sampling, section 4.3 of the paper: conditions, and rows that meet them.

    A label is asked for by the logarithm of how frequent it is, so that rare ones are learnt too.

    Args:
        labels: Label of each block of each row, shape (n_rows, n_blocks), int64.
        layout: Of the rows, with some block that may be asked for.
    """

    def __init__(self, labels: torch.Tensor, layout: Layout) -> None:
        columns = [labels[:, block] for block in layout.asked]
        sizes = layout.asked_sizes
        self._counts = torch.cat(
            [torch.bincount(c, minlength=s) for c, s in zip(columns, sizes, strict=True)]
        )
        # Rows by label, block after block: those of a label begin at its place in `_first`.
        self._rows = torch.cat([torch.argsort(column, stable=True) for column in columns])
        self._first = torch.cumsum(self._counts, 0) - self._counts
        self._draw = LabelDraw(torch.log1p(self._counts.double()), sizes)

    def draw(self, n: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Labels asked for, numbered through all blocks, and a row that has each; both (n,)."""
        asked = self._draw(n, rng)
        counts = self._counts[asked]
        u = torch.rand(n, generator=rng, device=asked.device, dtype=torch.float64)
        within = torch.minimum((u * counts).long(), counts - 1)
        return asked, self._rows[self._first[asked] + within]


@dataclass(frozen=True)
class Options:
    """How a CTGAN is trained; see the fields of `generators.models.ctgan.Ctgan`."""

    steps: int
    batch: int
    pack: int
    learning_rate: float
    critic_learning_rate: float
    weight_decay: float
    penalty: float
    penalty_every: int
    average: float


class CtganLearner(Learner):
    """A generator and a critic, trained against each other.

    Args:
        generator: Makes rows.
        critic: Looks at them.
        labels: Label of each block of each row, shape (n_rows, n_blocks), int64.
        places: Place of each number with modes in each row, shape (n_rows, n_places), float32.
        options: How they are trained.
        score: How far off the rows are that a generator draws.
    """

    remedy = "Lower `learning_rate` and `critic_learning_rate`"

    def __init__(
        self,
        generator: RowGenerator,
        critic: Critic,
        labels: torch.Tensor,
        places: torch.Tensor,
        options: Options,
        score: Callable[[RowGenerator, torch.Generator], float],
    ) -> None:
        self.n_rows = len(labels)
        self.batch = options.batch
        self._generator = generator
        self._critic = critic
        self._average = Average(generator, options.average)
        self._options = options
        self._layout = generator.layout
        self._sampled = SampledRows(labels, self._layout) if self._layout.asked else None
        self._labels = labels + torch.tensor(self._layout.begins, device=labels.device)
        self._places = places
        self._score = score
        self._optimizers = {
            "generator": torch.optim.AdamW(
                generator.parameters(),
                lr=options.learning_rate,
                betas=_BETAS,
                weight_decay=options.weight_decay,
                fused=True,
            ),
            "critic": torch.optim.AdamW(
                critic.parameters(),
                lr=options.critic_learning_rate,
                betas=_BETAS,
                weight_decay=0.0,
                fused=True,
            ),
        }

    @property
    def kept(self) -> RowGenerator:
        """The running mean of the generator."""
        return self._average.module

    def parts(self) -> Mapping[str, Any]:
        """Both networks, the running mean, and both optimisers."""
        return {
            "generator": self._generator,
            "critic": self._critic,
            "average": self._average,
            **{f"{name} optimizer": each for name, each in self._optimizers.items()},
        }

    def step(self, rows: torch.Tensor, rng: torch.Generator) -> dict[str, torch.Tensor]:
        """The critic learns, then the generator, from the same made rows."""
        n = max(len(rows) - len(rows) % self._options.pack, self._options.pack)
        asked, picked = None, rows[:n]
        condition = torch.zeros((n, self._layout.condition), device=rows.device)
        if self._sampled is not None:
            asked, picked = self._sampled.draw(n, rng)
            condition.scatter_(1, asked[:, None], 1.0)
        self._generator.train()
        noise = torch.randn((n, self._generator.noise), generator=rng, device=rows.device)
        logits = self._generator(noise, condition)
        fake = torch.cat([self._generator.soft(logits, rng), condition], dim=1)
        real = torch.cat([self._row(picked), condition], dim=1)
        distance = self._teach_critic(real, fake.detach(), rng)
        # Only the generator's gradients are wanted from here on.
        self._critic.requires_grad_(requires_grad=False)
        loss: torch.Tensor = -self._critic(fake, rng).mean()
        if asked is not None:
            loss = loss + self._unmet(logits, asked)
        self._descend("generator", loss)
        self._critic.requires_grad_(requires_grad=True)
        self._average.update()
        self._slow_down()
        return {"critic": distance, "generator": loss.detach()}

    def _teach_critic(
        self, real: torch.Tensor, fake: torch.Tensor, rng: torch.Generator
    ) -> torch.Tensor:
        """A step of the critic; how much better it likes real rows, negated."""
        options = self._options
        packs = len(real) // options.pack
        seen = self._critic(torch.cat([real, fake]), rng)
        distance: torch.Tensor = seen[packs:].mean() - seen[:packs].mean()
        loss = distance
        if self._average.steps % options.penalty_every == 0:
            share = torch.rand((packs, 1, 1), generator=rng, device=real.device)
            a, b = (x.view(packs, options.pack, -1) for x in (real, fake))
            slope = self._critic.slope(torch.lerp(b, a, share).view(len(real), -1), rng)
            weight = options.penalty * options.penalty_every
            loss = loss + weight * ((slope - 1) ** 2).mean()
        self._descend("critic", loss)
        return distance.detach()

    def _descend(self, name: str, loss: torch.Tensor) -> None:
        self._optimizers[name].zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizers[name].step()

    def _slow_down(self) -> None:
        """Both learning rates fall in a straight line."""
        left = 1 - min(self._average.steps / self._options.steps, 1.0)
        factor = _LAST_RATE + (1 - _LAST_RATE) * left
        self._optimizers["generator"].param_groups[0]["lr"] = self._options.learning_rate * factor
        rate = self._options.critic_learning_rate * factor
        self._optimizers["critic"].param_groups[0]["lr"] = rate

    def _row(self, rows: torch.Tensor) -> torch.Tensor:
        """Real rows as vectors, (n, layout.width)."""
        out = torch.zeros((len(rows), self._layout.width), device=rows.device)
        out.scatter_(1, self._labels[rows], 1.0)
        out[:, self._layout.labels :] = self._places[rows]
        return out

    def _unmet(self, logits: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """Cross entropy of what was asked for, mean over the rows."""
        blocks = self._layout.blocks(logits[:, : self._layout.labels])
        total = torch.zeros((), device=logits.device)
        begin = 0
        for block, size in zip(self._layout.asked, self._layout.asked_sizes, strict=True):
            mine = ((asked >= begin) & (asked < begin + size)).nonzero()[:, 0]
            wanted = asked[mine] - begin
            total = total + functional.cross_entropy(blocks[block][mine], wanted, reduction="sum")
            begin += size
        return total / len(logits)

    def validate(self, rng: torch.Generator) -> float:
        """By the score that was given."""
        return self._score(self.kept, rng)
