"""Quotients, roots and functions of polynomials, piece by piece: content, roots of products, clearing."""

from fractions import Fraction

import pytest

from derive import Matrix, Scalar, Size, Sum, Vector, indices, log, sqrt
from derive.language import Number
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.normal_form import ring as ring_module
from derive.normal_form.factors import Atom, Opaque
from derive.normal_form.ring import ONE, Ring, number

m, n = Size("m"), Size("n")
b, k = indices("b k", m)
(i,) = indices("i", n)
u = Vector("u", m)
X = Matrix("X", m, n)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)


def poly(term):
    return Reducer()(term)


def roots(p):
    return [(f, e) for mono in p for f, e in mono if isinstance(f, Atom) and isinstance(f.head, Opaque)]


SPLIT = {
    # term: number, units, primitive
    "a number": (6 * x / x, 6, 1, 1),
    "numbers": (6 * x + 4 * y, 2, 1, 3 * x + 2 * y),
    "fractions": (x / 2 + y / 3, Fraction(1, 6), 1, 3 * x + 2 * y),
    "a common factor": (x**2 * y + x * y**2, 1, x * y, x + y),
    "a common negative power": (1 / p + q / p**2, 1, p**-2, p + q),
    "a common sum": (Sum(u[b], b) * x + Sum(u[b], b) * y, 1, Sum(u[b], b), x + y),
    "a common entry": (u[b] * x + u[b] * y, 1, u[b], x + y),
    "a monomial": (-5 * x * u[b] / 3, Fraction(-5, 3), x * u[b], 1),
}


@pytest.mark.parametrize("name", SPLIT)
def test_content(name):
    term, content, units, primitive = SPLIT[name]
    reducer = Reducer()
    c, factors, rest = reducer.field.split(reducer(term))
    unit_poly = reducer(units) if not isinstance(units, int) else number(units)
    rest_poly = reducer(primitive) if not isinstance(primitive, int) else number(primitive)
    assert {frozenset(factors.items()): 1} == unit_poly
    assert abs(c) == abs(content)
    assert rest in (rest_poly, {monomial: -value for monomial, value in rest_poly.items()})
    assert all(value == int(value) for value in rest.values())


def test_content_gives_a_sum_and_its_negative_one_primitive():
    reducer = Reducer()
    one, two = reducer.field.split(reducer(x - y)), reducer.field.split(reducer(y - x))
    assert one[2] == two[2]
    assert one[0] == -two[0]


def test_a_sum_with_free_indices_is_no_unit():
    reducer = Reducer()
    _, units, _ = reducer.field.split(reducer(Sum(X[b, i], i) * x + Sum(X[b, i], i) * y))
    assert units == {}


def test_multiples_share_one_root():
    heads = {atom.head for t in (x + y, 2 * x + 2 * y, -x - y, x / 3 + y / 3) for atom, _ in roots(poly(1 / t))}
    assert len(heads) == 1


def test_renaming_free_indices_shares_one_root():
    heads = {atom.head for t in (X[b, i] + x, X[k, i] + x) for atom, _ in roots(poly(1 / t))}
    assert len(heads) == 1


CLEARED = {
    "a hidden zero": (1 / (x + 1) + x / (x + 1) - 1, True),
    "two denominators": (1 / (x + 1) - 1 / (y + 1) - (y - x) / ((x + 1) * (y + 1)), True),
    "three denominators": (1 / (x * (x + 1)) - 1 / x + 1 / (x + 1), True),
    "a root below": (x / sqrt(x + 1) + 1 / sqrt(x + 1) - sqrt(x + 1), True),
    "roots of two kinds": (1 / (sqrt(p + 1) * sqrt(q + 1)) - sqrt(p + 1) * sqrt(q + 1) / ((p + 1) * (q + 1)), True),
    "rows": (
        Sum(X[b, i] ** 2, i) / (Sum(X[b, i] ** 2, i) + p) + p / (Sum(X[b, i] ** 2, i) + p) - 1, True
    ),
    "nested": (1 / (1 + 1 / (x**2 + 1)) - (x**2 + 1) / (x**2 + 2), True),
    "not zero": (1 / (x + 1) + x / (x + 1) - 2, False),
    "not zero, two denominators": (1 / (x + 1) - 1 / (y + 1), False),
    "not zero, a root": (1 / sqrt(x + 1) - sqrt(x + 1), False),
}  # fmt: skip


