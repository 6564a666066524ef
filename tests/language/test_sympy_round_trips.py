"""Out and in again: the same expression, the same term; and SymPy's own value of what was read."""

import copy
import os
import pickle
import subprocess
import sys
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, symbols

from derive import decide
from derive.kernel import by_normal_form
from derive.language import (
    Delta,
    Derivative,
    Eq,
    Index,
    LanguageError,
    Matrix,
    Scalar,
    Size,
    Sum,
    Tensor,
    Vector,
    define,
    exp,
    indices,
    loss,
    mean,
)
from derive.language.binding import free_indices
from derive.language.sympy_bridge import from_sympy, to_sympy
from derive.language.terms import FUNCTIONS, Function
from tests.soundness import strategies
from tests.soundness.evaluation import World
from tests.soundness.strategies import terms

m, n = Size("m"), Size("n")
b, j, k = indices("b j k", m)
c, k_over_n = indices("c k", n)
y, z = Vector("y", m), Vector("z", n)
gamma = Scalar("gamma", latex=r"\gamma")
mu = define("mu", mean(y[b], b))
centred = define("d", y[b] - mu, b)
outer = define("o", Sum(centred[b] * centred[k], k), b)
L, g = loss("L", of=y)

# What a person writes: names without assumptions, indices of every sort, sums that bind what is already bound.
x, w, H = (sympy.IndexedBase(name) for name in "xwH")
t, p, size = sympy.Symbol("t"), sympy.Symbol("p", positive=True), sympy.Symbol("m", integer=True, positive=True)
at = symbols("i j k", integer=True)
VALUES = {t: -2, p: 4, size: 2}


def entries(base: object, rank: int) -> st.SearchStrategy:
    return st.tuples(*(st.sampled_from(at) for _ in range(rank))).map(lambda places: base[places])


def expressions(depth: int = 3) -> st.SearchStrategy:
    leaf = st.one_of(
        entries(x, 1),
        entries(w, 1),
        entries(H, 2),
        st.builds(sympy.KroneckerDelta, st.sampled_from(at), st.sampled_from(at)),
        st.sampled_from((t, p, size, sympy.Integer(2), Rational(-1, 3), sympy.sqrt(p))),
    )
    if depth == 0:
        return leaf
    part = st.deferred(lambda: expressions(depth - 1))
    return st.one_of(
        leaf,
        st.builds(lambda a, b: a + b, part, part),
        st.builds(lambda a, b: a - b, part, part),
        st.builds(lambda a, b: a * b, part, part),
        st.builds(lambda a, b: a / b, part, st.sampled_from((p, size, 1 + t**2, sympy.sqrt(p)))),
        st.builds(lambda a: a**2, part),
        st.builds(lambda a: sympy.sqrt(a**2), part),
        st.builds(lambda a, index: sympy.Sum(a, (index, 1, size)), part, st.sampled_from(at)),
    )


def sized(expr: sympy.Expr) -> sympy.Expr:
    """With every index and axis on record as one over m."""
    anchor = sympy.Sum(H[at[0], at[0]] * x[at[0]] * w[at[0]], (at[0], 1, size))
    return expr + anchor + sum(x[index] for index in at)


def rebuilt(expr: sympy.Basic) -> sympy.Basic:
    """The same expression built from below: SymPy leaves a product within a product standing now and then."""
    return expr.func(*map(rebuilt, expr.args)) if expr.args else expr


@given(expressions())
@settings(deadline=None)
def test_an_expression_comes_back(expr):
    assert to_sympy(from_sympy(sized(expr), symmetric=[H])) == rebuilt(sized(expr))


def value(base: sympy.IndexedBase, place: tuple[int, ...]) -> Fraction:
    return Fraction(3 * place[0] - 2 * place[-1] + 1, 2 if base == x else 3)


@given(expressions(2))
@settings(deadline=None)
def test_a_term_has_the_value_that_sympy_gives_the_expression(expr):
    expr = sized(expr)
    own = expr.subs(size, VALUES[size]).doit()
    own = own.subs(dict.fromkeys(at, 1))
    places = {entry: Rational(value(entry.base, entry.indices)) for entry in own.atoms(sympy.Indexed)}
    own = own.xreplace(places).subs({t: VALUES[t], p: VALUES[p]})

    term = from_sympy(expr)
    inputs = {"t": VALUES[t], "p": VALUES[p]}

    def entry(tensor: Tensor, position: tuple[int, ...]) -> Fraction | int:
        place = tuple(q + 1 for q in position)
        return value(tensor.origin, place) if place else inputs[tensor.name]

    world = World({"m": VALUES[size]}, entry)
    assert sympy.simplify(own - exact(world.value(term, dict.fromkeys(free_indices(term), 0)))) == 0


def exact(number: object) -> Rational:
    return Rational(Fraction(str(number)))


@given(terms((strategies.j, strategies.k)))
@settings(deadline=None)
def test_a_term_keeps_its_meaning(term):
    """SymPy reorders and cancels; what comes back is provably equal."""
    term = term + strategies.u[strategies.j] + strategies.u[strategies.k]
    by_normal_form(Eq(from_sympy(to_sympy(term)), term))


