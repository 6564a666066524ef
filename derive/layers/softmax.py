"""Softmax and its relatives: normalization by a sum of exponentials."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Size, Sum, define, exp, log, mean
from derive.layers.program import Layer


@cache
def softmax() -> Layer:
    """The forward program x -> e -> total -> p: each of N rows of K logits."""
    n, k = Index("n", Size("N")), Index("k", Size("K"))
    x = Matrix("x", n.size, k.size)

    e = define("e", exp(x[n, k]), n, k)
    total = define("total", Sum(e[n, k], k), n, latex="S")
    p = define("p", e[n, k] / total[n], n, k)

    return Layer(name="softmax", title="Softmax", inputs=(x,), parameters=(), constants=(), steps=(e, total, p))


@cache
def log_softmax() -> Layer:
    """The forward program x -> e -> total -> p -> z, with z = x - log total."""
    n, k = Index("n", Size("N")), Index("k", Size("K"))
    before = softmax()
    z = define("z", before.x[n, k] - log(before.total[n]), n, k)
    return Layer(
        name="log-softmax",
        title="Log-softmax",
        inputs=before.inputs,
        parameters=(),
        constants=(),
        steps=(*before.steps, z),
    )


@cache
def cross_entropy() -> Layer:
    """The mean over N rows of -sum target log p, for any target: a class, a distribution, or smoothed labels."""
    n, k = Index("n", Size("N")), Index("k", Size("K"))
    target = Matrix("target", n.size, k.size, latex="t")
    before = softmax()
    loss = define("z", mean(-Sum(target[n, k] * (before.x[n, k] - log(before.total[n])), k), n), latex=r"\ell")
    return Layer(
        name="cross-entropy",
        title="Cross-entropy of softmax",
        inputs=before.inputs,
        parameters=(),
        constants=(target,),
        steps=(*before.steps, loss.tensor),
    )