@pytest.mark.parametrize("name", CLEARED)
def test_cleared(name):
    term, zero = CLEARED[name]
    reducer = Reducer()
    p = reducer(term)
    cleared = reducer.field.cleared(p)
    assert all(power >= 0 for _, power in roots(cleared))
    assert (not cleared) == zero == reducer.is_zero(p)


ROOTS = {12: (2, [3]), 1: (1, []), 2: (1, [2]), 36: (6, []), 30: (1, [2, 3, 5]), 72: (6, [2]), 49 * 11: (7, [11])}


@pytest.mark.parametrize("value", ROOTS)
def test_roots_of_numbers(value):
    outer, primes = ROOTS[value]
    ((monomial, coefficient),) = poly(sqrt(Number(value))).items()
    assert coefficient == outer
    inside = sorted(dict(atom.head.body)[ONE] for atom, power in monomial if power == 1)
    assert inside == primes


def test_the_root_of_a_fraction_has_no_root_below():
    ((monomial, coefficient),) = poly(sqrt(Number(Fraction(2, 3)))).items()
    assert coefficient == Fraction(1, 3)
    assert sorted(dict(atom.head.body)[ONE] for atom, _ in monomial) == [2, 3]


def test_a_large_number_keeps_its_root():
    value = 10**18 + 9
    assert poly(sqrt(Number(value)) ** 2) == {ONE: value}
    assert poly(sqrt(Number(value**2))) == {ONE: value}


@pytest.mark.parametrize(
    "term",
    [1 / (x - x), 1 / (Number(2) - 2), (x - x) ** -1, log(x - x), sqrt(Number(-1)), 1 / (x**2 - x * x), log(Number(0))],
    ids=str,
)
def test_undefined(term):
    with pytest.raises(Undefined):
        poly(term)


def test_the_budget_ends_a_long_computation(monkeypatch):
    monkeypatch.setattr(ring_module, "BUDGET", 50)
    with pytest.raises(OutsideFragment):
        poly((x + y + z) ** 12)


def test_the_budget_ends_a_circle(monkeypatch):
    from derive import Eq

    monkeypatch.setattr(ring_module, "BUDGET", 2000)
    try:
        Reducer([Eq(x**2, x * y), Eq(y**2, x * y)])(x**2 * y)
    except (OutsideFragment, RecursionError) as ended:
        assert isinstance(ended, RecursionError) or "circle" in str(ended) or "steps" in str(ended)


def test_a_function_of_too_many_indices_is_refused():
    from derive import tanh

    many = sum((u[index] for index in indices("a c d e f", m)), x)
    with pytest.raises(OutsideFragment, match="5 free indices"):
        poly(tanh(many))


def test_a_quotient_by_a_sum_with_free_indices_inside_another_sum():
    inner = Sum(X[b, i], i)
    assert Reducer().equal(Sum(inner / inner, b), m)
    assert Reducer().equal(Sum(X[b, i] / Sum(X[b, i], i), b, i), m)


def test_a_ring_alone_has_no_quotients_and_roots():
    with pytest.raises(TypeError):
        Ring().inverse(number(2))


def test_equal_roots_of_one_field_are_one_value():
    reducer = Reducer()
    ((one, _),), ((other, _),) = (roots(reducer(term)) for term in (sqrt(x**2 + p), sqrt(p + x * x)))
    assert one == other and one.head is other.head
