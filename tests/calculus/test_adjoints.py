"""Derivatives by defined names, by unknown losses, and what is refused."""

import pytest

from derive import (
    Delta,
    Derivative,
    Eq,
    LanguageError,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    define,
    exp,
    indices,
    loss,
    mean,
    sqrt,
)
from derive.calculus import derivative
from derive.language import Entry, Number, Tensor

m, n = Size("m"), Size("n")
b, k, l = indices("b k l", m)
i, j = indices("i j", n)
y = Vector("y", m)
x, t = Scalar("x"), Scalar("t")
epsilon = Scalar("epsilon", positive=True)

mu = define("mu", mean(y[b], b))
c = define("c", y[b] - mu, b)
var = define("var", mean(c[b] ** 2, b))
s = define("s", sqrt(var + epsilon))
yhat = define("yhat", c[b] / s, b)

ADJOINTS = {
    # a name with a definition is a variable of its own; what it is made of stays fixed
    "by itself": (Derivative(mu, mu), 1),
    "by an indexed name": (Derivative(c[b], c[k]), Delta(b, k)),
    "the step after": (Derivative(c[b], mu), -1),
    "the input stays fixed": (Derivative(y[b] * mu, mu), y[b]),
    "through what follows": (Derivative(yhat[b], s), -c[b] / s**2),
    "two steps on": (Derivative(yhat[b], var), -c[b] / (2 * s**3)),
    "a sum of the name": (Derivative(var, c[k]), 2 * c[k] / m),
    "not through what precedes": (Derivative(mu, var), 0),
    "the total derivative by an input": (Derivative(mu, y[k]), 1 / m),
    "the total derivative through two steps": (Derivative(var, y[k]), 2 * c[k] / m),
    "the chain by hand": (Derivative(yhat[b], y[k]), (Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m) / s),
    "an adjoint, then a total derivative": (Derivative(Derivative(mu * var, mu), y[k]), 2 * c[k] / m),
    "by a name at its own index": (Derivative(c[k] ** 2, c[k]), 2 * c[k]),
}


@pytest.mark.parametrize("name", ADJOINTS)
def test_adjoints(name):
    left, right = ADJOINTS[name]
    verdict = decide(Eq(left, right))
    assert verdict.verdict == "proved", verdict.reason


def test_an_adjoint_is_not_the_total_derivative():
    """mu is fixed in c, so the adjoint of var by mu goes through c alone; by c it leaves mu alone."""
    assert decide(Eq(Derivative(var, mu), -2 * mean(c[b], b)))
    assert decide(Eq(Derivative(mean(y[b], b), mu), 0))
    assert decide(Eq(Derivative(mu, y[k]), 0)).verdict == "refuted"


def test_a_name_of_the_same_body_is_another_variable():
    other = define("nu", mean(y[b], b))
    assert decide(Eq(mu, other))
    assert decide(Eq(Derivative(mu, other), 0))


L, g = loss("L", y)
z = define("z", x * y[b] + t, b)
Lz, gz = loss("Lz", z)


def test_the_first_derivative_of_a_loss_is_its_gradient():
    assert decide(Eq(Derivative(L, y[k]), g[k]))
    assert decide(Eq(Derivative(L**2, y[k]), 2 * L * g[k]))


def test_the_second_derivative_of_a_loss_is_symmetric():
    second = Derivative(Derivative(L, y[b]), y[k])
    assert decide(Eq(second, Derivative(Derivative(L, y[k]), y[b])))
    assert decide(Eq(second, Derivative(g[b], y[k])))
    assert decide(Eq(second, 0)).verdict == "refuted"


def test_a_loss_of_a_definition_obeys_the_chain_rule():
    assert decide(Eq(Derivative(Lz, y[k]), x * gz[k]))
    assert decide(Eq(Derivative(Lz, t), Sum(gz[k], k)))
    assert decide(Eq(Derivative(Lz, x), Sum(gz[k] * y[k], k)))
    assert decide(Eq(Derivative(Lz, z[k]), gz[k]))
    H = Derivative(gz[b], z[k])
    assert decide(Eq(Derivative(Derivative(Lz, y[b]), y[k]), x**2 * H))
    assert decide(Eq(Derivative(Derivative(Lz, t), t), Sum(H, b, k)))


def test_a_loss_depends_on_nothing_else():
    assert decide(Eq(Derivative(L, x), 0))
    assert decide(Eq(Derivative(g[b], t), 0))


def test_two_losses_are_two():
    other, h = loss("M", y, gradient="h")
    assert decide(Eq(Derivative(L * other, y[k]), g[k] * other + L * h[k]))
    assert decide(Eq(Derivative(L - other, y[k]), 0)).verdict == "refuted"
    same_gradient_name, _g2 = loss("M", y)
    assert decide(Eq(Derivative(L, y[k]), Derivative(same_gradient_name, y[k]))).verdict != "proved"


Z = Matrix("Z", m, n)
P, dP = loss("P", Z)


