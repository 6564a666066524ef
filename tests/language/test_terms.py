"""Terms: what is equal, what a renaming keeps, how they are written, and what is no term at all."""

import copy
import os
import pickle
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings

from derive.kernel import by_normal_form
from derive.language import (
    Abs,
    Delta,
    Derivative,
    Entry,
    Eq,
    Index,
    LanguageError,
    Matrix,
    Ne,
    Number,
    Scalar,
    Size,
    Sum,
    Tensor,
    Vector,
    define,
    exp,
    free_indices,
    indices,
    loss,
    mean,
    sqrt,
    tanh,
    term,
)
from derive.language.binding import definitions_of, fresh, rename
from derive.language.claims import Claim
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow
from derive.normal_form.factors import Inner
from tests.soundness import strategies
from tests.soundness.strategies import terms

m, n = Size("m"), Size("n")
b, i, j, k = indices("b i j k", m)
c, k_over_n = indices("c k", n)
a, x, epsilon = Scalar("a"), Scalar("x"), Scalar("epsilon", nonnegative=True)
y, z, over_n = Vector("y", m), Vector("z", m), Vector("w", n)
H = Matrix("H", m, m, symmetric=True)
mu = define("mu", mean(y[b], b))
centred = define("d", y[b] - mu, b)
L, g = loss("L", of=y)

SAME = [
    (a + x, a + x),
    (y[b], Vector("y", Size("m"))[Index("b", Size("m"))]),
    (Number(2), term(2)),
    (Number(Fraction(1, 2)), term(Fraction(1, 2))),
    (a + (x + y[b]), (a + x) + y[b]),
    (a * (x * y[b]), (a * x) * y[b]),
    (define("mu", mean(y[b], b)), mu),
    (a - x, Add((a, Neg(x)))),
    (a ** Fraction(3, 2), Pow(sqrt(a), 3)),
    (a ** Fraction(-1, 2), Pow(sqrt(a), -1)),
]

DIFFERENT = [
    (a + x, x + a),
    (a / a, Number(1)),
    (a, Scalar("a", positive=True)),
    (m, Scalar("m", positive=True)),
    (y[b], y[k]),
    (y[k], over_n[k_over_n]),
    (Sum(y[b], b), Sum(y[k], k)),
    (mu, Scalar("mu")),
    (mu, define("mu", mean(y[b] ** 2, b))),
    (H[b, k], Matrix("H", m, m)[b, k]),
    (Delta(b, k), Delta(k, b)),
    (exp(a), tanh(a)),
    (Entry(Tensor("a", origin="one bridge")), Entry(Tensor("a", origin="another"))),
    (Neg(a), Mul((Number(-1), a))),
]


@pytest.mark.parametrize(("left", "right"), SAME, ids=repr)
def test_equal_terms(left, right):
    assert left == right and hash(left) == hash(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT, ids=repr)
def test_different_terms(left, right):
    assert left != right and right != left


def test_an_inner_index_is_like_no_other():
    """A subclass that forgets its class in == made a contraction's own index the one that a person had chosen."""
    assert Inner("k", m) != k and k != Inner("k", m)
    assert Inner("k", m) != Inner("j", m) and Inner("k", m) != Inner("k", n)
    assert Inner("k", m) == Inner("k", m)
    assert len({k, Inner("k", m), k_over_n}) == 3


def test_a_term_is_no_other_thing():
    assert Number(1) != 1
    assert a != "a"
    assert Eq(a, x) != (a, "=", x)


RENAMED = [
    (y[b], {b: k}, y[k]),
    (y[b] + y[k], {b: k, k: b}, y[k] + y[b]),
    (Delta(b, k), {b: j}, Delta(j, k)),
    (Sum(y[b], b), {b: k}, Sum(y[b], b)),
    (Sum(y[b] * z[k], b), {k: j}, Sum(y[b] * z[j], b)),
    (Sum(y[b] * z[k], b), {k: b}, Sum(y[Index("b'", m)] * z[b], Index("b'", m))),
    (Sum(y[b] * z[k], b), {k: b, j: i}, Sum(y[Index("b'", m)] * z[b], Index("b'", m))),
    (Sum(Sum(H[b, k] * z[j], k), b), {j: k}, Sum(Sum(H[b, Index("k'", m)] * z[k], Index("k'", m)), b)),
    (Derivative(Sum(y[b] ** 2, b), y[k]), {k: b}, Derivative(Sum(y[b] ** 2, b), y[b])),
    (sqrt(y[b]) / exp(y[b]), {b: k}, sqrt(y[k]) / exp(y[k])),
    (centred[b], {b: k}, centred[k]),
    (a, {b: k}, a),
]


