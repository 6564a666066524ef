"""Batch normalization in training that also keeps running statistics, in the convention of torch.nn.BatchNorm1d."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Scalar, Size, Vector, define, mean, sqrt
from derive.layers.program import Layer


@cache
def batchnorm_running() -> Layer:
    """The output of training mode, and what inference will use: the unbiased variance, weighted by `momentum`.

    torch weights the new statistic by `momentum`; Ioffe and Szegedy's readers often weight the old one by it.
    """
    m = Size("m")
    b = Index("b", m)
    y = Vector("y", m)
    gamma, beta = Scalar("gamma"), Scalar("beta")
    epsilon, momentum = Scalar("epsilon", nonnegative=True), Scalar("momentum", latex=r"\alpha")
    old_mean = Scalar("running_mean", latex=r"\mu_{\text{run}}")
    old_var = Scalar("running_var", latex=r"\sigma^2_{\text{run}}")

    mu = define("mu", mean(y[b], b))
    var = define("var", mean((y[b] - mu) ** 2, b), latex=r"\sigma^2")
    unbiased = define("unbiased_var", m / (m - 1) * var, latex=r"\sigma^2_{m-1}")
    new_mean = define("new_mean", (1 - momentum) * old_mean + momentum * mu, latex=r"\mu_{\text{run}}'")
    new_var = define("new_var", (1 - momentum) * old_var + momentum * unbiased, latex=r"\sigma^{2\prime}_{\text{run}}")
    s = define("s", sqrt(var + epsilon))
    yhat = define("yhat", (y[b] - mu) / s, b)
    z = define("z", gamma * yhat[b] + beta, b)

    return Layer(
        name="batchnorm-running",
        title="Batch normalization, training mode with running statistics",
        inputs=(y,),
        parameters=(gamma.tensor, beta.tensor),
        constants=(epsilon.tensor, momentum.tensor, old_mean.tensor, old_var.tensor),
        steps=(mu.tensor, var.tensor, s.tensor, yhat, z),
        updates=(unbiased.tensor, new_mean.tensor, new_var.tensor),
    )
