"""Rules about sums, inside larger sums: whatever their indices, the value stays what it is.

A hypothesis about `Sum(X[b, i]*X[k, i], i)` holds at b = k too; a part of a contraction that it rewrites may share
indices with the rest, and may be summed over several of them at once.
"""

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from derive import Delta, Eq, Matrix, Scalar, Size, Sum, Vector, define, indices, sqrt
from derive.closed_forms import to_term
from derive.language import Claim, Entry, Index, LanguageError, Number, Tensor, Term, free_indices
from derive.language.binding import rename
from derive.language.terms import Sum as SumNode
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.refute.evaluate import Evaluation, Intervals, Irrational, NoValue, Point, Rationals

m, n = Size("m"), Size("n")
b, k, j, l = indices("b k j l", m)
c, d, e = indices("c d e", n)
x, p = Scalar("x"), Scalar("p", positive=True)
u, v, w = Vector("u", m), Vector("v", m), Vector("w", n)
X, Y, M, G = Matrix("X", m, n), Matrix("Y", m, n), Matrix("M", m, m), Matrix("G", m, m)
A, S = Matrix("A", n, n), Matrix("S", m, m, symmetric=True)
EVERY = (x, p, u, v, w, X, Y, M, G, A, S)

row = define("row", sqrt(Sum(X[b, c] ** 2, c) + p), b)
whole = define("whole", sqrt(Sum(X[b, c] ** 2, b, c) + p))
pair = define("pair", sqrt((u[b] - u[k]) ** 2 + p), b, k)
form = define("form", sqrt(Sum(u[b] * M[b, k] * u[k], b, k) ** 2 + p))
ROOTS = (row, whole, pair, form)


def sized(of: Point, size) -> int:
    return of.sizes[size.tensor]


def gram(at: Point, left, right, over) -> dict:
    """Sum over c of left[b, c]*right[k, c], for all b and k."""
    one, other, length = at.values[left], at.values[right], sized(at, over)
    rows = range(sized(at, m))
    return {(i, q): sum(one[i, s] * other[q, s] for s in range(length)) for i in rows for q in rows}


def permutation(at: Point) -> dict:
    """A signed permutation of m things: an orthogonal matrix."""
    rng, length = Random(str(at.values)), sized(at, m)
    places = rng.sample(range(length), length)
    signs = [rng.choice((-1, 1)) for _ in places]
    return {(i, q): Fraction(signs[i] * (places[i] == q)) for i in range(length) for q in range(length)}


def projection(at: Point) -> dict:
    """A projection, along a direction, of rank one: f g' with <f, g> = 1."""
    rng, length = Random(str(at.values)), sized(at, m)
    f = [Fraction(rng.choice((-2, -1, 1, 2))) for _ in range(length)]
    g = [Fraction(rng.randint(-2, 2)) for _ in range(length - 1)]
    g.append((1 - sum(one * other for one, other in zip(f, g, strict=False))) / f[-1])
    return {(i, q): f[i] * g[q] for i in range(length) for q in range(length)}


def bilinear(at: Point) -> Fraction:
    U, N, length = at.values[u], at.values[M], sized(at, m)
    return sum((U[i,] * N[i, q] * U[q,] for i in range(length) for q in range(length)), Fraction(0))


def totals(at: Point) -> dict:
    return {(i,): sum(at.values[X][i, s] for s in range(sized(at, n))) for i in range(sized(at, m))}


def square(at: Point) -> Fraction:
    return sum((value**2 for value in at.values[X].values()), Fraction(0))


def products(at: Point) -> dict:
    rows = range(sized(at, m))
    return {(i, q): at.values[u][i,] * at.values[v][q,] for i in rows for q in rows}


def centred(at: Point) -> dict:
    own = at.values[u]
    return {place: value - sum(own.values()) / len(own) for place, value in own.items()}


HYPOTHESES = {
    "the Gram matrix of the rows": (Eq(Sum(X[b, c] * X[k, c], c), G[b, k]), G, lambda at: gram(at, X, X, n)),
    "the product of two matrices": (Eq(Sum(X[b, c] * Y[k, c], c), G[b, k]), G, lambda at: gram(at, X, Y, n)),
    "an orthogonal matrix": (Eq(Sum(M[b, j] * M[k, j], j), Delta(b, k)), M, permutation),
    "a square": (Eq(Sum(M[b, j] * M[j, k], j), M[b, k]), M, projection),
    "a bilinear form": (Eq(Sum(u[b] * M[b, k] * u[k], b, k), x), x.tensor, lambda at: {(): bilinear(at)}),
    "sums of rows": (Eq(Sum(X[b, c], c), v[b]), v, totals),
    "the square of a matrix": (Eq(Sum(X[b, c] ** 2, b, c), x), x.tensor, lambda at: {(): square(at)}),
    "a matrix of products": (Eq(M[b, k], u[b] * v[k]), M, products),
    "a vector of no sum": (Eq(Sum(u[b], b), 0), u, centred),
}
"""Each hypothesis, the array that makes it true, and how."""