@pytest.mark.parametrize(("value", "mapping", "renamed"), RENAMED, ids=repr)
def test_renaming(value, mapping, renamed):
    assert rename(value, mapping) == renamed


@given(terms((strategies.j, strategies.k)))
@settings(deadline=None)
def test_renaming_there_and_back(value):
    """Bound names may have changed on the way, and nothing else."""
    new = Index("new", strategies.m)
    there = rename(value, {strategies.j: new})
    assert strategies.j not in free_indices(there)
    by_normal_form(Eq(rename(there, {new: strategies.j}), value))


def test_a_fresh_index_has_a_name_of_its_own():
    assert fresh(k, [b]) == k
    assert fresh(k, [k, Index("k'", m)]) == Index("k''", m)
    assert fresh(k, [k_over_n]) == Index("k'", m)


def test_free_indices():
    assert free_indices(Sum(y[b] * z[k], b)) == {k}
    assert free_indices(y[b] * Sum(y[b], b)) == {b}
    assert free_indices(Derivative(Sum(y[b], b), y[k])) == {k}
    assert free_indices(Sum(over_n[k_over_n] * y[k], k)) == {k_over_n}
    assert free_indices(centred[j]) == {j}


def test_definitions_come_after_what_they_are_made_of():
    assert definitions_of(centred[k] + mu) == [mu.tensor, centred]
    assert definitions_of(Derivative(a, centred[k])) == [mu.tensor, centred]


TEXTS = [
    (a + x - 2, "a + x - 2"),
    (a - (x - epsilon), "a - (x - epsilon)"),
    (-(a + x), "-(a + x)"),
    (-a / x, "-a/x"),
    (a - (-x) / epsilon, "a - (-x/epsilon)"),
    (a * (x + 1), "a*(x + 1)"),
    (a / (x * epsilon), "a/(x*epsilon)"),
    (a / x / epsilon, "a/x/epsilon"),
    (a / (x / epsilon), "a/(x/epsilon)"),
    (a * (x / epsilon), "a*(x/epsilon)"),
    ((-a) ** 2, "(-a)**2"),
    (-(a**2), "-a**2"),
    (a**-2, "a**(-2)"),
    ((a**2) ** 3, "(a**2)**3"),
    (Number(-2) ** 2, "(-2)**2"),
    (Number(Fraction(1, 2)) * a, "(1/2)*a"),
    (a * -x, "a*(-x)"),
    (sqrt(a + 1), "sqrt(a + 1)"),
    (Abs(a), "abs(a)"),
    (H[b, k], "H[b, k]"),
    (Delta(b, k), "delta(b, k)"),
    (Sum(y[b] * z[b], b) ** 2, "Sum(y[b]*z[b], b)**2"),
    (mean(y[b], b), "Sum(y[b], b)/m"),
    (Derivative(L, y[k]), "D(L, y[k])"),
    (centred[k], "d[k]"),
]


@pytest.mark.parametrize(("value", "written"), TEXTS, ids=[written for _, written in TEXTS])
def test_text(value, written):
    assert str(value) == written
    assert repr(value) == f"<{written}>"


CLAIM_TEXTS = [
    (Eq(y[b], y[k]), "y[b] = y[k] for every b, k"),
    (Ne(a, 0), "a != 0"),
    (a <= x, "a <= x"),
    ((a >= x).given(Eq(epsilon, 0), y[k] > 0), "a >= x, given epsilon = 0 and y[k] > 0 for every k"),
    (Claim(a, "<", term(1)), "a < 1"),
]


@pytest.mark.parametrize(("claim", "written"), CLAIM_TEXTS, ids=[written for _, written in CLAIM_TEXTS])
def test_claim_text(claim, written):
    assert str(claim) == written


