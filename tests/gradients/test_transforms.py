"""Gradients of transforms that the package does not contain: found, proved, and the numbers agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from derive.gradients import adjoint_forms, adjoints, gradient, hessian, jacobian
from derive.kernel import Theorem, is_theorem
from derive.language import (
    Abs,
    Derivative,
    Entry,
    Eq,
    Index,
    LanguageError,
    Matrix,
    Size,
    Sum,
    Vector,
    define,
    inner,
    mean,
    sqrt,
)
from derive.language.binding import walk
from derive.layers import Layer
from derive.verdicts import decide, prove
from tests.gradients.transforms import TRANSFORMS, b, centering, gamma, l2, layer, m, rmsnorm, softmax, y
from tests.theorems.numeric import tolerance
from tests.theorems.points import holds, trials

CASES = [pytest.param(make, name, id=f"{make.__name__}-{name}") for make in TRANSFORMS for name in make().names]


def check(theorem: Theorem) -> None:
    """The kernel made it, its right side has no derivative left, and in floating point the sides agree."""
    assert is_theorem(theorem)
    theorem.recheck()
    claim = theorem.claim
    assert not any(isinstance(part, Derivative) for part in walk(claim.rhs))
    points = [point for number, point in enumerate(trials(claim)) if number % 7 == 0]
    assert points
    assert all(holds(claim, point, tolerance(*claim.terms)) for point in points[:3])


@pytest.mark.parametrize(("make", "name"), CASES)
def test_gradient(make: Callable[[], Layer], name: str) -> None:
    made = make()
    theorem = gradient(made, name)
    assert isinstance(theorem.claim.lhs, Derivative)
    assert (theorem.claim.lhs.body, theorem.claim.lhs.by.tensor) == (made.loss, made.names[name])
    check(theorem)


@pytest.mark.parametrize(("make", "name"), CASES)
def test_hessian(make: Callable[[], Layer], name: str) -> None:
    check(hessian(make(), name))


@pytest.mark.parametrize("make", TRANSFORMS)
def test_jacobian(make: Callable[[], Layer]) -> None:
    made = make()
    for step in made.steps:
        check(jacobian(made, step.name))


@pytest.mark.parametrize("make", TRANSFORMS)
def test_one_sweep_of_backpropagation(make: Callable[[], Layer]) -> None:
    """Each adjoint, made of those of later steps, is proved to be the derivative of the loss by that name."""
    made = make()
    found = adjoints(made)
    assert set(found) == {*made.inputs, *made.parameters, *made.steps}
    assert found[made.output] == made.gradient
    for tensor, adjoint in found.items():
        if adjoint.definition:
            at = adjoint.definition.indices
            prove(Eq(Derivative(made.loss, Entry(tensor, at)), Entry(adjoint, at))).recheck()


@pytest.mark.parametrize("make", TRANSFORMS)
def test_adjoints_in_closed_form(make: Callable[[], Layer]) -> None:
    for form in adjoint_forms(make()).values():
        check(prove(form))


PRINTED = {
    "centering": "D(L, y[b]) = 1/m*(m*g[b] - Sum(g[k], k)) for every b",
    "l2": "D(L, y[b]) = 1/n*(g[b] - z[b]*Sum(g[k]*z[k], k)) for every b",
    "rmsnorm": "D(L, y[b]) = gamma/(m*r)*(m*g[b] - yhat[b]*Sum(g[k]*yhat[k], k)) for every b",
    "layernorm": (
        "D(L, y[b]) = 1/(m*s)*(m*g[b]*w[b] - Sum(g[k]*w[k], k) - yhat[b]*Sum(g[k]*w[k]*yhat[k], k)) for every b"
    ),
    "dynamic-tanh": "D(L, y[b]) = alpha*gamma*g[b]*(1 - tanh(alpha*y[b])**2) for every b",
}


@pytest.mark.parametrize("make", [make for make in TRANSFORMS if make().name in PRINTED])
def test_the_textbook_formula_is_what_is_found(make: Callable[[], Layer]) -> None:
    assert str(gradient(make()).claim) == PRINTED[make().name]


@pytest.mark.parametrize("make", TRANSFORMS)
def test_one_mistake_is_refuted(make: Callable[[], Layer]) -> None:
    """The found gradient with 1 added, doubled, or of the other sign."""
    claim = gradient(make()).claim
    for wrong in (claim.rhs + 1, 2 * claim.rhs, -claim.rhs):
        verdict = decide(Eq(claim.lhs, wrong))
        assert verdict.verdict == "refuted"
        assert verdict.counterexample.recheck()


def test_what_a_layer_ignores_its_gradient_is_orthogonal_to() -> None:
    """Adding a constant leaves centering and softmax as they are; scaling leaves y/|y| as it is."""
    for made in (centering(), softmax()):
        prove(Eq(Sum(Derivative(made.loss, y[b]), b), 0))
    prove(Eq(inner(Derivative(l2().loss, y[b]), y, b), 0))


def test_layers_over_the_rows_of_a_matrix() -> None:
    """Layer normalization of each row of a batch: two axes, both sizes symbols."""
    n, d = Size("n"), Size("d")
    i, j = Index("i", n), Index("j", d)
    x = Matrix("x", n, d)
    mu = define("mu", mean(x[i, j], j), i)
    s = define("s", sqrt(mean((x[i, j] - mu[i]) ** 2, j)), i)
    z = define("z", (x[i, j] - mu[i]) / s[i], i, j)
    made = Layer("rows", "rows", (x,), (), (), (mu, s, z))
    check(gradient(made))
    check(gradient(made, "mu"))
    check(jacobian(made))
    for tensor, adjoint in adjoints(made).items():
        if adjoint.definition:
            at = adjoint.definition.indices
            prove(Eq(Derivative(made.loss, Entry(tensor, at)), Entry(adjoint, at)))


def test_an_input_that_is_used_twice() -> None:
    """A residual connection: y stands in mu and in the output."""
    mu = define("mu", mean(y[b], b))
    made = layer("residual", (gamma,), (), mu, define("z", y[b] + gamma * (y[b] - mu), b))
    check(gradient(made))
    (adjoint,) = (each for tensor, each in adjoints(made).items() if tensor == y)
    prove(Eq(Derivative(made.loss, y[b]), adjoint[b]))


def test_two_inputs() -> None:
    """Each has its gradient and its Jacobian; `input` is the first."""
    x = Vector("x", m)
    made = Layer("sum", "sum", (y, x), (), (), (define("z", y[b] + 3 * x[b], b),))
    assert str(gradient(made, "x").claim) == "D(L, x[b]) = 3*g[b] for every b"
    assert str(jacobian(made).claim) == "D(z[b], y[k]) = delta(b, k) for every b, k"
    assert str(jacobian(made, by="x").claim) == "D(z[b], x[k]) = 3*delta(b, k) for every b, k"


def test_a_parameter_that_nothing_uses() -> None:
    made = layer("unused", (gamma,), (), define("z", 2 * y[b], b))
    assert str(gradient(made, "gamma").claim) == "D(L, gamma) = 0"
    assert str(adjoints(made)[gamma.tensor].definition.body) == "0"


def test_the_absolute_value_has_a_gradient_away_from_zero() -> None:
    n = define("n", mean(Abs(y[b]), b))
    made = layer("mean-absolute", (), (), n, define("z", y[b] / n, b))
    check(gradient(made))


@pytest.mark.parametrize("of", ["loss", "m", "", "Y", "yhat "])
def test_a_name_that_the_program_lacks(of: str) -> None:
    with pytest.raises(LanguageError) as caught:
        gradient(rmsnorm(), of)
    assert str(caught.value) == f"rmsnorm has no {of}; it has input, weight, y, gamma, epsilon, r, yhat, z"


def test_names_by_role() -> None:
    for of, name in (("input", "y"), ("weight", "gamma")):
        assert gradient(rmsnorm(), of).claim == gradient(rmsnorm(), name).claim


def test_a_third_derivative_is_refused() -> None:
    made = centering()
    third = Derivative(Derivative(Derivative(made.loss, y[b]), y[b]), y[b])
    verdict = decide(Eq(third, 0))
    assert verdict.verdict == "undecided" and verdict.reason
