"""Is a claim true? Decided by evaluating both sides at several sizes, on inputs that are generic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from derive.language import Claim
from tests.soundness.arithmetic import UndefinedError
from tests.soundness.draws import Kind, draw
from tests.soundness.evaluation import World
from tests.soundness.solving import solved

SEEDS = 40
"""How many draws are tried for one that the hypotheses hold at."""


def oracle(claim: Claim, draws: int = 3) -> str:
    """Says "true", "false", or "undefined" when both sides have a value at no generic point.

    "false" is certain. "true" means: at every size tried, on `draws` generic inputs each (three times as many
    when there is no size, one where evaluation takes long), and on inputs that are special: zeros, ones, small sizes.
    """
    defined = 0
    for world in worlds(claim, draws):
        holds = _holds(claim, world)
        if holds is False:
            return "false"
        defined += holds is not None
    if any(_holds(claim, world) is False for world in edges(claim)):
        return "false"
    return "true" if defined else "undefined"


def _holds(claim: Claim, world: World) -> bool | None:
    """Whether a claim holds in a world; None where a side has no value."""
    try:
        return world.holds(claim)
    except UndefinedError:
        return None


def worlds(claim: Claim, draws: int) -> Iterator[World]:
    """Worlds of several sizes, with generic inputs, in which the hypotheses of the claim hold."""
    kind = Kind.of(claim)
    for sizes in kind.sizes():
        enough = (1 if kind.heavy else draws) if sizes else 3 * draws
        found = list(islice(_satisfying(claim, kind, sizes, SEEDS, solve=True), enough))
        if not found:
            raise AssertionError(f"no draw satisfies the hypotheses of {claim}")
        yield from found


def edges(claim: Claim) -> Iterator[World]:
    """Worlds with special inputs in which the hypotheses hold, if there are any."""
    kind = replace(Kind.of(claim), edge=True)
    for sizes in kind.sizes():
        yield from _satisfying(claim, kind, sizes, 4, solve=False)


def _satisfying(claim: Claim, kind: Kind, sizes: tuple[int, ...], seeds: int, solve: bool) -> Iterator[World]:
    for seed in range(seeds):
        world = draw(kind, sizes, seed)
        world.sums.clear()
        if all(_holds(hypothesis, world) for hypothesis in claim.hypotheses):
            yield world
        elif solve and (made := solved(claim, kind, sizes, seed)):
            yield made
