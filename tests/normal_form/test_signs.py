"""The table of signs, each row, checked against every sign that numbers really take."""

from fractions import Fraction
from itertools import product

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Ne,
    Scalar,
    Size,
    Sum,
    Vector,
    define,
    exp,
    indices,
    log,
    sign,
    sqrt,
    tanh,
)
from derive.language import Claim, Number
from derive.language.terms import REAL, Add, Mul, Neg, Pow
from derive.normal_form.signs import facts_of, signs

m = Size("m")
b, k = indices("b k", m)
u = Vector("u", m)
pu, nu = Vector("pu", m, positive=True), Vector("nu", m, nonnegative=True)
x = Scalar("x")

SYMBOLS = {
    frozenset({1}): Scalar("p", positive=True),
    frozenset({0, 1}): Scalar("q", nonnegative=True),
    frozenset({-1, 1}): Scalar("w", nonzero=True),
    frozenset({-1, 0}): Scalar("e", nonpositive=True),
    frozenset({-1}): Scalar("a", negative=True),
    REAL: x,
}
SETS = list(SYMBOLS)
VALUES = [Fraction(v) for v in (-3, -1, Fraction(-1, 2), 0, Fraction(1, 3), 1, 2)]


def sgn(value) -> int:
    return (value > 0) - (value < 0)


def drawn(own):
    return [value for value in VALUES if sgn(value) in own]


@pytest.mark.parametrize("own", SETS, ids=sorted)
def test_symbols(own):
    assert signs(SYMBOLS[own], {}) == own


@pytest.mark.parametrize("left", SETS, ids=sorted)
@pytest.mark.parametrize("right", SETS, ids=sorted)
def test_sums_and_products(left, right):
    """Sound: no sign is missing. Sharp: for sums and products of independent values, none is superfluous."""
    pairs = list(product(drawn(left), drawn(right)))
    one, other = SYMBOLS[left], SYMBOLS[right]
    assert signs(Add((one, other)), {}) == {sgn(a + b) for a, b in pairs}
    assert signs(Mul((one, other)), {}) == {sgn(a * b) for a, b in pairs}
    assert signs(one / other, {}) == {sgn(a / b) for a, b in pairs if b}


@pytest.mark.parametrize("own", SETS, ids=sorted)
@pytest.mark.parametrize("exponent", range(-4, 5))
def test_powers(own, exponent):
    values = [value for value in drawn(own) if value or exponent >= 0]
    assert signs(Pow(SYMBOLS[own], exponent), {}) == {sgn(value**exponent) for value in values}


@pytest.mark.parametrize("own", SETS, ids=sorted)
def test_functions(own):
    symbol = SYMBOLS[own]
    assert signs(Neg(symbol), {}) == {-s for s in own}
    assert signs(sqrt(symbol), {}) == own & {0, 1}
    assert signs(exp(symbol), {}) == {1}
    assert signs(Abs(symbol), {}) == {abs(s) for s in own}
    assert signs(tanh(symbol), {}) == own
    assert signs(sign(symbol), {}) == own
    assert signs(log(symbol), {}) == REAL


OTHER = {
    "0": (Number(0), {0}),
    "3": (Number(3), {1}),
    "-1/2": (Number(Fraction(-1, 2)), {-1}),
    "a size": (m, {1}),
    "a size less one": (m - 1, REAL),
    "a delta": (Delta(b, k), {0, 1}),
    "an entry": (u[b], REAL),
    "a positive entry": (pu[b], {1}),
    "a sum": (Sum(u[b], b), REAL),
    "a sum of squares": (Sum(u[b] ** 2, b), {0, 1}),
    "a sum of positives": (Sum(pu[b], b), {1}),
    "a sum of nonnegatives": (Sum(nu[b], b), {0, 1}),
    "a sum of negatives": (Sum(-pu[b], b), {-1}),
    "a sum of nonzeros": (Sum(SYMBOLS[frozenset({-1, 1})] * pu[b], b), REAL),
    "a sum of zeros": (Sum(0 * u[b], b), {0}),
    "a sum of reciprocals": (Sum(1 / u[b], b), REAL),
    "a sum of reciprocals of sums": (Sum(1 / (u[b] + 1), b), REAL),
    "a derivative": (Derivative(x**2, x), REAL),
    "a definition": (define("d", x**2), {0, 1}),
    "a definition of a definition": (define("d", define("d", x**2) + 1), {1}),
    "an indexed definition": (define("d", u[b] ** 2, b)[k], {0, 1}),
    "a difference": (x - x, REAL),
}


@pytest.mark.parametrize("name", OTHER)
def test_other_terms(name):
    value, expected = OTHER[name]
    assert signs(value, {}) == expected


RELATIONS = {"=": {0}, "<=": {-1, 0}, ">=": {0, 1}, "<": {-1}, ">": {1}, "!=": {-1, 1}}
y, z = Scalar("y"), Scalar("z")


@pytest.mark.parametrize("relation", RELATIONS)
def test_facts(relation):
    own = RELATIONS[relation]
    mirrored = {-s for s in own}
    facts = facts_of([Claim(y, relation, z)])
    assert signs(y - z, facts) == own
    assert signs(z - y, facts) == mirrored
    assert signs(y, facts) == signs(z, facts) == REAL
    facts = facts_of([Claim(y, relation, Number(0))])
    assert signs(y, facts) == own
    facts = facts_of([Claim(Number(0), relation, y)])
    assert signs(y, facts) == mirrored


def test_facts_are_joined():
    assert signs(y, facts_of([y >= 0, Ne(y, 0)])) == {1}
    assert signs(y, facts_of([y >= 0, y <= 0])) == {0}
    assert signs(y * z, facts_of([y > 0, z < 0])) == {-1}
    assert signs(Scalar("q", nonnegative=True), facts_of([Ne(Scalar("q", nonnegative=True), 0)])) == {1}


def test_a_fact_on_a_compound_term_is_about_that_term_alone():
    facts = facts_of([y + z >= 0])
    assert signs(y + z, facts) == {0, 1}
    assert signs(z + y, facts) == REAL  # written otherwise: not seen, which costs a proof and never a truth
    assert signs(y, facts) == REAL
    assert signs(y - z, facts) == REAL


def test_a_fact_with_an_index_is_about_every_entry():
    facts = facts_of([u[b] > 0])
    assert signs(u[b], facts) == {1}
    assert signs(Sum(u[b], b), facts) == {1}
    assert signs(Sum(u[k], k), facts) in ({1}, REAL)


def test_a_fact_about_the_diagonal_is_not_about_the_matrix():
    from derive import Matrix

    H = Matrix("H", m, m)
    facts = facts_of([H[b, b] > 0])
    assert signs(H[b, b], facts) == {1}
    assert signs(H[b, k], facts) == REAL
    assert signs(Sum(H[b, k], b, k), facts) == REAL


def test_a_fact_about_a_sum_is_not_about_its_entries():
    facts = facts_of([Sum(u[b], b) > 0])
    assert signs(Sum(u[b], b), facts) == {1}
    assert signs(u[b], facts) == REAL


def test_a_fact_about_another_thing_of_that_name():
    facts = facts_of([Scalar("y", nonzero=True) > 0])
    assert signs(y, facts) == REAL


def test_a_fact_about_an_index_over_another_size():
    n = Size("n")
    facts = facts_of([Vector("u", n)[indices("b", n)[0]] > 0])
    assert signs(u[b], facts) == REAL


def test_equations_are_facts_too():
    facts = facts_of([Eq(y, 0)])
    assert signs(y, facts) == {0}
    assert signs(1 + y, facts) == {1}
