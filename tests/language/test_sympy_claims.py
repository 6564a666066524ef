"""Claims that a person states wholly in SymPy, decided; and where SymPy itself is wrong, what is right."""

import pytest
import sympy
from sympy import Derivative, Eq, IndexedBase, KroneckerDelta, Ne, Rational, Sum, Symbol, sqrt, symbols

import derive
from derive import decide, prove
from derive.language import LanguageError
from derive.language.sympy_bridge import claim_from_sympy, from_sympy

m, n = symbols("m n", integer=True, positive=True)
i, j, k, b, c = symbols("i j k b c", integer=True)
x, y, g, H = (IndexedBase(name) for name in "xygH")
gamma, beta, t = symbols("gamma beta t")
eps = Symbol("epsilon", nonnegative=True)

mu = Sum(y[i], (i, 1, m)) / m
var = Sum((y[j] - mu) ** 2, (j, 1, m)) / m
s = sqrt(var + eps)


def yhat(at):
    return (y[at] - mu) / s


def z(at):
    return gamma * yhat(at) + beta


g_mean = Sum(g[i], (i, 1, m)) / m
g_yhat = Sum(g[i] * yhat(i), (i, 1, m))
loss = Sum(g[b] * z(b), (b, 1, m))
gradient = gamma / s * (g[k] - g_mean - yhat(k) * g_yhat / m)
fact_c1 = Eq(Derivative(loss, y[k]), gradient)
fact_c2 = Eq(Derivative(yhat(b), y[k]), (KroneckerDelta(b, k) - 1 / m - yhat(b) * yhat(k) / m) / s)
square = Sum(x[i] ** 2, (i, 1, m))
nested = Sum(Sum(x[i] * y[j], (i, 1, n)) * x[j], (j, 1, n))

TRUE = {
    "fact C.1": fact_c1,
    "fact C.1 over one fraction": Eq(
        Derivative(loss, y[k]), gamma / (m * s) * (m * g[k] - Sum(g[j], (j, 1, m)) - yhat(k) * g_yhat)
    ),
    "fact C.2": fact_c2,
    "fact C.2 with the same name free and bound": Eq(
        Derivative(yhat(j), y[i]), (KroneckerDelta(i, j) - 1 / m - yhat(i) * yhat(j) / m) / s
    ),
    "the derivative of the mean": Eq(Derivative(mu, y[k]), 1 / m),
    "the derivative by gamma": Eq(Derivative(loss, gamma), g_yhat),
    "two sizes": Eq(
        Sum(H[b, c] * x[b] * y[c], (b, 1, m), (c, 1, n)), Sum(x[b] * Sum(H[b, c] * y[c], (c, 1, n)), (b, 1, m))
    ),
    "a gradient over two sizes": Eq(Derivative(Sum(H[b, c] ** 2, (b, 1, m), (c, 1, n)), H[i, j]), 2 * H[i, j]),
    "one name, two sizes": Eq(Sum(1, (i, 1, m)) * Sum(1, (i, 1, n)), m * n),
    "an outer name bound again": Eq(Sum(x[i] * Sum(x[i], (i, 1, m)), (i, 1, m)), Sum(x[i], (i, 1, m)) ** 2),
    "free and bound at once": Eq(x[i] * Sum(x[i], (i, 1, m)), x[i] * Sum(x[j], (j, 1, m))),
    "sums from 0": Eq(Sum(x[i] * KroneckerDelta(i, k), (i, 0, m - 1)), x[k]),
    "a sum of a known size": Eq(Sum(3 * t, (i, 1, 4)), 12 * t),
    "a root of a square": Eq(sqrt(t**2), sympy.Abs(t)),
    "not equal": Ne(sympy.exp(t) + 1, 0),
    "at least": square >= 0,
    "at most": -square <= 0,
    "less": -sympy.exp(t) < 0,
    "more": sympy.exp(t) > 0,
}

