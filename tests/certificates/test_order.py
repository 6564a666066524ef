"""Where a proof is looked for first, and which conditions a found one may have."""

import pytest

from derive import Abs, Derivative, Index, Scalar, Size, Sum, Vector, certificates, define, loss, mean, norm, sqrt
from derive.certificates import beyond, inequality
from derive.kernel import Theorem
from derive.language.terms import Pow

m = Size("m")
b = Index("b", m)
x, u, w = Vector("x", m), Vector("u", m), Vector("w", m)
gamma, p, q = Scalar("gamma"), Scalar("p", positive=True), Scalar("q", nonnegative=True)
mu = define("mu", mean(x[b], b))
var = define("var", mean((x[b] - mu) ** 2, b))
xhat = define("xhat", (x[b] - mu) / sqrt(var), b)
y = define("y", gamma * xhat[b], b)
L, _ = loss("L", y)
contracted = (norm(Derivative(L, x[b]), b) <= norm(Derivative(L, y[b]), b)).given(Abs(gamma) <= sqrt(var))


@pytest.fixture
def looked_at(monkeypatch):
    """The claims whose polynomials are searched."""
    claims, search = [], certificates.search

    def watched(problem):
        claims.append(problem.claim)
        return search(problem)

    monkeypatch.setattr(certificates, "search", watched)
    return claims


@pytest.mark.parametrize(
    "claim",
    [
        sqrt(p) <= sqrt(p + q),
        p / sqrt(p + q) <= sqrt(p),
        Abs(Sum(u[b] * w[b], b)) <= norm(u, b) * norm(w, b),
        contracted,
    ],
    ids=str,
)
def test_of_two_roots_only_the_squares_are_searched(claim, looked_at):
    assert isinstance(inequality(claim), Theorem)
    assert looked_at and all(isinstance(each.lhs, Pow) and isinstance(each.rhs, Pow) for each in looked_at)


def test_a_condition_that_the_sides_need_in_another_spelling_leaves_nothing_out():
    theorem = inequality(contracted)
    assert isinstance(theorem, Theorem)
    assert any(condition.relation == "!=" for condition in theorem.conditions)
    assert not beyond(theorem)
