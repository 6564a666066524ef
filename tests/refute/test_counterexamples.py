"""Counterexamples: exact, small, at the smallest sizes, and true to the hypotheses."""

from fractions import Fraction

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Matrix,
    Ne,
    Refuted,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    define,
    exp,
    indices,
    inner,
    loss,
    mean,
    sqrt,
)
from derive.language import Claim, Entry, Tensor
from derive.language.claims import claim_indices
from derive.refute.evaluate import REFUTES, Evaluation, Intervals, Irrational, NoValue, Rationals
from derive.refute.points import Plan, spots
from derive.refute.search import _promising

m, n = Size("m"), Size("n")
b, k, l = indices("b k l", m)
(i,) = indices("i", n)
y, g, u, v = (Vector(name, m) for name in "yguv")
H, S, X = Matrix("H", m, m), Matrix("S", m, m, symmetric=True), Matrix("X", m, n)
gamma, x, t = Scalar("gamma"), Scalar("x"), Scalar("t")
epsilon = Scalar("epsilon", nonnegative=True)
positive = Scalar("p", positive=True)

mu = define("mu", mean(y[b], b))
var = define("var", mean((y[b] - mu) ** 2, b))
s = define("s", sqrt(var + epsilon))
yhat = define("yhat", (y[b] - mu) / s, b)
z = define("z", gamma * yhat[b] + x, b)
L, gz = loss("L", z)

FALSE = {
    "a scalar": Eq(x, t),
    "a square of a sum": Eq((x + t) ** 2, x**2 + t**2),
    "a root of a square": Eq(sqrt(x**2), x),
    "a sum of squares": Eq(Sum(u[b], b) ** 2, Sum(u[b] ** 2, b)),
    "a transpose": Eq(H[b, k], H[k, b]),
    "a transposed form": Eq(Sum(H[b, k] * u[b] * v[k], b, k), Sum(H[k, b] * u[b] * v[k], b, k)),
    "two sizes": Eq(Sum(X[b, i], b, i) * m, Sum(X[b, i], b, i) * n),
    "a delta": Eq(Sum(Delta(b, k) * u[k], k), u[b] * m),
    "a missing 1/m": Eq(mean(u[b], b), Sum(u[b], b)),
    "a symmetric matrix": Eq(Sum(S[b, k] * u[k], k), u[b] * Sum(S[k, l], k, l)),
    "an inequality": x**2 <= x**3,
    "a strict inequality at 0": x**2 > 0,
    "a strict inequality, reversed": Claim(x - x, "<", x - x),
    "a condition": Ne(x, t),
    "a norm": sqrt(Sum(u[b] ** 2, b)) <= Abs(Sum(u[b], b)),
    "the norm of yhat": Eq(Sum(yhat[b] ** 2, b), m),
    "the sum of yhat": Eq(Sum(yhat[b], b), 1),
    "a derivative of yhat": Eq(Derivative(yhat[b], y[k]), Delta(b, k) / s),
    "Fact C.1 with a plus": Eq(
        Derivative(L, y[b]), gamma / (m * s) * (m * gz[b] - Sum(gz[k], k) + yhat[b] * inner(gz, yhat, k))
    ),
    "a positive symbol": positive >= 1,
    "a size": Eq(m**2, 2 * m),
    "a second derivative": Eq(Derivative(Derivative(L, y[b]), y[k]), 0),
}


@pytest.fixture(scope="module")
def refuted():
    return {name: decide(claim) for name, claim in FALSE.items()}


def entries(counterexample):
    return [value for values in counterexample.point.values.values() for value in values.values()]


@pytest.mark.parametrize("name", FALSE)
def test_it_is_refuted_and_checked_anew(name, refuted):
    verdict = refuted[name]
    assert isinstance(verdict, Refuted), verdict
    assert verdict.counterexample.recheck() is True
    assert verdict.counterexample.claim == FALSE[name]


@pytest.mark.parametrize("name", FALSE)
def test_it_is_exact(name, refuted):
    counterexample = refuted[name].counterexample
    assert counterexample.exact
    for value in (*entries(counterexample), counterexample.left, counterexample.right):
        assert type(value) is Fraction
    for text in counterexample.derived.values():
        assert "." not in text  # sigma is rational wherever epsilon is free


