"""A theorem reports exactly the conditions under which its formulas have a value: none too few, none twice."""

import pytest

from derive import (
    Abs,
    Derivative,
    Eq,
    Matrix,
    Ne,
    Scalar,
    Size,
    Sum,
    Vector,
    define,
    exp,
    indices,
    log,
    prove,
    sign,
    sqrt,
    tanh,
)
from derive.language import Number

m, n = Size("m"), Size("n")
b, k = indices("b k", m)
i, j = indices("i j", n)
u, v = Vector("u", m), Vector("v", m)
X = Matrix("X", m, n)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q, w = Scalar("p", positive=True), Scalar("q", nonnegative=True), Scalar("w", nonzero=True)
epsilon, epsilon0 = Scalar("epsilon", positive=True), Scalar("epsilon", nonnegative=True)


def spread(eps):
    mu = Sum(u[b], b) / m
    return define("s", sqrt(Sum((u[b] - mu) ** 2, b) / m + eps))


s, s0 = spread(epsilon), spread(epsilon0)

TABLE = {
    # an equation, and exactly its conditions
    "none": (Eq(x + y, y + x), []),
    "a quotient": (Eq(x / x, 1), [Ne(x, 0)]),
    "a quotient twice": (Eq(y / x + z / x, (y + z) / x), [Ne(x, 0)]),
    "a quotient by a multiple": (Eq(y / (2 * x), y / x / 2), [Ne(x, 0)]),
    "a quotient by a product": (Eq(z / (x * y), z / x / y), [Ne(x, 0), Ne(y, 0)]),
    "a quotient by a power": (Eq(1 / x**3, x**-3), [Ne(x, 0)]),
    "a quotient by a sum": (Eq((x + y) / (x + y), 1), [Ne(x + y, 0)]),
    "a quotient that cancels at once": (Eq(0 * (x / y), 0), [Ne(y, 0)]),
    "a quotient to the power 0": (Eq((x / y) ** 0, 1), [Ne(y, 0)]),
    "a quotient to the power 0 under a root": (Eq(sqrt((1 / x) ** 0), 1), [Ne(x, 0)]),
    "a quotient that cancels under a root": (Eq(sqrt(x**2 / x**2), 1), [Ne(x, 0)]),
    "a positive divisor": (Eq(p / p, 1), []),
    "a nonzero divisor": (Eq(w / w, 1), []),
    "a nonnegative divisor": (Eq(q / q, 1), [Ne(q, 0)]),
    "a size": (Eq(m / m, 1), []),
    "a divisor that is visibly positive": (Eq((x**2 + 1) / (x**2 + 1), 1), []),
    "exp": (Eq(exp(x) / exp(x), 1), []),
    "a divisor known by a hypothesis": (Eq(x / x, 1).given(x > 0), []),
    "a divisor known to be nonzero": (Eq(x / x, 1).given(Ne(x, 0)), []),
    "a divisor known to be nonnegative": (Eq(x / x, 1).given(x >= 0), [Ne(x, 0)]),
    "a difference known to be positive": (Eq((x - y) / (x - y), 1).given(x > y), []),
    "a root": (Eq(sqrt(x) ** 2, x), [x >= 0]),
    "a root of a nonnegative": (Eq(sqrt(q) ** 2, q), []),
    "a root under a quotient": (Eq(sqrt(x) / sqrt(x), 1), [x >= 0, Ne(sqrt(x), 0)]),
    "a root of a square": (Eq(sqrt(x**2), Abs(x)), []),
    "a root of a sum of squares": (Eq(sqrt(x**2 + y**2) ** 2, x**2 + y**2), []),
    "log": (Eq(log(x) - log(x), 0), [x > 0]),
    "log of a positive": (Eq(exp(log(p)), p), []),
    "exp of log": (Eq(exp(log(x)), x), [x > 0]),
    "sign": (Eq(sign(x) * Abs(x), x), []),
    "tanh and exp have none": (Eq(tanh(x) + exp(x) - tanh(x), exp(x)), []),
    "s for epsilon > 0": (Eq(s / s, 1), []),
    "s for epsilon >= 0": (Eq(s0 / s0, 1), [Ne(s0, 0)]),
    "s for epsilon >= 0, thrice": (Eq(1 / s0 + 1 / s0**2 * s0, 2 / s0), [Ne(s0, 0)]),
    "an indexed divisor": (Eq(u[b] / u[b], 1), [Ne(u[b], 0)]),
    "a summed divisor": (Eq(Sum(u[b] / u[b], b), m), [Ne(u[b], 0)]),
    "the same divisor under two indices": (Eq(Sum(1 / u[b], b), Sum(1 / u[k], k)), [Ne(u[b], 0)]),
    "a derivative of a root": (Eq(Derivative(sqrt(x), x), 1 / (2 * sqrt(x))), [x >= 0, Ne(sqrt(x), 0)]),
    "a derivative of log": (Eq(Derivative(log(x), x), 1 / x), [x > 0]),
    "a derivative of log by another": (Eq(Derivative(log(x), y), 0), [x > 0]),
    "a derivative of a quotient by another": (Eq(Derivative(1 / x, y), 0), [Ne(x, 0)]),
    "a derivative of abs": (Eq(Derivative(Abs(x), x), sign(x)), [Ne(x, 0)]),
}


