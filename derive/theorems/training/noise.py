"""Noise after batch normalization, as in the paper's experiment with noisy layers, and that of dropout.

The noise is a[i] with equal probability for each i, whatever the sample is: means run over both b and i.
"""

from derive.language import Eq, Index, Scalar, Size, Vector, define, mean
from derive.layers import batchnorm
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

bn = batchnorm()
(b,) = bn.indices("b")
gamma, beta, z, var, s = bn.gamma, bn.beta, bn.z, bn.var, bn.s
i = Index("i", Size("n"))
a = Vector("a", i.size)
shift = define("shift", mean(a[i], i))
spread = define("spread", mean((a[i] - shift) ** 2, i))

SOURCE = "Santurkar et al. 2018, Section 2.1, the noisy BatchNorm"


@statement("noisy-output-mean", layer=bn, source=SOURCE)
def noisy_output_mean() -> Derivation:
    """Noise added after batch normalization moves the mean by its own: the mean is no longer beta."""
    return (
        Derivation(mean(z[b] + a[i], b, i)).eq(mean(z[b], b) + shift, "means add").eq(beta + shift, "z has mean beta")
    )


@statement("noisy-output-variance", layer=bn, source=SOURCE)
def noisy_output_variance() -> Derivation:
    """Noise added after batch normalization adds its variance: the output has gamma^2 var/s^2 no longer."""
    noisy = mean((z[b] + a[i] - (beta + shift)) ** 2, b, i)
    return (
        Derivation(noisy)
        .eq(mean((z[b] - beta) ** 2, b) + spread, "noise and sample are independent")
        .eq(gamma**2 * var / s**2 + spread, "the variance of the output")
        .but_not(
            Eq(noisy, gamma**2 * var / s**2 + spread + shift**2), "with the mean square of the noise for its variance"
        )
        .but_not(Eq(noisy, gamma**2 + spread), "that is epsilon = 0")
    )


@statement("dropout-variance", source="dropout that divides by the probability p to keep an entry, as torch does")
def dropout_variance() -> Derivation:
    """Dropout keeps the mean of an entry and adds x^2 (1 - p)/p to its variance: noise that grows with the entry."""
    x, p = Scalar("x"), Scalar("p", positive=True)
    noise = p * (x / p - x) ** 2 + (1 - p) * (0 - x) ** 2
    return (
        Derivation(noise)
        .eq(x**2 * ((1 - p) ** 2 / p + (1 - p)), "kept with probability p, else 0")
        .eq(x**2 * (1 - p) / p, "over one fraction")
        .but_not(Eq(noise, x**2 * p * (1 - p)), "without the division by p, as in the first version of dropout")
    )