FALSE = {
    "fact C.1, a sign": fact_c1.subs(g_mean, -g_mean),
    "fact C.1, a factor": Eq(fact_c1.lhs, gradient / m),
    "fact C.1, one term lost": Eq(fact_c1.lhs, gamma / s * (g[k] - g_mean)),
    "fact C.2, a sign": Eq(fact_c2.lhs, (KroneckerDelta(b, k) + 1 / m - yhat(b) * yhat(k) / m) / s),
    "fact C.2, a power": Eq(fact_c2.lhs, fact_c2.rhs / s),
    "the bound name taken for the free one": Eq(x[i] * Sum(x[i], (i, 1, m)), Sum(x[i] ** 2, (i, 1, m))),
    "the root of a square": Eq(sqrt(t**2), t),
    "a sum is no entry": Eq(Sum(x[i], (i, 1, m)), m * x[k]),
    "two different sizes": Eq(Sum(1, (i, 1, m)), n),
    "never equal": Ne(t, 1),
    "at least": t >= beta,
    "at most": square <= 0,
    "less": t < 0,
    "more": square > 0,
}


@pytest.mark.parametrize("relation", TRUE.values(), ids=TRUE)
def test_true_claims_are_proved(relation):
    assert decide(relation).verdict == "proved"


@pytest.mark.parametrize("relation", FALSE.values(), ids=FALSE)
def test_planted_errors_are_refuted(relation):
    assert decide(relation).verdict == "refuted"


def test_the_error_of_sympy():
    """SymPy takes the free i of x[i] for the bound one: it differentiates every summand by its own x[i]."""
    assert sympy.diff(square, x[i]) == Sum(2 * x[i], (i, 1, m))
    assert decide(Eq(Derivative(square, x[i]), sympy.diff(square, x[i]))).verdict == "refuted"
    assert decide(Eq(Derivative(square, x[i]), 2 * x[i])).verdict == "proved"
    assert decide(Eq(Derivative(square, x[k]), 2 * x[k])).verdict == "proved"


def test_sympy_is_right_where_no_name_is_bound_twice():
    assert sympy.diff(square, x[k]) == Sum(2 * KroneckerDelta(i, k) * x[i], (i, 1, m))
    assert decide(Eq(Derivative(square, x[k]), sympy.diff(square, x[k]))).verdict == "proved"


def test_a_symmetric_matrix_is_declared_with_the_claim():
    own = IndexedBase("H", shape=(m, m))
    swapped = Eq(own[b, k], own[k, b])
    assert decide(claim_from_sympy(swapped, symmetric=[own])).verdict == "proved"
    assert decide(swapped).verdict == "refuted"


def test_a_symmetric_matrix_has_one_size():
    claim = claim_from_sympy(Eq(Sum(H[b, k] * x[k], (k, 1, m)), Sum(H[k, b] * x[k], (k, 1, m))), symmetric=[H])
    assert decide(claim).verdict == "proved"


SYMMETRIC = [
    (t, "t can't be declared symmetric; it is no IndexedBase"),
    (x, "x can't be symmetric: it has 1 axes, not 2"),
    (IndexedBase("R", shape=(m, n)),
     "in the symmetric matrix R two sizes meet: m, from the shape of R, and n, from the shape of R"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "message"), SYMMETRIC, ids=[str(base) for base, _ in SYMMETRIC])
def test_what_can_not_be_symmetric(base, message):
    expr = base[(b, k)[: len(base.shape)]] if getattr(base, "shape", None) else square
    with pytest.raises(LanguageError) as refused:
        from_sympy(expr, symmetric=[base])
    assert str(refused.value) == message


ASSUMPTIONS = [
    ({}, "refuted"),
    ({"real": True}, "refuted"),
    ({"nonzero": True}, "refuted"),
    ({"nonpositive": True}, "refuted"),
    ({"negative": True}, "refuted"),
    ({"nonnegative": True}, "proved"),
    ({"positive": True}, "proved"),
    ({"integer": True, "positive": True}, "proved"),
]


@pytest.mark.parametrize(("assumptions", "verdict"), ASSUMPTIONS, ids=lambda value: str(value))
def test_signs_come_from_the_assumptions(assumptions, verdict):
    """SymPy makes sqrt(q**2) |q| or q as soon as it knows more of q, so the square is kept from it here."""
    q = Symbol("q", **assumptions)
    squared = sympy.Pow(sympy.Pow(q, 2, evaluate=False), Rational(1, 2), evaluate=False)
    assert decide(Eq(squared, q, evaluate=False)).verdict == verdict


