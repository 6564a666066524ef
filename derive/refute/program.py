"""Terms made ready to be evaluated at many points: equal terms are one step, and indices are places in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import Any, Protocol

from derive.calculus import derivative
from derive.language.binding import indices_of, walk
from derive.language.terms import (
    Add,
    Definition,
    Delta,
    Derivative,
    Div,
    Entry,
    Function,
    Index,
    Mul,
    Neg,
    Number,
    Pow,
    Sqrt,
    Sum,
    Tensor,
    Term,
)

ZERO, ONE = Fraction(0), Fraction(1)


class NoValue(Exception):
    """A formula without a value at a point: a quotient by zero, the root of a negative number."""


class Values(Protocol):
    """What a step asks of an evaluation: the kind of numbers, the places of indices, and the values of other steps."""

    numbers: Any
    places: list[int]

    def value(self, step: Step) -> Any: ...

    def range(self, index: Index) -> range: ...

    def entry(self, tensor: Tensor, place: tuple[int, ...]) -> Any: ...

    def fit(self) -> None: ...


Run = Callable[[Values], Any]


class Step:
    """One term: how it is evaluated, and where its free indices stand. `key` tells several values apart.

    `tensors` are those whose entries it rests on; None where that is not known.
    """

    __slots__ = ("indices", "key", "number", "run", "slots", "tensors")

    def __init__(
        self,
        number: int,
        run: Run,
        indices: tuple[Index, ...],
        slots: tuple[int, ...],
        tensors: frozenset[Tensor] | None,
    ) -> None:
        self.number, self.run, self.indices, self.slots, self.tensors = number, run, indices, slots, tensors
        self.key: Callable[[list[int]], Any] | None = itemgetter(*slots) if slots else None


class Program:
    """The steps of the terms of one claim. They hold for every point, and for both kinds of numbers."""

    def __init__(self) -> None:
        self.slots: dict[Index, int] = {}
        self._steps: dict[Term, Step] = {}
        self._seen: dict[int, tuple[Term, Step]] = {}
        self._tensors: dict[Tensor, Tensor] = {}

    def step(self, term: Term) -> Step:
        """The step of a term. It is looked up by identity first: to compare terms takes as long as they are."""
        seen = self._seen.get(id(term))
        if seen is not None:
            return seen[1]
        step = self._steps.get(term)
        if step is None:
            if type(term) not in _RUNS:
                raise NoValue(f"a formula of the kind {type(term).__name__}")
            run, indices = _RUNS[type(term)](self, term), self._free_indices(term)
            step = Step(len(self._steps), run, indices, tuple(map(self.slot, indices)), self._tensors_of(term))
            self._steps[term] = step
        self._seen[id(term)] = term, step  # with the term, since the number of one that is gone is given to another
        return step

    def _free_indices(self, term: Term) -> tuple[Index, ...]:
        below = (index for arg in term.args for index in self.step(arg).indices)
        bound = term.index if isinstance(term, Sum) else None
        return tuple(index for index in dict.fromkeys((*indices_of(term), *below)) if index != bound)

    def _tensors_of(self, term: Term) -> frozenset[Tensor] | None:
        if isinstance(term, Derivative):
            return None
        if isinstance(term, Entry):
            definition = term.tensor.definition
            return frozenset({term.tensor}) if definition is None else self.step(definition.body).tensors
        found = [self.step(arg).tensors for arg in term.args]
        known = [tensors for tensors in found if tensors is not None]
        return frozenset().union(*known) if len(known) == len(found) else None

    def apart(self, tensors: Iterable[Tensor]) -> set[int]:
        """The numbers of the steps that don't rest on entries of these tensors."""
        concerned = frozenset(tensors)
        own = ((step.number, step.tensors) for step in self._steps.values())
        return {number for number, below in own if below is not None and not below & concerned}

    def slot(self, index: Index) -> int:
        return self.slots.setdefault(index, len(self.slots))

    def tensor(self, tensor: Tensor) -> Tensor:
        """The one of several equal tensors that stands for all."""
        return self._tensors.setdefault(tensor, tensor)

    def steps(self, terms: Sequence[Term]) -> tuple[Step, ...]:
        return tuple(map(self.step, terms))


def _number(_: Program, term: Number) -> Run:
    value = Fraction(term.value)
    return lambda values: values.numbers.number(value)


def _entry(program: Program, term: Entry) -> Run:
    slots = tuple(map(program.slot, term.indices))
    if term.tensor.definition is not None:
        return _defined(program, term.tensor.definition, slots)
    tensor = program.tensor(term.tensor)
    if not slots:
        return lambda values: values.entry(tensor, ())

    def run(values: Values) -> Any:
        places = values.places
        return values.entry(tensor, tuple([places[slot] for slot in slots]))

    return run


