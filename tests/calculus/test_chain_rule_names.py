"""The chain rule and the names of indices: whatever they are called, a derivative has the value that jets give it.

The sum of the chain rule takes the names of the definition that it goes through. Here those are also the names of
the variable, of sums inside the definition, and of sums around the derivative.
"""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from derive.closed_forms import to_term
from derive.language import Derivative, Entry, Index, Matrix, Size, Sum, Tensor, Term, Vector, loss, sqrt
from derive.language.binding import free_indices
from derive.language.terms import Definition
from derive.normal_form import Reducer
from tests.soundness.arithmetic import compare
from tests.soundness.draws import Kind, draw

m, n = Size("m"), Size("n")
NAMES = ("b", "k", "k0", "k1", "b'")
ROWS, COLUMNS = ({name: Index(name, size) for name in NAMES} for size in (m, n))
AXES = tuple(ROWS.values()), tuple(COLUMNS.values())
x, X, W, u = Vector("x", m), Matrix("X", m, n), Matrix("W", n, n), Vector("u", m)


def step(rng: Random, before: Tensor, name: str) -> Tensor:
    """A definition with random index names, made of the step before and of sums over it."""
    matrix = len(before.sizes) == 2
    names = rng.sample(NAMES, 2)
    own = (ROWS[names[0]], COLUMNS[names[1]]) if matrix else (ROWS[names[0]],)
    bound = rng.choice([index for index in ROWS.values() if index != own[0]])
    here, there = Entry(before, own), Entry(before, (bound, *own[1:]))
    bodies = [
        here * Sum(there * u[bound], bound),
        here - Sum(there, bound) / m,
        here / sqrt(Sum(there**2, bound) + 1),
        Sum(there * here, bound) + here**2,
    ]
    if matrix:
        other = rng.choice([index for index in COLUMNS.values() if index != own[1]])
        bodies.append(Sum(Entry(before, (own[0], other)) * W[other, own[1]], other))
        bodies.append(Sum(Entry(before, (bound, other)) * here, bound, other))
    return Tensor(name, before.sizes, definition=Definition(own, rng.choice(bodies)))


def asked(rng: Random) -> Term:
    """A derivative of an unknown loss through one or two steps, once or twice, at random names, perhaps summed."""
    start = rng.choice([x, X])
    program = [start]
    for number in range(rng.randint(1, 2)):
        program.append(step(rng, program[-1], f"z{number}"))
    L, g = loss("L", of=program[-1])
    variable = rng.choice(program[:-1])

    def at(tensor: Tensor) -> Entry:
        return Entry(tensor, tuple(rng.choice(AXES[axis]) for axis in range(len(tensor.sizes))))

    body = rng.choice([L, L**2, at(program[-1]), at(g)])
    result: Term = Derivative(body, at(variable))
    if rng.random() < 0.3 and len(program) == 2 and body in (L, L**2):
        result = Derivative(result, at(variable))
    if rng.random() < 0.5:
        result = result * at(variable)
    for index in sorted(free_indices(result), key=str):
        if rng.random() < 0.4:
            result = Sum(result, index)
    return result


@pytest.mark.parametrize("seed", range(4))
def test_a_derivative_has_the_value_that_jets_give(seed: int) -> None:
    compared = 0
    for number in range(40):
        term = asked(Random(f"names {seed} {number}"))
        normal = to_term(Reducer()(term), free_indices(term))
        world = draw(Kind(("m", "n")), (2, 3), seed)
        indices = sorted(free_indices(term), key=lambda index: (str(index.size), str(index)))
        for values in product(*(world.range(index) for index in indices)):
            place = dict(zip(indices, values, strict=True))
            assert compare(world.value(term, place), world.value(normal, place)) == 0, (term, normal, place)
            compared += 1
            if compared % 6 == 0:
                break
    assert compared > 60
