"""The value of a term in floating point: nothing of `derive` but the classes of nodes is used, and the loss is a cubic.

A derivative is taken by the complex step: f(x + ih) = f(x) + ih f'(x) up to h^2, so with h = 1e-30 its imaginary part
over h is f'(x) without any cancellation. Of a second derivative the outer one is a central difference of order four,
with step 1e-4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from derive.language import Delta, Derivative, Entry, Index, Number, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum

COMPLEX_STEP = 1e-30
CENTRAL_STEP = 1e-4

FIRST_ORDER = 1e-10
"""Error allowed where all derivatives are complex steps: rounding alone, some hundred operations of 1e-16."""

SECOND_ORDER = 1e-7
"""Error allowed with central differences: h^4/30 = 3e-18 times a fifth derivative, at most 1e9 at the points drawn,
where var is 0.01 or more; and rounding, 1e-16/h = 1e-12."""

FUNCTIONS = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "abs": lambda x: x * np.sign(np.real(x)),  # analytic on either side of 0, as the complex step needs it
    "sign": lambda x: np.sign(np.real(x)),
}

Place = dict[Index, int]


@dataclass(frozen=True)
class Cubic:
    """The loss sum_i (a_i z_i + c_i z_i^3/3) + z'Qz/2 of an array of any shape, with its gradient and Hessian."""

    a: np.ndarray
    c: np.ndarray
    q: np.ndarray

    def of(self, z: np.ndarray, order: int) -> np.ndarray:
        shape, z = z.shape, z.ravel()
        a, c, q = self.a[: z.size], self.c[: z.size], self.q[: z.size, : z.size]
        if order == 0:
            return np.array(np.sum(a * z + c * z**3 / 3) + z @ q @ z / 2)
        if order == 1:
            return (a + c * z**2 + q @ z).reshape(shape)
        return (2 * np.diag(c * z) + q).reshape(shape + shape)


@dataclass(frozen=True)
class Point:
    """Arrays for the inputs (sizes among them), and for those defined names that are held fixed instead of computed."""

    arrays: dict[Tensor, np.ndarray]
    loss: Cubic
    known: dict[Tensor, np.ndarray] = field(default_factory=dict)

    def array(self, tensor: Tensor) -> np.ndarray:
        if tensor in self.arrays:
            return self.arrays[tensor]
        if tensor not in self.known:
            self.known[tensor] = self._computed(tensor)
        return self.known[tensor]

    def moved(self, tensor: Tensor, place: tuple[int, ...], by: complex) -> Point:
        """The point with one entry changed; what depends on it is computed anew, what it is made of is not."""
        array = np.array(self.array(tensor), dtype=complex if isinstance(by, complex) else None)
        array[place] += by
        return Point({**self.arrays, tensor: array}, self.loss)

    def range(self, index: Index) -> range:
        return range(int(np.real(value(index.size, self, {}))))

    def _computed(self, tensor: Tensor) -> np.ndarray:
        if tensor.dependence:
            order = tensor.partial.order if tensor.partial else 0
            return self.loss.of(self.array(tensor.dependence.on), order)
        if tensor.definition is None:
            raise AssertionError(f"the point has no value for {tensor}")
        indices, body = tensor.definition.indices, tensor.definition.body
        shape = [len(self.range(index)) for index in indices]
        places = product(*map(range, shape))
        entries = [value(body, self, dict(zip(indices, place, strict=True))) for place in places]
        return np.array(entries).reshape(shape)


def value(term: Term, point: Point, at: Place) -> complex:
    """The value of a term, its free indices being `at`."""
    match term:
        case Number(value=number):
            return float(number)
        case Entry(tensor=tensor, indices=indices):
            return point.array(tensor)[tuple(at[i] for i in indices)]
        case Delta(left=left, right=right):
            return float(at[left] == at[right])
        case Add():
            return sum(value(each, point, at) for each in term.summands)
        case Neg():
            return -value(term.arg, point, at)
        case Mul():
            return np.prod([value(each, point, at) for each in term.factors])
        case Div():
            return value(term.numerator, point, at) / value(term.denominator, point, at)
        case Pow():
            return value(term.base, point, at) ** float(term.exponent)
        case Sqrt():
            return np.sqrt(value(term.arg, point, at))
        case Function():
            return FUNCTIONS[term.name](value(term.arg, point, at))
        case Sum():
            return sum(value(term.body, point, {**at, term.index: i}) for i in point.range(term.index))
        case Derivative(body=body, by=by):
            return derivative(body, by, point, at)
    raise AssertionError(f"{type(term).__name__} has no value")


def derivative(body: Term, by: Entry, point: Point, at: Place) -> complex:
    place = tuple(at[i] for i in by.indices)
    if not nested(body):
        return np.imag(value(body, point.moved(by.tensor, place, 1j * COMPLEX_STEP), at)) / COMPLEX_STEP
    h = CENTRAL_STEP
    steps = ((h, 8), (-h, -8), (2 * h, -1), (-2 * h, 1))
    return sum(weight * value(body, point.moved(by.tensor, place, step), at) for step, weight in steps) / (12 * h)


def nested(term: Term) -> bool:
    """Whether a derivative stands in a term, also inside of what it names."""
    return any(
        isinstance(part, Derivative)
        or (isinstance(part, Entry) and part.tensor.definition is not None and nested(part.tensor.definition.body))
        for part in walk(term)
    )


def tolerance(*terms: Term) -> float:
    deep = any(isinstance(part, Derivative) and nested(part.body) for each in terms for part in walk(each))
    return SECOND_ORDER if deep else FIRST_ORDER