@pytest.mark.parametrize("name", FALSE)
def test_its_entries_are_small(name, refuted):
    for value in entries(refuted[name].counterexample):
        assert abs(value) <= 9
        assert value.denominator <= 36


@pytest.mark.parametrize("name", FALSE)
def test_most_of_its_entries_are_the_simplest(name, refuted):
    values = entries(refuted[name].counterexample)
    simple = [value for value in values if value in (0, 1, -1, 2)]
    assert len(simple) >= len(values) - 2


@pytest.mark.parametrize("name", FALSE)
def test_it_stands_at_the_smallest_sizes_but_not_at_single_entries(name, refuted):
    sizes = refuted[name].counterexample.sizes
    assert all(size <= 3 for size in sizes.values())
    assert max(sizes.values(), default=2) >= 2


@pytest.mark.parametrize("name", FALSE)
def test_it_is_the_same_every_time(name, refuted):
    assert decide(FALSE[name]).counterexample.as_json() == refuted[name].counterexample.as_json()


@pytest.mark.parametrize("name", FALSE)
def test_its_signs_are_those_assumed(name, refuted):
    for tensor, values in refuted[name].counterexample.point.values.items():
        assert all((value > 0) - (value < 0) in tensor.signs for value in values.values())


def test_signs_are_kept_where_a_root_is_made_rational():
    c = Scalar("c", negative=True)
    for claim in (Eq(sqrt(x**2 + c) ** 2, x), c + sqrt(x**2 + c) >= 0, Eq(sqrt(var + c), c)):
        verdict = decide(claim)
        if isinstance(verdict, Refuted):
            assert verdict.counterexample.point.values[c.tensor][()] < 0
    assert decide(exp(c) + 0 * sqrt(x**2 + c) <= 1).verdict != "refuted"


def test_whole_numbers_stay_whole():
    """An integer that no index runs over is drawn, solved for and made rational as an integer."""
    whole, wholes = Entry(Tensor("t", integer=True)), Tensor("w", (m,), integer=True)
    for claim in (
        Eq(x, 1).given(Eq(2 * whole, 1)),
        Eq(x, 1).given(Eq(2 * Sum(wholes[b], b), 1)),
        whole**2 + 0 * sqrt(whole + x**2) >= whole,
        wholes[b] ** 2 >= wholes[b],
        Ne(2 * wholes[b], 1),
    ):
        assert decide(claim).verdict != "refuted"


# Under hypotheses


UNDER = {
    "epsilon = 0": (Eq(Sum(yhat[b], b), 1), [Eq(epsilon, 0)]),
    "|gamma| <= s": (gamma <= 1, [Abs(gamma) <= s]),
    "|gamma| < s": (Eq(gamma, 1), [Abs(gamma) < s]),
    "a sum is 0": (Eq(Sum(u[b] ** 2, b), 0), [Eq(Sum(u[b], b), 0)]),
    "normalized": (Eq(u[b], 1), [Eq(Sum(u[b], b), 0), Eq(Sum(u[b] ** 2, b), m)]),
    "normalized, a fourth power": (
        Eq(Sum(u[b] ** 4, b), m**2 / 2), [Eq(Sum(u[b], b), 0), Eq(Sum(u[b] ** 2, b), m)]
    ),
    "an inner product that is not 0": (Eq(inner(g, yhat, b), 1), [Ne(inner(g, yhat, b), 0)]),
    "an inner product that is 0": (Eq(Sum(u[b] ** 2, b), 0), [Eq(inner(u, v, b), 0)]),
    "an inner product that is positive": (Eq(inner(u, v, b), 2), [inner(u, v, b) > 0]),
    "two equal scalars": (Eq(x * t, x), [Eq(x, t)]),
    "three equal scalars": (Eq(x * t * gamma, x), [Eq(x, t), Eq(t, gamma)]),
    "a scalar in terms of others": (Eq(x, 1), [Eq(x, t + gamma)]),
    "a scalar between two": (Eq(x, 1), [x >= 0, x <= 2]),
    "equal vectors": (Eq(u[b] * v[b], u[b]), [Eq(u[b], v[b])]),
    "a constant vector": (Eq(Sum(u[b], b), x), [Eq(u[b], x)]),
    "a nonnegative vector": (Eq(Sum(u[b], b), 1), [u[b] >= 0]),
    "a matrix with rows that sum to 1": (Eq(Sum(H[b, k], b), 1), [Eq(Sum(H[b, k], k), 1)]),
    "a matrix with a diagonal of ones": (Eq(H[b, k], 1), [Eq(H[b, b], 1)]),
    "a diagonal matrix": (Eq(H[b, k], Delta(b, k)), [Eq(H[b, k], Delta(b, k) * u[b])]),
    "a reciprocal": (Eq(x, 3), [Eq(1 / x, 2)]),
    "a size": (Eq(Sum(u[b], b), u[b]), [Eq(m, 3)]),
    "two sizes": (Eq(m, 1), [Eq(m, n)]),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDER)