REFUSED = [
    (lambda: term(0.1), "0.1 is a rounded number; write it exactly, as Fraction('0.1')"),
    (lambda: a + 0.5, "0.5 is a rounded number; write it exactly, as Fraction('0.5')"),
    (lambda: 0.5 * a, "0.5 is a rounded number; write it exactly, as Fraction('0.5')"),
    (lambda: Number(0.5), "0.5 is not an exact number; write an int or a Fraction"),
    (lambda: Number(True), "True is not an exact number; write an int or a Fraction"),
    (lambda: term(True), "True is not a formula"),
    (lambda: term("a + 1"), "'a + 1' is not a formula"),
    (lambda: term(None), "None is not a formula"),
    (lambda: a + y, "y is a tensor with 1 axes; index it, as y[b]"),
    (lambda: a**x, "the exponent x is neither an integer nor a half-integer number"),
    (lambda: a**0.5, "the exponent 0.5 is neither an integer nor a half-integer number"),
    (lambda: a ** Fraction(1, 3), "the exponent 1/3 is neither an integer nor a half-integer number"),
    (lambda: Pow(a, Fraction(1, 2)), "the exponent Fraction(1, 2) is not a whole number"),
    (lambda: y[b, k], "y takes 1 indices, not 2"),
    (lambda: H[b], "H takes 2 indices, not 1"),
    (lambda: y[1], "y is indexed by an Index, not by 1"),
    (lambda: y[a], "y is indexed by an Index, not by <a>"),
    (lambda: y[c], "axis 1 of y has size m, but the index c runs over n"),
    (lambda: Delta(b, c), "delta(b, c) compares an index over m with one over n"),
    (lambda: Function("cos", a), "cos is not one of the known functions: exp, log, abs, sign, tanh"),
    (lambda: Index("k", a), "the index k can't run over a, which is not a size; use Size('m')"),
    (lambda: Index("k", Number(0)), "the index k can't run over 0, which is not a size; use Size('m')"),
    (lambda: Matrix("H", m, n, symmetric=True), "the matrix H can't be symmetric: it has m rows and n columns"),
    (lambda: Scalar("a", even=True),
     "even is not a sign condition; use one of positive, nonnegative, nonzero, nonpositive, negative"),
    (lambda: Scalar("a", positive=True, negative=True), "no number is positive and negative"),
    (lambda: define("d", y[b]), "the definition of d depends on the index b, which its left side lacks"),
    (lambda: define("d", H[b, b], b, b), "the definition of d names an index twice"),
    (lambda: bool(a), "a formula has no truth value; state it with Eq, <= or >= and prove it"),
    (lambda: bool(Eq(a, x)),
     "'a = x' is a claim, neither true nor false before it is decided; use decide or prove"),
    (lambda: a < x < epsilon,
     "'a < x' is a claim, neither true nor false before it is decided; use decide or prove"),
    (lambda: Claim(a, "==", x), "== is not a relation; use one of = <= >= < > !="),
]  # fmt: skip


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_is_no_term(build, message):
    with pytest.raises(LanguageError) as refused:
        build()
    assert str(refused.value) == message


def test_a_term_can_not_be_changed():
    for change in (lambda: setattr(a, "tensor", x.tensor), lambda: delattr(b, "name"), lambda: setattr(b, "new", 1)):
        with pytest.raises((AttributeError, TypeError)):
            change()


COPIED = [a, y[b], H[b, k], centred[k] / sqrt(epsilon + 1), Derivative(L, y[k]), Sum(exp(y[b]), b), Eq(a, 1), k, y]


@pytest.mark.parametrize("value", COPIED, ids=repr)
def test_copies_and_pickles(value):
    hash(value)
    for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert copied == value and hash(copied) == hash(value)


def test_a_pickle_from_another_process():
    """Texts have another hash there, so the hash that a term remembers must stay behind."""
    code = (
        "import pickle, sys; from derive.language import *; t = Vector('y', Size('m'))[Index('b', Size('m'))] + 1;"
        "hash(t); sys.stdout.buffer.write(pickle.dumps(t))"
    )
    environment = dict(os.environ, PYTHONPATH=".", PYTHONHASHSEED="1")
    made = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    value = pickle.loads(made.stdout)
    assert value == y[b] + 1 and hash(value) == hash(y[b] + 1)


def test_quotients_are_kept_as_they_were_written():
    assert a / x / epsilon == Div(Div(a, x), epsilon)
