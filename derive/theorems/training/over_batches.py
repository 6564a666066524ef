"""Averages over batches: of sigma, of its square, and what they miss of the variance of all data together.

y[t, b] is entry b of batch t; all batches have the same size.
"""

from derive.kernel import Theorem
from derive.language import Eq, Index, Matrix, Ne, Size, Vector, define, mean
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement
from derive.verdicts import prove

t, b = Index("t", Size("T")), Index("b", Size("m"))
y = Matrix("y", t.size, b.size)
mu = define("mu", mean(y[t, b], b), t)
var = define("var", mean((y[t, b] - mu[t]) ** 2, b), t, latex=r"\sigma^2")
mu_all = define("mu_all", mean(y[t, b], b, t), latex=r"\bar\mu")
var_all = define("var_all", mean((y[t, b] - mu_all) ** 2, b, t), latex=r"\sigma^2_{\text{all}}")

apart = define("apart", mean((mu[t] - mu_all) ** 2, t))
"""The variance of the batch means."""

sigma = Vector("sigma", t.size, nonnegative=True)
mean_sigma = define("mean_sigma", mean(sigma[t], t), latex=r"\bar\sigma")
spread = define("spread", mean((sigma[t] - mean_sigma) ** 2, t))

SOURCE = "the notes that average sigma over batches for inference"


@statement("pooled-variance", source="law of total variance")
def pooled_variance() -> Derivation:
    """The variance of all data is the mean variance of a batch plus the variance of the batch means."""
    within = mean(var[t], t)
    return (
        Derivation(var_all)
        .eq(
            mean((y[t, b] - mu[t]) ** 2 + 2 * (y[t, b] - mu[t]) * (mu[t] - mu_all) + (mu[t] - mu_all) ** 2, b, t),
            "y - mu_all = (y - mu) + (mu - mu_all)",
        )
        .eq(within + apart, "the distances from mu sum to zero in each batch")
        .but_not(Eq(var_all, within - apart), "with a minus sign: what is averaged is too small")
        .but_not(Eq(var_all, within + apart / b.size), "the batch means are apart already, without a further 1/m")
    )


@statement("pooled-variance-bound", source=SOURCE)
def pooled_variance_bound() -> Derivation:
    """The mean over batches of the variance, with 1/m, is at most the variance of all data."""
    return Derivation(mean(var[t], t)).le(var_all, "the variance of the batch means is not negative", certificate=apart)


@statement("mean-sigma-biased", source=SOURCE)
def mean_sigma_biased() -> Derivation:
    """The square of the mean sigma falls short of the mean square by the variance of sigma over batches."""
    return (
        Derivation(mean_sigma**2)
        .eq(mean(sigma[t] ** 2, t) - spread, "a variance is the mean square less the squared mean")
        .but_not(Eq(mean_sigma**2, mean(sigma[t] ** 2, t) + spread), "with a plus sign")
    )


@statement("mean-sigma-strict", source=SOURCE)
def mean_sigma_strict() -> Theorem:
    """If sigma is not the same in all batches, the square of its mean is smaller than its mean square."""
    return prove((mean_sigma**2 < mean(sigma[t] ** 2, t)).given(Ne(spread, 0)), certificate=spread)


@statement("pooled-variance-strict", source=SOURCE)
def pooled_variance_strict() -> Theorem:
    """If the batch means are not all the same, the mean of the batch variances is smaller than the variance of all."""
    return prove((mean(var[t], t) < var_all).given(Ne(apart, 0)), certificate=apart)
