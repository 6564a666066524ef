"""The statements in plain SymPy, for one fixed m: symbols y1 ... ym, symbolic epsilon.

Two methods. `simplify` is what one types first: the difference of the two sides, simplified. `ring` is the fastest
that we found: epsilon is exchanged for 1/r^2 - var, so that 1/s is the symbol r and everything is a polynomial, and
the algebra is done in SymPy's sparse polynomial rings. Measured against it and slower: together and expand of the
numerator, cancel, and Poly of the numerator. Both use the symmetry of the batch: one gradient entry stands for all
of them, one entry on the diagonal and one beside it for the Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add

from sympy import QQ, Expr, Rational, Symbol, diff, simplify, sqrt, symbols, sympify
from sympy.core.cache import clear_cache
from sympy.polys.rings import PolyElement, PolyRing

from benchmarks.worker import serve


@dataclass(frozen=True)
class Layer:
    """Batch normalization of y1 ... ym with an upstream gradient g1 ... gm."""

    y: tuple[Symbol, ...]
    g: tuple[Symbol, ...]
    gamma: Symbol
    epsilon: Symbol
    var: Expr
    s: Expr
    yhat: tuple[Expr, ...]

    @property
    def m(self) -> int:
        return len(self.y)

    def gradient(self, b: int) -> list[Expr]:
        """The summands of the derivative of the loss by y_b, by the chain rule."""
        return [g * diff(self.gamma * yhat, self.y[b]) for g, yhat in zip(self.g, self.yhat, strict=True)]


def layer(m: int) -> Layer:
    y, g = symbols(f"y1:{m + 1}", real=True), symbols(f"g1:{m + 1}", real=True)
    gamma, epsilon = Symbol("gamma", real=True), Symbol("epsilon", positive=True)
    mu = reduce(add, y) / m
    var = reduce(add, ((entry - mu) ** 2 for entry in y)) / m
    s = sqrt(var + epsilon)
    return Layer(y, g, gamma, epsilon, var, s, tuple((entry - mu) / s for entry in y))


class Expressions:
    """Both sides as expressions of SymPy."""

    def __init__(self, own: Layer) -> None:
        self.r = 1 / own.s

    def __call__(self, expression: Expr) -> Expr:
        return expression

    def is_zero(self, difference: Expr) -> bool:
        return simplify(difference) == 0


class Polynomials:
    """Both sides as elements of a polynomial ring in y, g, gamma and r = 1/s."""

    def __init__(self, own: Layer) -> None:
        r = Symbol("r", positive=True)
        self._epsilon, self._r = own.epsilon, r
        self._exchange = (own.epsilon, r**-2 - own.var)
        second = [Symbol(f"H{i}_{j}", real=True) for j in range(own.m) for i in range(j + 1)]
        self._ring = PolyRing([*own.y, *own.g, *second, own.gamma, r], QQ)
        self.r = self._ring(r)

    def __call__(self, expression: Expr) -> PolyElement:
        return self._ring.from_expr(self._in_r(sympify(expression)).subs(*self._exchange))

    def _in_r(self, expression: Expr) -> Expr:
        """Powers of multiples of var + epsilon as powers of r; SymPy moves factors into them as it differentiates."""
        return expression.replace(
            lambda part: part.is_Pow and part.base.has(self._epsilon),
            lambda part: (part.base.expand().coeff(self._epsilon) * self._r**-2) ** part.exp,
        )

    def is_zero(self, difference: PolyElement) -> bool:
        return not difference


Method = Expressions | Polynomials
METHODS: dict[str, Callable[[Layer], Method]] = {"simplify": Expressions, "ring": Polynomials}


def fact_c2(own: Layer, to: Method, sign: int) -> bool:
    n, yhat = Rational(1, own.m), own.yhat
    return all(
        to.is_zero(to(diff(yhat[0], own.y[k])) - to.r * (to(int(k == 0) - n) - sign * to(yhat[0]) * to(yhat[k]) * n))
        for k in (0, 1)
    )


def fact_c1(own: Layer, to: Method, sign: int) -> bool:
    g, yhat = [to(x) for x in own.g], [to(x) for x in own.yhat]
    gradient = reduce(add, map(to, own.gradient(0)))
    projected = g[0] - (reduce(add, g) + sign * yhat[0] * _inner(g, yhat)) * Rational(1, own.m)
    return to.is_zero(gradient - to(own.gamma) * to.r * projected)


def theorem_4_1(own: Layer, to: Method, sign: int) -> bool:
    g, yhat = [to(x) for x in own.g], [to(x) for x in own.yhat]
    gradient = [reduce(add, map(to, own.gradient(b))) for b in range(own.m)]
    removed = reduce(add, g) ** 2 + sign * (2 - to(own.var) * to.r**2) * _inner(g, yhat) ** 2
    bound = (to(own.gamma) * to.r) ** 2 * (_inner(g, g) - removed * Rational(1, own.m))
    return to.is_zero(_inner(gradient, gradient) - bound)


def theorem_4_2(own: Layer, to: Method, sign: int) -> bool:
    """One entry of the Hessian on the diagonal, and one beside it."""
    m, n = own.m, Rational(1, own.m)
    H = [[Symbol(f"H{min(i, j)}_{max(i, j)}", real=True) for j in range(m)] for i in range(m)]
    g, yhat = [to(x) for x in own.g], [to(x) for x in own.yhat]
    A = [[to(int(b == k) - n) - yhat[b] * yhat[k] * n for k in range(m)] for b in range(m)]
    along = [_inner(A[b], g) for b in range(m)]
    scale = to(own.gamma) * to.r
    for k in (0, 1):
        second = [gi * diff(own.gamma * z, own.y[0], own.y[k]) for gi, z in zip(own.g, own.yhat, strict=True)]
        first = [[diff(own.gamma * z, own.y[b]) for z in own.yhat] for b in (0, k)]
        rows = [to(H[i][j] * first[0][i] * first[1][j]) for i in range(m) for j in range(m)]
        hessian = reduce(add, [*map(to, second), *rows])
        outer = reduce(add, (A[0][i] * to(H[i][j]) * A[j][k] for i in range(m) for j in range(m)))
        inside = _inner(g, yhat) * A[0][k] + along[0] * yhat[k] + sign * yhat[0] * along[k]
        if not to.is_zero(hessian - (scale**2 * outer - scale * to.r * inside * n)):
            return False
    return True


def _inner(left: list, right: list):
    return reduce(add, (a * b for a, b in zip(left, right, strict=True)))


PROOFS = {"C.2": fact_c2, "C.1": fact_c1, "4.1": theorem_4_1, "4.2": theorem_4_2}


def prove(statement: str, planted: bool = False, m: int = 4, method: str = "ring") -> bool:
    """Whether SymPy sees that a statement holds at m; `planted` flips the sign of its last term."""
    own = layer(m)
    return bool(PROOFS[statement](own, METHODS[method](own), -1 if planted else 1))


if __name__ == "__main__":
    serve(prove, clear_cache)
