"""The statements in tensorgrad 0.3, for every m, from raw activations.

The difference of the two sides is simplified in full; a statement is proved where that gives zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.worker import missing, serve

try:
    import tensorgrad as tg
    import tensorgrad.functions as F
    from sympy import Symbol
except ImportError:
    tg = None


@dataclass(frozen=True)
class Layer:
    """Batch normalization of a vector with one edge b of size m, and an upstream gradient g."""

    m: Symbol
    y: tg.Variable
    g: tg.Variable
    gamma: tg.Variable
    var: tg.Tensor
    s: tg.Tensor
    yhat: tg.Tensor

    @property
    def count(self) -> tg.Tensor:
        """The number m."""
        return tg.Delta(self.m)

    @property
    def gradient(self) -> tg.Tensor:
        """The derivative of the loss by y, by the chain rule."""
        return tg.Derivative(F.dot(self.g, self.gamma * self.yhat, "b"), self.y, {"b": "b"})


def layer() -> Layer:
    m = Symbol("m")
    y, g = tg.Variable("y", b=m), tg.Variable("g", b=m)
    centred = y - F.mean(y)
    var = F.mean(centred**2)
    s = F.sqrt(var + tg.Variable("eps"))
    return Layer(m, y, g, tg.Variable("gamma"), var, s, centred / s)


def fact_c2(own: Layer, sign: int) -> tg.Tensor:
    m, yhat = own.m, own.yhat
    ones = tg.Ones(b=m) @ tg.Ones(k=m)
    jacobian = tg.Delta(m, "b", "k") - ones / own.count - sign * (yhat @ yhat.rename(b="k")) / own.count
    return tg.Derivative(yhat, own.y, {"b": "k"}) - jacobian / own.s


def fact_c1(own: Layer, sign: int) -> tg.Tensor:
    g, yhat = own.g, own.yhat
    projected = g * own.count - F.sum(g) * tg.Ones(b=own.m) - sign * yhat * F.dot(g, yhat, "b")
    return own.gradient - own.gamma / (own.count * own.s) * projected


def theorem_4_1(own: Layer, sign: int) -> tg.Tensor:
    g, yhat = own.g, own.yhat
    removed = F.sum(g) ** 2 / own.count + sign * (2 - own.var / own.s**2) * F.dot(g, yhat, "b") ** 2 / own.count
    bound = own.gamma**2 / own.s**2 * (F.frobenius2(g) - removed)
    return F.frobenius2(own.gradient.full_simplify()) - bound


def theorem_4_2(own: Layer, sign: int) -> tg.Tensor:
    """The Hessian by the chain rule: the loss's Hessian H between two Jacobians, and g along the second derivative."""
    m, g, yhat, n = own.m, own.g, own.yhat, own.count
    H = tg.Variable("H", i=m, j=m).with_symmetries("i j")
    one = tg.Derivative(own.gamma * yhat, own.y, {"b": "k"})
    hessian = one.rename(b="i", k="b") @ H @ one.rename(b="j") + tg.Derivative(own.gradient, own.y, {"b": "k"})
    ones = tg.Ones(b=m) @ tg.Ones(k=m)
    A = tg.Delta(m, "b", "k") - ones / n - (yhat @ yhat.rename(b="k")) / n
    outer = A.rename(k="i") @ H @ A.rename(b="j")
    along = A.rename(k="i") @ g.rename(b="i")
    inside = F.dot(g, yhat, "b") * A + along @ yhat.rename(b="k") + sign * yhat @ along.rename(b="k")
    return hessian - (own.gamma / own.s) ** 2 * outer + own.gamma / (n * own.s**2) * inside


def theorem_4_1_typed(sign: int) -> tg.Tensor:
    """Theorem 4.1 once a person has typed in Fact C.1, that yhat sums to 0, and its squares to rho m."""
    m = Symbol("m")
    count, g = tg.Delta(m), tg.Variable("g", b=m)
    r, rho, gamma, yhat = tg.Variable("r"), tg.Variable("rho"), tg.Variable("gamma"), tg.Variable("h", b=m)
    yhat = yhat.with_eq_constraint(F.sum(yhat), tg.Zero()).with_eq_constraint(F.frobenius2(yhat), count @ rho)
    product = F.dot(g, yhat, "b")
    gradient = gamma * r * (g - F.sum(g) * tg.Ones(b=m) / count - yhat * product / count)
    removed = F.sum(g) ** 2 / count + sign * (2 - rho) * product**2 / count
    return F.frobenius2(gradient) - (gamma * r) ** 2 * (F.frobenius2(g) - removed)


PROOFS = {"C.2": fact_c2, "C.1": fact_c1, "4.1": theorem_4_1, "4.2": theorem_4_2}


def prove(statement: str, planted: bool = False, typed: bool = False) -> bool:
    """Whether tensorgrad simplifies the difference of the two sides to zero; `planted` flips its last sign.

    `typed` takes 4.1 from rules that a person types in, instead of from raw activations.
    """
    sign = -1 if planted else 1
    difference = theorem_4_1_typed(sign) if typed else PROOFS[statement](layer(), sign)
    return isinstance(difference.full_simplify(), tg.Zero)


if __name__ == "__main__":
    serve(prove) if tg else missing("tensorgrad")