def test_a_loss_of_a_matrix():
    assert decide(Eq(Derivative(P, Z[b, i]), dP[b, i]))
    second = Derivative(Derivative(P, Z[b, i]), Z[k, j])
    swapped = Derivative(Derivative(P, Z[k, j]), Z[b, i])
    assert decide(Eq(second, swapped)).verdict != "refuted"
    assert decide(Eq(second, 0)).verdict == "refuted"


def test_a_loss_of_a_scalar():
    loss_of_x, gx = loss("Q", x.tensor)
    assert decide(Eq(Derivative(loss_of_x, x), Entry(gx)))
    assert decide(Eq(Derivative(loss_of_x * x, x), Entry(gx) * x + loss_of_x))


S = Matrix("S", m, m, symmetric=True)

REFUSED = {
    "a third derivative of a loss": (Derivative(Derivative(Derivative(L, y[b]), y[k]), y[l]), "no name is declared"),
    "a third derivative through a definition": (
        Derivative(Derivative(Derivative(Lz, t), t), t), "no name is declared"
    ),
    "by a size": (Derivative(x * m, m), "whole number"),
    "by an entry of a symmetric matrix": (Derivative(S[b, k], S[b, k]), "ambiguous"),
    "by a loss": (Derivative(L**2, L), "itself a function"),
    "by a gradient": (Derivative(Sum(g[b] ** 2, b), g[k]), "itself a function"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    term, reason = REFUSED[name]
    with pytest.raises(LanguageError, match=reason):
        derivative(term.body, term.by)
    for claim in (Eq(term, 0), term <= 1, Eq(x, 0).given(Eq(term, 0)), (x <= 0).given(term <= 1)):
        verdict = decide(claim)
        assert verdict.verdict == "undecided"
        assert reason in verdict.reason


def test_a_derivative_by_an_unrelated_name_is_zero():
    assert derivative(x * Sum(y[b], b), t) == Number(0)
    assert derivative(exp(y[b]), Vector("w", m)[k]) == Number(0)
    assert derivative(Delta(b, k), x) == Number(0)


def test_another_thing_of_that_name_is_unrelated():
    assert derivative(x**2, Scalar("x", positive=True)) == Number(0)
    assert derivative(y[b], Vector("y", n)[i]) == Number(0)


DEPENDS = {
    "through definitions": (yhat[b], y[k], True),
    "on a parameter": (yhat[b], epsilon, True),
    "a loss through a definition": (Lz, y[k], True),
    "a loss on its argument": (Lz, z[k], True),
    "a loss on what it is not made of": (L, z[k], False),
    "an input on a step": (y[b], mu, False),
    "a derivative": (Derivative(x**2, x), x, True),
    "another thing of that name": (yhat[b], Vector("y", m, positive=True)[k], False),
}


@pytest.mark.parametrize("name", DEPENDS)
def test_what_depends_on_what(name):
    body, by, does = DEPENDS[name]
    assert (derivative(body, by) != Number(0)) == does


def test_a_long_chain_of_definitions():
    value = x
    for step in range(15):
        value = define(f"v{step}", value * 2 + 1)
    assert decide(Eq(Derivative(value, x), 2**15))


def test_definitions_used_twice():
    value = x
    for step in range(8):
        value = define(f"v{step}", value + value)
    assert decide(Eq(Derivative(value, x), 2**8))


def test_a_tensor_whose_gradient_has_other_axes_is_refused():
    from derive.language.terms import Dependence

    odd = Entry(Tensor("odd", dependence=Dependence(y, Tensor("godd", (n,)))))
    with pytest.raises(LanguageError):
        derivative(odd, y[b])
    assert decide(Eq(Derivative(odd, y[b]), 0)).verdict == "undecided"


UNDER = {
    # a hypothesis holds at a point; it is no formula to be differentiated
    "a value": (Eq(Derivative(x**2, x), 4), [Eq(x, 2)]),
    "an equation": (Eq(Derivative(x * t, x), x), [Eq(t, x)]),
    "a step that is 0": (Eq(Derivative(mu**2, mu), 0), [Eq(mu, 0)]),
    "a mean that is 0": (Eq(Derivative(c[b], y[k]), Delta(b, k) - 1 / m), [Eq(mu, 0)]),
}
NOT_UNDER = {
    "a value": (Eq(Derivative(x**2, x), 0), [Eq(x, 2)]),
    "an equation": (Eq(Derivative(x * t, x), 2 * x), [Eq(t, x)]),
    "a mean that is known": (Eq(Derivative(mu, y[k]), 0), [Eq(mu, 3)]),
}


@pytest.mark.parametrize("name", UNDER)
def test_a_derivative_under_hypotheses(name):
    claim, hypotheses = UNDER[name]
    assert decide(claim.given(*hypotheses)).verdict == "proved"


@pytest.mark.parametrize("name", NOT_UNDER)
def test_hypotheses_are_not_differentiated(name):
    claim, hypotheses = NOT_UNDER[name]
    assert decide(claim.given(*hypotheses)).verdict == "refuted"
