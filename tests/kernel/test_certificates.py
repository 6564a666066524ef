"""Certificates: what shows an inequality, and everything that only seems to."""

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    KernelError,
    Ne,
    Scalar,
    Size,
    Sum,
    Vector,
    by_certificate,
    exp,
    indices,
    log,
    sqrt,
    tanh,
)
from derive.language import Entry, Number, Tensor

m = Size("m")
b, k = indices("b k", m)
u, v = Vector("u", m), Vector("v", m)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)

S = Sum(Sum((u[b] * v[k] - u[k] * v[b]) ** 2, b), k) / 2
CAUCHY_SCHWARZ = Sum(u[b] * v[b], b) ** 2 <= Sum(u[b] ** 2, b) * Sum(v[b] ** 2, b)

GOOD = {
    "a square": (2 * x * y <= x**2 + y**2, (x - y) ** 2),
    "Lagrange": (CAUCHY_SCHWARZ, S),
    "zero, for <=": (x <= x, Number(0)),
    "an assumption": (x <= x + q, q),
    "a positive assumption": (x < x + p, p),
    "a positive sum": (Number(0) < Sum(u[b] ** 2 + p, b), Sum(u[b] ** 2 + p, b)),
    "a hypothesis": ((x <= y).given(x <= y), y - x),
    "a hypothesis the other way": ((y >= x).given(x <= y), y - x),
    "a hypothesis with an index": ((Sum(u[b], b) >= 0).given(u[b] >= 0), Sum(u[b], b)),
    "a product with a hypothesis": ((q * x <= q * y).given(x <= y), q * (y - x)),
    "a product of hypotheses": ((x**2 <= y**2).given(x <= y, x + y >= 0), (y - x) * (x + y)),
    "an absolute value": (-Abs(x) <= 0, Abs(x)),
    "exp": (Ne(exp(x), 0), exp(x)),
    "a root": (sqrt(x) >= 0, sqrt(x)),
    "a quotient": (Number(0) <= Sum(u[b] ** 2, b) / (x**2 + 1), Sum(u[b] ** 2, b) / (x**2 + 1)),
    "a delta": (Delta(b, k) >= 0, Delta(b, k)),
    "the reciprocal of a square": (1 / (x + y) ** 2 > 0, 1 / (x + y) ** 2),
}


@pytest.mark.parametrize("name", GOOD)
def test_certificates_that_hold(name):
    claim, certificate = GOOD[name]
    theorem = by_certificate(claim, certificate)
    assert theorem.claim == claim
    theorem.recheck()


BAD = {
    "not the difference": (x <= x + y**2, z**2),
    "twice the difference": (x <= x + y**2, 2 * y**2),
    "the difference with the wrong sign": (x <= x + y**2, -(y**2)),
    "not visibly nonnegative": (2 * x * y <= x**2 + y**2, x**2 - 2 * x * y + y**2),
    "false": (x <= y, y - x),
    "a symbol of unknown sign": (x <= x + y, y),
    "the hypothesis the wrong way": ((x <= y).given(x >= y), y - x),
    "a hypothesis that is not strict": ((x < y).given(x <= y), y - x),
    "a difference for !=, not known to be nonzero": (Ne(x, y), x - y),
    "not strict": (x < x + y**2, y**2),
    "zero, for <": (x < x, Number(0)),
    "zero, for !=": (Ne(x, x), Number(0)),
    "nonnegative, for !=": (Ne(x + q, x), q),
    "nonnegative, for >": (x + q > x, q),
    "the other direction": (x + q <= x, q),
    "a reciprocal of unknown sign": (1 / (x + y) >= 0, 1 / (x + y)),
    "a sum of reciprocals": (Sum(1 / (u[b] + x), b) >= 0, Sum(1 / (u[b] + x), b)),
    "a fact times what has a sign of its own": ((x * z <= y * z).given(x <= y), (y - x) * z),
    "a product of facts that are not known together": ((x**2 <= y**2).given(x <= y), (y - x) * (x + y)),
    "a power of a fact": ((x**3 <= y).given(x <= y), y - x),
    "log": (log(x) >= 0, log(x)),
    "tanh": (tanh(x) >= 0, tanh(x)),
    "a derivative": (Derivative(x**2, x) >= 0, Derivative(x**2, x)),
    "a root of a negative number": (Number(0) <= -1, sqrt(Number(-1)) ** 2),
    "a quotient by zero": (x < x, 1 / (x - x)),
    "a fact about one entry for a sum over others": ((Sum(u[b], b) >= 0).given(Sum(u[b], b) + x >= 0), Sum(u[b], b)),
    "an equation": (Eq(x, x + 0 * y), Number(0)),
    "an equation, visibly zero": (Eq(x**2, 0), x**2),
}


@pytest.mark.parametrize("name", BAD)
def test_certificates_that_do_not(name):
    with pytest.raises(KernelError):
        by_certificate(*BAD[name])


def test_an_extra_free_index():
    with pytest.raises(KernelError, match="index that the claim does not have"):
        by_certificate(x <= x + y**2, y**2 + u[b] - u[b])


def test_a_bound_index_of_that_name_is_no_free_one():
    with pytest.raises(KernelError, match="index that the claim does not have"):
        by_certificate(Number(0) <= Sum(u[b] ** 2, b), Sum(u[b] ** 2, b) + 0 * u[b])


@pytest.mark.parametrize("certificate", [None, 0, "0", (), Eq(x, x), p.tensor])
def test_a_certificate_is_a_term(certificate):
    with pytest.raises(KernelError):
        by_certificate(x <= x, certificate)


def test_conditions_of_the_certificate_are_kept():
    theorem = by_certificate(x <= x + y**2, y**2 * z**2 / z**2)
    assert theorem.conditions == (Ne(z, 0),)


def test_a_certificate_with_a_symbol_of_its_own():
    with pytest.raises(KernelError, match="does not follow"):
        by_certificate(x <= x + y**2, y**2 + z**2 - z**2)


def test_a_defined_certificate_is_unfolded():
    from derive import define

    square = define("w", y**2)
    by_certificate(x <= x + y**2, square)
    with pytest.raises(KernelError):
        by_certificate(x <= x + y, define("w", y))


def test_signs_claimed_for_a_definition_do_not_count():
    from derive.language.terms import Definition, LanguageError

    try:
        certificate = Entry(Tensor("w", signs=frozenset({0, 1}), definition=Definition((), y)))
    except LanguageError:
        return
    with pytest.raises(KernelError):
        by_certificate(x <= x + y, certificate)


RELATIONS = ("<=", "<", ">=", ">", "!=")


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("value", [-1, 0, 1])
def test_numbers(relation, value):
    """The five relations between a number and 0, each with the number as its certificate."""
    from derive.language import Claim

    truth = {"<=": value <= 0, "<": value < 0, ">=": value >= 0, ">": value > 0, "!=": value != 0}[relation]
    certificate = Number(-value if relation in ("<=", "<") else value)
    claim = Claim(Number(value), relation, Number(0))
    if truth:
        by_certificate(claim, certificate)
    else:
        with pytest.raises(KernelError):
            by_certificate(claim, certificate)


def test_another_certificate_through_decide():
    from derive import decide

    assert decide(CAUCHY_SCHWARZ, certificate=S)
    wrong = decide(CAUCHY_SCHWARZ, certificate=S * 2)
    assert wrong.verdict == "undecided"
    assert "is not the difference" in wrong.reason
    assert decide(x <= y, certificate=y - x).verdict == "refuted"
