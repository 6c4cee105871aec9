"""Weights of a network: the first ones, their running mean, and where they are."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from tabular.seeding import Seed

Device = Literal["auto", "cpu", "cuda"]
Module = TypeVar("Module", bound=torch.nn.Module)


class Average(Generic[Module]):
    """A running mean of a module's weights, which wander less than the weights themselves.

    Reference: Yazici, Foo, Winkler, Yap, Piliouras, Chandrasekhar (2019), The unusual effectiveness
    of averaging in GAN training.

    Args:
        module: Whose weights are averaged.
        decay: Share of the old mean that a step keeps; the mean spans about 1 / (1 - decay) steps.
    """

    def __init__(self, module: Module, decay: float) -> None:
        self.module = copy.deepcopy(module).requires_grad_(requires_grad=False).eval()
        self.steps = 0
        self._decay = decay
        self._pairs = [
            (mean, now)
            for mean, now in zip(
                self.module.state_dict().values(), module.state_dict().values(), strict=True
            )
            if mean.is_floating_point()
        ]

    def update(self) -> None:
        """Take in the weights as they are now; the first steps are forgotten sooner."""
        self.steps += 1
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        means, now = zip(*self._pairs, strict=True)
        torch._foreach_lerp_(means, now, 1 - decay)

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"steps": self.steps, "module": self.module.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.steps = state["steps"]
        self.module.load_state_dict(state["module"])


def device_of(wanted: Device) -> torch.device:
    """The device to work on; `auto` is a GPU where there is one."""
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wanted)


_BUILDING = threading.Lock()


def built(make: Callable[[], Module], seed: Seed) -> Module:
    """A module with first weights from a seed, on the CPU, the same whatever else is running."""
    # Layers draw their weights from torch's global generator and take no other.
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed.integer())
        return make()


def loaded(make: Callable[[], Module], weights: Mapping[str, npt.NDArray[np.generic]]) -> Module:
    """A module with these weights, on the CPU, ready to draw from."""
    with torch.device("meta"):  # no weights are drawn that are not wanted
        module = make()
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    module.load_state_dict(tensors, assign=True)
    return module.eval()


def stored(module: torch.nn.Module, name: str) -> dict[str, npt.NDArray[np.generic]]:
    """A module's weights on the CPU as arrays, each named after the module; `loaded` undoes it."""
    return {f"{name}.{part}": tensor.numpy() for part, tensor in module.state_dict().items()}


def draw_labels(logits: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """One label of each row, as likely as its logits say: (n, n_labels) to (n,), int64."""
    return (logits + gumbel(logits, rng)).argmax(dim=1)


def gumbel(like: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Standard Gumbel noise of this shape."""
    out = torch.rand(like.shape, generator=rng, device=like.device).clamp_(min=1e-20)
    return out.log_().neg_().log_().neg_()
