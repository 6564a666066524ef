"""Training towards a local optimum of one loss: Adam on one batch, from one start, resumable to the last bit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from verify.experiments.initialization.subject import loss
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint
from verify.workload import Workload

CHECKPOINTS = 8
"""How often a training is kept."""
SHOWN = 50
"""How many points of a training are kept for pictures."""


def trained(
    work: Workload, eps: float | None, steps: int, rate: float, checkpoint: Checkpoint, progress: Progress, label: str
) -> list[list[float]]:
    """Trains the model in place; returns (step, loss, norm of the gradient) at some steps, the first and the last.

    The step size falls to 0 as a cosine. All samples are in every step, so that there is one function of the weights
    and a gradient that can become small. It ends early where the loss is no longer finite.
    """
    model = work.model
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    done, history = _restored(checkpoint, model, optimizer)
    every = max(1, steps // CHECKPOINTS)
    for step in progress.over(range(done, steps), label, total=steps, done=done):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2
        point = [step, *_differentiated(work, eps)]
        if step % max(1, steps // SHOWN) == 0 or not math.isfinite(point[1]):
            history.append(point)
        if not math.isfinite(point[1]):
            return history
        optimizer.step()
        if (step + 1) % every == 0 and step + 1 < steps:
            _keep(checkpoint, step + 1, model, optimizer, history)
    history.append([steps, *_differentiated(work, eps)])
    return history


def _differentiated(work: Workload, eps: float | None) -> Iterator[float]:
    """The loss and the norm of its gradient, which is left in the parameters."""
    work.model.zero_grad(set_to_none=True)
    value = loss(work, eps)
    value.backward()
    yield float(value.detach())
    squares = [each.grad.double().square().sum() for each in work.model.parameters() if each.grad is not None]
    yield float(torch.stack(squares).sum().sqrt()) if squares else 0.0


def _keep(
    checkpoint: Checkpoint, done: int, model: torch.nn.Module, optimizer: Any, history: list[list[float]]
) -> None:
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    checkpoint.keep({"done": done, "history": history, **state})


def _restored(checkpoint: Checkpoint, model: torch.nn.Module, optimizer: Any) -> tuple[int, list[list[float]]]:
    state = checkpoint.load()
    if state is None:
        return 0, []
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["done"], state["history"]
