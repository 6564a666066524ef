"""Claims about two networks, judged over seeds by a criterion that was fixed before: the sign test.

Each seed draws its own weights and batches, for both networks alike, and gives one ratio: the median, over the measured
steps after the first tenth, of the quantity of one network over that of the other. If there were no difference, the
ratio would be below 1 with probability 1/2 for each seed, independently. The claim held where so many ratios are on its
side that this has probability 0.05 at most, and failed where so many are on the other side; else it is undecided. With
fewer than 5 seeds nothing can be decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import comb, inf
from statistics import median
from typing import Any

from verify.experiments.outcome import FAILED, HELD, UNDECIDED, Outcome
from verify.experiments.store import Numbers

LEVEL = 0.05
Quantity = Callable[[dict[str, Any]], Any]
"""Of one record; None where it is not finite."""

QUANTITIES: dict[str, Quantity] = {
    "width": lambda record: _width(record["range"]),
    "predictiveness": lambda record: record["predictiveness"][1],
    "beta": lambda record: record["beta"],
    "random beta": lambda record: record["random beta"],
    "gradient": lambda record: record["gradient"],
    "shift": lambda record: _length(layer["distance"] for layer in record["shift"]),
    "angle": lambda record: _angle(layer["cosine"] for layer in record["shift"]),
}
"""What is compared, by name."""


def by_step(run: Numbers, quantity: str) -> dict[int, float]:
    """A quantity at each measured step; infinite where it is not finite."""
    values = ((record["step"], QUANTITIES[quantity](record)) for record in run["records"])
    return {step: inf if value is None else float(value) for step, value in values}


def seed_ratio(run: Numbers, base: Numbers, quantity: str) -> float:
    """The median over steps of one run's quantity over the other's. A run that has diverged has infinite ones."""
    one, other = by_step(run, quantity), by_step(base, quantity)
    steps = sorted({*one, *other})
    later = [step for step in steps if step >= 0.1 * (steps[-1] + 1)] or steps
    return median(ratio(one.get(step, inf), other.get(step, inf)) for step in later)


def ratio(one: float, other: float) -> float:
    """one / other, for numbers from 0 to infinity; 1 where they are equal."""
    if one == other:
        return 1.0
    return inf if other == 0 or one == inf else one / other


def final_loss(run: Numbers) -> float:
    """The mean of the last fifth of the losses; infinite where one of them is not finite."""
    losses = run["losses"]
    last = losses[-max(1, len(losses) // 5) :]
    return inf if any(loss is None for loss in last) else sum(last) / len(last)


def nearer(run: Numbers, to: Numbers, than: Numbers) -> float:
    """The distance of a run's final loss from one, over its distance from the other."""
    own, one, other = (final_loss(each) for each in (run, to, than))
    if own == inf:
        return inf
    return ratio(abs(own - one), abs(own - other))


def chance(wins: int, count: int) -> float:
    """The probability of at least so many heads in `count` tosses of a fair coin."""
    return sum(comb(count, heads) for heads in range(wins, count + 1)) / 2**count


def judged(claim: str, source: str, ratios: Sequence[float], *, smaller: bool = True) -> Outcome:
    """Whether the ratios are below 1, or above it with `smaller=False`, as often as the sign test asks for."""
    below = sum(ratio < 1 for ratio in ratios)
    above = sum(ratio > 1 for ratio in ratios)
    wins, losses = (below, above) if smaller else (above, below)
    count = len(ratios)
    verdict = UNDECIDED
    if count and chance(wins, count) <= LEVEL:
        verdict = HELD
    elif count and chance(losses, count) <= LEVEL:
        verdict = FAILED
    middle = median(ratios) if ratios else inf
    word = "below" if smaller else "above"
    says = f"the ratio is {word} 1 for {wins} of {count} seeds, {middle:.3g} in the median"
    says += f" (sign test: p = {chance(wins, count):.2g}, against it {chance(losses, count):.2g})" if count else ""
    if verdict == UNDECIDED and chance(count, count) > LEVEL:
        says += "; at least 5 seeds are needed to decide"
    return Outcome(claim, source, verdict, says, measured=middle, limit=1.0)


def _width(extent: Sequence[float | None]) -> float | None:
    low, high = extent
    return None if low is None or high is None else high - low


def _length(parts: Iterable[float | None]) -> float | None:
    values = list(parts)
    return None if any(value is None for value in values) else sum(value * value for value in values if value) ** 0.5


def _angle(cosines: Iterable[float | None]) -> float | None:
    """1 - the median cosine: 0 where the gradients point the same way."""
    known = [cosine for cosine in cosines if cosine is not None]
    return max(0.0, 1 - median(known)) if known else None
