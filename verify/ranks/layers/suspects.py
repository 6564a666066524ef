"""Which fault explains what the ranks gave: one is only named if the numbers of all ranks come out with it.

Every fault of `kinds` is a formula, evaluated with its own rounding bounds. It explains a quantity if on
every rank that is wrong anywhere, and in every batch of plain numbers, what was observed is within the bound of what it
predicts: there where something is wrong, and there where nothing shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import torch

from verify.assertions.expected import Expected
from verify.assertions.trial import compare
from verify.ranks.group import ranks_named
from verify.ranks.layers.due import Due
from verify.ranks.layers.kinds import (
    BACKWARDS,
    CORRECT,
    FACTORS,
    FORWARDS,
    OWN_FACTOR,
    PARTS,
    RIGHT,
    Backward,
    Factor,
    Forward,
    said,
)
from verify.ranks.layers.moments import WITHIN
from verify.ranks.layers.predict import Predicted
from verify.ranks.layers.shard_run import INPUT, MEAN, OUTPUT, VARIANCE

MOST = 3
"""Where more faults fit, the values tell nothing."""
FOLLOWS = "follows from the output"
UNSEEN = "autograd does not see the sums over the ranks: the gradient's sums run over the shard alone"


@dataclass
class Trial:
    """One batch, what every rank gave, and what is due."""

    due: Due
    values: list[dict[str, torch.Tensor]]
    _predicted: dict[tuple[int, frozenset[int]], Predicted] = field(default_factory=dict)

    def predicted(self, forward: Forward, who: frozenset[int]) -> Predicted:
        key = (id(forward), who)
        if key not in self._predicted:
            self._predicted[key] = Predicted(self.due, forward, who)
        return self._predicted[key]

    @property
    def hard(self) -> bool:
        return self.due.drawn.recipe.hard

    @property
    def empty(self) -> bool:
        return self.due.batch.shards.empty

    @property
    def equal(self) -> bool:
        return self.due.batch.shards.equal


Prediction = Callable[[Trial, int], Expected]


def explains(trials: Sequence[Trial], name: str, ranks: Sequence[int], prediction: Prediction) -> bool:
    """Whether a prediction is within its bound of what these ranks gave, in all trials; some bound has to be finite."""
    compared = 0
    for trial, rank in product(trials, ranks):
        found = trial.values[rank][name]
        if not found.numel():
            continue
        beside = compare(found, prediction(trial, rank))
        if not beside.ok:
            return False
        compared += beside.entries - beside.unbounded
    return compared > 0


@dataclass(frozen=True)
class Suspect:
    """A fault that explains a quantity, as a sentence; the ranks in `who` combine statistics `forward`'s way."""

    says: str
    forward: Forward = RIGHT
    who: frozenset[int] = frozenset()


def named(ranks: frozenset[int], count: int) -> str:
    if len(ranks) == count:
        return "every rank"
    return ranks_named(sorted(ranks)) if len(ranks) == 1 else f"each of the {ranks_named(sorted(ranks))}"


def forwards(trials: Sequence[Trial], who: frozenset[int]) -> list[Suspect]:
    """The faults in the statistics that explain the output; those with the same weights in every trial are one."""
    found: dict[tuple, Suspect] = {}
    for forward in FORWARDS:
        mark = _mark(trials, forward, who)
        if mark in found:
            continue

        def output(trial: Trial, rank: int, forward: Forward = forward) -> Expected:
            return trial.predicted(forward, who).output(rank)

        if explains(trials, OUTPUT, sorted(who), output):
            found[mark] = Suspect(_filled(forward, who, trials), forward, who)
    return list({each.says: each for each in found.values()}.values())


def _filled(forward: Forward, who: frozenset[int], trials: Sequence[Trial]) -> str:
    count = trials[0].due.batch.shards.count
    rest = "" if len(who) == count or "{who}" in forward.says else f", on {ranks_named(sorted(who))}"
    return forward.says.format(who=named(who, count)) + rest


def _mark(trials: Sequence[Trial], forward: Forward, who: frozenset[int]) -> tuple:
    """The weights in all trials: equal shards make different faults the same."""
    shards = [trial.due.batch.shards for trial in trials]
    weights = [
        tuple(round(weight, 12) for weight in (*forward.mean(each, rank), *forward.variance(each, rank)))
        for each in shards
        for rank in sorted(who)
    ]
    return (forward.way, forward.true_center, *weights)


