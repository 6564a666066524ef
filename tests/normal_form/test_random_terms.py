"""Random terms: the normal form, written as a term again, has the value of the term wherever the conditions hold."""

from fractions import Fraction
from random import Random

import pytest

from derive import Abs, Delta, Derivative, Eq, Matrix, Ne, Scalar, Size, Sum, Vector, exp, indices, log, sign, sqrt
from derive.closed_forms import to_term
from derive.language import LanguageError, Number, free_indices
from derive.language.claims import claim_indices
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.refute.evaluate import REFUTES, Evaluation, Intervals, Irrational, NoValue, Point, Rationals
from derive.refute.points import spots

m = Size("m")
b, k, j = indices("b k j", m)
SCALARS = [
    Scalar("x"), Scalar("y"), Scalar("q", nonnegative=True), Scalar("p", positive=True),
    Scalar("a", negative=True), Scalar("w", nonzero=True),
]  # fmt: skip
x, y, q, p, a, w = SCALARS
u, v, H, S = Vector("u", m), Vector("v", m), Matrix("H", m, m), Matrix("S", m, m, symmetric=True)
CLOSE = 10**-20


def leaf(rng, free):
    kind = rng.random()
    if kind < 0.2:
        return Number(rng.choice([0, 1, 2, -1, 3, Fraction(1, 2), 4]))
    if kind < 0.65 or not free:
        return rng.choice(SCALARS)
    i, l = rng.choice(free), rng.choice(free)
    return rng.choice([u[i], u[i], v[i], H[i, l], S[i, l], Delta(i, l)])


UNARY = [
    sqrt,
    sqrt,
    Abs,
    sign,
    log,
    exp,
    lambda t: -t,
    lambda t: t**2,
    lambda t: t**-1,
    lambda t: t**-2,
    lambda t: t**3,
]
BINARY = [lambda s, t: s + t, lambda s, t: s - t, lambda s, t: s * t, lambda s, t: s * t, lambda s, t: s / t]


def grown(rng, depth, free, pool):
    """A random term; subterms are used again, since what one says of the sign of another is where mistakes hide."""
    again = [term for term in pool if free_indices(term) <= set(free)]
    if again and rng.random() < 0.25:
        return rng.choice(again)
    if depth == 0 or rng.random() < 0.1:
        return leaf(rng, free)
    kind = rng.random()
    if kind < 0.5:
        made = rng.choice(BINARY)(grown(rng, depth - 1, free, pool), grown(rng, depth - 1, free, pool))
    elif kind < 0.85:
        made = rng.choice(UNARY)(grown(rng, depth - 1, free, pool))
    elif kind < 0.87:
        made = Derivative(grown(rng, depth - 1, free, pool), rng.choice([x, y]))
    else:
        index = rng.choice([b, k, j])
        made = Sum(grown(rng, depth - 1, sorted({*free, index}, key=str), pool), index)
    pool.append(made)
    return made


def drawn(rng, signs):
    while True:
        value = Fraction(rng.randint(-3, 3), rng.choice([1, 1, 2]))
        if (value > 0) - (value < 0) in signs:
            return value


def point(rng):
    made = Point({m.tensor: rng.choice([1, 2, 3])})
    for tensor in (*(scalar.tensor for scalar in SCALARS), u, v, H, S):
        places = [place for place in made.places(tensor) if not tensor.symmetric or list(place) == sorted(place)]
        made.values[tensor] = {place: drawn(rng, tensor.signs) for place in places}
    return made


def value(term, at, where):
    for kind in (Rationals, Intervals):
        try:
            return kind(), Evaluation(at, kind)(term, where)
        except Irrational:
            continue
    raise NoValue


def differ(left, right) -> bool:
    (kind, one), (other_kind, two) = left, right
    if isinstance(kind, Rationals) and isinstance(other_kind, Rationals):
        return one != two
    numbers = Intervals()
    one, two = (numbers.number(v) if isinstance(v, Fraction) else v for v in (one, two))
    return numbers.differ(one, two) and abs(one - two).a > CLOSE


def holds(claim, at) -> bool:
    for where in spots(at, claim_indices(claim)):
        kind, left = value(claim.lhs, at, where)
        if not isinstance(kind, Rationals):
            raise NoValue
        _, right = value(claim.rhs, at, where)
        if not isinstance(right, Fraction) or REFUTES[claim.relation](kind, left, right):
            return False
    return True


def compared(term, hypotheses, rng, points=8, mend=lambda at: None) -> int:
    """The number of points at which a term and its normal form were compared; asserts that they agree."""
    try:
        reducer = Reducer(hypotheses)
        normal = to_term(reducer(term), free_indices(term) | {b})
    except (OutsideFragment, Undefined, LanguageError, RecursionError):
        return 0
    count = 0
    for _ in range(points):
        at = point(rng)
        where = {b: rng.randrange(at.sizes[m.tensor])}
        try:
            mend(at)
            if not all(holds(claim, at) for claim in (*hypotheses, *reducer.conditions)):
                continue
            left, right = value(term, at, where), value(normal, at, where)
        except NoValue:
            continue
        assert not differ(left, right), (term, hypotheses, normal, at.values)
        count += 1
    return count


@pytest.mark.parametrize("seed", range(6))
def test_random_terms(seed):
    count = 0
    for number in range(60):
        rng = Random(1000 * seed + number)
        term = grown(rng, rng.choice([2, 3, 4]), [b] if rng.random() < 0.5 else [], [])
        count += compared(term, (), rng)
    assert count > 100


FACTORS = [
    Number(1), y, q, p, w, a, 1 / (y + 1), sqrt(q), Abs(y), Sum(v[k] ** 2, k), Sum(1 / (v[k] + 1), k), exp(y), y + 1
]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_random_terms_under_an_equation(seed):
    """x is given times a factor that may vanish: where it does, x is anything, and no rule may forget that."""
    count = 0
    for number in range(40):
        rng = Random(1000 * seed + number)
        factor = rng.choice(FACTORS)
        right = rng.choice([y, y + q, 2 * p, y**2, Abs(y), 1 / (y**2 + 1), Sum(v[k], k), y * Sum(v[k] ** 2, k)])
        hypotheses = [Eq(factor * x, factor * right)]
        if rng.random() < 0.3:
            hypotheses.append(rng.choice([y >= 0, y > 0, Ne(y, 0), y <= 0, v[b] >= 0, y + 1 > 0]))

        def mend(at, factor=factor, right=right):
            if value(factor, at, {})[1] != 0:
                kind, given = value(right, at, {})
                if not isinstance(kind, Rationals):
                    raise NoValue
                at.values[x.tensor][()] = given

        count += compared(grown(rng, 3, [], [x, y]), tuple(hypotheses), rng, mend=mend)
    assert count > 30
