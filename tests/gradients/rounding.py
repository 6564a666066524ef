"""Formulas on float64 arrays, each result with a bound of its rounding error.

Every operation rounds by at most u = 2^-53 of its result (exp, log and tanh by 2u), and passes on the errors of what
it works on. The bounds are those of a running error analysis (Higham 2002, section 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from derive.language import Delta, Entry, Index, Number, Tensor, Term
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum

U = 2.0**-53


@dataclass(frozen=True)
class Rounded:
    """An array with one axis for each of `labels`, and how far each entry may be from the exact number."""

    labels: tuple[Index, ...]
    array: np.ndarray
    error: np.ndarray

    def over(self, labels: tuple[Index, ...]) -> Rounded:
        """The same with its axes in the order of these labels, and an axis of length one for each that it lacks."""

        def placed(array: np.ndarray) -> np.ndarray:
            own = [label for label in labels if label in self.labels]
            array = array.transpose([self.labels.index(label) for label in own])
            return array[tuple(slice(None) if label in own else None for label in labels)]

        return Rounded(labels, placed(self.array), placed(self.error))


def exact(array: object, labels: tuple[Index, ...] = ()) -> Rounded:
    array = np.asarray(array, dtype=np.float64)
    return Rounded(labels, array, np.zeros_like(array))


def aligned(*parts: Rounded) -> list[Rounded]:
    labels = tuple(dict.fromkeys(label for part in parts for label in part.labels))
    return [part.over(labels) for part in parts]


def added(*parts: Rounded) -> Rounded:
    parts = tuple(aligned(*parts))
    sizes = sum(abs(part.array) for part in parts)
    error = sum(part.error for part in parts) + (len(parts) - 1) * U * sizes
    return Rounded(parts[0].labels, np.asarray(sum(part.array for part in parts)), np.asarray(error))


def multiplied(left: Rounded, right: Rounded) -> Rounded:
    left, right = aligned(left, right)
    result = left.array * right.array
    error = abs(left.array) * right.error + abs(right.array) * left.error + left.error * right.error
    return Rounded(left.labels, result, error + U * abs(result))


def divided(left: Rounded, right: Rounded) -> Rounded:
    left, right = aligned(left, right)
    result = left.array / right.array
    error = (left.error + abs(result) * right.error) / (abs(right.array) - right.error)
    return Rounded(left.labels, result, error + U * abs(result))


def powered(base: Rounded, exponent: int) -> Rounded:
    if exponent < 0:
        return divided(exact(1.0), powered(base, -exponent))
    result = exact(1.0)
    for _ in range(exponent):
        result = multiplied(result, base)
    return result


def applied(name: str, of: Rounded) -> Rounded:
    x, e = of.array, of.error
    if name == "abs":
        return Rounded(of.labels, abs(x), e)
    if name == "sign":
        if np.any(abs(x) <= e):
            raise AssertionError("rounding may have changed a sign")
        return Rounded(of.labels, np.sign(x), 0 * e)
    value, passed = {
        "exp": lambda: (np.exp(x), np.exp(x) * np.expm1(e)),
        "log": lambda: (np.log(x), e / (x - e)),
        "tanh": lambda: (np.tanh(x), e),
        "sqrt": lambda: (np.sqrt(x), e / np.sqrt(np.maximum(x - e, U))),
    }[name]()
    return Rounded(of.labels, value, passed + 2 * U * abs(value))


def summed(of: Rounded, index: Index, length: int) -> Rounded:
    if index not in of.labels:
        return multiplied(of, exact(float(length)))
    axis = of.labels.index(index)
    error = of.error.sum(axis) + (length - 1) * U * abs(of.array).sum(axis)
    return Rounded(tuple(label for label in of.labels if label != index), of.array.sum(axis), error)


@dataclass
class Numbers:
    """Sizes by name, and arrays by tensor: those given, and those of definitions as they are computed."""

    sizes: dict[str, int]
    given: dict[Tensor, Rounded]
    known: dict[Term, Rounded] = field(default_factory=dict)

    def length(self, size: Term) -> int:
        return self.sizes[size.tensor.name] if isinstance(size, Entry) else int(size.value)

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(map(self.length, tensor.sizes))

    def tensor(self, tensor: Tensor) -> Rounded:
        """The whole array, its axes in order."""
        if tensor not in self.given:
            if tensor.integer:
                return exact(self.sizes[tensor.name])
            if tensor.definition is None:
                raise AssertionError(f"nothing is given for {tensor}")
            value = self(tensor.definition.body).over(tensor.definition.indices)
            shape = self.shape(tensor)
            self.given[tensor] = Rounded(
                tensor.definition.indices, np.broadcast_to(value.array, shape), np.broadcast_to(value.error, shape)
            )
        return self.given[tensor]

    def __call__(self, term: Term) -> Rounded:
        if term not in self.known:
            self.known[term] = self._value(term)
        return self.known[term]

    def _value(self, term: Term) -> Rounded:
        match term:
            case Number(value=value):
                return exact(float(value))
            case Entry():
                return self._entry(term)
            case Delta(left=left, right=right):
                one = left == right
                return exact(1.0) if one else exact(np.eye(self.length(left.size)), (left, right))
            case Add():
                return added(*map(self, term.args))
            case Neg():
                value = self(term.arg)
                return Rounded(value.labels, -value.array, value.error)
            case Mul():
                first, *rest = map(self, term.args)
                for factor in rest:
                    first = multiplied(first, factor)
                return first
            case Div():
                return divided(self(term.numerator), self(term.denominator))
            case Pow():
                return powered(self(term.base), term.exponent)
            case Sqrt():
                return applied("sqrt", self(term.arg))
            case Function():
                return applied(term.name, self(term.arg))
            case Sum():
                return summed(self(term.body), term.index, self.length(term.index.size))
        raise AssertionError(f"a closed form has no {type(term).__name__}")

    def _entry(self, term: Entry) -> Rounded:
        whole = self.tensor(term.tensor)
        labels = tuple(dict.fromkeys(term.indices))
        letters = [chr(ord("a") + labels.index(index)) for index in term.indices]
        pattern = f"{''.join(letters)}->{''.join(dict.fromkeys(letters))}"

        def diagonal(array: np.ndarray) -> np.ndarray:
            return np.einsum(pattern, array) if letters else array

        return Rounded(labels, diagonal(whole.array), diagonal(whole.error))


def array(term: Term, numbers: Numbers, order: tuple[Index, ...]) -> Rounded:
    """The value of a formula with its axes in this order, each of full length."""
    value = numbers(term).over(order)
    shape = tuple(numbers.length(index.size) for index in order)
    return Rounded(order, np.broadcast_to(value.array, shape), np.broadcast_to(value.error, shape))
