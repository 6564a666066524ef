"""Random formulas, run with exact numbers, have exactly the value that the definitions of their parts give."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.language import Claim, Delta, Entry, Index, Matrix, Number, Size, Sum, Tensor, Term, define, indices
from derive.language.binding import free_indices
from derive.layers import Layer
from derive.python_source import function
from tests.python_source.running import arguments, array, exactly, returned
from tests.soundness.evaluation import World
from tests.soundness.fragment_statements import MATRICES
from tests.soundness.strategies import derivatives, terms, u

m, n = Size("m"), Size("n")
i, j, k = indices("i j k", m)
c, d = indices("c d", n)
layer = Layer("tried", "Tried", inputs=(u,), parameters=(), constants=(), steps=(Tensor("unused", (m,)),))
LENGTHS = {"m": 3, "n": 2}


def entry(tensor: Tensor, position: tuple[int, ...]) -> Fraction:
    """Some number for every entry: tau is a square, and a symmetric matrix symmetric."""
    position = tuple(sorted(position)) if tensor.symmetric else position
    if tensor.name == "tau":
        return Fraction(9, 4)
    return Fraction(sum(map(ord, tensor.name)) * (7 + sum(p * 5**at for at, p in enumerate(position, 1))) % 23 - 11, 3)


def shape(sizes: tuple[Term, ...]) -> tuple[int, ...]:
    return tuple(LENGTHS[size.tensor.name] if isinstance(size, Entry) else int(size.value) for size in sizes)


def whole(tensor: Tensor) -> numpy.ndarray | Fraction:
    """All entries of a tensor."""
    lengths = shape(tensor.sizes)
    values = [entry(tensor, place) for place in product(*map(range, lengths))]
    return array(values).reshape(lengths) if lengths else values[0]


def tensors_of(value: Term) -> dict[str, Tensor]:
    """Every tensor in a term, and the input of the layer, by name."""
    found = {u.name: u}
    visit = [value]
    while visit:
        part = visit.pop()
        visit += part.args
        if isinstance(part, Entry):
            found[part.tensor.name] = part.tensor
            visit += [part.tensor.definition.body] if part.tensor.definition else []
            following = part.tensor.dependence
            while following and following.derivative:
                found[following.derivative.name] = following.derivative
                following = following.derivative.dependence
        visit += [part.by] if hasattr(part, "by") else []
    return found


def check(value: Term, over: tuple[Index, ...]) -> None:
    """Compares what the source of `result[over] = value` returns with the value of the term at each place."""
    left = Entry(Tensor("result", tuple(index.size for index in over)), over)
    made = exactly(function(Claim(left, "=", value), layer, (), "Stated"))
    tensors = tensors_of(value)
    found = made(*(whole(tensors[name]) for name in arguments(made)))
    world = World(LENGTHS, entry)
    lengths = shape(tuple(index.size for index in over))
    assert numpy.shape(found) == lengths
    for place in product(*map(range, lengths)):
        assert (found[place] if place else found) == world.value(value, dict(zip(over, place, strict=True)))


@settings(max_examples=150, deadline=None)
@given(terms((i, j)))
def test_random_terms(value: Term) -> None:
    check(value, (i, j))


@settings(max_examples=60, deadline=None)
@given(terms((i, j, k)), st.permutations((i, j, k)))
def test_random_terms_in_three_indices(value: Term, over: list[Index]) -> None:
    check(value, tuple(over))


@settings(max_examples=60, deadline=None)
@given(terms((), 4))
def test_random_numbers(value: Term) -> None:
    check(value, ())


@settings(max_examples=60, deadline=None)
@given(derivatives((i,)))
def test_derivatives_are_carried_out(value: Term) -> None:
    check(value, (i, k))


@settings(max_examples=60, deadline=None)
@given(terms((i, j), 2), terms((i,), 2), terms((i, k), 2))
def test_definitions(body: Term, inner: Term, outer: Term) -> None:
    """A definition may lack some of its indices, and be used with others."""
    first = define("first", inner, i)
    second = define("second", body + first[j], i, j)
    check(Sum(outer * second[k, j], j) - second[i, k] * second[k, k] + first[k], (i, k))


@pytest.mark.parametrize("name", MATRICES)
def test_matrices(name: str) -> None:
    for side in (MATRICES[name].lhs, MATRICES[name].rhs):
        check(side, tuple(sorted(free_indices(side), key=str)))


N = Matrix("N", m, n)
W = Matrix("W", m, m)
LAYOUTS = {
    "N": (N[i, c], (i, c)),
    "N.swapaxes(0, 1)": (N[i, c], (c, i)),
    "N[:, None, :] * ones[None, :, None]": (N[i, c], (i, j, c)),
    "N.swapaxes(0, 1)[:, :, None] * ones[None, None, :]": (N[i, c], (c, i, k)),
    "W[range(m), range(m)]": (W[i, i], (i,)),
    "W[range(m), range(m)][None, :] * ones[:, None]": (W[i, i], (j, i)),
    "N.sum(0)": (Sum(N[i, c], i), (c,)),
    "N.sum(1)": (Sum(N[i, c], c), (i,)),
    "N.sum((0, 1))": (Sum(N[i, c], c, i), ()),
    "(W * W.swapaxes(0, 1)).sum((0, 1))": (Sum(W[i, j] * W[j, i], i, j), ()),
    "(u[:, None] * N).sum(0)": (Sum(u[i] * N[i, c], i), (c,)),
    "m * u": (Sum(u[i], k), (i,)),
    "2 * ones": (Number(2), (i,)),
    "delta * u[:, None]": (Delta(i, j) * u[i], (i, j)),
    "1 * ones": (Delta(i, i), (i,)),
}


@pytest.mark.parametrize("text", LAYOUTS)
def test_layouts(text: str) -> None:
    value, over = LAYOUTS[text]
    left = Entry(Tensor("result", tuple(index.size for index in over)), over)
    assert returned(function(Claim(left, "=", value), layer, (), "Stated")) == text
    check(value, over)
