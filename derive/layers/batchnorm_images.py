"""Batch normalization of images and volumes: statistics over the batch and all places, weights per channel."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Scalar, Size, Tensor, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def batchnorm2d() -> Layer:
    """The forward program of torch.nn.BatchNorm2d in training: x[n, c, h, w]."""
    return _over("batchnorm2d", "Batch normalization of images, training mode", ("h H", "w W"))


@cache
def batchnorm3d() -> Layer:
    """The forward program of torch.nn.BatchNorm3d in training: x[n, c, d, h, w]."""
    return _over("batchnorm3d", "Batch normalization of volumes, training mode", ("d D", "h H", "w W"))


def _over(name: str, title: str, places: tuple[str, ...]) -> Layer:
    n, c = Index("n", Size("N")), Index("c", Size("C"))
    where = tuple(Index(index, Size(size)) for index, size in map(str.split, places))
    each, over = (n, c, *where), (n, *where)
    x = Tensor("x", tuple(index.size for index in each))
    gamma, beta = Vector("gamma", c.size), Vector("beta", c.size)
    epsilon = Scalar("epsilon", nonnegative=True)

    mu = define("mu", mean(x[each], *over), c)
    var = define("var", mean((x[each] - mu[c]) ** 2, *over), c, latex=r"\sigma^2")
    s = define("s", sqrt(var[c] + epsilon), c)
    xhat = define("xhat", (x[each] - mu[c]) / s[c], *each)
    z = define("z", gamma[c] * xhat[each] + beta[c], *each)

    return Layer(
        name=name,
        title=title,
        inputs=(x,),
        parameters=(gamma, beta),
        constants=(epsilon.tensor,),
        steps=(mu, var, s, xhat, z),
    )
