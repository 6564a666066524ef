"""Formulas that a person writes in SymPy: how they are read, how they are decided, and what is refused and why."""

import pytest
import sympy
from sympy import (
    Derivative,
    Function,
    Idx,
    IndexedBase,
    KroneckerDelta,
    MatrixSymbol,
    Piecewise,
    Product,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)

from derive.language import Index, LanguageError, Matrix, Scalar, Size, Vector, indices
from derive.language.binding import free_indices
from derive.language.sympy_bridge import from_sympy, to_sympy
from derive.language.terms import Add, Delta, Div, Mul, Neg, Number, Pow, Sqrt
from derive.language.terms import Derivative as D
from derive.language.terms import Function as F
from derive.language.terms import Sum as S

m, n = symbols("m n", integer=True, positive=True)
i, j, k, b = symbols("i j k b", integer=True)
x, y, g, w = (IndexedBase(name, shape=(m,), real=True) for name in "xygw")
X = IndexedBase("X", shape=(m, n), real=True)
a, c = symbols("a c", real=True)
t = Symbol("t")
p = Symbol("p", positive=True)

size_m, size_n = Size("m"), Size("n")
over_i, over_j, over_k = indices("i j k", size_m)
own_x, own_y = Vector("x", size_m), Vector("y", size_m)
own_X = Matrix("X", size_m, size_n)
A, C, P = Scalar("a"), Scalar("c"), Scalar("p", positive=True)


READ = [
    (sympy.Integer(-2), Number(-2)),
    (Rational(3, 4), from_sympy(Rational(3, 4))),
    (a, A),
    (p, P),
    (m, size_m),
    (a + c, Add((A, C))),
    (a - 2, Add((A, Neg(Number(2))))),
    (c - a, Add((C, Neg(A)))),
    (3 * a * c, Mul((Number(3), A, C))),
    (a / c, Div(A, C)),
    (-a / (2 * c), Neg(Div(A, Mul((Number(2), C))))),
    (2 * ((a + c) / m), Div(Mul((Number(2), Add((A, C)))), size_m)),
    (m / (a + c) / 2, Div(size_m, Mul((Number(2), Add((A, C)))))),
    (a**3, Pow(A, 3)),
    (1 / a, Div(Number(1), A)),
    (a**-2, Div(Number(1), Pow(A, 2))),
    (sqrt(p), Sqrt(P)),
    (p ** Rational(3, 2), Pow(Sqrt(P), 3)),
    (a / sqrt(p), Div(A, Sqrt(P))),
    (p ** Rational(-3, 2), Div(Number(1), Pow(Sqrt(P), 3))),
    (sqrt(2), Sqrt(Number(2))),
    (exp(a), F("exp", A)),
    (exp(1), F("exp", Number(1))),
    (log(p), F("log", P)),
    (sympy.Abs(a), F("abs", A)),
    (sympy.sign(a), F("sign", A)),
    (tanh(a), F("tanh", A)),
    (x[k], own_x[over_k]),
    (X[i, Symbol("q", integer=True)], own_X[over_i, Index("q", size_n)]),
    (x[i] * KroneckerDelta(i, k), Mul((own_x[over_i], Delta(over_i, over_k)))),
    (Sum(x[i], (i, 1, m)), S(own_x[over_i], over_i)),
    (Sum(x[i], (i, 0, m - 1)), S(own_x[over_i], over_i)),
    (Sum(x[i] * x[j], (i, 1, m), (j, 1, m)), S(S(Mul((own_x[over_i], own_x[over_j])), over_i), over_j)),
    (Sum(p, (i, 1, 4)), S(P, Index("i", Number(4)))),
    (Derivative(a**2, (a, 2)), D(D(Pow(A, 2), A), A)),
    (Derivative(x[i] * y[j], x[k], y[k]), D(D(Mul((own_x[over_i], own_y[over_j])), own_x[over_k]), own_y[over_k])),
]


@pytest.mark.parametrize(("expr", "term"), READ, ids=lambda value: str(value))
def test_what_is_read(expr, term):
    assert from_sympy(expr) == term


@pytest.mark.parametrize("expr", [expr for expr, _ in READ], ids=str)
def test_what_is_read_is_written_back(expr):
    start = 0 if "i, 0" in str(expr) else 1
    assert to_sympy(from_sympy(expr), start=start) == expr


def test_a_power_of_e_is_exp():
    assert from_sympy(sympy.Pow(sympy.E, a, evaluate=False)) == F("exp", A)


u, v = IndexedBase("u"), IndexedBase("v")
H = IndexedBase("H")
M = MatrixSymbol("M", m, m)
total = Sum(u[i], (i, 1, m))

KNOWN_SIZE = [
    (u[k] * total, "an axis of the same array"),
    (u[k] * v[k] * total, "another array at the same index"),
    (v[j] * KroneckerDelta(j, k) * u[k] * total, "through a delta"),
    (u[Idx("k", (1, m))], "its own range"),
    (u[Idx("k", m)], "its own range, from 0"),
    (KroneckerDelta(i, j, (1, m)), "the range of a delta"),
    (M[i, k], "a matrix symbol"),
]


@pytest.mark.parametrize("expr", [expr for expr, _ in KNOWN_SIZE], ids=[why for _, why in KNOWN_SIZE])
def test_sizes_are_inferred(expr):
    assert {index.size for index in free_indices(from_sympy(expr))} == {size_m}


plain, f = symbols("q r"), Function("f")
even, whole, imaginary = Symbol("e", even=True, positive=True), Symbol("z", integer=True), Symbol("w", imaginary=True)

