"""Substitution: what is replaced, what is renamed, what is never captured, and what can't be done."""

import pytest

from derive import (
    Derivative,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    define,
    indices,
    inner,
    loss,
    sqrt,
)
from derive.calculus import derivative
from derive.language import LanguageError
from derive.language.binding import definitions_of
from derive.language.substitution import Substitution, substitute
from derive.layers import batchnorm

m, n = Size("m"), Size("n")
b, k, l = indices("b k l", m)
i, j = indices("i j", n)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", m)
X = Matrix("X", m, n)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
mu = define("mu", Sum(u[b], b) / m)
centred = define("c", u[b] - mu, b)

ROWS = {
    "a scalar": (x**2 + y, {x: y + 1}, (y + 1) ** 2 + y),
    "a number": (x + y, {x: 3}, 3 + y),
    "both at once": (x - 2 * y, {x: y, y: x}, y - 2 * x),
    "a vector": (u[k] * w[k], {u: (b, 2 * w[b])}, 2 * w[k] * w[k]),
    "a vector by name": (u[k] * w[k], {u: w}, w[k] * w[k]),
    "under a sum": (inner(u, w, b), {u: (b, w[b])}, inner(w, w, b)),
    "a matrix": (Sum(X[b, i] * u[b], b), {X: ((k, j), u[k] * x)}, Sum(u[b] * x * u[b], b)),
    "a matrix and its transpose": (X[b, i], {X: ((k, j), u[k])}, u[b]),
    "the bound index of the value": (Sum(u[k], k), {u: (b, Sum(w[b] * w[k], k))}, Sum(Sum(w[k] * w[l], l), k)),
    "the bound index that the place has": (u[k], {u: (b, Sum(w[b] * w[k], k))}, Sum(w[k] * w[l], l)),
    "nothing": (x + u[b], {y: 1}, x + u[b]),
    "through a definition": (mu, {u: (b, w[b])}, Sum(w[b], b) / m),
    "through two": (centred[k], {u: (b, w[b])}, w[k] - Sum(w[b], b) / m),
    "a derivative of something else": (Derivative(x**2 * y, x), {y: z}, 2 * x * z),
    "a derivative by what is replaced by a name": (Derivative(x**2 * y, x), {x: z}, 2 * z * y),
    "a derivative through a definition": (Derivative(centred[k] ** 2, u[b]), {u: w}, None),
    "an adjoint": (Derivative(mu**2 * x, mu), {x: z}, 2 * mu * z),
    "a root": (sqrt(x**2 + 1), {x: u[b].tensor.sizes[0]}, sqrt(m**2 + 1)),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_value_is_the_same(name):
    value, values, expected = ROWS[name]
    found = substitute(value, values)
    if expected is None:
        mean = define("a", Sum(w[b], b) / m)
        expected = Derivative((w[k] - mean) ** 2, w[b])
    assert decide(Eq(found, expected)).verdict == "proved"


def test_what_is_not_concerned_is_the_same_term():
    value = Sum(w[b] * centred[b], b) + x
    assert substitute(value, {v: (b, u[b]), y: x}) == value


def test_a_claim_with_its_hypotheses():
    claim = Eq(x, y).given(u[b] >= x)
    assert substitute(claim, {x: 2, u: (k, w[k] + z)}) == Eq(2, y).given(w[b] + z >= 2)


def test_a_definition_gets_a_name_with_a_prime():
    found = substitute(Eq(centred[k], mu), {u: (b, 2 * u[b])})
    assert str(found) == "c'[k] = mu' for every k"
    assert [t.name for t in definitions_of(found.lhs, found.rhs)] == ["mu'", "c'"]
    assert decide(Eq(found.lhs, 2 * centred[k]))


def test_the_prime_is_not_taken():
    taken = Scalar("mu'")
    assert str(substitute(mu + taken, {u: (b, 2 * u[b])})) == "mu'' + mu'"
    assert str(substitute(mu, {u: (b, taken * u[b])})) == "mu''"
    once = substitute(mu, {u: (b, 2 * u[b])})
    assert str(substitute(mu + once, {u: (b, 3 * u[b])})) == "mu'' + mu'''"


def test_another_mark():
    assert str(substitute(mu, {u: (b, 2 * u[b])}, mark="_0")) == "mu_0"


def test_one_substitution_gives_one_name():
    at = Substitution({u: (b, 2 * u[b])}, (mu, centred[b]))
    one, two = at(mu), at(centred[k])
    assert one.tensor in definitions_of(two)
    assert at.tensor(centred) == two.tensor
    assert at.tensor(w) == w


def test_values_are_put_in_once():
    assert substitute(x + y, {x: y, y: x}) == y + x
    assert substitute(u[b], {u: (b, u[b] + 1)}) == u[b] + 1


def test_symbols_in_latex():
    sigma = define("var", x**2, latex=r"\sigma^2")
    assert r"{\sigma^2}" in substitute(sigma, {x: z})._repr_latex_()


# Derivatives: the value of a derivative is not the derivative of a value


def test_a_value_that_depends_on_the_variable_is_no_constant():
    """The derivative of x*y by x is y, and at y = x it is x, not 2x."""
    value = Derivative(x * y, x)
    with pytest.raises(LanguageError, match="carry out the derivative first"):
        substitute(value, {y: x})
    assert decide(Eq(substitute(value, {y: x}, derivative=derivative), x))


def test_through_a_definition_too():
    square = define("q", x**2)
    value = Derivative(x * y, x)
    assert decide(Eq(substitute(value, {y: square}, derivative=derivative), x**2))
    with pytest.raises(LanguageError):
        substitute(value, {y: square})


def test_the_derivative_at_a_number():
    value = Derivative(x**3, x)
    with pytest.raises(LanguageError):
        substitute(value, {x: 2})
    assert decide(Eq(substitute(value, {x: 2}, derivative=derivative), 12))


def test_two_variables_that_become_one():
    value = Derivative(x * y, x)
    with pytest.raises(LanguageError):
        substitute(value, {x: y})
    assert decide(Eq(substitute(value, {x: y}, derivative=derivative), y))
    assert decide(Eq(substitute(value, {x: z, y: z}, derivative=derivative), z))


def test_the_gradient_of_an_unknown_loss_has_no_value_before_it_is_written():
    bn = batchnorm()
    (b,) = bn.indices("b")
    value = Derivative(bn.loss, bn.y[b])
    with pytest.raises(LanguageError):
        substitute(value, {bn.gradient: (b, bn.yhat[b])})
    at_yhat = substitute(value, {bn.gradient: (b, bn.yhat[b])}, derivative=derivative)
    assert decide(Eq(at_yhat, bn.gamma * bn.epsilon / bn.s**3 * bn.yhat[b]))


def test_an_unknown_loss_elsewhere_is_another_number():
    bn = batchnorm()
    (b,) = bn.indices("b")
    g = bn.gradient
    claim = Eq(Derivative(bn.loss, bn.beta), Sum(g[b], b))
    moved = substitute(claim, {bn.y: (b, 2 * bn.y[b])})
    assert str(moved) == "D(L', beta) = Sum(g'[b], b)"
    assert decide(moved)
    at_one = substitute(Derivative(bn.loss, bn.z[b]), {bn.gamma: 1})
    assert decide(Eq(at_one, g[b])).verdict == "refuted"


def test_a_loss_of_an_input():
    L, g = loss("L", of=u)
    moved = substitute(Eq(L, Sum(g[b], b)), {u: (b, x * w[b])})
    assert str(moved) == "L' = Sum(g'[b], b)"
    assert decide(Eq(Derivative(moved.lhs, x), Sum(moved.rhs.body * w[b], b)))
    with pytest.raises(LanguageError, match="value of its own"):
        substitute(L, {u: (b, w[b] + 1), g: (b, w[b])})


def test_batchnorm_does_not_see_a_scale():
    bn = batchnorm()
    b, k = bn.indices("b k")
    c = Scalar("c", positive=True)
    scaled = substitute(bn.yhat[b], {bn.y: (k, c * bn.y[k])})
    claim = Eq(scaled, bn.yhat[b])
    assert decide(claim.given(Eq(bn.epsilon, 0)))
    assert decide(claim).verdict == "refuted"


# What is refused

REFUSED = {
    "a defined name": ({mu: 1}, "is defined; replace what it is made of"),
    "a size": ({m: 3}, "is a whole number"),
    "an entry": ({u[b]: 1}, "replace a whole tensor"),
    "a free index": ({x: u[b]}, "depends on the index b"),
    "another free index": ({u: (b, w[k])}, "depends on the index k"),
    "a scalar for a vector": ({u: 1}, "one index for each of its axes"),
    "another size": ({u: (i, x)}, "one index for each of its axes"),
    "an index twice": ({Matrix("H", m, m): ((b, b), w[b])}, "one index for each of its axes"),
    "a vector of another size": ({u: Vector("t", n)}, "has size"),
    "no formula": ({x: "1"}, "is not a formula"),
    "no index": ({u: (("b",), 1)}, "indices, formula"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    values, message = REFUSED[name]
    with pytest.raises(LanguageError, match=message):
        substitute(x + u[k], values)
