"""Hostile input: nothing hangs, nothing leaves decide as a traceback, and nothing false comes out proved."""

import signal
from contextlib import contextmanager

import pytest

from derive import (
    Abs,
    Delta,
    Derivative,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Vector,
    decide,
    define,
    exp,
    indices,
    log,
    sqrt,
    tanh,
)
from derive.language import LanguageError, Number
from derive.language.terms import Add, Neg

SECONDS = 60  # far beyond what any of these takes: a hang has no end

m = Size("m")
b, k = indices("b k", m)
u = Vector("u", m)
S = Matrix("S", m, m, symmetric=True)
x, y, z, w, t = (Scalar(name) for name in "xyzwt")
q = Scalar("q", nonnegative=True)


@contextmanager
def within(seconds: float):
    def stop(*_: object):
        raise AssertionError(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def nested(step, times, start=x):
    for _ in range(times):
        start = step(start)
    return start


def graph(edges) -> object:
    """The closed contraction of a symmetric matrix over the edges of a graph."""
    nodes = sorted({node for edge in edges for node in edge})
    over = dict(zip(nodes, indices(" ".join(f"i{number}" for number in range(len(nodes))), m), strict=True))
    product = None
    for left, right in edges:
        factor = S[over[left], over[right]]
        product = factor if product is None else product * factor
    return Sum(product, *over.values())


def complete(size):
    return graph([(i, j) for i in range(size) for j in range(i)])


def ring(size):
    return graph([(i, (i + 1) % size) for i in range(size)])


ROOKS = [
    ((i, j), (k, l)) for i in range(4) for j in range(4) for k in range(4) for l in range(4)
    if (i, j) < (k, l) and (i == k or j == l)
]  # fmt: skip

HOSTILE = {
    # name: (the claim, the verdicts that are right)
    "a huge exponent": (lambda: Eq(x ** (10**9), y), "RU"),
    "a huge exponent of 1": (lambda: Eq(Number(1) ** (10**9), 1), "PU"),
    "a huge exponent of 2": (lambda: Eq(Number(2) ** (10**9), 3), "RU"),
    "a huge negative exponent": (lambda: Eq(x ** (-(10**9)), y), "RU"),
    "a huge even power": (lambda: x ** (10**9) >= 0, "PU"),
    "a huge power under a root": (lambda: Eq(sqrt(x ** (10**9)), y), "RU"),
    "the largest exponent": (lambda: Eq(x**1000, y), "RU"),
    "towers of exponents": (lambda: Eq(nested(lambda e: e**1000, 4), y), "RU"),
    "towers of exponents of 2": (lambda: Eq(nested(lambda e: e**1000, 4, Number(2)), y), "RU"),
    "a tower under a root": (lambda: Eq(sqrt(nested(lambda e: e**1000, 4) + 1), y), "RU"),
    "a huge number": (lambda: Eq(x, 10**5000), "RU"),
    "a huge number, wrong by one": (lambda: Eq(Number(10**5000), 10**5000 + 1), "RU"),
    "a huge number and <=": (lambda: x <= 10**5000, "RU"),
    "a huge number under a root": (lambda: Eq(sqrt(x + 10**5000), y), "RU"),
    "the square of the root of a huge number": (lambda: Eq(sqrt(Number(10**900 + 1)) ** 2, 10**900 + 1), "PU"),
    "a product of large numbers": (lambda: Eq(Number(10**900) ** 10 * x, y), "RU"),
    "the root of a large prime": (lambda: Eq(sqrt(Number(999999999989)), y), "RU"),
    "a binomial": (lambda: Eq((x + y) ** 300, y), "RU"),
    "a multinomial": (lambda: Eq((x + y + z + w + t) ** 40, y), "RU"),
    "a multinomial and >=": (lambda: (x + y + z + w + t) ** 40 >= 0, "PU"),
    "two large powers": (lambda: Eq((x + y + z) ** 30 * (x - y - z) ** 30, (x**2 - (y + z) ** 2) ** 30), "PU"),
    "5,000 signs": (lambda: Eq(nested(Neg, 5000), x), "PU"),
    "5,000 signs and <=": (lambda: nested(Neg, 5000) <= x, "PU"),
    "5,000 signs in a hypothesis": (lambda: Eq(x, 0).given(Eq(nested(Neg, 5000), 0)), "PU"),
    "5,000 signs in an inequality": (lambda: (x <= 0).given(nested(Neg, 5000) <= 0), "PU"),
    "100,000 signs": (lambda: Eq(nested(Neg, 100_000), y), "RU"),
    "5,000 nested sums": (lambda: Eq(nested(lambda e: Add((e, y)), 5000), x), "RU"),
    "2,000 definitions": (lambda: Eq(nested(lambda e: define("c", e + 1), 2000), x + 2000), "PU"),
    "20,000 summands": (lambda: Eq(Add((x,) * 20_000), 20_000 * x), "PU"),
    "20,000 squares": (lambda: Add((x * x,) * 20_000) >= 0, "PU"),
    "40 roots": (lambda: Eq(nested(sqrt, 40, q), y), "RU"),
    "6 exponentials": (lambda: Eq(nested(exp, 6), y), "RU"),
    "6 exponentials, true": (lambda: Eq(nested(exp, 6, x + y), nested(exp, 6, y + x)), "PU"),
    "6 exponentials and <": (lambda: nested(exp, 6) < y, "RU"),
    "exp of a large number": (lambda: Eq(exp(Number(10**30)), y), "RU"),
    "tanh of a large number": (lambda: Eq(tanh(exp(Number(10**6))), tanh(exp(Number(10**6) + 1))), "RU"),
    "tanh at infinity": (lambda: Eq(tanh(nested(exp, 5)) + tanh(x), tanh(x) + 1), "RU"),
    "logs": (lambda: Eq(nested(log, 20), y), "RU"),
    "continued fractions": (lambda: Eq(nested(lambda e: 1 / (1 + e), 60), y), "RU"),
    "iterated squares": (lambda: Eq(nested(lambda e: (1 + e) ** 2, 12), y), "RU"),
    "iterated roots": (lambda: Eq(nested(lambda e: sqrt(1 + e**2), 12), y), "RU"),
    "iterated derivatives": (lambda: Eq(nested(lambda e: Derivative(e, x), 9, exp(x * x) * tanh(x)), y), "RU"),
    "iterated second derivatives": (lambda: Eq(nested(lambda e: Derivative(e * e, x), 12, 1 / (1 + x)), y), "RU"),
    "a complete graph of 9": (lambda: Eq(complete(9), x), "RU"),
    "a ring of 12": (lambda: Eq(ring(12), x), "RU"),
    "a ring of 12, turned": (lambda: Eq(ring(12), Sum(ring(12), b) / m), "PU"),
    "a rook's graph": (lambda: Eq(graph(ROOKS), graph(ROOKS[::-1])), "PU"),
    "two rook's graphs": (lambda: Eq(graph(ROOKS), x), "RU"),
    "a long product of sums": (lambda: Eq(Sum(u[b], b) ** 60, y), "RU"),
    "many free indices": (
        lambda: Eq(exp(sum((u[i] for i in indices("a c d e f g", m)), Number(0))), x),
        "RU",
    ),
    "a quotient by a delta": (lambda: Eq(1 / Delta(b, k), 1), "RU"),
    "a quotient by 0": (lambda: Eq(1 / (x - x), 1), "U"),
    "a quotient by 0, expanded": (lambda: Eq(1 / ((x + 1) ** 2 - x**2 - 2 * x - 1), 1), "U"),
    "a quotient by 0, by the hypotheses": (lambda: Eq(y / (x - z), 1).given(Eq(x, z)), "U"),
    "a quotient by 0, through a root": (lambda: Eq(1 / (sqrt(q) ** 2 - q), 1), "U"),
    "a quotient by 0, through a sum": (lambda: Eq(1 / (Sum(u[b] - Sum(u[k], k) / m, b)), 1), "U"),
    "a quotient by 0, hidden by quotients": (lambda: Eq(1 / (1 / (1 + q) + q / (1 + q) - 1), 1), "U"),
    "a negative power of 0": (lambda: Eq(Number(0) ** -3, 1), "U"),
    "0**0": (lambda: Eq(Number(0) ** 0, 1), "P"),
    "0**0 is not 0": (lambda: Eq(Number(0) ** 0, 0), "R"),
    "(x - x)**0": (lambda: Eq((x - x) ** 0, 1), "P"),
    "x**0 at 0": (lambda: Eq(x**0, 1).given(Eq(x, 0)), "P"),
}
NAMES = {"P": "proved", "R": "refuted", "U": "undecided"}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_with_a_right_verdict(name):
    build, right = HOSTILE[name]
    with within(SECONDS):
        try:
            verdict = decide(build())
        except LanguageError as refused:  # when it was built
            assert "U" in right
            assert str(refused)
            return
        assert verdict.verdict in [NAMES[letter] for letter in right]
        assert str(verdict)


VACUOUS = {
    "0 = 1": [Eq(0, 1)],
    "m = -1": [Eq(m, -1)],
    "m = 1/2": [Eq(2 * m, 1)],
    "m = 0": [Eq(m, 0)],
    "q = -1 for q >= 0": [Eq(q, -1)],
    "x < x": [x < x],
    "x < 0 < x": [x < 0, x > 0],
    "a square that is -1": [Eq(x**2, -1)],
    "a sum of squares that is -1": [Eq(Sum(u[b] ** 2, b), -1)],
    "u = u + 1": [Eq(u[b], u[b] + 1)],
    "|x| = -1": [Eq(Abs(x), -1)],
    "exp x = 0": [Eq(exp(x), 0)],
    "delta = 2": [Eq(Delta(b, k), 2)],
    "m = 1 and m = 2": [Eq(m, 1), Eq(m, 2)],
}


@pytest.mark.parametrize("name", VACUOUS)
def test_contradictory_hypotheses_are_never_a_counterexample(name):
    with within(SECONDS):
        verdict = decide(Eq(y, z).given(*VACUOUS[name]))
    assert verdict.verdict == "undecided"


CIRCLES = {
    # name: (hypotheses, what follows, what does not)
    "a = b, b = a": ([Eq(x, y), Eq(y, x)], Eq(x + y, 2 * y), Eq(x, 1)),
    "a = b, b = c, c = a": ([Eq(x, y), Eq(y, z), Eq(z, x)], Eq(x + y, 2 * z), Eq(x, 1)),
    "u = 2u": ([Eq(u[b], 2 * u[b])], Eq(Sum(u[b], b), 0), Eq(Sum(u[b], b), 1)),
    "u = u": ([Eq(u[b], u[b])], Eq(u[b] + 0, u[b]), Eq(u[b], 0)),
    "a = a + b": ([Eq(x, x + y)], Eq(y * z, 0), Eq(x, 0)),
    "a = b + 1, b = a - 1": ([Eq(x, y + 1), Eq(y, x - 1)], Eq(x - y, 1), Eq(x, 0)),
    "powers": ([Eq(x**2, x * y), Eq(y**2, x * y)], None, Eq(x**2 * y, 1)),
    "three powers": ([Eq(x**2, y * z), Eq(y**2, x * z), Eq(z**2, x * y)], None, Eq(x**2 * y * z, 1)),
    "sums": (
        [Eq(Sum(u[b] ** 2, b) ** 2, Sum(u[b] ** 4, b) * x), Eq(Sum(u[b] ** 4, b), Sum(u[b] ** 2, b) ** 2)],
        None,
        Eq(Sum(u[b] ** 2, b) ** 3, 1),
    ),
    "an entry and its sum": ([Eq(u[b] ** 2, u[b] * Sum(u[k], k))], None, Eq(Sum(u[b] ** 2, b), 1)),
    "a sum that is its own square": ([Eq(Sum(u[b], b), Sum(u[b], b) ** 2)], None, Eq(Sum(u[b], b) ** 9, 2)),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_hypotheses_that_rewrite_in_a_circle(name):
    hypotheses, follows, does_not = CIRCLES[name]
    with within(SECONDS):
        if follows is not None:
            assert decide(follows.given(*hypotheses)).verdict == "proved"
        assert decide(does_not.given(*hypotheses)).verdict in ("refuted", "undecided")
