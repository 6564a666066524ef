"""The variance of a residual stream x_D = x_0 + f_1 + ... + f_D, and what a normalization in each branch does to it.

The notes on Lubana et al. say: it grows linearly with the depth D if each branch ends in a normalization. Here is how,
with the slope. Variances and covariances are those over a batch of m; D is a symbol.
"""

from derive.language import (
    Delta,
    Eq,
    Matrix,
    Scalar,
    Size,
    Sum,
    Term,
    Vector,
    define,
    indices,
    mean,
    sqrt,
)
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

m, D, n = Size("m"), Size("D"), Size("n")
b, a = indices("b a", m)
l, k = indices("l k", D)
epsilon = Scalar("epsilon", nonnegative=True)
gamma, beta = Vector("gamma", D), Vector("beta", D)

h = Matrix("h", D, m)
mu = define("mu", mean(h[l, b], b), l)
var = define("var", mean((h[l, b] - mu[l]) ** 2, b), l, latex=r"\sigma^2")
s = define("s", sqrt(var[l] + epsilon), l)
f = define("f", gamma[l] * (h[l, b] - mu[l]) / s[l] + beta[l], l, b)

x = Vector("x", m)
out = define("out", x[b] + Sum(f[l, b], l), b, latex="x_D")

SOURCE = "Lubana et al. 2021, Section 4"


def covariance(left: Term, right: Term) -> Term:
    """Of two formulas in b, over the batch."""
    return mean((left - mean(left, b)) * (right - mean(right, b)), b)


var_x = define("var_x", covariance(x[b], x[b]), latex=r"\sigma^2_0")
var_out = define("var_out", covariance(out[b], out[b]), latex=r"\sigma^2_D")
between = define(
    "between",
    2 * Sum(covariance(x[b], f[l, b]), l) + Sum((1 - Delta(l, k)) * covariance(f[l, b], f[k, b]), l, k),
)
"""The covariances between different summands of the stream, all together; 0 if they are uncorrelated."""


@statement("branch-variance", source=SOURCE)
def branch_variance() -> Derivation:
    """The output of a branch that ends in a normalization has variance gamma^2 var/s^2, whatever the branch is."""
    of_branch = covariance(f[l, b], f[l, b])
    return (
        Derivation(of_branch)
        .eq(gamma[l] ** 2 / s[l] ** 2 * mean((h[l, b] - mu[l]) ** 2, b), "beta is its mean")
        .eq(gamma[l] ** 2 * var[l] / s[l] ** 2, "the definition of var")
        .but_not(Eq(of_branch, gamma[l] ** 2), "that is epsilon = 0")
        .but_not(Eq(of_branch, gamma[l] ** 2 * var[l] / s[l]), "with var/s, which is not even free of units")
    )


@statement("residual-variance", source=SOURCE)
def residual_variance() -> Derivation:
    """The variance of a residual stream, whether or not its branches are correlated."""
    return (
        Derivation(var_out)
        .eq(var_x + Sum(covariance(f[l, b], f[l, b]), l) + between, "the variance of a sum")
        .eq(var_x + Sum(gamma[l] ** 2 * var[l] / s[l] ** 2, l) + between, "the variance of each branch")
    )


@statement("residual-variance-linear", source=SOURCE)
def residual_variance_linear() -> Derivation:
    """If the covariances between the summands add up to 0, the variance gains gamma^2 var/s^2 with each layer."""
    slopes = Sum(gamma[l] ** 2 * var[l] / s[l] ** 2, l)
    return (
        Derivation(var_out, given=Eq(between, 0))
        .eq(var_x + Sum(covariance(f[l, b], f[l, b]), l), "nothing between the summands, as for uncorrelated branches")
        .eq(var_x + slopes, "the variance of each branch")
    )


@statement("residual-variance-bound", source=SOURCE)
def residual_variance_bound() -> Derivation:
    """If the covariances between the summands add up to 0, each layer adds at most gamma^2 to the variance."""
    return Derivation(var_out, given=Eq(between, 0)).le(
        var_x + Sum(gamma[l] ** 2, l),
        "var/s^2 is at most 1",
        certificate=Sum(gamma[l] ** 2 * epsilon / s[l] ** 2, l),
    )


@statement("residual-depth", source=SOURCE)
def residual_depth() -> Derivation:
    """With the same gamma and variance in each branch the slope is gamma^2 var/(var + epsilon): linear in D.

    Here the branches are random: K[l, k] is the expectation of f_l f_k, and x_0 is uncorrelated with them.
    """
    scale, before, of_input = Scalar("gamma"), Scalar("var", latex=r"\sigma^2", positive=True), Scalar("var_0")
    rho = define("rho", before / (before + epsilon), latex=r"\rho")
    K = define("K", Delta(l, k) * scale**2 * rho, l, k)
    total = of_input + Sum(K[l, k], l, k)
    return (
        Derivation(total)
        .eq(of_input + Sum(scale**2 * rho, l), "no two branches are correlated")
        .eq(of_input + D * scale**2 * rho, "D equal terms")
        .but_not(Eq(total, of_input + D**2 * scale**2 * rho), "with D^2, as for branches that are all the same")
        .but_not(Eq(total, of_input + D * scale**2), "without rho: that is epsilon = 0")
    )


@statement("residual-doubling", source="Lubana et al. 2021, Section 4; De and Smith 2020")
def residual_doubling() -> Derivation:
    """Without a normalization a layer multiplies the mean square by 1 + w: for w = 1 it doubles.

    The branch is a random matrix V with independent entries of mean 0 and variance w/n: S[j, k] is the expectation of
    V[i, j] V[i, k], for each of the n rows i, and that of V[i, j] is 0. One layer after another this is exponential.
    """
    i, j, q = indices("i j q", n)
    v, w = Vector("v", n), Scalar("w", nonnegative=True)
    S = define("S", Delta(j, q) * w / n, j, q)
    total = Sum(v[i] ** 2 + Sum(S[j, q] * v[j] * v[q], j, q), i)
    norm = Sum(v[i] ** 2, i)
    return (
        Derivation(total)
        .eq(norm + Sum(w / n * norm, i), "different entries of V are uncorrelated")
        .eq((1 + w) * norm, "n equal rows; w = 1 doubles it")
        .but_not(Eq(total, norm + w), "adding instead of multiplying, as a normalized branch would")
        .but_not(Eq(total, (1 + w / n) * norm), "for one row only")
    )
