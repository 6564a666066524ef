"""Maxima: the bound, the witness, and everything that is no maximum."""

import pytest

from derive import (
    Abs,
    Delta,
    Derivation,
    DerivationError,
    Derivative,
    Eq,
    LanguageError,
    Matrix,
    Maximum,
    Minimum,
    Ne,
    NotProved,
    Scalar,
    Size,
    Sum,
    Vector,
    indices,
    inner,
    norm,
    operator_norm_at_most,
    positive_semidefinite,
    prove,
    sqrt,
    squared_norm,
    statement,
)
from derive.commands.outcome import outcome
from derive.commands.show import _latex_of, _proof_json, _proof_lines
from derive.kernel import is_theorem
from derive.layers import batchnorm
from derive.theorems.registry import Statement, collecting

m, n = Size("m"), Size("n")
b, k = indices("b k", m)
(i,) = indices("i", n)
u, v = Vector("u", m), Vector("v", m)
e = Vector("e", n)
X, R = Matrix("X", m, n), Matrix("R", m, m)
x, y, lam = Scalar("x"), Scalar("y"), Scalar("lambda")
q = Scalar("q", nonnegative=True)

image = Sum(Sum(X[b, i] * u[b], b) ** 2, i)
bound = prove((image <= lam**2 * squared_norm(u, b)).given(operator_norm_at_most(X, lam)))
slack = ((b, k), lam * (Delta(b, k) - u[b] * u[k] / squared_norm(u, b)))
rank_one = {X: ((b, i), lam * u[b] * e[i] / norm(u, b)), R: slack}
spread = {X: ((b, i), lam * u[b] / (norm(u, b) * sqrt(n))), R: slack}
given = (Eq(squared_norm(e, i), 1), Ne(norm(u, b), 0))


@pytest.mark.parametrize(("witness", "conditions"), [(rank_one, given), (spread, ())])
def test_the_largest_image_under_an_operator_norm(witness, conditions):
    """Theorem 4.4's maximum: over |X| <= lambda, |X'u|^2 is lambda^2 |u|^2 at most, and is that for some X."""
    found = Maximum(bound, witness, conditions)
    assert found.bound is bound is found.theorem
    assert found.theorems == (bound, *found.feasible, found.attained)
    assert all(map(is_theorem, found.theorems))
    assert len(found.feasible) == len(found.constraints) == 1
    assert found.attained.claim.relation == "="
    assert found.attained.claim.rhs == found.value == lam**2 * squared_norm(u, b)
    assert found.attained.claim.hypotheses == conditions
    found.recheck()


def test_the_gradient_of_a_layer_below():
    bn = batchnorm()
    b, k = bn.indices("b k")
    X, R = Matrix("X", b.size, n), Matrix("R", b.size, b.size)
    v = Derivative(bn.loss, bn.y[b])
    length = squared_norm(v, b)
    image = Sum(Sum(X[b, i] * v, b) ** 2, i)
    theorem = prove((image <= lam**2 * length).given(operator_norm_at_most(X, lam)))
    other = Derivative(bn.loss, bn.y[k])
    witness = {
        X: ((b, i), lam * v * e[i] / sqrt(length)),
        R: ((b, k), lam * (Delta(b, k) - v * other / length)),
    }
    found = Maximum(theorem, witness, (Eq(squared_norm(e, i), 1), Ne(sqrt(length), 0)))
    found.recheck()


def test_in_words():
    found = Maximum(bound, rank_one, given)
    assert str(found) == (
        "the maximum of Sum(Sum(X[b, i]*u[b], b)**2, i) over X, R is lambda**2*Sum(u[b]**2, b)\n"
        "  given lambda**2*delta(b, k) - Sum(X[b, i]*X[k, i], i) = Sum(R[b, j]*R[k, j], j) for every b, k\n"
        "  attained at X[b, i] = lambda*u[b]*e[i]/sqrt(Sum(u[b]**2, b)), "
        "R[b, k] = lambda*(delta(b, k) - u[b]*u[k]/Sum(u[b]**2, b))\n"
        "  where Sum(e[i]**2, i) = 1 and sqrt(Sum(u[b]**2, b)) != 0 and Sum(u[b]**2, b) != 0"
    )
    assert r"\max_{X_{bi}, R_{bk}}" in found._repr_latex_()


def test_cauchy_schwarz_is_attained():
    found = Maximum(prove((inner(u, v, b) <= norm(v, b)).given(squared_norm(u, b) <= 1)), {u: (b, v[b] / norm(v, b))})
    assert [str(t.claim) for t in found.feasible] == ["Sum((v[b]/sqrt(Sum(v[b]**2, b)))**2, b) <= 1"]


def test_a_minimum():
    found = Minimum(prove(x**2 - 2 * x >= -1), {x: 1})
    assert str(found) == "the minimum of x**2 - 2*x over x is -1\n  attained at x = 1"
    assert r"\min_{x}" in found._repr_latex_()
    with pytest.raises(LanguageError, match="does not say that its left side is <="):
        Maximum(found.bound, {x: 1})