def _defined(program: Program, definition: Definition, slots: tuple[int, ...]) -> Run:
    own = tuple(map(program.slot, definition.indices))
    body = program.step(definition.body)

    def run(values: Values) -> Any:
        places = values.places
        kept = [places[slot] for slot in own]
        given = [places[slot] for slot in slots]
        for slot, place in zip(own, given, strict=True):
            places[slot] = place
        value = values.value(body)
        for slot, place in zip(own, kept, strict=True):
            places[slot] = place
        return value

    return run


def _delta(program: Program, term: Delta) -> Run:
    left, right = program.slot(term.left), program.slot(term.right)
    return lambda values: values.numbers.number(ONE if values.places[left] == values.places[right] else ZERO)


def _add(program: Program, term: Add) -> Run:
    first, *rest = program.steps(term.summands)

    def run(values: Values) -> Any:
        total = values.value(first)
        for step in rest:
            total = total + values.value(step)
        return total

    return run


def _mul(program: Program, term: Mul) -> Run:
    first, *rest = program.steps(term.factors)

    def run(values: Values) -> Any:
        total = values.value(first)
        for step in rest:
            total = total * values.value(step)
        return total

    return run


def _neg(program: Program, term: Neg) -> Run:
    arg = program.step(term.arg)
    return lambda values: -values.value(arg)


def _div(program: Program, term: Div) -> Run:
    above, below = program.step(term.numerator), program.step(term.denominator)
    return lambda values: values.value(above) / values.numbers.nonzero(values.value(below))


def _pow(program: Program, term: Pow) -> Run:
    base, exponent = program.step(term.base), term.exponent

    def run(values: Values) -> Any:
        value = values.value(base)
        if exponent < 0:
            value = 1 / values.numbers.nonzero(value)
        return values.numbers.power(value, abs(exponent))

    return run


def _sqrt(program: Program, term: Sqrt) -> Run:
    arg = program.step(term.arg)
    return lambda values: values.numbers.root(values.value(arg))


def _function(program: Program, term: Function) -> Run:
    arg, name = program.step(term.arg), term.name
    return lambda values: values.numbers.function(name, values.value(arg))


def _sum(program: Program, term: Sum) -> Run:
    body, index, slot = program.step(term.body), term.index, program.slot(term.index)

    def run(values: Values) -> Any:
        places = values.places
        kept = places[slot]
        total = None
        for place in values.range(index):
            places[slot] = place
            value = values.value(body)
            total = value if total is None else total + value
        places[slot] = kept
        return values.numbers.number(ZERO) if total is None else total

    return run


def _derivative(program: Program, term: Derivative) -> Run:
    """The derivative where what is differentiated has a value; elsewhere it has none.

    An unknown function has a value where its argument has one.
    """
    heads = [part.tensor for part in walk(term.body) if isinstance(part, Entry)]
    unknown = [tensor.dependence.on for tensor in heads if tensor.dependence]
    asked = [_everywhere(program, on) for on in unknown] or [_once(program.step(term.body))]
    made: list[Step] = []

    def run(values: Values) -> Any:
        if not made:
            made.append(program.step(derived(term)))
        values.fit()
        for ask in asked:
            ask(values)
        return values.value(made[0])

    return run


def _once(step: Step) -> Run:
    return lambda values: values.value(step)


def _everywhere(program: Program, tensor: Tensor) -> Run:
    """Asks for every entry of a tensor."""
    own = tuple(Index(f"#{place}", size) for place, size in enumerate(tensor.sizes))
    body: Term = Entry(tensor, own)
    for index in reversed(own):
        body = Sum(body, index)
    return _once(program.step(body))


_RUNS: dict[type[Term], Callable[[Program, Any], Run]] = {
    **{Number: _number, Entry: _entry, Delta: _delta, Add: _add, Neg: _neg, Mul: _mul, Div: _div, Pow: _pow},
    **{Sqrt: _sqrt, Function: _function, Sum: _sum, Derivative: _derivative},
}


@lru_cache(1024)
def derived(term: Derivative) -> Term:
    """The derivative carried out; equal parts of it are one object, so that they are found without being compared."""
    return _shared(derivative(term.body, term.by), {})


def _shared(term: Term, table: dict[Term, Term]) -> Term:
    if term not in table:
        args = tuple(_shared(arg, table) for arg in term.args)
        table[term] = term.rebuild(args) if args else term
    return table[term]
