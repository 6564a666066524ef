"""Random draws: the probability that two of them pick two given samples.

By linearity the expectation of f(sample of draw j, sample of draw k) is the sum over i and l of P[j, k, i, l] f(i, l).
So second moments need no more than these probabilities, and everything stays a finite sum.
"""

from derive.language import Delta, Index, Sum, Tensor, Term, define


def with_replacement(draws: Term, samples: Term) -> Tensor:
    """P[j, k, i, l] for independent draws, each of which picks every sample with the same probability."""
    j, k, i, l = _indices(draws, samples)
    n = samples
    return define("P", Delta(j, k) * Delta(i, l) / n + (1 - Delta(j, k)) / n**2, j, k, i, l)


def without_replacement(draws: Term, samples: Term) -> Tensor:
    """P[j, k, i, l] for draws of which no two pick the same sample, all pairs of samples being equally likely."""
    j, k, i, l = _indices(draws, samples)
    n = samples
    other = (1 - Delta(j, k)) * (1 - Delta(i, l)) / (n * (n - 1))
    return define("P", Delta(j, k) * Delta(i, l) / n + other, j, k, i, l)


def independent(draws: Term, weight: Tensor) -> Tensor:
    """P[j, k, i, l] for independent draws that pick value i with a probability proportional to a positive weight[i]."""
    j, k, i, l = _indices(draws, weight.sizes[0])
    total = Sum(weight[i], i)
    same, other = Delta(j, k) * Delta(i, l) * weight[i] / total, (1 - Delta(j, k)) * weight[i] * weight[l] / total**2
    return define("P", same + other, j, k, i, l)


def _indices(draws: Term, samples: Term) -> tuple[Index, Index, Index, Index]:
    return Index("j", draws), Index("k", draws), Index("i", samples), Index("l", samples)
