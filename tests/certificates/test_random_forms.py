"""Random quadratic forms: proved exactly if they are positive semidefinite, which a test of its own decides."""

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest

from derive import Matrix, Scalar, Size, Sum, Vector, indices
from derive.language import Number
from derive.verdicts import attempt

m, n = Size("m"), Size("n")
b, k = indices("b k", m)
(i,) = indices("i", n)
X, Y = Matrix("X", m, n), Matrix("Y", m, n)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", m)
x, y, z, p = Scalar("x"), Scalar("y"), Scalar("z"), Scalar("p", positive=True)

KINDS = {
    "numbers": ((x, y, z), lambda left, right: left * right),
    "numbers and 1": ((x, y, Number(1)), lambda left, right: left * right),
    "products": ((x * y, y * z, z * x), lambda left, right: left * right),
    "vectors": ((u[b], v[b], w[b]), lambda left, right: Sum(left * right, b)),
    "matrices": ((X[b, i], Y[b, i], u[b] * Vector("c", n)[i]), lambda left, right: Sum(left * right, b, i)),
    "images": (
        (Sum(X[b, i] * u[b], b), Sum(X[b, i] * v[b], b), Sum(Y[b, i] * u[b], b)),
        lambda left, right: Sum(left * right, i),
    ),
    "entries": ((u[b], v[k], x), lambda left, right: left * right),
    "with a factor": ((x, y * p, z), lambda left, right: left * right / p),
}


def determinant(rows):
    if not rows:
        return 1
    return sum(
        (-1) ** j * rows[0][j] * determinant([row[:j] + row[j + 1 :] for row in rows[1:]]) for j in range(len(rows))
    )


def semidefinite(q):
    """Every principal minor is nonnegative."""
    places = [chosen for count in range(1, len(q) + 1) for chosen in combinations(range(len(q)), count)]
    return all(determinant([[q[i][j] for j in chosen] for i in chosen]) >= 0 for chosen in places)


def drawn(rng: Random) -> list[list[Fraction]]:
    """Half of them are L L' for a small L (of any rank), the others are any symmetric matrices."""
    if rng.random() < 0.5:
        rows = [[rng.randint(-2, 2) for _ in range(3)] for _ in range(3)]
        return [[Fraction(sum(a * b for a, b in zip(left, right, strict=True))) for right in rows] for left in rows]
    q = [[Fraction(rng.randint(-1, 3), rng.choice((1, 2))) for _ in range(3)] for _ in range(3)]
    return [[q[max(i, j)][min(i, j)] for j in range(3)] for i in range(3)]


@pytest.mark.parametrize("kind", KINDS)
def test_proved_exactly_if_semidefinite(kind):
    halves, product = KINDS[kind]
    rng = Random(kind)
    verdicts = {True: 0, False: 0}
    for _ in range(40):
        q = drawn(rng)
        form = sum((q[i][j] * product(halves[i], halves[j]) for i in range(3) for j in range(3)), Number(0))
        proved = not isinstance(attempt(form >= 0), str)
        assert proved == semidefinite(q), form
        verdicts[proved] += 1
    assert min(verdicts.values()) >= 5


@pytest.mark.parametrize("kind", ["numbers", "vectors", "matrices"])
def test_no_form_is_strictly_positive(kind):
    """At 0 every form is 0."""
    halves, product = KINDS[kind]
    rng = Random(kind)
    for _ in range(10):
        q = drawn(rng)
        form = sum((q[i][j] * product(halves[i], halves[j]) for i in range(3) for j in range(3)), Number(0))
        assert isinstance(attempt(form > 0), str)
