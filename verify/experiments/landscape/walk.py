"""Along a direction from where the network stands: how the loss and its gradient change (the paper's Figure 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from verify.experiments.landscape.objective import Objective, Parameters, difference, moved, norm

REACH = (0.5, 4.0)
"""The step sizes, as multiples of the learning rate: Santurkar et al. 2018, Figure 4."""


@dataclass(frozen=True)
class Walk:
    """What was found at x - eta d, for each eta: the loss, the distance between the gradients, and beta.

    `beta` is the largest |grad L(x) - grad L(x - eta d)| / (eta |d|), the effective smoothness.
    """

    etas: tuple[float, ...]
    losses: tuple[float, ...]
    distances: tuple[float, ...]
    beta: float

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest loss; NaN where one is."""
        return _extent(self.losses)

    @property
    def predictiveness(self) -> tuple[float, float]:
        """The least and the largest distance between the gradient at the start and that on the way."""
        return _extent(self.distances)


def step_sizes(lr: float, count: int) -> tuple[float, ...]:
    """`count` step sizes from half the learning rate to four times, evenly spaced by ratio."""
    low, high = REACH
    if count == 1:
        return (lr,)
    return tuple(lr * low * (high / low) ** (place / (count - 1)) for place in range(count))


def walk(objective: Objective, gradient: Parameters, direction: Parameters, etas: Sequence[float]) -> Walk:
    """Goes from where the model stands against `direction`, by each step size; `gradient` is the one at the start."""
    losses, distances, betas = [], [], []
    length = norm(direction)
    for eta in etas:
        loss, there = objective.gradient(moved(objective.parameters, direction, -eta))
        distance = norm(difference(gradient, there))
        losses.append(loss)
        distances.append(distance)
        betas.append(distance / (eta * length) if length else 0.0)
    return Walk(tuple(etas), tuple(losses), tuple(distances), _extent(betas)[1])


def random_direction(like: Parameters, seed: int) -> dict[str, torch.Tensor]:
    """A direction drawn evenly from the sphere, as long as `like` is."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {name: torch.randn(value.shape, generator=generator).to(value) for name, value in like.items()}
    factor = norm(like) / max(norm(drawn), 1e-300)
    return {name: value * factor for name, value in drawn.items()}


def _extent(values: Sequence[float]) -> tuple[float, float]:
    """Least and largest. Python's min and max pass over NaN or not by its place; here it is never passed over."""
    if any(value != value for value in values):
        return (float("nan"), float("nan"))
    return min(values), max(values)