def test_the_assumptions_of_an_array_hold_for_its_entries():
    q = IndexedBase("q", shape=(m,), positive=True)
    assert decide(Eq(sympy.Abs(q[k], evaluate=False), q[k])).verdict == "proved"


def test_one_name_with_two_assumptions_is_two_names():
    verdict = decide(Eq(Symbol("t", positive=True), t))
    assert (verdict.verdict, verdict.reason) == ("undecided", "two different things are called t")
    assert decide(Eq(x[Symbol("i")] * square, x[i] * square)).verdict == "refuted"


def test_hypotheses_are_read_with_the_claim():
    centred, relation = Eq(Sum(y[i], (i, 1, m)), 0), Eq(Sum((y[i] + t) * g[i], (i, 1, m)), Sum(y[i] * g[i], (i, 1, m)))
    assert decide(claim_from_sympy(Eq(var, Sum(y[i] ** 2, (i, 1, m)) / m), [centred])).verdict == "proved"
    assert decide(claim_from_sympy(relation, [Eq(t, 0)])).verdict == "proved"
    assert decide(claim_from_sympy(relation)).verdict == "refuted"


def test_a_free_index_of_a_hypothesis_is_its_own():
    """The hypothesis speaks of every row, the claim of every column."""
    rows, columns = IndexedBase("r", shape=(m,)), IndexedBase("c", shape=(n,))
    claim = claim_from_sympy(columns[k] ** 2 >= 0, [rows[k] >= 0])
    assert str(claim) == "c[k]**2 >= 0 for every k, given r[k] >= 0 for every k"
    assert decide(claim).verdict == "proved"


def test_a_hypothesis_may_be_a_claim_of_ours():
    given = derive.Eq(from_sympy(t), 1)
    assert decide(claim_from_sympy(Eq(t**2, t), [given])).verdict == "proved"


EVALUATED = "SymPy evaluated the relation to {}"

NO_CLAIM = [
    (Eq(t, t), EVALUATED.format("True")),
    (Eq(Symbol("p", positive=True), 0), EVALUATED.format("False")),
    (Symbol("p", positive=True) > 0, EVALUATED.format("True")),
    (t == beta, "False is not a"),
    (t, "t is not a relation of SymPy; state one with Eq(left, right), <= or >="),
    (sympy.And(t > 0, beta > 0), "(beta > 0) & (t > 0) is not a relation of SymPy"),
    ("t > 0", "'t > 0' is not a"),
]


@pytest.mark.parametrize(("relation", "message"), NO_CLAIM, ids=[message for _, message in NO_CLAIM])
def test_what_is_no_claim(relation, message):
    with pytest.raises(LanguageError) as refused:
        claim_from_sympy(relation)
    assert str(refused.value).startswith(message)
    verdict = decide(relation)
    assert verdict.verdict == "undecided" and verdict.reason.startswith(message)


def test_what_sympy_evaluated_can_be_stated():
    assert "write Eq(left, right, evaluate=False), or derive's own Eq(left, right)" in decide(Eq(t, t)).reason
    assert decide(Eq(t, t, evaluate=False)).verdict == "proved"
    assert decide(derive.Eq(t, t)).verdict == "proved"


def test_what_is_outside_the_fragment_is_undecided_with_what_was_not_understood():
    verdict = decide(Eq(sympy.cos(t) ** 2, 1))
    assert verdict.verdict == "undecided"
    assert verdict.reason == "cos is outside the fragment: cos(t)"


def test_the_theorem_reads_like_what_was_written():
    theorem = prove(Eq(Derivative(square, x[k]), 2 * x[k]))
    assert str(theorem) == "D(Sum(x[i]**2, i), x[k]) = 2*x[k] for every k"


def test_derivatives_by_what_has_none():
    assert decide(Eq(Derivative(square, m), 0)).reason.startswith("there is no derivative by m")
