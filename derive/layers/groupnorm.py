"""Group normalization (Wu and He 2018), and with one channel a group, instance normalization."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Scalar, Size, Tensor, define, mean, sqrt
from derive.layers.program import Layer


@cache
def groupnorm() -> Layer:
    """The forward program of torch.nn.GroupNorm: x[n, q, c, l], the channel c of group q at the place l."""
    n, q, c, l = (Index(name, Size(size)) for name, size in (("n", "N"), ("q", "G"), ("c", "C"), ("l", "P")))
    return _program("groupnorm", "Group normalization", each=(n, q, c, l), over=(c, l), rows=(n, q), weights=(q, c))


@cache
def instancenorm() -> Layer:
    """The forward program of torch.nn.InstanceNorm2d: x[n, c, l], every channel of every sample by itself."""
    n, c, l = (Index(name, Size(size)) for name, size in (("n", "N"), ("c", "C"), ("l", "P")))
    return _program("instancenorm", "Instance normalization", each=(n, c, l), over=(l,), rows=(n, c), weights=(c,))


def _program(
    name: str,
    title: str,
    each: tuple[Index, ...],
    over: tuple[Index, ...],
    rows: tuple[Index, ...],
    weights: tuple[Index, ...],
) -> Layer:
    x = Tensor("x", tuple(index.size for index in each))
    gamma, beta = (Tensor(letter, tuple(index.size for index in weights)) for letter in ("gamma", "beta"))
    epsilon = Scalar("epsilon", nonnegative=True)

    mu = define("mu", mean(x[each], *over), *rows)
    var = define("var", mean((x[each] - mu[rows]) ** 2, *over), *rows, latex=r"\sigma^2")
    s = define("s", sqrt(var[rows] + epsilon), *rows)
    xhat = define("xhat", (x[each] - mu[rows]) / s[rows], *each)
    z = define("z", gamma[weights] * xhat[each] + beta[weights], *each)

    return Layer(
        name=name,
        title=title,
        inputs=(x,),
        parameters=(gamma, beta),
        constants=(epsilon.tensor,),
        steps=(mu, var, s, xhat, z),
    )
