"""The value of a term at concrete sizes and inputs, by walking it: nothing is simplified, so nothing can go wrong.

Of `derive` only the classes of nodes are used. Derivatives are carried out with nested dual numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

from derive.language import Claim, Delta, Derivative, Entry, Index, Number, Tensor, Term
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from tests.soundness.arithmetic import compare
from tests.soundness.jets import apply, coefficient, infinitesimal, power, reciprocal

Place = dict[Index, int]
"""A value for every index in scope."""

Seed = tuple[Tensor, tuple[int, ...]]
"""One entry that is perturbed; the k-th seed has the bit 1 << k."""


@cache
def free(value: Term) -> frozenset[Index]:
    """The indices that a term depends on."""
    match value:
        case Entry():
            return frozenset(value.indices)
        case Delta():
            return frozenset({value.left, value.right})
        case Derivative():
            return free(value.body) | frozenset(value.by.indices)
        case Sum():
            return free(value.body) - {value.index}
    return frozenset().union(*map(free, value.args))


@cache
def ordered(value: Term) -> tuple[Index, ...]:
    return tuple(sorted(free(value), key=str))


class World:
    """Sizes, and a value for every input: `entry(tensor, position)` gives the values of what is not defined."""

    def __init__(self, sizes: dict[str, int], entry: Callable[[Tensor, tuple[int, ...]], object]) -> None:
        self.sizes = sizes
        self.entry = entry
        self.known: dict[tuple, object] = {}
        self.sums: dict[tuple, object] = {}

    def range(self, index: Index) -> range:
        return range(self.value(index.size, {}))

    def places(self, indices: frozenset[Index]) -> Iterator[Place]:
        """Every assignment of values to these indices."""
        names = sorted(indices, key=str)
        for values in product(*map(self.range, names)):
            yield dict(zip(names, values, strict=True))

    def value(self, term: Term, place: Place, seeds: tuple[Seed, ...] = ()) -> object:
        """The value of a term there: a number, or a jet when entries are perturbed."""
        match term:
            case Number():
                return term.value
            case Entry():
                return self._entry(term.tensor, tuple(place[index] for index in term.indices), seeds)
            case Delta():
                return int(place[term.left] == place[term.right])
            case Add():
                return sum((self.value(arg, place, seeds) for arg in term.summands), 0)
            case Neg():
                return -self.value(term.arg, place, seeds)
            case Mul():
                return self._product(term, place, seeds)
            case Div():
                return self.value(term.numerator, place, seeds) * reciprocal(self.value(term.denominator, place, seeds))
            case Pow():
                return power(self.value(term.base, place, seeds), term.exponent)
            case Sqrt():
                return apply("sqrt", self.value(term.arg, place, seeds))
            case Function():
                return apply(term.name, self.value(term.arg, place, seeds))
            case Sum():
                return self._remembered(self.sums, term, place, seeds, self._sum)
            case Derivative():
                return self._remembered(self.known, term, place, seeds, self._derivative)
        raise NotImplementedError(type(term).__name__)

    def _product(self, term: Mul, place: Place, seeds: tuple[Seed, ...]) -> object:
        result: object = 1
        for factor in term.factors:
            result = result * self.value(factor, place, seeds)
        return result

    def _remembered(self, memory: dict, term: Term, place: Place, seeds: tuple[Seed, ...], work: Callable) -> object:
        key = (term, tuple(place[index] for index in ordered(term)), seeds)
        if key not in memory:
            memory[key] = work(term, place, seeds)
        return memory[key]

    def _sum(self, term: Sum, place: Place, seeds: tuple[Seed, ...]) -> object:
        terms = (self.value(term.body, {**place, term.index: at}, seeds) for at in self.range(term.index))
        return sum(terms, 0)

    def _derivative(self, term: Derivative, place: Place, seeds: tuple[Seed, ...]) -> object:
        by = (term.by.tensor, tuple(place[index] for index in term.by.indices))
        return coefficient(self.value(term.body, place, (*seeds, by)), 1 << len(seeds))

    def _entry(self, tensor: Tensor, position: tuple[int, ...], seeds: tuple[Seed, ...]) -> object:
        if tensor.integer and tensor.name in self.sizes:
            return self.sizes[tensor.name]
        if not seeds and tensor.definition is None:
            return self.entry(tensor, position)
        key = (tensor, position, seeds)
        if key not in self.known:
            self.known[key] = self._perturbed(tensor, position, seeds)
        return self.known[key]

    def _perturbed(self, tensor: Tensor, position: tuple[int, ...], seeds: tuple[Seed, ...]) -> object:
        if tensor.definition is not None:
            place = dict(zip(tensor.definition.indices, position, strict=True))
            value = self.value(tensor.definition.body, place, seeds)
        elif tensor.dependence is not None:
            return self._unknown_function(tensor, position, seeds)
        else:
            value = self.entry(tensor, position)
        for number, seed in enumerate(seeds):
            if seed == (tensor, position):
                value = value + infinitesimal(1 << number)
        return value

    def _unknown_function(self, tensor: Tensor, position: tuple[int, ...], seeds: tuple[Seed, ...]) -> object:
        """The chain rule, one perturbation at a time: f(x + d e) = f(x) + f'(x) d e."""
        last = 1 << (len(seeds) - 1)
        value = self._entry(tensor, position, seeds[:-1])
        if seeds[-1] == (tensor, position):
            value = value + infinitesimal(last)
        on, slopes = tensor.dependence.on, tensor.dependence.derivative
        for at in product(*(range(self.value(size, {})) for size in on.sizes)):
            step = coefficient(self._entry(on, at, seeds), last)
            if step != 0:
                slope = self._entry(slopes, (*position, *at), seeds[:-1])
                value = value + infinitesimal(last, slope * step)
        return value

    def holds(self, claim: Claim) -> bool:
        """Whether a claim (its hypotheses aside) is true here, for every value of its free indices."""
        return all(self.holds_at(claim, place) for place in self.places(free(claim.lhs) | free(claim.rhs)))

    def holds_at(self, claim: Claim, place: Place) -> bool:
        """Whether a claim is true here for these values of its free indices."""
        return RELATIONS[claim.relation](compare(self.value(claim.lhs, place), self.value(claim.rhs, place)))


RELATIONS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
}