REFUSED = [
    (u[k], 'the size of the index k is not known; give IndexedBase("u", shape=(m,)) or Idx("k", (1, m))'),
    (H[i, k], 'the size of the index i is not known; give IndexedBase("H", shape=(m, n)) or Idx("i", (1, m))'),
    (KroneckerDelta(i, k), 'the size of the index i is not known; give Idx("i", (1, m))'),
    (Sum(u[i], (i, 2, m)), "(i, 2, m) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 2, m + 1)), "(i, 2, m + 1) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 2, 5)), "(i, 2, 5) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 1, m - 1)), "(i, 1, m - 1) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 0, m)), "(i, 0, m) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 1, 2 * m)), "(i, 1, 2*m) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[i], (i, 1, sympy.oo)), "(i, 1, oo) is not the range of a whole axis; write (i, 1, m) or (i, 0, m - 1)"),
    (Sum(u[j], (j, 0, m - 1)) + total,
     "in u[j] two ranges meet: (i, 1, m) and (j, 0, m - 1); start both at 1, or both at 0"),
    (Sum(u[j], (j, 1, n)) + total, "in u[j] two sizes meet: m, from (i, 1, m), and n, from (j, 1, n)"),
    (Sum(x[i], (i, 1, n)), "in x[i] two sizes meet: m, from the shape of x, and n, from (i, 1, n)"),
    (Sum(u[i], (i, 1, j), (j, 1, m)), "the index j stands as a number; only entries and deltas can depend on it"),
    (Sum(u[i], (i, 1, plain[0])),
     'q must be a size, which is a positive whole number; declare Symbol("q", integer=True, positive=True)'),
    (Sum(i * u[i], (i, 1, m)), "the index i stands as a number; only entries and deltas can depend on it"),
    (x[plain[0]] * plain[0], "q is both a number and an index; use two names"),
    (Idx("k", m) * a, "the index k stands as a number; only entries and deltas can depend on it"),
    (x[1], "the index 1 in x[1] is not a single symbol, which is outside the fragment"),
    (x[i + 1], "the index i + 1 in x[i + 1] is not a single symbol, which is outside the fragment"),
    (x[Symbol("h", real=True, integer=False)],
     'the index h must run over an axis; declare Symbol("h", integer=True)'),
    (x[Symbol("h", even=True)], 'the index h must run over an axis; declare Symbol("h", integer=True)'),
    (H[i, k] + H[i], "H has 1 axes, not 2"),
    (x, "x is an array, not a number; index it, as x[b]"),
    (M, "M is an array, not a number; index it, as M[b]"),
    (IndexedBase("n", shape=(m,), integer=True)[k],
     "the entries of n are declared whole numbers, which is outside the fragment"),
    (whole, 'z must be a size, which is a positive whole number; declare Symbol("z", integer=True, positive=True)'),
    (even, "e is declared even, which is outside the fragment"),
    (imaginary, "w is declared imaginary, which is outside the fragment"),
    (Symbol("A", commutative=False),
     "A is declared to be no real number; every symbol stands for real numbers here"),
    (sympy.Float("0.1") * a, "0.1 is a rounded number; write Rational(1, 10)"),
    (sympy.pi * a, "the number pi is outside the fragment, whose numbers are rational"),
    (sympy.I * a, "the number I is outside the fragment, whose numbers are rational"),
    (sympy.oo, "the number oo is outside the fragment, whose numbers are rational"),
    (sympy.zoo, "SymPy made zoo of a division by zero, so what was divided is lost"),
    (sympy.nan, "SymPy made nan of a division by zero, so what was divided is lost"),
    (a**c, "the exponent c of a**c is neither an integer nor a half-integer number"),
    (2**a, "the exponent a of 2**a is neither an integer nor a half-integer number"),
    (sympy.cbrt(p), "the exponent 1/3 of p**(1/3) is neither an integer nor a half-integer number"),
    (Piecewise((a, a > 0), (0, True)), "Piecewise is outside the fragment: Piecewise((a, a > 0), (0, True))"),
    (sympy.Max(a, 0), "Max is outside the fragment: Max(0, a)"),
    (sympy.Min(a, 0), "Min is outside the fragment: Min(0, a)"),
    (sympy.cos(a), "cos is outside the fragment: cos(a)"),
    (Product(u[i], (i, 1, m)), "Product is outside the fragment: Product(u[i], (i, 1, m))"),
    (f(a), "the unknown function f in f(a) is outside the fragment"),
    (Derivative(f(a), a), "the unknown function f in f(a) is outside the fragment"),
    (Derivative(a * f(c), f(c)), "a derivative by f(c) is outside the fragment; take one by a symbol"),
    (Derivative(a**2, (a, m)), "a derivative of order m is outside the fragment; give a number"),
    (sympy.Abs(exp(t)), "re(t) speaks of complex numbers; declare the symbols with real=True"),
    (a > 0, "a > 0 is a relation, not a formula; decide it, or read it with claim_from_sympy"),
    ("a + c", "'a + c' is not a SymPy expression, and nothing else is read as one"),
]  # fmt: skip


def refusal(expr) -> str:
    try:
        from_sympy(expr)
    except LanguageError as reason:
        return str(reason)
    return ""


@pytest.mark.parametrize(("expr", "message"), REFUSED, ids=[str(expr) for expr, _ in REFUSED])
def test_what_is_refused(expr, message):
    assert refusal(expr) == message


def test_text_is_not_evaluated(tmp_path):
    trap = f"__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    named = Symbol(trap, real=True)
    assert to_sympy(from_sympy(named + sympy.IndexedBase(trap, shape=(m,))[k])).has(named)
    with pytest.raises(LanguageError):
        from_sympy(trap)
    assert not list(tmp_path.iterdir())
