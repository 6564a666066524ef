"""Where values are not rational, interval arithmetic tells them apart: and never two that are equal."""

from fractions import Fraction

import pytest

from derive import Abs, Eq, Ne, Refuted, Scalar, Size, Sum, Vector, decide, exp, indices, log, sign, sqrt, tanh
from derive.language import Number
from derive.refute.evaluate import REFUTES, Intervals, NoValue, Rationals, rational_root

m = Size("m")
b, k = indices("b k", m)
u = Vector("u", m)
x, y = Scalar("x"), Scalar("y")
p, q, r = Scalar("p", positive=True), Scalar("q", nonnegative=True), Scalar("r", nonnegative=True)


def root(value):
    return sqrt(Number(value))


LARGE = 10**100 + 1

TRUE = {
    "roots of numbers": Eq(root(2) * root(3), root(6)),
    "roots of large numbers": Eq(root(2) * root(10**40 + 1), root(2 * 10**40 + 2)),
    "a nested root": Eq(sqrt(3 + 2 * root(2)), 1 + root(2)),
    "a nested root of three": Eq(sqrt(5 + 2 * root(6)), root(2) + root(3)),
    "a cube of a nested root": Eq((1 + root(5)) ** 3, 8 * (2 + root(5))),
    "roots of a product": Eq(sqrt(q * r), sqrt(q) * sqrt(r)),
    "roots of negative factors": Eq(sqrt(x * y) ** 2, x * y),
    "exp of log": Eq(exp(log(x)), x).given(x > 0),
    "exp of half a log": Eq(exp(log(p) / 2), sqrt(p)),
    "logs of numbers": Eq(log(Number(2)) + log(Number(3)), log(Number(6))),
    "log of a square": Eq(log(x**2), 2 * log(Abs(x))),
    "log of a root": Eq(log(sqrt(p)), log(p) / 2),
    "halves of exp": Eq(exp(x / 2) ** 2, exp(x)),
    "the tanh addition theorem": Eq(tanh(x + y), (tanh(x) + tanh(y)) / (1 + tanh(x) * tanh(y))),
    "tanh by exp": Eq(tanh(x), (exp(2 * x) - 1) / (exp(2 * x) + 1)),
    "tanh of twice": Eq(tanh(2 * x), 2 * tanh(x) / (1 + tanh(x) ** 2)),
    "a large multiple": Eq(LARGE * tanh(2 * x), LARGE * 2 * tanh(x) / (1 + tanh(x) ** 2)),
    "a large multiple of a root": Eq(LARGE * exp(log(Number(2)) / 2), LARGE * root(2)),
    "large numbers that cancel": Eq((exp(x / 2) * LARGE - LARGE) / LARGE + 1, exp(x) / exp(x / 2)),
    "log of a product of negatives": Eq(log(x * y), log(-x) + log(-y)).given(x < 0, y < 0),
    "a sum of logs": Eq(Sum(log(u[b] ** 2), b), 2 * Sum(log(Abs(u[b])), b)),
    "sign and abs": Eq(sign(x - y) * Abs(y - x), x - y),
    "abs of a product of roots": Eq(Abs(sqrt(q) - sqrt(r)) * (sqrt(q) + sqrt(r)), Abs(q - r)),
    "exp is above its tangent": exp(x) >= 1 + x,
    "tanh is below 1": tanh(x) < 1,
    "cosh is at least 1": exp(x) + exp(-x) >= 2,
    "log is below its tangent": log(p) <= p - 1,
    "the mean of exp": exp((x + y) / 2) <= (exp(x) + exp(y)) / 2,
    "a root between": Ne(root(2), Fraction(141421356237, 10**11)),
    "sizes under a root": Eq(sqrt(m**2 + 2 * m + 1), m + 1),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_statement_is_never_refuted(name):
    verdict = decide(TRUE[name])
    assert verdict.verdict in ("proved", "undecided"), verdict
    if verdict.verdict == "undecided":
        assert verdict.reason


UNDECIDED = ["a nested root", "the tanh addition theorem", "tanh by exp", "logs of numbers", "exp is above its tangent"]


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_true_beyond_the_fragment_is_undecided(name):
    assert decide(TRUE[name]).verdict == "undecided"


FALSE = {
    "exp of 0 alone": Eq(exp(x), 1 + x),
    "exp is not constant": Eq(exp(x), 1),
    "exp of a half": Eq(exp(x / 2), exp(x)),
    "tanh is odd": Eq(tanh(-x), tanh(x)),
    "tanh is not the identity": Eq(tanh(x), x),
    "tanh adds up": Eq(tanh(x + y), tanh(x) + tanh(y)),
    "log adds up": Eq(log(p + q + 1), log(p) + log(q + 1)),
    "log of a square": Eq(log(x**2) * x, 2 * x * log(Abs(x)) + x),
    "log of 2": Eq(log(Number(2)), Fraction(69314718, 10**8)),
    "a root of 2": Eq(root(2), Fraction(141421356, 10**8)),
    "a root to 40 digits": Eq(root(2), Fraction(14142135623730950488016887242096980785696, 10**40)),
    "roots add up": Eq(root(2) + root(3), root(5)),
    "exp below its tangent": exp(x) <= 1 + x,
    "exp below 1": exp(x) <= 1,
    "tanh above": tanh(x) >= x,
    "softmax": Eq(exp(u[b]) / Sum(exp(u[k]), k), 1 / m),
    "a norm": Eq(sqrt(Sum(u[b] ** 2, b)), Sum(Abs(u[b]), b)),
    "strictly above, at equal values": Eq(exp(x), exp(y)).given(x < y),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_statement_is_refuted(name):
    verdict = decide(FALSE[name])
    assert isinstance(verdict, Refuted), verdict
    assert verdict.counterexample.recheck()
    assert verdict.counterexample.left_text


def test_a_counterexample_says_that_its_values_are_about():
    counterexample = decide(Eq(root(2), Fraction(14, 10))).counterexample
    assert not counterexample.exact
    assert "about 1.41421356" in str(counterexample)


def test_a_simpler_point_with_rational_values_is_exact():
    counterexample = decide(Eq((Sum(exp(u[b]), b) + exp(x) + exp(y)) / q, 3)).counterexample
    assert counterexample.exact
    assert counterexample.left_text == "4"


def test_a_zero_is_shown_as_zero():
    numbers = Intervals()
    root_of_two = numbers.root(numbers.number(Fraction(2)))
    assert numbers.show(root_of_two**2 - numbers.number(Fraction(2))) == "0"


# Equality points of inequalities


EQUAL = {
    "<=": False, "<": True, ">=": False, ">": True, "=": False, "!=": True,
}  # fmt: skip


@pytest.mark.parametrize("relation", EQUAL)
def test_equal_rationals_refute_what_is_strict(relation):
    assert REFUTES[relation](Rationals(), Fraction(1, 2), Fraction(1, 2)) is EQUAL[relation]


@pytest.mark.parametrize("relation", EQUAL)
def test_equal_intervals_refute_nothing(relation):
    numbers = Intervals()
    two = numbers.number(Fraction(2))
    assert not REFUTES[relation](numbers, numbers.root(two) ** 2, two)


@pytest.mark.parametrize("relation", EQUAL)
@pytest.mark.parametrize("kind", [Rationals, Intervals])
def test_different_values(relation, kind):
    numbers = kind()
    one, two = numbers.number(Fraction(1)), numbers.number(Fraction(2))
    assert REFUTES[relation](numbers, one, two) == (relation in ("=", ">", ">="))
    assert REFUTES[relation](numbers, two, one) == (relation in ("=", "<", "<="))


STRICT = {
    "a square": (x**2 >= 0, x**2 > 0),
    "a sum of squares": (Sum(u[b] ** 2, b) >= 0, Sum(u[b] ** 2, b) > 0),
    "a difference of squares": ((x - y) ** 2 >= 0, (x - y) ** 2 > 0),
    "an absolute value": (Abs(x) >= x, Abs(x) > x),
    "the triangle": (Abs(x + y) <= Abs(x) + Abs(y), Abs(x + y) < Abs(x) + Abs(y)),
    "a nonnegative symbol": (q >= 0, q > 0),
    "a mean of squares": (Sum(u[b], b) ** 2 <= m * Sum(u[b] ** 2, b), Sum(u[b], b) ** 2 < m * Sum(u[b] ** 2, b)),
    "an equal pair": (x <= x, x < x),
    "a hypothesis": ((x <= y).given(x <= y), (x < y).given(x <= y)),
}


@pytest.mark.parametrize("name", STRICT)
def test_equality_points_refute_the_strict_form_alone(name):
    weak, strict = STRICT[name]
    assert decide(weak).verdict in ("proved", "undecided")
    verdict = decide(strict)
    assert isinstance(verdict, Refuted), verdict
    assert verdict.counterexample.left == verdict.counterexample.right


# The numbers themselves


@pytest.mark.parametrize("value", [0, 1, -3, Fraction(1, 3), LARGE, Fraction(LARGE, 3), Fraction(1, LARGE), -LARGE])
def test_an_interval_holds_its_number(value):
    numbers = Intervals()
    value = Fraction(value)
    interval = numbers.number(value)
    scaled = interval * numbers.number(Fraction(value.denominator))
    assert not numbers.differ(scaled, numbers.number(Fraction(value.numerator)))


@pytest.mark.parametrize("value", [2, 3, Fraction(1, 2), Fraction(LARGE, 7)])
def test_functions_enclose(value):
    numbers = Intervals()
    at = numbers.number(Fraction(value))
    assert not numbers.differ(numbers.root(at) ** 2, at)
    assert not numbers.differ(numbers.function("exp", numbers.function("log", at)), at)
    assert not numbers.differ(numbers.function("abs", -at), at)
    assert not numbers.differ(numbers.function("sign", at), numbers.number(Fraction(1)))
    assert not numbers.below(numbers.number(Fraction(1)), numbers.function("tanh", numbers.number(Fraction(2))))


@pytest.mark.parametrize("kind", [Rationals, Intervals])
def test_no_value(kind):
    numbers = kind()
    zero, minus = numbers.number(Fraction(0)), numbers.number(Fraction(-1))
    for attempt in (
        lambda: numbers.nonzero(zero),
        lambda: numbers.root(minus),
        lambda: numbers.function("log", zero),
        lambda: numbers.function("log", minus),
    ):
        with pytest.raises(NoValue):
            attempt()


def test_no_value_is_no_counterexample():
    """Where a side has no value the claim says nothing."""
    for claim in (Eq(sqrt(x), sqrt(x) + 0 * log(x)), Eq(x / x, 1), Eq(exp(log(x)), x)):
        assert decide(claim).verdict != "refuted"


def test_a_negative_number_is_no_square():
    assert rational_root(Fraction(-4)) is None and rational_root(Fraction(4, 9)) == Fraction(2, 3)
