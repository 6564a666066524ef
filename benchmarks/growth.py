"""How the time of a decision grows: with terms, factors, hypotheses and nested sums, and SymPy's with m."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from random import Random
from statistics import median

from benchmarks.comparison import PATIENCE, duration
from benchmarks.proofs import SYMPY, ours, stop
from benchmarks.statements import forget
from derive.kernel import by_normal_form
from derive.language import Claim, Eq, Index, Matrix, Size, Sum, Term, Vector, indices
from derive.language.terms import Add, Mul

M = Size("m")
B, K = indices("b k", M)
SIZES = (10, 30, 100, 300, 1000, 3000)


@dataclass
class Curve:
    """Median seconds for each size of one family; `unit` says what is counted."""

    name: str
    unit: str
    points: dict[int, float] = field(default_factory=dict)
    stopped: int | None = None

    @property
    def steepest(self) -> float | None:
        """The largest local exponent between neighbouring sizes that take more than a millisecond."""
        slow = [(n, seconds) for n, seconds in sorted(self.points.items()) if seconds > 1e-3]
        slopes = [log(late / early) / log(n / k) for (k, early), (n, late) in pairwise(slow)]
        return max(slopes, default=None)

    def record(self) -> dict:
        """This curve for --json, in seconds."""
        return {"name": self.name, "unit": self.unit, "seconds": self.points, "not_within": self.stopped}


# Families of true equations


def terms(count: int) -> Claim:
    """A product with a sum of vectors, multiplied out and shuffled."""
    y, own = Vector("y", M), _vectors(count)
    return Eq(Sum(y[B] * Add(tuple(x[B] for x in own)), B), Add(tuple(Sum(x[K] * y[K], K) for x in _shuffled(own))))


def square(count: int) -> Claim:
    """The square of a sum of sums, which has about `count` terms when like terms are collected."""
    own = [Sum(x[B], B) for x in _vectors(round((2 * count) ** 0.5))]
    return Eq(Add(tuple(own)) ** 2, Add(tuple(x * z for x in _shuffled(own) for z in own)))


def hypotheses(count: int) -> Claim:
    """One sum for each vector, under the hypotheses that all of them are zero."""
    own, y = _vectors(count), Vector("y", M)
    zero = tuple(Eq(Sum(x[B], B), 0) for x in own)
    both = Add(tuple(Sum(x[B], B) + Sum(x[B] * y[B], B) for x in own))
    return Claim(both, "=", Add(tuple(Sum(y[B] * x[B], B) for x in _shuffled(own))), zero)


def factors(count: int) -> Claim:
    """A sum of one long product, its factors shuffled."""
    own = _vectors(count)
    return Eq(Sum(_product(x[B] for x in own), B), Sum(_product(x[K] for x in _shuffled(own)), K))


def chain(depth: int) -> Claim:
    """y'AA...Ay, read from its other end."""
    y, a = Vector("y", M), Matrix("A", M, M, symmetric=True)
    over = _indices("i", depth)

    def along(path: tuple[Index, ...]) -> Term:
        return _product((y[path[0]], *(a[i, j] for i, j in pairwise(path)), y[path[-1]]))

    return Eq(Sum(along(over), *over), Sum(along(over[::-1]), *_shuffled(over)))


def ring(depth: int) -> Claim:
    """The trace of AA...A, begun elsewhere: every index looks like every other."""
    a = Matrix("A", M, M, symmetric=True)
    over = _indices("i", depth)

    def around(path: tuple[Index, ...]) -> Term:
        return _product(a[i, j] for i, j in zip(path, path[1:] + path[:1], strict=True))

    return Eq(Sum(around(over), *over), Sum(around(over[1:] + over[:1]), *_shuffled(over)))


def spider(depth: int) -> Claim:
    """Equal legs of two matrices on one index, taken in another order: the worst that we know."""
    a, c = Matrix("A", M, M), Matrix("C", M, M)
    (body,), near, far = _indices("b", 1), _indices("k", depth // 2), _indices("l", depth // 2)
    legs = list(zip(near, far, strict=True))

    def product(order: Iterable[tuple[Index, Index]]) -> Term:
        return _product(factor for k, j in order for factor in (a[body, k], c[k, j]))

    over = (body, *near, *far)
    return Eq(Sum(product(legs), *over), Sum(product(_shuffled(legs)), *_shuffled(over)))


FAMILIES: tuple[tuple[str, str, Callable[[int], Claim], tuple[int, ...]], ...] = (
    ("product with a sum", "terms", terms, SIZES),
    ("square of a sum", "terms", square, SIZES),
    ("hypotheses used", "terms", hypotheses, (3, 10, 30, 100, 300)),
    ("one product", "factors", factors, (2, 4, 10, 30, 100, 300, 1000)),
    ("y'A...Ay", "nested sums", chain, tuple(range(1, 9))),
    ("trace(A...A)", "nested sums", ring, tuple(range(2, 9))),
    ("equal legs on one index", "nested sums", spider, (3, 5, 7, 9, 11)),
)


def measured(repeat: int) -> Iterator[Curve]:
    """The curve of each family, and beside it SymPy's times for Theorem 4.1 at fixed m."""
    for name, unit, family, sizes in FAMILIES:
        yield Curve(name, unit, {size: _decided(family(size), repeat) for size in sizes})
    yield Curve("normproof, every m at once", "m", dict.fromkeys((3, 12), median(ours("4.1") for _ in range(9))))
    for method in ("ring", "simplify"):
        yield _sympy(method, repeat)
    stop()


def report(curves: Iterable[Curve]) -> Iterator[str]:
    """One line a curve: its largest size, the time there, and its steepest part."""
    for curve in curves:
        size, seconds = max(curve.points.items())
        steepest = f", steepest part ~ n^{curve.steepest:.1f}" if curve.steepest else ""
        ended = f"; not within {PATIENCE:.0f} s at m = {curve.stopped}" if curve.stopped else ""
        at = f"m = {size}" if curve.unit == "m" else f"{size} {curve.unit}"
        yield f"{curve.name}: {duration(seconds)} at {at}{steepest}{ended}"


def _decided(claim: Claim, repeat: int) -> float:
    return median(_seconds(claim) for _ in range(repeat))


def _seconds(claim: Claim) -> float:
    forget()
    began = time.perf_counter()
    by_normal_form(claim)
    return time.perf_counter() - began


def _sympy(method: str, repeat: int) -> Curve:
    curve = Curve({"ring": "SymPy rings", "simplify": "SymPy simplify"}[method], "m")
    for m in (3, 4, 6, 8, 10, 12):
        runs = [SYMPY.ask(PATIENCE, statement="4.1", m=m, method=method).seconds for _ in range(1 if m > 4 else repeat)]
        if None in runs:
            curve.stopped = m
            break
        curve.points[m] = median(runs)
    return curve


def _vectors(count: int) -> list:
    return [Vector(f"x{number}", M) for number in range(count)]


def _indices(letter: str, count: int) -> tuple[Index, ...]:
    return indices(" ".join(f"{letter}{number}" for number in range(count)), M)


def _product(parts: Iterable[Term]) -> Term:
    return Mul(tuple(parts))


def _shuffled(items: Iterable) -> list:
    items = list(items)
    Random(0).shuffle(items)
    return items
