"""Generic inputs: what is special about them (a rational standard deviation, a hypothesis) is made so on purpose.

A batch y = mu + c w has the standard deviation sqrt(c**2 v + epsilon), where v is the variance of w. With
epsilon = e**2 it is rational on a curve that has a point for each rational k: c = 2 e k / (1 - v k**2). With
epsilon = 0 one batch of variance q**2 is found by search, and reflections make all others of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from math import isqrt
from random import Random

from derive.language import Claim, Entry, Tensor, Term
from derive.language.terms import Derivative, Function, Pow, Sum
from tests.soundness.evaluation import World, free

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31)
EDGES = (-1, 0, 0, 1, 1, 2, -2)
NORMALIZED = ("y", "x")
"""The inputs whose last axis is a batch with a rational standard deviation."""


@dataclass(frozen=True)
class Kind:
    """What a draw has to look like for a claim: its sizes, and what the hypotheses fix.

    `flat` is epsilon = 0, `small` keeps exponentials small, `wide` says that there are many free indices, `nested`
    that something is differentiated twice, `edge` that the numbers should be special: zeros, ones, equal entries.
    """

    names: tuple[str, ...]
    flat: bool = False
    small: bool = False
    wide: bool = False
    nested: bool = False
    edge: bool = False
    centred: frozenset[str] = frozenset()
    unit: frozenset[str] = frozenset()

    @property
    def heavy(self) -> bool:
        """Whether evaluation takes long: many axes, or second derivatives by entries of a matrix."""
        return len(self.names) > 2 or (len(self.names) > 1 and self.nested)

    @staticmethod
    def of(claim: Claim) -> Kind:
        parts = [side for part in (claim, *claim.hypotheses) for side in (part.lhs, part.rhs)]
        nodes = [node for part in parts for node in reach(part)]
        sizes = {node.tensor.name for node in nodes if isinstance(node, Entry) and node.tensor.integer}
        zero = [side for given in claim.hypotheses if given.relation == "=" for side in (given.lhs, given.rhs)]
        return Kind(
            tuple(sorted(sizes)),
            flat=any(isinstance(side, Entry) and side.tensor.name == "epsilon" for side in zero),
            small=any(isinstance(node, Function) and node.name in ("exp", "tanh") for node in nodes),
            wide=len(free(claim.lhs) | free(claim.rhs)) > 3,
            nested=any(map(_is_second, nodes)),
            centred=frozenset(_summed(zero, Entry)),
            unit=frozenset(_summed(zero, Pow)),
        )

    def sizes(self) -> list[tuple[int, ...]]:
        """Sizes that differ; small ones where there are many. Without epsilon a batch of 2 or 4 has a rational root."""
        names = len(self.names)
        if self.edge:
            every = [(1,) * names, (2,) * names, tuple(2 + k % 2 for k in range(names))]
            return every[:2] if names == 2 else [tuple(1 + k % 2 for k in range(names))] if names > 2 else every
        if not names:
            return [()]
        if names > 1:
            return [tuple(row[k % len(row)] for k in range(names)) for row in self._rows(names)]
        first = 4 if self.flat or self.unit else 3
        return [(first,), (first + 1,)] if self.wide or self.nested else [(first,), (first + 1,), (6,)]

    def _rows(self, names: int) -> list[tuple[int, ...]]:
        if names == 2:
            rows = [(2, 4), (4, 2)] if self.flat else [(2, 3), (3, 2)]
            return rows if self.heavy or self.flat else [*rows, (3, 4)]
        return [(2, 2, 3), (3, 1, 2), (1, 3, 2)] if names == 3 else [(1, 2, 3, 2, 2), (2, 3, 1, 2, 1), (3, 1, 2, 3, 3)]


def reach(value: Term) -> Iterator[Term]:
    """Every node of a term, those in definitions and in the sizes of axes too."""
    yield value
    below = list(value.args)
    if isinstance(value, Entry):
        below += value.tensor.sizes
        if value.tensor.definition is not None:
            below.append(value.tensor.definition.body)
    if isinstance(value, Derivative):
        below.append(value.by)
    if isinstance(value, Sum):
        below.append(value.index.size)
    for part in below:
        yield from reach(part)


def _is_second(node: Term) -> bool:
    """A derivative of a derivative, or the second derivative of an unknown function."""
    if isinstance(node, Entry):
        return node.tensor.partial is not None and node.tensor.partial.order == 2
    return isinstance(node, Derivative) and any(isinstance(below, Derivative) for below in reach(node.body))


def _summed(sides: list[Term], shape: type) -> Iterator[str]:
    """The vectors v of hypotheses Sum(v[k], k) = 0 or Sum(v[k]**2, k) = m."""
    for side in sides:
        if isinstance(side, Sum) and isinstance(side.body, shape):
            entry = side.body.base if isinstance(side.body, Pow) else side.body
            yield entry.tensor.name


@cache
def draw(kind: Kind, sizes: tuple[int, ...], seed: int) -> World:
    named = dict(zip(kind.names, sizes, strict=True))
    return World(named, Inputs(kind, named, seed))


class Inputs:
    """The value of every input, drawn when it is first asked for."""

    def __init__(self, kind: Kind, sizes: dict[str, int], seed: int) -> None:
        self.kind = kind
        self.sizes = tuple(sizes.values())
        self.seed = seed
        self.length = World(sizes, self).value
        self.rows: dict[tuple, list[Fraction]] = {}
        self.drawn: dict[tuple, int | Fraction] = {}
        self.root = 0 if kind.flat else Fraction(PRIMES[seed % 5], PRIMES[(seed + 1) % 4])

    def __call__(self, tensor: Tensor, position: tuple[int, ...]) -> int | Fraction:
        position = min(same_entry(tensor, position))
        key = (tensor, position)
        if key not in self.drawn:
            self.drawn[key] = self.draw(tensor, position)
        return self.drawn[key]

    def draw(self, tensor: Tensor, position: tuple[int, ...]) -> int | Fraction:
        if tensor.name == "epsilon":
            return self.seed % 2 if self.kind.edge and not self.kind.flat else self.root**2
        key = (tensor, position[:-1])
        if key not in self.rows and position and (row := self.row(tensor, position[:-1])):
            self.rows[key] = row
        if key in self.rows:
            return self.rows[key][position[-1]]
        if self.kind.edge:
            return self.random(tensor, position).choice([value for value in EDGES if _sign(value) in tensor.signs])
        sign = self.sign(tensor, position)
        return sign and sign * generic(self.random(tensor, position), tensor.integer, self.kind.small)

    def random(self, tensor: Tensor, position: tuple[int, ...]) -> Random:
        return Random(f"{_title(tensor)} {position} {self.sizes} {self.seed}")

    def sign(self, tensor: Tensor, position: tuple[int, ...]) -> int:
        """A scalar is positive and negative by turns; zero is drawn only where nothing else is allowed."""
        choices = sorted(tensor.signs - {0})
        if position and choices:
            return Random(f"sign of {_title(tensor)} {position} {self.sizes} {self.seed}").choice(choices)
        start = Random(_title(tensor)).randrange(2)
        return choices[(start + self.seed) % len(choices)] if choices else 0

    def row(self, tensor: Tensor, position: tuple[int, ...]) -> list[Fraction] | None:
        """The whole last axis, where that has to be special."""
        if self.kind.edge:
            return None
        rng, length = self.random(tensor, position), self.length(tensor.sizes[-1], {})
        if tensor.name in self.kind.unit:
            start = _unit(length) if tensor.name in self.kind.centred else (1,) * length
            return reflected(rng, start, centred=tensor.name in self.kind.centred)
        if tensor.name in self.kind.centred:
            return _centred(rng, length)
        if tensor.name not in NORMALIZED:
            return None
        if self.kind.flat:
            scale, shift = generic(rng), generic(rng)
            return [shift + scale * value for value in reflected(rng, _unit(length), centred=True)]
        return batch(rng, length, self.root)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def same_entry(tensor: Tensor, position: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The positions of one entry: a symmetric tensor has several, and so have second derivatives."""
    if tensor.symmetric:
        return {position, tuple(sorted(position))}
    if tensor.partial is not None and tensor.partial.order == 2:
        half = len(position) // 2
        return {position, position[half:] + position[:half]}
    return {position}


