"""Hypotheses: what may be solved for what, and what may not be divided by."""

import pytest

from derive import Abs, Delta, Eq, Matrix, Ne, Scalar, Size, Sum, Vector, decide, exp, indices, sign, sqrt
from derive.language import Claim, Number

m, n = Size("m"), Size("n")
b, c, k, l = indices("b c k l", m)
(i,) = indices("i", n)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", m)
pw = Vector("pw", m, positive=True)
H, S = Matrix("H", m, m), Matrix("S", m, m, symmetric=True)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)

FOLLOWS = {
    "a scalar": ([Eq(x, y + 1)], Eq(x**2, y**2 + 2 * y + 1)),
    "a scalar on the right": ([Eq(y + 1, x)], Eq(x * y, y**2 + y)),
    "a linear equation": ([Eq(2 * x + 3 * y, z)], Eq(4 * x, 2 * z - 6 * y)),
    "a positive factor": ([Eq(p * x, p * y)], Eq(x, y)),
    "a nonzero factor": ([Eq(z * x, z * y), Ne(z, 0)], Eq(x, y)),
    "a divisor": ([Eq(x / z, y / z)], Eq(x, y)),
    "reciprocals": ([Eq(1 / x, 1 / y)], Eq(x, y)),
    "a reciprocal": ([Eq(1 / (x + 1), Number(1) / 2)], Eq(x, 1)),
    "a power": ([Eq(x**2, y)], Eq(x**4 + x**2, y**2 + y)),
    "an entry": ([Eq(u[b], v[b] + x)], Eq(Sum(u[k] ** 2, k), Sum(v[b] ** 2, b) + 2 * x * Sum(v[b], b) + m * x**2)),
    "an entry that is a constant": ([Eq(u[b], x)], Eq(Sum(u[k], k), m * x)),
    "an entry under a function": ([Eq(u[b], v[b])], Eq(Sum(exp(u[k]), k), Sum(exp(v[k]), k))),
    "an entry times a positive vector": ([Eq(pw[b] * u[b], pw[b] * v[b])], Eq(u[k], v[k])),
    "a sum": ([Eq(Sum(u[b], b), 0)], Eq(Sum((u[b] + x) ** 2, b), Sum(u[b] ** 2, b) + m * x**2)),
    "two sums": (
        [Eq(Sum(u[b], b), 0), Eq(Sum(u[b] ** 2, b), m)],
        Eq(Sum(Sum((u[b] - u[k]) ** 2, b), k), 2 * m**2),
    ),
    "a sum within a sum": ([Eq(Sum(u[b], b), x)], Eq(Sum(Sum(u[k] * v[b], k), b), x * Sum(v[b], b))),
    "a sum as a factor of a contraction": ([Eq(Sum(H[b, k], k), 1)], Eq(Sum(Sum(H[b, k] * u[b], b), k), Sum(u[b], b))),
    "a matrix": ([Eq(H[b, k], u[b] * v[k])], Eq(Sum(H[b, b], b), Sum(u[b] * v[b], b))),
    "a matrix that is the identity": ([Eq(H[b, k], Delta(b, k))], Eq(Sum(H[b, k] * u[k], k), u[b])),
    "a diagonal": ([Eq(H[b, b], 1)], Eq(Sum(H[b, b], b), m)),
    "an orthogonal matrix": (
        [Eq(Sum(H[b, k] * H[b, l], b), Delta(k, l))],
        Eq(Sum(Sum(H[b, k] * u[k], k) ** 2, b), Sum(u[k] ** 2, k)),
    ),
    "a projection": ([Eq(Sum(H[b, k] * H[k, l], k), H[b, l])], Eq(Sum(H[b, c] * H[c, k] * H[k, l], c, k), H[b, l])),
    "an eigenvector": (
        [Eq(Sum(H[b, k] * u[k], k), x * u[b])],
        Eq(Sum(H[b, k] * u[b] * u[k], b, k), x * Sum(u[b] ** 2, b)),
    ),
    "all zero": ([Eq(u[b], 0)], Eq(Sum(u[k] * v[k], k), 0)),
    "a sign": ([x >= 0], Eq(sqrt(x**2), x)),
    "a sign of an entry": ([u[b] >= 0], Eq(sqrt(u[b] ** 2), u[b])),
    "a sign for a root": ([x > 0], Eq(sqrt(x * y), sqrt(x) * sqrt(y))),
    "sizes": ([Eq(m, 2 * n)], Eq(Sum(Sum(x, b), i), 2 * n**2 * x)),
    "a sum of squares that is zero": ([Eq(Sum(u[b] ** 2, b), 0)], Eq(x * Sum(u[b] ** 2, b), 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLLOWS)
def test_what_follows(name):
    hypotheses, claim = FOLLOWS[name]
    verdict = decide(claim.given(*hypotheses))
    assert verdict.verdict == "proved", verdict.reason
    verdict.theorem.recheck()
    assert verdict.theorem.claim.hypotheses == tuple(hypotheses)


@pytest.mark.parametrize("name", FOLLOWS)
def test_it_does_not_follow_without(name):
    _, claim = FOLLOWS[name]
    assert decide(claim).verdict != "proved"


DOES_NOT = {
    "a factor that may be zero": ([Eq(x * y, x * z)], Eq(y, z)),
    "a factor that may be zero, nonnegative": ([Eq(q * y, q * z)], Eq(y, z)),
    "a product that is zero": ([Eq(x * y, 0)], Eq(x, 0)),
    "a square root of an equation": ([Eq(x**2, y**2)], Eq(x, y)),
    "a square that is a number": ([Eq(x**2, 4)], Eq(x, 2)),
    "a cube that is known": ([Eq(x**3, x)], Eq(x, 1)),
    "a sum with a factor": ([Eq(x * Sum(u[b], b), 0)], Eq(Sum(u[b], b), 0)),
    "a factor beside a sum": ([Eq(x * Sum(u[b], b), 0)], Eq(x, 0)),
    "a factor beside a sum of squares": ([Eq(x * Sum(u[b] ** 2, b), 0)], Eq(x, 0)),
    "a factor beside a sum of reciprocals": (
        [Eq(x * Sum(1 / (u[b] + 1), b), y * Sum(1 / (u[b] + 1), b))], Eq(x, y)
    ),
    "entries with a factor": ([Eq(w[b] * u[b], w[b] * v[b])], Eq(u[b], v[b])),
    "entries with a scalar": ([Eq(x * u[b], x * v[b])], Eq(u[b], v[b])),
    "a product of entries": ([Eq(u[b] * v[b], 0)], Eq(u[b], 0)),
    "a sum for its entries": ([Eq(Sum(u[b], b), 0)], Eq(u[b], 0)),
    "a sum for a like one": ([Eq(Sum(u[b], b), Sum(v[b], b))], Eq(Sum(u[b] ** 2, b), Sum(v[b] ** 2, b))),
    "a diagonal for a matrix": ([Eq(H[b, b], 0)], Eq(H[b, k], 0)),
    "a matrix for its transpose": ([Eq(H[b, k], u[b] * v[k])], Eq(H[b, k], u[k] * v[b])),
    "a hypothesis about another index": ([Eq(Sum(H[b, k], k), 1)], Eq(Sum(H[k, b], k), 1)),
    "a hypothesis about another thing of that name": ([Eq(Scalar("x", nonzero=True), 1)], Eq(x, 1)),
    "a hypothesis about another size": (
        [Eq(Vector("u", n)[i], 0)], Eq(u[b], 0)
    ),
    "an inequality for an equation": ([x <= y], Eq(x, y)),
    "a condition for an equation": ([Ne(x, y)], Eq(x, y + 1)),
    "abs": ([Eq(Abs(x), Abs(y))], Eq(x, y)),
    "a root of a square": ([Eq(x, y**2)], Eq(sqrt(x), y)),
    "a square of a root": ([Eq(y, sqrt(x)), Eq(x, 4)], Eq(y, -2)),
    "two hypotheses": ([Eq(x + y, 0), Eq(x * y, 0)], Eq(x, 1)),
    "a sign the wrong way": ([x <= 0], Eq(sqrt(x**2), x)),
    "a sign of a sum": ([x + y >= 0], Eq(sqrt(x**2), x)),
    "signs of a product": ([x * y >= 0], Eq(sqrt(x**2), x)),
    "an equation of sizes is not one of indices": ([Eq(m, n)], Eq(Sum(u[b], b), Sum(Vector("u", n)[i], i))),
}  # fmt: skip


@pytest.mark.parametrize("name", DOES_NOT)
def test_what_does_not_follow(name):
    hypotheses, claim = DOES_NOT[name]
    assert decide(claim.given(*hypotheses)).verdict != "proved"


def test_the_order_of_hypotheses_does_not_matter():
    from itertools import permutations

    hypotheses = [Eq(x, y + z), Eq(y, 2 * z), Eq(z, 3), Eq(Sum(u[b], b), x)]
    for order in permutations(hypotheses):
        assert decide(Eq(Sum(u[b] * x, b), 81).given(*order)), order


def test_a_hypothesis_with_hypotheses_is_refused():
    verdict = decide(Eq(x, 0).given(Eq(x, 0).given(Eq(y, 0))))
    assert verdict.verdict == "undecided"
    assert "hypotheses of its own" in verdict.reason


def test_the_index_of_a_hypothesis_is_its_own():
    """`u[b] = 0 for every b` says the same as `u[k] = 0 for every k`."""
    for index in (b, k, c):
        assert decide(Eq(u[b] * v[k], 0).given(Eq(u[index], 0)))


def test_nothing_is_kept_from_one_claim_for_the_next():
    assert decide(Eq(x, 1).given(Eq(x, 1)))
    assert not decide(Eq(x, 1))
    assert decide(Eq(sqrt(x**2), x).given(x >= 0))
    assert not decide(Eq(sqrt(x**2), x))
    assert decide(Eq(Sum(u[b], b), 0).given(Eq(u[b], 0)))
    assert not decide(Eq(Sum(u[b], b), 0))


@pytest.mark.parametrize("relation", ["<=", "<", ">=", ">", "!="])
def test_inequalities_are_never_rules(relation):
    assert decide(Eq(x, y).given(Claim(x, relation, y))).verdict != "proved"


def test_contradictory_signs_prove_nothing():
    verdict = decide((x >= 5).given(x > 0, x < 0))
    assert verdict.verdict == "undecided" and "contradict each other about x" in verdict.reason


def test_a_sign_whose_argument_a_hypothesis_makes_zero():
    """The entry under `sign` vanishes only once the delta has made its indices agree."""
    on_diagonal = Eq(H[b, b], 0)
    assert decide(Eq(Delta(b, k) * sign(H[b, k]) * y, 0).given(on_diagonal)).verdict == "proved"
    assert decide(Eq(Delta(b, k) * sign(H[b, k]) * y, Delta(b, k) * y).given(on_diagonal)).verdict == "refuted"
