"""Batch normalization by other norms (Santurkar et al. 2018, Section 3.3): L1, Lp, and the largest distance."""

from __future__ import annotations

from functools import cache

from derive.language import Abs, Entry, Index, Scalar, Size, Sum, Tensor, Vector, define, exp, log, mean
from derive.layers.program import Layer

b = Index("b", Size("m"))
y = Vector("y", b.size)
gamma, beta = Scalar("gamma"), Scalar("beta")
mu = define("mu", mean(y[b], b))
u = define("u", y[b] - mu, b)


@cache
def l1_batchnorm() -> Layer:
    """Centred, and divided by the mean distance from the mean."""
    r = define("r", mean(Abs(u[b]), b))
    return _divided("l1-batchnorm", "Batch normalization by the L1 norm", r)


@cache
def lp_batchnorm() -> Layer:
    """Centred, and divided by (mean |u|^p)^(1/p), for any p > 0.

    Powers are written with exp and log, which is why no activation may be exactly the mean.
    """
    p = Scalar("p", positive=True)
    a = define("a", exp(p * log(Abs(u[b]))), b)
    moment = define("moment", mean(a[b], b), latex="q")
    r = define("r", exp(log(moment) / p))
    return _divided("lp-batchnorm", "Batch normalization by the Lp norm", r, (a, moment.tensor), (p.tensor,))


@cache
def linf_batchnorm() -> Layer:
    """Centred, and divided by the largest distance from the mean.

    `top` is 1 or -1 at the activation farthest from the mean (the sign of its distance), and 0 at the others. Wherever
    that activation is the only one, it stays as it is under small changes; elsewhere there is no derivative.
    """
    top = Vector("top", b.size, latex="t")
    r = define("r", Sum(top[b] * u[b], b))
    return _divided("linf-batchnorm", "Batch normalization by the largest distance", r, constants=(top,))


def _divided(
    name: str, title: str, r: Entry, steps: tuple[Tensor, ...] = (), constants: tuple[Tensor, ...] = ()
) -> Layer:
    yhat = define("yhat", u[b] / r, b)
    z = define("z", gamma * yhat[b] + beta, b)
    return Layer(
        name=name,
        title=title,
        inputs=(y,),
        parameters=(gamma.tensor, beta.tensor),
        constants=constants,
        steps=(mu.tensor, u, *steps, r.tensor, yhat, z),
    )
