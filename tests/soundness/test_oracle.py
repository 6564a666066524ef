"""The oracle, before anything is judged by it: hand-computed values, differences, planted errors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from derive.language import (
    Abs,
    Claim,
    Delta,
    Derivative,
    Eq,
    Ne,
    Sum,
    Tensor,
    Term,
    exp,
    log,
    mean,
    sign,
    sqrt,
    squared_norm,
    tanh,
    term,
)
from tests.long import FOURTH_ORDER, without
from tests.soundness.arithmetic import UndefinedError, compare, square_root
from tests.soundness.batchnorm_statements import H, L, b, beta, epsilon, g, gamma, j, k, m, mu, s, v, var, y, yhat, z
from tests.soundness.draws import Kind, draw
from tests.soundness.evaluation import World
from tests.soundness.fragment_statements import alpha, tau, u
from tests.soundness.oracle import oracle, worlds
from tests.soundness.statements import STATEMENTS
from tests.soundness.strategies import terms


def world(**values: Any) -> World:
    """A world with these inputs; lists are vectors."""

    def entry(tensor: Tensor, position: tuple[int, ...]) -> Any:
        found = values[tensor.name]
        for at in position:
            found = found[at]
        return found

    return World({"m": values["m"]}, entry)


BATCH = {"m": 3, "y": [1, 2, 6], "epsilon": Fraction(94, 3), "gamma": 8, "beta": -1, "g": [5, 7, 11], "L": 0}
"""mu = 3, var = 14/3, s = 6, yhat = (-1/3, -1/6, 1/2)."""

BY_HAND = [
    (mean(y[b], b), 3),
    (var, Fraction(14, 3)),
    (s, 6),
    (yhat[k], Fraction(-1, 3)),
    (Sum(yhat[k], k), 0),
    (squared_norm(yhat, k), Fraction(14, 36)),
    (Derivative(mu, y[k]), Fraction(1, 3)),
    (Derivative(var, y[k]), Fraction(-4, 3)),
    (Derivative(s, y[k]), Fraction(-1, 9)),
    (Derivative(L, z[k]), 5),
    (Derivative(L, yhat[k]), 40),
    (Derivative(L, beta), 23),
    (Derivative(L, gamma), Fraction(16, 6)),
    (Derivative(L, s), Fraction(-128, 36)),
    (Derivative(L, var), Fraction(-128, 36 * 12)),
    (Derivative(L, mu), Fraction(-184, 6)),
    (Derivative(L, y[k]), Fraction(-256, 81)),
    (Sum(Delta(b, k) * y[b], b), 1),
    (Sum(Sum(y[k], k) * y[k], k), 81),
    (Abs(-s) * sign(-s), -6),
    (exp(term(0)) + log(term(1)) + tanh(term(0)), 1),
    ((y[k] + 1) ** -2 / 2, Fraction(1, 8)),
]


@pytest.mark.parametrize(("value", "expected"), BY_HAND, ids=[str(value) for value, _ in BY_HAND])
def test_values_computed_by_hand(value: Term, expected: Fraction) -> None:
    assert world(**BATCH).value(value, {k: 0}) == expected


@pytest.mark.parametrize("undefined", [1 / Sum(yhat[b], b), sqrt(-s), log(mu - 3), Derivative(Abs(gamma - 8), gamma)])
def test_what_has_no_value_has_none(undefined: Term) -> None:
    with pytest.raises(UndefinedError):
        world(**BATCH).value(undefined, {})


def test_roots_are_exact_when_they_are_rational() -> None:
    assert square_root(Fraction(49, 9)) == Fraction(7, 3)
    assert compare(square_root(2) ** 2, 2) == 0
    assert compare(square_root(2), Fraction(14142135623730950488, 10**19)) == 1


STEP = Fraction(1, 10**25)


def difference(value: Term, by: Term, place: dict, size: int = 3) -> Any:
    """The central difference quotient of a term by one entry, exact but for STEP**2 times a third derivative."""
    original = draw(Kind(("m",)), (size,), 0)
    seed = (by.tensor, tuple(place[index] for index in by.indices))

    def moved(step: Fraction) -> Any:
        def entry(tensor: Tensor, position: tuple[int, ...]) -> Any:
            return original.entry(tensor, position) + (step if (tensor, position) == seed else 0)

        return World({"m": size}, entry).value(value, place)

    return (moved(STEP) - moved(-STEP)) / (2 * STEP)


def assert_close(derivative: Any, quotient: Any) -> None:
    assert abs(derivative + (-quotient)) <= Fraction(1, 10**30) * (1 + abs(quotient))


@settings(deadline=None, derandomize=True, max_examples=100)
@given(terms((k,), depth=3))
def test_dual_numbers_agree_with_differences(value: Term) -> None:
    here, place = draw(Kind(("m",)), (3,), 0), {k: 1}
    for by in (u[k], alpha, tau):
        assert_close(here.value(Derivative(value, by), place), difference(value, by, place))


@settings(deadline=None, derandomize=True, max_examples=50)
@given(terms((k,), depth=2))
def test_second_derivatives_agree_with_differences(value: Term) -> None:
    here, place = draw(Kind(("m",)), (3,), 0), {k: 1}
    for first, second in ((u[k], u[k]), (u[k], alpha), (tau, tau)):
        slope = Derivative(value, first)
        assert_close(here.value(Derivative(slope, second), place), difference(slope, second, place))


@pytest.mark.parametrize("function", [exp, tanh, Abs, sqrt, lambda x: log(1 + x**2)])
def test_functions_agree_with_differences(function: Any) -> None:
    value, here = function(tau * squared_norm(u, b) / 100), draw(Kind(("m",)), (3,), 0)
    for by in (tau, u[k]):
        first, second = Derivative(value, by), Derivative(Derivative(value, by), tau)
        assert_close(here.value(first, {k: 0}), difference(value, by, {k: 0}))
        assert_close(here.value(second, {k: 0}), difference(first, tau, {k: 0}))


def test_an_unknown_loss_follows_the_chain_rule() -> None:
    """With the loss Sum(z**3) behind the names g and dg, derivatives are those of Sum(z**3)."""
    plain = world(**BATCH)
    output = [plain.value(z[k], {k: at}) for at in range(3)]
    slopes = [[6 * output[at] * (at == other) for other in range(3)] for at in range(3)]
    known = world(**{**BATCH, "g": [3 * value**2 for value in output], "dg": slopes})
    cube = Sum(z[b] ** 3, b)
    for by in (y[k], gamma, s, yhat[k]):
        assert known.value(Derivative(L, by), {k: 1}) == plain.value(Derivative(cube, by), {k: 1})
        for second in (y[j], gamma):
            place, twice = {k: 1, j: 2}, Derivative(Derivative(L, second), by)
            if by == y[k] or by == gamma:
                assert known.value(twice, place) == plain.value(Derivative(Derivative(cube, second), by), place)
    assert known.value(Derivative(g[j], z[k]), {k: 1, j: 1}) == known.value(H[j, k], {k: 1, j: 1})


@pytest.mark.parametrize("name", without(FOURTH_ORDER, STATEMENTS))
def test_draws_are_generic(name: str) -> None:
    """No draw makes wrong formulas pass: one size is at least 3, of several no two agree in every draw."""
    drawn = list(worlds(STATEMENTS[name], draws=3))
    lengths = [tuple(here.sizes[size] for here in drawn) for size in drawn[0].sizes]
    assert len(set(lengths)) == len(lengths) and all(max(each) >= 3 for each in lengths)
    for here in drawn:
        assert len(lengths) > 1 or all(size >= 3 for size in here.sizes.values())
        if name.startswith(("gradient: ", "norm: ")):
            assert isinstance(here.value(s, {}), Fraction | int)
            assert len({here.value(g[k], {k: at}) for at in range(3)}) > 1
            assert any(here.value(v[k], {k: at}) != 0 for at in here.range(k))


def test_several_sizes_and_several_draws() -> None:
    found = list(worlds(STATEMENTS["gradient: fact C.1"], draws=3))
    assert {here.sizes["m"] for here in found} == {3, 4, 6}
    assert len({here.value(y[k], {k: 0}) for here in found}) == 9


PLANTED = [
    Eq(s, sqrt(var)),
    Eq(squared_norm(yhat, k), m),
    Eq(Sum(yhat[k] ** 4, k), m**2 / 2).given(Eq(epsilon, 0)),
    Eq(Derivative(L, y[k]), gamma / s * (g[k] - Sum(g[b], b) / m)),
    Eq(Derivative(yhat[b], y[k]), Delta(b, k) / s),
    Eq(m, 3),
    Eq(Abs(alpha), alpha),
    alpha**2 <= alpha,
    Ne(Sum(yhat[k], k), 0),
]


@pytest.mark.parametrize("claim", PLANTED, ids=str)
def test_planted_errors_are_false(claim: Claim) -> None:
    assert oracle(claim) == "false"


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_statements_are_true(name: str) -> None:
    assert oracle(STATEMENTS[name]) == "true", str(STATEMENTS[name])


def test_a_claim_without_a_value_anywhere_is_undefined() -> None:
    assert oracle(Eq(1 / Sum(yhat[b], b), 1 / Sum(yhat[b], b))) == "undefined"