def point(rng: Random) -> Point:
    made = Point({m.tensor: rng.choice([1, 2, 3]), n.tensor: rng.choice([1, 2, 3])})
    for given in EVERY:
        tensor = given.tensor if given in (x, p) else given
        values = [-2, -1, 0, 1, 3] if 0 in tensor.signs else [1, 2, 4]
        places = [at for at in made.places(tensor) if not tensor.symmetric or list(at) == sorted(at)]
        made.values[tensor] = {place: Fraction(rng.choice(values)) for place in places}
    return made


def planted(rng: Random, left: Term, rows: tuple, columns: list) -> Term:
    """The product inside a left side, at random indices; those that were summed mostly stay its own."""
    inside, bound = left, []
    while isinstance(inside, SumNode):
        bound.append(inside.index)
        inside = inside.body
    mapping = {index: rng.choice(rows if index.size == m else columns) for index in free_indices(inside)}
    for place, index in enumerate(bound):
        if rng.random() < 0.8:
            mapping[index] = Index(f"own{place}", index.size)
    return rename(inside, mapping)


def factor(rng: Random, tensor: Tensor | Entry | str, rows: tuple, columns: list) -> Term:
    if tensor == "delta":
        return Delta(rng.choice(rows), rng.choice(rows))
    if isinstance(tensor, Tensor):
        return tensor[tuple(rng.choice(rows if size == m else columns) for size in tensor.sizes)]
    return tensor


def product(rng: Random, free: tuple, left: Term) -> Term:
    """A product of entries at random indices, some of them the same, summed over all but the free ones."""
    rows, columns = (*free, *rng.sample([k, j, l], rng.randint(1, 3))), rng.sample([c, d, e], rng.randint(1, 2))
    result: Term = Number(rng.choice([1, 1, 2, -1]))
    if rng.random() < 0.8:
        result = result * planted(rng, left, rows, columns)
    for _ in range(rng.randint(0, 3)):
        result = result * factor(rng, rng.choice([*EVERY, "delta"]), rows, columns)
    if rng.random() < 0.5:
        result = result * factor(rng, rng.choice(ROOTS), rows, columns) ** rng.choice([-1, -2, -2, -3, -4, 2])
    bound = sorted(free_indices(result) - set(free), key=lambda index: index.name)
    rng.shuffle(bound)
    return Sum(result, *bound)


def grown(rng: Random, left: Term) -> Term:
    free = (b,) if rng.random() < 0.5 else ()
    made, *others = (product(rng, free, left) for _ in range(rng.randint(1, 2)))
    for other in others:
        made = made * other if rng.random() < 0.3 else made + other
    return Sum(made * u[b], b) if free and rng.random() < 0.3 else made


def value(term: Term, at: Point, where: dict) -> tuple:
    for kind in (Rationals, Intervals):
        try:
            return kind(), Evaluation(at, kind)(term, where)
        except Irrational:
            continue
    raise NoValue


def compared(term: Term, hypotheses: tuple[Claim, ...], rng: Random, mend: Callable[[Point], None]) -> int:
    """The number of points at which a term has the value of its normal form; asserts that it has none other."""
    try:
        reducer = Reducer(hypotheses)
        normal = to_term(reducer(term), free_indices(term) | {b})
    except (OutsideFragment, Undefined, LanguageError, RecursionError):
        return 0
    count = 0
    for _ in range(4):
        at = point(rng)
        mend(at)
        where = {b: rng.randrange(sized(at, m))}
        try:
            kind, difference = value(term - normal, at, where)
        except NoValue:
            continue
        zero = kind.number(Fraction(0)) if isinstance(kind, Intervals) else 0
        differs = kind.differ(difference, zero) if isinstance(kind, Intervals) else difference != 0
        assert not differs, (term, hypotheses, normal, at.values)
        count += 1
    return count


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", HYPOTHESES)
def test_a_rule_inside_a_contraction_keeps_its_value(name: str, seed: int) -> None:
    claim, made, values = HYPOTHESES[name]

    def mend(at: Point) -> None:
        at.values[made] = values(at)

    count = 0
    for number in range(25):
        rng = Random(f"{name} {seed} {number}")
        count += compared(grown(rng, claim.lhs), (claim,), rng, mend)
    assert count > 25