def backwards(trials: Sequence[Trial], who: frozenset[int], forward: Suspect) -> list[str]:
    """The faults in the sums of the backward pass that explain the input gradient."""
    ranks = sorted(who)
    if forward.forward is not RIGHT:
        for prediction in _following(forward):
            if explains(trials, INPUT, ranks, prediction):
                return [FOLLOWS]
    count = trials[0].due.batch.shards.count
    rest = "" if len(who) == count else f", on {ranks_named(ranks)}"
    found: dict[tuple, str] = {}
    if explains(trials, INPUT, ranks, lambda trial, rank: trial.predicted(forward.forward, forward.who).unseen(rank)):
        return [UNSEEN + rest]
    for of_ones, of_xhat in _pairs():
        mark = tuple(
            round(weight, 12)
            for trial, rank in product(trials, ranks)
            for kind in (of_ones, of_xhat)
            for weight in kind.weights(trial.due.batch.shards, rank)
        )
        if mark in found:
            continue

        def gradient(trial: Trial, rank: int, a: Backward = of_ones, c: Backward = of_xhat) -> Expected:
            return trial.predicted(forward.forward, forward.who).input_gradient(rank, a.weights, c.weights)

        if explains(trials, INPUT, ranks, gradient):
            found[mark] = said(of_ones, of_xhat) + rest
    return list(dict.fromkeys(found.values()))


def _following(forward: Suspect) -> Iterator[Prediction]:
    def correct(trial: Trial, rank: int) -> Expected:
        own = trial.predicted(forward.forward, forward.who)
        return own.input_gradient(rank, CORRECT.weights, CORRECT.weights)

    def derivative(trial: Trial, rank: int) -> Expected:
        return trial.predicted(forward.forward, forward.who).derivative(rank)

    yield from (correct, derivative)


def _pairs() -> Iterator[tuple[Backward, Backward]]:
    """The same fault in both sums, then in one of them, then two different ones."""
    yield from ((each, each) for each in BACKWARDS)
    yield from ((each, CORRECT) for each in BACKWARDS)
    yield from ((CORRECT, each) for each in BACKWARDS)
    yield from ((one, other) for one, other in product(BACKWARDS, repeat=2) if one is not other)


def parameters(
    trials: Sequence[Trial], name: str, who: frozenset[int], forward: Suspect, reduced: str | None
) -> list[str]:
    """The faults that explain the gradient of the weight or of the bias; a convention that was not stated is none."""
    found = []
    for convention, says, weights in PARTS:

        def part(trial: Trial, rank: int, weights=weights) -> Expected:
            return trial.predicted(forward.forward, forward.who).parameter(name, rank, weights)

        if not explains(trials, name, sorted(who), part):
            continue
        if convention and convention == (reduced or convention):
            return [FOLLOWS] if forward.forward is not RIGHT else []
        found.append(says.format(what=f"the {name} is"))
    return found


def running(trials: Sequence[Trial], name: str, who: frozenset[int], forward: Suspect) -> list[str]:
    """The faults that explain a running statistic."""
    if explains(trials, name, sorted(who), lambda trial, rank: _old(trial, name)):
        return [f"the {name} is not updated"]
    ways = [forward, *(Suspect(each.says, each, who) for each in (RIGHT, *FORWARDS) if each is not forward.forward)]
    found: dict[tuple, str] = {}
    for way, (of_factor, factor), swapped in product(ways, _factors(name), (False, True)):
        mark = _mark_of_running(trials, name, way, factor, swapped)
        if mark in found:
            continue

        def kept(trial: Trial, rank: int, way=way, factor=factor, swapped=swapped) -> Expected:
            times = factor(trial.due.batch.shards, rank) if name == VARIANCE else 1.0
            return trial.predicted(way.forward, way.who).running(name, rank, times, swapped)

        if explains(trials, name, sorted(who), kept):
            found[mark] = _of_running(name, way, forward, of_factor, swapped, trials)
            if way is forward or way.forward is RIGHT:
                return [found[mark]]
    return list(dict.fromkeys(found.values()))


def _mark_of_running(trials: Sequence[Trial], name: str, way: Suspect, factor: Factor, swapped: bool) -> tuple:
    """What a running statistic is made of in all trials; without what it is not made of."""
    forward, marks = way.forward, []
    for shards in (trial.due.batch.shards for trial in trials):
        for rank in range(shards.count):
            if name == MEAN:
                marks += forward.mean(shards, rank)
            else:
                times = factor(shards, rank)
                marks += [times * weight if weight else 0.0 for weight in forward.variance(shards, rank)]
                marks += [] if forward.way == WITHIN else forward.mean(shards, rank)
    return (name, swapped, *((forward.way, forward.true_center) if name == VARIANCE else ()), str(marks), way.who)


def _factors(name: str) -> Sequence:
    return FACTORS[:1] if name == MEAN else FACTORS


def _of_running(
    name: str, way: Suspect, forward: Suspect, of_factor: str, swapped: bool, trials: Sequence[Trial]
) -> str:
    same = way.forward is forward.forward and way.forward is not RIGHT
    parts = [of_factor] if of_factor and not (same and of_factor == OWN_FACTOR) else []
    if swapped:
        parts.append("the momentum weights the old value, not the new one")
    if way.forward is not forward.forward and way.forward is not RIGHT:
        parts.append(f"in the {name}, {_filled(way.forward, way.who, trials)}")
    elif way.forward is RIGHT and forward.forward is not RIGHT:
        parts.append("the running statistics are those of the batch, and the output is not")
    return "; ".join(parts) or FOLLOWS


def _old(trial: Trial, name: str) -> Expected:
    old = trial.due.drawn.old[0 if name == MEAN else 1].double()
    return Expected(old, torch.zeros_like(old))