def test_assumptions_of_what_is_varied_are_constraints():
    theorem = prove(-q <= 0)
    assert [str(t) for t in Maximum(theorem, {q: 0}).feasible] == ["0 >= 0"]
    with pytest.raises(NotProved):
        Maximum(prove((q**2 <= 1).given(q <= 1)), {q: -1})


def test_a_symmetric_matrix_needs_a_symmetric_witness():
    H = Matrix("H", m, m, symmetric=True)
    theorem = prove(-Sum(H[b, k] ** 2, b, k) <= 0)
    assert len(Maximum(theorem, {H: ((b, k), 0 * u[b] * u[k])}).feasible) == 1
    theorem = prove((Sum(H[b, k] * u[b] * v[k], b, k) <= x).given(Sum(H[b, k] * u[b] * v[k], b, k) <= x))
    with pytest.raises(NotProved):
        Maximum(theorem, {H: ((b, k), x * u[b] * v[k] / (squared_norm(u, b) * squared_norm(v, b)))})


def test_under_a_hypothesis_about_something_else():
    theorem = prove((y * x**2 <= y).given(Abs(x) <= 1, y >= 0))
    found = Maximum(theorem, {x: 1})
    assert [str(c) for c in found.constraints] == ["abs(x) <= 1"]
    assert found.attained.claim.hypotheses == (y >= 0,)


NONE = {
    "the witness is not feasible": (lambda: Maximum(bound, spread | {X: ((b, i), 2 * lam * u[b])}), NotProved),
    "the slack is wrong": (lambda: Maximum(bound, spread | {R: ((b, k), lam * Delta(b, k))}), NotProved),
    "the value is not attained": (lambda: Maximum(prove(2 * x - x**2 <= 1), {x: 0}), NotProved),
    "the bound is not sharp": (lambda: Maximum(prove(2 * x - x**2 <= 2), {x: 1}), NotProved),
    "a condition of the witness is missing": (lambda: Maximum(bound, rank_one, given[1:]), NotProved),
    "the witness leaves out a slack": (lambda: Maximum(bound, {X: spread[X]}), NotProved),
    "no theorem": (lambda: Maximum(x <= 1, {x: 1}), LanguageError),
    "an equation": (lambda: Maximum(prove(Eq(x + x, 2 * x)), {x: 1}), LanguageError),
    "a strict bound": (lambda: Maximum(prove(x < x + 1), {x: 1}), LanguageError),
    "the value varies": (lambda: Maximum(prove(x <= Abs(x)), {x: 1}), LanguageError),
    "the witness varies": (lambda: Maximum(prove(2 * x * y - x**2 - y**2 <= 0), {x: y, y: x}), LanguageError),
    "the condition varies": (lambda: Maximum(prove(2 * x - x**2 <= 1), {x: 1}, (Eq(x, 1),)), LanguageError),
    "nothing satisfies the condition": (lambda: Maximum(prove(2 * x - x**2 <= 1), {x: 1}, (y**2 < 0,)), LanguageError),
    "a defined name": (lambda: Maximum(prove(batchnorm().s >= 0), {batchnorm().s: 1}), LanguageError),
}


@pytest.mark.parametrize("name", NONE)
def test_no_maximum(name):
    build, error = NONE[name]
    with pytest.raises(error):
        build()


def test_it_cannot_be_changed():
    found = Maximum(prove(2 * x - x**2 <= 1), {x: 1})
    with pytest.raises(AttributeError):
        found.attained = found.bound


# As a statement


def made() -> Statement:
    with collecting() as own:

        @statement("largest-parabola")
        def largest() -> Maximum:
            """The largest value of a parabola."""
            chain = Derivation(2 * x - x**2).le(1, "a square is not negative")
            return Maximum(chain, {x: 1}).but_not(2 * x - x**2 <= 0, "not with 0")

    return own["largest-parabola"]


def test_a_statement_of_a_maximum():
    own = made()
    assert own.theorem.claim == (2 * x - x**2 <= 1)
    assert len(own.theorems) == 2
    assert [remark for _, remark in own.refutations] == ["not with 0"]
    row = outcome(own).as_json()
    assert (row["verdict"], row["relation"], row["maximum"]) == ("proved", "=", True)
    assert row["statement"].startswith("the maximum of 2*x - x**2 over x is 1")
    assert row["steps"] == 2
    assert row["witness"] == ["x = 1"]


def test_what_is_shown_of_a_maximum():
    own = made()
    lines = "\n".join(_proof_lines(own.proof))
    for part in ("attained at x = 1", "[a square is not negative]", "the bound:", "the witness attains it:"):
        assert part in lines
    assert len(_proof_json(own.proof)["lines"]) == 2
    assert r"\max_{x}" in _latex_of(own, "statement")
    assert "a square is not negative" in _latex_of(own, "proof")


def test_but_not_what_is_true():
    found = Maximum(prove(2 * x - x**2 <= 1), {x: 1})
    with pytest.raises(LanguageError, match="it is a theorem"):
        found.but_not(2 * x - x**2 <= 2)
    with pytest.raises(DerivationError):
        found.but_not(positive_semidefinite(Matrix("H", m, m)).given(Eq(x, x + 1)))