@pytest.mark.parametrize("name", TABLE)
def test_exactly_these(name):
    claim, conditions = TABLE[name]
    theorem = prove(claim)
    assert sorted(map(str, theorem.conditions)) == sorted(map(str, conditions))


def test_the_index_of_a_condition_means_for_every():
    theorem = prove(Eq(Sum(u[b] / u[b], b), m))
    assert str(theorem) == "Sum(u[b]/u[b], b) = m, where u[b] != 0 for every b"


def test_two_indices_in_one_condition():
    (condition,) = prove(Eq(X[b, i] / (u[b] - X[b, i]) * (u[b] - X[b, i]), X[b, i])).conditions
    assert condition == Ne(u[b] - X[b, i], 0)


def test_a_diagonal_condition_is_not_the_full_one():
    H = Matrix("H", m, m)
    theorem = prove(Eq(H[b, b] / H[b, b] + H[b, k] / H[b, k], 2))
    assert set(theorem.conditions) == {Ne(H[b, b], 0), Ne(H[b, k], 0)}


def test_the_condition_of_a_hypothesis_is_kept():
    assert prove(Eq(x, y).given(Eq(1 / x, 1 / y))).conditions == (Ne(x, 0), Ne(y, 0))
    assert prove(Eq(x, y**2).given(Eq(sqrt(x), y))).conditions == (x >= 0,)


def test_a_condition_in_a_definition():
    d = define("d", 1 / (x + y))
    assert prove(Eq(d * (x + y), 1)).conditions == (Ne(x + y, 0),)


def test_a_condition_in_a_definition_that_is_not_seen():
    d = define("d", 1 / x)
    assert prove(Eq(0 * d, 0)).conditions == (Ne(x, 0),)


@pytest.mark.parametrize(
    "claim",
    [
        Eq(x / x, 1).given(Eq(x, 0)),
        Eq(1 / (x - x), 1 / (x - x)),
        Eq(sqrt(-1 - x**2), sqrt(-1 - x**2)),
        Eq(log(-exp(x)), log(-exp(x))),
        Eq(log(x - x), log(x - x)),
        Eq(Number(0) ** -1, Number(0) ** -1),
        Eq(Derivative(1 / (x - x), y), 0),
        Eq(sqrt((1 / (x - x)) ** 0), 1),
        Eq(0 * (1 / Number(0)), 0),
    ],
    ids=str,
)
def test_what_never_has_a_value_is_never_proved(claim):
    from derive import decide

    assert decide(claim).verdict == "undecided"


def test_a_root_taken_at_zero_says_nothing_of_its_factors():
    """At x = 0 the root of x^2 (y + 1) has a value for every y, so it does not tell the sign of y + 1."""
    from derive import decide

    root = sqrt(x**2 * (y + 1))
    assert not decide(Eq(0 * root + Abs(1 / (y + 1)), 1 / (y + 1)))
    assert not decide(Eq(0 * root + sqrt(1 / (y + 1) ** 2), 1 / (y + 1)))
    assert not decide(Eq(root * sign(1 / (y + 1)) + sign(1 / (y + 1)), root + 1))
    assert not decide(Eq(0 * sqrt((x + z) ** 2 * (y + 1)) + Abs(1 / (y + 1)), 1 / (y + 1)))
    assert not decide(Eq(0 * sqrt(Sum(u[b], b) ** 2 * (y + 1)) + Abs(1 / (y + 1)), 1 / (y + 1)))
