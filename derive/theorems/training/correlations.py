"""What batch normalization does to the correlation of two features: nothing. It does not decorrelate.

y[b, c] is feature c of sample b. Each feature is normalized by its own mean and variance, as in every BatchNorm.
"""

from derive.language import (
    Abs,
    Delta,
    Eq,
    Index,
    Matrix,
    Scalar,
    Size,
    Tensor,
    Term,
    Vector,
    define,
    indices,
    mean,
    sqrt,
)
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

b = Index("b", Size("m"))
c, e = indices("c e", Size("C"))
epsilon = Scalar("epsilon", nonnegative=True)
beta = Vector("beta", c.size)

y = Matrix("y", b.size, c.size)
mu = define("mu", mean(y[b, c], b), c)
var = define("var", mean((y[b, c] - mu[c]) ** 2, b), c, latex=r"\sigma^2")
s = define("s", sqrt(var[c] + epsilon), c)
yhat = define("yhat", (y[b, c] - mu[c]) / s[c], b, c, latex=r"\hat{y}")
cov_y = define("cov_y", mean((y[b, c] - mu[c]) * (y[b, e] - mu[e]), b), c, e)


def covariance_after(scale: Tensor) -> Tensor:
    """The covariances of the outputs scale yhat + beta."""
    z = define("z", scale[c] * yhat[b, c] + beta[c], b, c)
    return define("cov_z", mean((z[b, c] - mean(z[b, c], b)) * (z[b, e] - mean(z[b, e], b)), b), c, e)


gamma = Vector("gamma", c.size, nonzero=True)
cov_z = covariance_after(gamma)


def correlation(cov: Term, first: Term, second: Term) -> Term:
    return cov / (sqrt(first) * sqrt(second))


before = correlation(cov_y[c, e], var[c], var[e])

SOURCE = "the notes that say the features are taken to be uncorrelated; Ioffe and Szegedy 2015, Section 3"


@statement("covariance-of-outputs", source=SOURCE)
def covariance_of_outputs() -> Derivation:
    """Batch normalization scales the covariance of two features, and does not remove it."""
    factor = gamma[c] * gamma[e] / (s[c] * s[e])
    return (
        Derivation(cov_z[c, e])
        .eq(
            mean(gamma[c] * yhat[b, c] * gamma[e] * yhat[b, e], b),
            "beta is the mean of an output",
        )
        .eq(factor * cov_y[c, e], "gamma and s are the same for all b")
        .but_not(Eq(cov_z[c, e], Delta(c, e) * factor * cov_y[c, e]), "as if it decorrelated the features")
    )


@statement("squared-correlation", source=SOURCE)
def squared_correlation() -> Derivation:
    """The squared correlation of two features is the same before and after, for every epsilon."""
    return (
        Derivation(cov_z[c, e] ** 2 / (cov_z[c, c] * cov_z[e, e]))
        .eq(
            (gamma[c] * gamma[e] / (s[c] * s[e])) ** 2
            * cov_y[c, e] ** 2
            / (gamma[c] ** 2 / s[c] ** 2 * cov_y[c, c] * (gamma[e] ** 2 / s[e] ** 2 * cov_y[e, e])),
            "covariances are scaled",
        )
        .eq(cov_y[c, e] ** 2 / (cov_y[c, c] * cov_y[e, e]), "the factors cancel")
    )


@statement("correlation-sign", source=SOURCE)
def correlation_sign() -> Derivation:
    """The correlation of two features changes its sign where gamma has different signs, and nothing else."""
    flip = gamma[c] * gamma[e] / Abs(gamma[c] * gamma[e])
    return Derivation(correlation(cov_z[c, e], cov_z[c, c], cov_z[e, e])).eq(
        flip * before, "the root of gamma^2 is |gamma|"
    )


@statement("correlation-kept", source=SOURCE)
def correlation_kept() -> Derivation:
    """With positive gamma the correlation of two features is the same before and after, for every epsilon."""
    after = covariance_after(Vector("gamma", c.size, positive=True))
    return Derivation(correlation(after[c, e], after[c, c], after[e, e])).eq(before, "|gamma| = gamma")


@statement("normalized-not-white", source=SOURCE)
def normalized_not_white() -> Derivation:
    """At epsilon = 0 the covariances of the normalized features are their correlations: they are not white."""
    covariance = mean(yhat[b, c] * yhat[b, e], b)
    return (
        Derivation(covariance, given=Eq(epsilon, 0))
        .eq(cov_y[c, e] / (s[c] * s[e]), "the definition of yhat")
        .eq(before, "s^2 = var at epsilon = 0")
        .but_not(Eq(covariance, Delta(c, e) * before).given(Eq(epsilon, 0)), "whitening would do that")
    )
