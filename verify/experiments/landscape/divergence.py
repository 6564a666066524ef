"""Divergence by depth and learning rate, with and without normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import inf
from typing import Any

from verify.experiments.landscape.families import Family
from verify.experiments.landscape.hessian import largest_eigenvalue
from verify.experiments.landscape.judging import final_loss
from verify.experiments.landscape.objective import Objective
from verify.experiments.landscape.runs import norms_of, plan_of
from verify.experiments.landscape.settings import PLAIN, Settings
from verify.experiments.landscape.training import train
from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.progress import Progress
from verify.experiments.store import Checkpoint, Numbers, Store

TRAINED, STUCK, DIVERGED = "trained", "did not learn", "diverged"
FACTOR = 2.0
"""Diverged: the loss is not finite, or its mean over the last fifth of the steps is so many times that at the start."""
LEARNT = 0.9
"""Trained: it is less than this part of the loss at the start, and of that of the best constant output."""
STEPS = 30
"""At most so many for each cell of the map."""
QUADRATIC_STEPS = 100
NEAR = (0.5, 0.9, 1.1, 2.0)
"""Learning rates for the quadratic loss, as multiples of 2 / lambda_max."""


@dataclass(frozen=True)
class Cell:
    """One network of the map; `depth` is None where it can't be chosen."""

    family: Family
    norm: str
    depth: int | None
    lr: float

    @property
    def key(self) -> str:
        return f"divergence-{self.family.name}-{self.norm}-depth{self.depth}-lr{self.lr:g}"


def state_of(run: Numbers, constant: float = inf) -> str:
    """Whether a network trained, did not learn, or diverged; `constant` is the loss of the best constant output."""
    last, start = final_loss(run), run["losses"][0]
    if start is None or last == inf or last >= FACTOR * start:
        return DIVERGED
    return TRAINED if last < LEARNT * min(start, constant) else STUCK


def divergence(families: Sequence[Family], settings: Settings, store: Store, progress: Progress) -> dict[str, Any]:
    """The map of each family, and, for linear networks, what 2 / lambda_max says."""
    cells = [
        Cell(family, norm, depth, lr)
        for family in families
        for norm in norms_of(family, settings)
        for depth in (settings.depths if family.deep else (family.depth,))
        for lr in settings.lrs
    ]
    maps: dict[str, Any] = {family.name: {} for family in families}
    for cell in progress.over(cells, "divergence", len(cells)):
        run = store.run(cell.key, partial(_trained, cell, settings))
        by_depth = maps[cell.family.name].setdefault(cell.norm, {}).setdefault(str(cell.depth), {})
        by_depth[f"{cell.lr:g}"] = run["state"]
    linear = next((family for family in families if family.name == "linear"), None)
    found: dict[str, Any] = {"maps": maps}
    if linear is not None:
        found["thresholds"] = thresholds(linear, settings, store)
        found["quadratic"] = quadratic(linear, settings, store)
    return found


def _trained(cell: Cell, settings: Settings, checkpoint: Checkpoint) -> Numbers:
    session = cell.family.start(cell.norm, cell.depth, settings.seed)
    plan = plan_of(replace(settings, steps=min(STEPS, settings.steps)), cell.lr, settings.seed, cell.key)
    run = train(session, plan, checkpoint, Progress(quiet=True))
    return {"losses": run["losses"], "state": state_of(_as_kept(run), cell.family.constant)}


def _as_kept(run: Numbers) -> Numbers:
    """None for losses that are not finite, as they are in the folder."""
    return {**run, "losses": [loss if abs(loss) < inf else None for loss in run["losses"]]}


def thresholds(linear: Family, settings: Settings, store: Store) -> dict[str, Any]:
    """2 / lambda_max of the Hessian at the start, by normalization and depth."""
    found: dict[str, Any] = {}
    for norm in norms_of(linear, settings):
        for depth in settings.depths:
            work = partial(_threshold, linear, norm, depth, settings.seed)
            kept = store.run(f"threshold-{norm}-depth{depth}", work)
            found.setdefault(norm, {})[str(depth)] = kept
    return found


def _threshold(linear: Family, norm: str, depth: int, seed: int, checkpoint: Checkpoint) -> Numbers:
    found = largest_eigenvalue(Objective(linear.start(norm, depth, seed)(0), seed))
    return {**asdict(found), "lr": 2 / found.value if found.value > 0 else None}


def quadratic(linear: Family, settings: Settings, store: Store) -> Numbers:
    """One linear layer, whose loss is quadratic: the theory is exact there."""

    def work(checkpoint: Checkpoint) -> Numbers:
        found = _threshold(linear, PLAIN, 1, settings.seed, checkpoint)
        states = {}
        for factor in NEAR:
            plan = plan_of(replace(settings, steps=QUADRATIC_STEPS), factor * found["lr"], settings.seed, "quadratic")
            run = train(linear.start(PLAIN, 1, settings.seed), plan, Checkpoint(None), Progress(quiet=True))
            states[f"{factor:g}"] = state_of(_as_kept(run))
        return {**found, "states": states}

    return store.run("quadratic", work)


def outcomes(found: Mapping[str, Any], families: Sequence[Family], settings: Settings) -> list[Outcome]:
    """What the maps say of the claim, and one linear layer of the theory."""
    said = []
    for family in families:
        maps = found["maps"][family.name]
        said += [_larger(family, norm, maps) for norm in norms_of(family, settings)[1:]]
    return [*said, *([_quadratic(found["quadratic"])] if "quadratic" in found else [])]


def largest_trained(by_lr: Mapping[str, str]) -> float:
    """The largest learning rate at which the network trained; 0 where there is none."""
    return max((float(lr) for lr, state in by_lr.items() if state == TRAINED), default=0.0)


def _larger(family: Family, norm: str, maps: Mapping[str, Any]) -> Outcome:
    """Larger at every depth: held. Both at the end of the map: nobody knows. Else failed."""
    depths = list(maps[norm])
    pairs = [(largest_trained(maps[norm][depth]), largest_trained(maps[PLAIN][depth])) for depth in depths]
    end = max(float(lr) for lr in maps[norm][depths[0]])
    if all(one > other for one, other in pairs):
        verdict = HELD
    else:
        verdict = UNDECIDED if all(one > other or one == other == end for one, other in pairs) else FAILED
    listed = "; ".join(
        f"depth {depth}: {one:g} with, {other:g} without" for depth, (one, other) in zip(depths, pairs, strict=True)
    )
    return Outcome(
        f"{family.title}: with {norm} it trains at larger learning rates, at every depth",
        "Santurkar et al. 2018, Section 1; Bjorck et al. 2018, Section 3",
        verdict,
        f"largest learning rate of the map at which it trained: {listed}",
    )


def _quadratic(found: Mapping[str, Any]) -> Outcome:
    wrong = [
        f"{factor} times 2/lambda_max: {state}"
        for factor, state in found["states"].items()
        if state != (TRAINED if float(factor) < 1 else DIVERGED)
    ]
    says = f"2/lambda_max = {found['lr']:.4g}; lambda_max is known to {found['residual']:.1g}; learning rates of "
    says += f"{', '.join(found['states'])} times that: {', '.join(found['states'].values())}"
    return Outcome(
        "one linear layer with a squared loss converges below lr = 2/lambda_max, and diverges above",
        "gradient descent on a quadratic function, Polyak 1987, Section 1.4",
        FAILED if wrong else HELD,
        says,
    )