def test_it_satisfies_the_hypotheses(name):
    claim, hypotheses = UNDER[name]
    verdict = decide(claim.given(*hypotheses))
    assert isinstance(verdict, Refuted), verdict
    assert verdict.counterexample.recheck()
    point = verdict.counterexample.point
    for hypothesis in hypotheses:
        for where in spots(point, claim_indices(hypothesis)):
            assert holds(hypothesis, point, where), (hypothesis, where)


def holds(hypothesis, point, where) -> bool:
    for kind in (Rationals, Intervals):
        try:
            evaluation = Evaluation(point, kind)
            left, right = evaluation(hypothesis.lhs, where), evaluation(hypothesis.rhs, where)
            return not REFUTES[hypothesis.relation](evaluation.numbers, left, right)
        except Irrational:
            continue
        except NoValue:
            return False
    return False


@pytest.mark.parametrize("name", UNDER)
def test_without_its_hypotheses_the_claim_is_false_too(name):
    assert decide(UNDER[name][0]).verdict == "refuted"


# Sizes at which a false claim holds


HELD = {
    "the fourth power of yhat": (
        Eq(Sum(yhat[b] ** 4, b), m**2 / 2).given(Eq(epsilon, 0)), {"m": 4}, [{"m": 2}, {"m": 3}]
    ),
    "the gradient at m = 2": (
        Eq(Derivative(L, y[b]), 0).given(Eq(epsilon, 0)), {"m": 3}, [{"m": 1}, {"m": 2}]
    ),
    "m - 2": (Eq((m - 2) * x, 0), {"m": 3}, [{"m": 2}]),
    "(m - 2)(m - 3)": (Eq((m - 2) * (m - 3) * x, 0), {"m": 4}, [{"m": 2}, {"m": 3}]),
    "a product and a sum": (Eq(n * m, n + m), None, [{"m": 2, "n": 2}]),
    "three values on a line": (Eq(Sum(u[b], b) ** 2 - Sum(u[b] ** 2, b), 2 * u[b] * Sum(u[k], k) - 2 * u[b] ** 2),
                               {"m": 3}, [{"m": 1}, {"m": 2}]),
}  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_the_sizes_at_which_it_holds_are_reported(name):
    claim, failing, held = HELD[name]
    verdict = decide(claim)
    assert isinstance(verdict, Refuted), verdict
    assert failing is None or verdict.counterexample.sizes == failing
    for sizes in held:
        assert sizes in verdict.held or sizes == {"m": 1}
    spoken = [sizes for sizes in held if max(sizes.values()) > 1]
    for sizes in spoken:
        assert ", ".join(f"{name} = {sizes[name]}" for name in verdict.counterexample.sizes) in verdict.reason


def test_sizes_of_one_name_are_not_mixed_up():
    other = Size("m", latex="M")
    verdict = decide(Eq(m * x, other * x))
    assert verdict.verdict in ("refuted", "undecided")
    assert str(verdict)
    assert verdict.reason


def test_sizes_at_which_it_always_holds_are_tried_last():
    """Two numbers lie equally far from their mean: the sum of cubes is 0 at m = 2, whatever they are."""
    centred = define("centred", (y[b] - mu) / sqrt(var), b)
    claim = Eq(Sum(centred[b] ** 3, b), 0)
    assert next(_promising(Plan(claim))) == (3,)
    assert sorted(_promising(Plan(claim))) == [(1,), (2,), (3,), (4,), (5,)]
    assert decide(claim).counterexample.sizes == {"m": 3}
