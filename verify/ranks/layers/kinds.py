"""What ranks get wrong: each row of the tables is a fault, in words and as weights.

Forward rows say how a rank puts the statistics together (`moments`), backward rows with which weights it
adds up the sums of g and of g xhat of all ranks. n_r is the number of values that rank r has of a channel, q the rank
itself, R the number of ranks and m that of all values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verify.ranks.layers.moments import ABOUT, SQUARES, WITHIN
from verify.ranks.shards import Shards

Weights = Callable[[Shards, int], list[float]]
"""The weight of every rank r, as rank q has it."""


def whole(shards: Shards, q: int) -> list[float]:
    return [size / shards.total for size in shards.sizes]


def own(shards: Shards, q: int) -> list[float]:
    return [float(rank == q) for rank in range(shards.count)]


def alike(shards: Shards, q: int) -> list[float]:
    return [1 / shards.count] * shards.count


def first(shards: Shards, q: int) -> list[float]:
    return [float(rank == 0) for rank in range(shards.count)]


def assumed(shards: Shards, q: int) -> list[float]:
    """n_r / (R n_q): all shards are taken to be as large as the own one."""
    return [_by(size, shards.count * shards.sizes[q]) for size in shards.sizes]


def by_own(shards: Shards, q: int) -> list[float]:
    return [_by(size, shards.sizes[q]) for size in shards.sizes]


def unbiased(shards: Shards, q: int) -> list[float]:
    return [_by(size, shards.total - 1) for size in shards.sizes]


def own_unbiased(shards: Shards, q: int) -> list[float]:
    return [_by(size, size - 1) if rank == q else 0.0 for rank, size in enumerate(shards.sizes)]


def _by(over: float, under: float) -> float:
    return over / under if under else float("inf")


@dataclass(frozen=True)
class Forward:
    """A way to put the statistics together that is not the right one.

    `true_center` takes the variance about the mean of the batch, whatever mean is subtracted.
    """

    says: str
    mean: Weights
    variance: Weights
    way: str = ABOUT
    true_center: bool = False


RIGHT = Forward("", whole, whole)
_ALIKE = "unweighted: wrong for unequal shards"
_MISSING = "(between-shard part missing)"
FORWARDS = (
    Forward("{who} uses the statistics of its own shard", own, own, WITHIN),
    Forward("{who} uses the statistics of its own shard, with n-1 for n in the variance", own, own_unbiased, WITHIN),
    Forward(f"the variance is the mean of the ranks' variances {_MISSING}", whole, whole, WITHIN),
    Forward(f"the mean is the mean of the ranks' means, {_ALIKE}", alike, whole),
    Forward(f"the mean is the mean of the ranks' means, {_ALIKE}; the variance is right", alike, whole, ABOUT, True),
    Forward(f"the mean is the mean of the ranks' means, and that of the squares, too, {_ALIKE}", alike, alike),
    Forward(
        f"mean and variance are the means of the ranks' means and variances {_MISSING}, {_ALIKE}",
        alike, alike, WITHIN,
    ),
    Forward(f"the variance is the mean of the ranks' variances {_MISSING}, {_ALIKE}", whole, alike, WITHIN),
    Forward(
        f"the mean is the mean of the ranks' means, {_ALIKE}; the variance is the mean of the ranks' variances "
        f"{_MISSING}",
        alike, whole, WITHIN,
    ),
    Forward(f"the variance weighs all ranks alike, {_ALIKE}", whole, alike),
    Forward("{who} uses the mean of the batch, and the variance of its own shard", whole, own, WITHIN),
    Forward("{who} uses the mean of the batch, and takes the variance about it over its own shard", whole, own),
    Forward("{who} uses the variance of the batch, and the mean of its own shard", own, whole, ABOUT, True),
    Forward("{who} takes the variance of the batch about the mean of its own shard", own, whole),
    Forward("m is the number of ranks times the own shard's size", assumed, assumed),
    Forward("m is the number of ranks times the own shard's size", assumed, assumed, SQUARES),
    Forward("m is the number of ranks times the own shard's size, in the variance", whole, assumed),
    Forward("the sums over all ranks are divided by the own shard's size", by_own, by_own),
    Forward("the sums over all ranks are divided by the own shard's size", by_own, by_own, SQUARES),
    Forward("the variance is divided by the own shard's size where m is due", whole, by_own),
    Forward("{who} uses the statistics of rank 0's shard", first, first, WITHIN),
    Forward("the variance is divided by m-1 where m is due", whole, unbiased),
)  # fmt: skip


@dataclass(frozen=True)
class Backward:
    """How a rank adds up the sums of all ranks; the sentence is for several sums, or for one."""

    several: str
    one: str
    weights: Weights


def over_batch(shards: Shards, q: int) -> list[float]:
    return [1 / shards.total] * shards.count


def over_own(shards: Shards, q: int) -> list[float]:
    return [_by(1.0, shards.sizes[q]) if rank == q else 0.0 for rank in range(shards.count)]


def not_reduced(shards: Shards, q: int) -> list[float]:
    return [1 / shards.total if rank == q else 0.0 for rank in range(shards.count)]


def averaged(shards: Shards, q: int) -> list[float]:
    return [_by(1.0, shards.count * size) if size else 0.0 for size in shards.sizes]


def over_assumed(shards: Shards, q: int) -> list[float]:
    return [_by(1.0, shards.count * shards.sizes[q])] * shards.count


def over_size(shards: Shards, q: int) -> list[float]:
    return [_by(1.0, shards.sizes[q])] * shards.count


def nothing(shards: Shards, q: int) -> list[float]:
    return [0.0] * shards.count


def divided(shards: Shards, q: int) -> list[float]:
    return [1 / (shards.total * shards.count)] * shards.count


def repeated(shards: Shards, q: int) -> list[float]:
    return [shards.count / shards.total] * shards.count


CORRECT = Backward("", "", over_batch)
BACKWARDS = (
    Backward("run over the shard alone", "runs over the shard alone", over_own),
    Backward(
        "run over the shard alone, and are divided by the m of the batch: they are not reduced over the ranks",
        "runs over the shard alone, and is divided by the m of the batch: it is not reduced over the ranks",
        not_reduced,
    ),
    Backward("are left out: the statistics are taken as constants", "is left out", nothing),
    Backward(f"are means of the ranks' means, {_ALIKE}", f"is the mean of the ranks' means, {_ALIKE}", averaged),
    Backward(
        "are divided by the number of ranks times the own shard's size",
        "is divided by the number of ranks times the own shard's size",
        over_assumed,
    ),
    Backward("are divided by the own shard's size", "is divided by the own shard's size", over_size),
    Backward(
        "are divided by the number of ranks once too often", "is divided by the number of ranks once too often", divided
    ),
    Backward("count every rank once for each rank", "counts every rank once for each rank", repeated),
)


def said(of_ones: Backward, of_xhat: Backward) -> str:
    """What is wrong with the two sums of the input gradient."""
    if of_ones is of_xhat:
        return f"the gradient's sums {of_ones.several}"
    parts = [(name, each) for name, each in (("g", of_ones), ("g xhat", of_xhat)) if each is not CORRECT]
    return "; ".join(f"the gradient's sum of {name} {each.one}" for name, each in parts)


Factor = Callable[[Shards, int], float]
"""What a variance is multiplied by before it goes into the running variance."""
OWN_FACTOR = "the running variance has n/(n-1) of the own shard where m/(m-1) of the batch is due"
FACTORS: tuple[tuple[str, Factor], ...] = (
    ("", lambda shards, q: _by(shards.total, shards.total - 1)),
    ("the running variance is the biased one, without m/(m-1)", lambda shards, q: 1.0),
    (OWN_FACTOR, lambda shards, q: _by(shards.sizes[q], shards.sizes[q] - 1)),
    (
        "m is the number of ranks times the own shard's size, in the unbiased running variance",
        lambda shards, q: _by(shards.count * shards.sizes[q], shards.count * shards.sizes[q] - 1),
    ),
)
PARTS: tuple[tuple[str, str, Weights], ...] = (
    ("none", "{what} of each rank's own part, not reduced", own),
    ("sum", "{what} summed over the ranks", lambda shards, q: [1.0] * shards.count),
    ("mean", "{what} averaged over the ranks, not summed", alike),
    ("", "{what} summed over the ranks more than once", lambda shards, q: [float(shards.count)] * shards.count),
    ("", "{what} weighted with the sizes of the shards", whole),
    ("", "{what} averaged over the ranks twice", lambda shards, q: [shards.count**-2.0] * shards.count),
)
"""What a rank may have of the gradients of weight and bias: the convention, if it is one, and the weights."""
