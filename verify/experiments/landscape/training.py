"""One run of gradient descent, measured on the way, that can be interrupted and goes on from its last checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from verify.experiments.landscape import theorem
from verify.experiments.landscape.families import Session
from verify.experiments.landscape.objective import Objective, norm
from verify.experiments.landscape.shift import Layer, layers_of, shifts
from verify.experiments.landscape.walk import random_direction, step_sizes, walk
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint, Numbers


@dataclass(frozen=True)
class Plan:
    """How one network is trained, and what is measured of it: some of `walk`, `random`, `shift`, `theorem`."""

    label: str
    lr: float
    steps: int
    every: int
    seed: int
    parts: tuple[str, ...] = ()
    points: int = 5
    channels: int = 4


def train(session: Session, plan: Plan, checkpoint: Checkpoint, progress: Progress) -> Numbers:
    """The loss before every step, and what was measured at every `every`-th.

    The run ends where the loss is not finite: such a loss is the last one.
    """
    model = session(0).model
    losses, records = [], []
    if (state := checkpoint.load()) is not None:
        model.load_state_dict(state["model"])
        losses, records = state["losses"], state["records"]
    layers: Sequence[Layer] = ()
    steps = range(len(losses), plan.steps)
    for step in progress.over(steps, plan.label, plan.steps, len(losses)):
        if losses and not isfinite(losses[-1]):
            break
        objective = Objective(session(step), seed=plan.seed * 1_000_003 + step)
        if step % plan.every == 0:
            checkpoint.keep({"model": model.state_dict(), "losses": losses, "records": records})
            if plan.parts:
                layers = layers or layers_of(objective)
                records.append(record(objective, plan, step, layers))
        losses.append(objective.step(plan.lr))
    return {"losses": losses, "records": records}


def record(objective: Objective, plan: Plan, step: int, layers: Sequence[Layer]) -> dict[str, Any]:
    """What is measured where the network stands."""
    loss, gradient = objective.here()
    found: dict[str, Any] = {"step": step, "loss": loss, "gradient": norm(gradient)}
    etas = step_sizes(plan.lr, plan.points)
    if "walk" in plan.parts:
        along = walk(objective, gradient, gradient, etas)
        found |= {"range": along.range, "predictiveness": along.predictiveness, "beta": along.beta}
    if "random" in plan.parts:
        anywhere = walk(objective, gradient, random_direction(gradient, objective.seed), etas)
        found |= {"random beta": anywhere.beta}
    if "shift" in plan.parts:
        found |= {"shift": [asdict(each) for each in shifts(objective, layers, gradient, plan.lr)]}
    if "theorem" in plan.parts:
        found |= {"theorem": [asdict(each) for each in theorem.measure(objective, plan.channels)]}
    return found
