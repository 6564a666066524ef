"""The statements in our own language, from raw activations, with symbolic m and epsilon."""

from __future__ import annotations

import sys

from derive.kernel import KernelError, by_normal_form
from derive.language import Claim, Delta, Derivative, Eq, Sum, define, inner, squared_norm
from derive.layers import batchnorm
from derive.verdicts import Refuted, decide

STATEMENTS = ("C.2", "C.1", "4.1", "4.2")


def claim(statement: str, planted: bool = False) -> Claim:
    """A statement as it is true, or with the sign of its last term flipped."""
    return _STATED[statement](-1 if planted else 1)


def fact_c2(sign: int) -> Claim:
    """The Jacobian of the normalized activations."""
    bn = batchnorm()
    b, k = bn.indices("b k")
    m, yhat = b.size, bn.yhat
    return Eq(Derivative(yhat[b], bn.y[k]), (Delta(b, k) - 1 / m - sign * yhat[b] * yhat[k] / m) / bn.s)


def fact_c1(sign: int) -> Claim:
    """The gradient of any loss by the activations."""
    bn = batchnorm()
    b, k = bn.indices("b k")
    m, g, yhat = b.size, bn.gradient, bn.yhat
    projected = m * g[b] - Sum(g[k], k) - sign * yhat[b] * Sum(g[k] * yhat[k], k)
    return Eq(Derivative(bn.loss, bn.y[b]), bn.gamma / (m * bn.s) * projected)


def theorem_4_1(sign: int) -> Claim:
    """The squared norm of that gradient."""
    bn = batchnorm()
    (b,) = bn.indices("b")
    m, g, s = b.size, bn.gradient, bn.s
    removed = Sum(g[b], b) ** 2 / m + sign * (2 - bn.var / s**2) * inner(g, bn.yhat, b) ** 2 / m
    gradient = squared_norm(Derivative(bn.loss, bn.y[b]), b)
    return Eq(gradient, bn.gamma**2 / s**2 * (squared_norm(g, b) - removed))


def theorem_4_2(sign: int) -> Claim:
    """The Hessian of any loss by the activations, from which Theorem 4.2 follows."""
    bn = batchnorm()
    b, k, i, j = bn.indices("b k i j")
    m, g, yhat, scale = b.size, bn.gradient, bn.yhat, bn.gamma / bn.s
    A = define("A", Delta(b, k) - 1 / m - yhat[b] * yhat[k] / m, b, k)
    outer = Sum(A[b, i] * bn.second[i, j] * A[j, k], i, j)
    inside = inner(g, yhat, i) * A[b, k] + Sum(A[b, i] * g[i], i) * yhat[k] + sign * yhat[b] * Sum(A[k, i] * g[i], i)
    hessian = Derivative(Derivative(bn.loss, bn.y[b]), bn.y[k])
    return Eq(hessian, scale**2 * outer - scale / (m * bn.s) * inside)


_STATED = dict(zip(STATEMENTS, (fact_c2, fact_c1, theorem_4_1, theorem_4_2), strict=True))


def prove(statement: str, planted: bool = False) -> bool:
    """Whether the kernel proves a statement."""
    try:
        by_normal_form(claim(statement, planted))
    except KernelError:
        return False
    return True


def refute(statement: str) -> bool:
    """Whether a planted error is refuted, with a counterexample and a repair."""
    verdict = decide(claim(statement, planted=True))
    return isinstance(verdict, Refuted) and verdict.repair is not None


def forget() -> None:
    """Empties every cache of functools in derive, so that nothing about a statement is known beforehand."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "derive":
            for value in list(vars(module).values()):
                if callable(getattr(value, "cache_clear", None)):
                    value.cache_clear()