def _title(tensor: Tensor) -> str:
    """Two tensors of one name can be different."""
    return f"{tensor.name} {len(tensor.sizes)} {sorted(tensor.signs)}"


def generic(rng: Random, integer: bool = False, small: bool = False) -> int | Fraction:
    """A positive number with a prime in it."""
    size = rng.choice(PRIMES)
    if small and not integer:
        return Fraction(size, 13)
    return size if integer or rng.random() < 0.7 else Fraction(size, rng.choice((2, 3)))


def _centred(rng: Random, length: int) -> list[Fraction]:
    values = [rng.randrange(-9, 10) for _ in range(length)]
    if len(set(values)) < min(length, 3):
        return _centred(rng, length)
    return [value - Fraction(sum(values), length) for value in values]


def batch(rng: Random, length: int, root: Fraction) -> list[Fraction]:
    """A batch for which the variance + root**2 is a square."""
    shape = _centred(rng, length)
    variance = sum(value * value for value in shape) / length
    k = Fraction(1, rng.randrange(2, 8))
    if variance * k * k == 1:
        return batch(rng, length, root)
    scale, shift = 2 * root * k / (1 - variance * k * k), rng.randrange(-9, 10)
    return [shift + scale * value for value in shape]


def reflected(rng: Random, start: tuple, *, centred: bool) -> list[Fraction]:
    """Another vector with the same square, and with the same sum if the mirror is centred."""
    mirror = _centred(rng, len(start))
    if not centred:
        mirror = [value + rng.randrange(1, 4) for value in mirror]
    overlap = 2 * sum(a * b for a, b in zip(start, mirror, strict=True)) / sum(b * b for b in mirror)
    return [a - overlap * b for a, b in zip(start, mirror, strict=True)]


@cache
def _unit(length: int) -> tuple[Fraction, ...]:
    for values in combinations_with_replacement(range(-4, 5), length):
        square = Fraction(sum(value * value for value in values), length)
        if sum(values) == 0 and square > 0 and square.denominator == 1 and isqrt(int(square)) ** 2 == square:
            return tuple(Fraction(value, isqrt(int(square))) for value in values)
    raise AssertionError(f"no batch of {length} has a rational standard deviation")