SAME = [
    Scalar("a"),
    Scalar("a", positive=True),
    Scalar("a", nonnegative=True),
    Scalar("a", nonzero=True),
    Scalar("a", negative=True),
    Scalar("a", nonpositive=True),
    m,
    y[k],
    gamma,
    Size("m", latex="M"),
    Vector("q", m, positive=True)[k],
    Vector("q", Size("m", latex="M"))[Index("k", Size("m", latex="M"))],
    Matrix("Q", m, n)[k, c],
    Matrix("Q", m, m, symmetric=True)[k, b],
    mu,
    centred[k],
    L,
    g[k],
    Derivative(L, y[k]),
    Derivative(centred[b], y[k]),
    Derivative(centred[b], mu),
    *(Function(name, Scalar("a", positive=True)) for name in FUNCTIONS if name not in ("abs", "sign")),
]


@pytest.mark.parametrize("term", SAME, ids=repr)
def test_a_name_comes_back_with_all_that_it_says(term):
    assert from_sympy(to_sympy(term)) == term


def test_names_that_say_more_than_a_symbol_are_different_symbols():
    assert to_sympy(mu) != to_sympy(Scalar("mu")) == sympy.Symbol("mu", real=True)
    other = define("mu", mean(y[b] ** 2, b))
    assert len({to_sympy(mu), to_sympy(mu), to_sympy(other)}) == 2
    assert from_sympy(to_sympy(mu * other)) in (mu * other, other * mu)
    assert decide(Eq(mu, other)).reason == "two different things are called mu"


def test_sympy_may_do_the_arithmetic():
    """A number of SymPy makes a SymPy expression of a term; nothing is lost on the way."""
    assert decide(Eq(Rational(1, 2) * centred[b], centred[b] / 2)).verdict == "proved"
    assert decide(Eq(sympy.Integer(2) * Derivative(L, y[k]), 2 * g[k])).verdict == "proved"
    assert decide(Eq(sympy.Symbol("a", real=True) * y[k], y[k] * Scalar("a"))).verdict == "proved"
    assert y[k] + sympy.Symbol("a", real=True) == y[k] + Scalar("a")


def test_unfolding():
    (index, other), n_y = symbols("b k", integer=True), to_sympy(y[b]).base
    average = sympy.Sum(n_y[index], (index, 1, to_sympy(m))) / to_sympy(m)
    assert to_sympy(mu, unfold=True) == average
    assert to_sympy(centred[k], unfold=True) == n_y[other] - average
    assert to_sympy(Derivative(mu, y[k]), unfold=True) == sympy.Derivative(average, n_y[other])


def test_unfolding_captures_nothing():
    """The definition of o binds k; at k, its own k must get another name."""
    unfolded = from_sympy(to_sympy(outer[k], unfold=True))
    by_normal_form(Eq(unfolded, outer[k]))
    assert free_indices(unfolded) == {k}


UNFOLDED = [
    (Derivative(L, y[k]), "the derivative of the unknown function L has no SymPy form"),
    (Derivative(centred[b], mu), "the derivative by mu can't be unfolded: mu is a defined name"),
]


@pytest.mark.parametrize(("term", "message"), UNFOLDED, ids=[message for _, message in UNFOLDED])
def test_what_can_not_be_unfolded(term, message):
    with pytest.raises(LanguageError) as refused:
        to_sympy(term, unfold=True)
    assert str(refused.value) == message


def test_two_indices_of_one_name_become_two():
    """SymPy tells indices apart by name, we by name and size."""
    for term in (y[k] * z[k_over_n], Sum(y[k] * z[k_over_n], k), Sum(y[k] * Sum(z[k_over_n], k_over_n), k)):
        back = from_sympy(to_sympy(term))
        assert len(free_indices(back)) == len(free_indices(term))
        assert {index.size for index in free_indices(back)} == {index.size for index in free_indices(term)}
    assert str(to_sympy(Sum(y[k] * z[k_over_n], k))) == "Sum(y[k']*z[k], (k', 1, m))"


def test_two_tensors_that_would_be_one_are_refused():
    short, long = (from_sympy(sympy.Sum(x[at[0]], (at[0], 1, sympy.Integer(size)))) for size in (2, 3))
    with pytest.raises(LanguageError, match="x stands for two things that would be the same in SymPy; rename one"):
        to_sympy(short + long)


def test_where_sums_begin():
    assert to_sympy(Sum(y[k], k), start=0).limits == ((at[2], 0, to_sympy(m) - 1),)
    matrix = sympy.MatrixSymbol("A", size, size)
    product = from_sympy((matrix * matrix)[at[0], at[1]])
    assert str(product) == "Sum(A[i, i_1]*A[i_1, j], i_1)"
    assert str(to_sympy(product, start=0)) == "Sum(A[i, i_1]*A[i_1, j], (i_1, 0, m - 1))"


def test_indices_with_one_name_and_different_assumptions_stay_two():
    real, whole = sympy.Symbol("i"), at[0]
    total = sympy.Sum(x[whole], (whole, 1, size))
    term = from_sympy(x[real] * total + x[whole])
    assert {index.name for index in free_indices(term)} == {"i", "i'"}
    assert len(free_indices(from_sympy(sympy.Sum(x[real] * x[whole], (whole, 1, size))))) == 1


def test_copies_and_pickles_of_what_came_out():
    expr = to_sympy(centred[b] + mu + exp(gamma) * Delta(b, k))
    for copied in (copy.copy(expr), copy.deepcopy(expr), pickle.loads(pickle.dumps(expr))):
        assert copied == expr and hash(copied) == hash(expr) and from_sympy(copied + y[k]) == from_sympy(expr + y[k])


def test_sympy_is_imported_only_when_it_is_needed():
    code = "import sys, derive; derive.decide; derive.Sum; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ, PYTHONPATH=".")).returncode == 0
