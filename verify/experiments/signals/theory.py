"""What theory says of signals at random initialization: growth of the gradient from layer to layer, in closed form.

All of it is for a fully connected network h = W relu(x), x = norm(h) with independent normal weights, in the limit of
large width. There a gradient that comes down to x is independent of x, with the same variance in every direction that
matters, and one layer multiplies its expected squared length by

    sigma_w^2 E[1/s^2] E tr(A D C D) / tr(C)

with D the indicator of xhat > 0, A the projection that the normalization's gradient is (fact-c1 at epsilon = 0), C the
covariance of what comes down. The factor sigma_w^2 cancels against E[1/s^2]: no scale of the weights matters.
"""

from __future__ import annotations

import math

BATCHNORM_LIMIT = math.pi / (math.pi - 1)
"""ReLU and batch normalization, large batch. Source: Yang et al. 2019, Section 4."""


def batchnorm_growth(batch: int) -> float:
    """The expected squared gradient, one layer down through ReLU and batch normalization over `batch` samples.

    In the limit of large width xhat is uniform on a sphere in the m - 1 dimensions of centred batches, and s is
    independent of it: m s^2 is chi-squared with m - 1 degrees of freedom, times the eigenvalue of the kernel. So the
    growth is exact at every m > 3; it falls to pi/(pi - 1) as m grows. Source: Yang et al. 2019, derived anew.
    """
    m = batch
    if m <= 3:
        raise ValueError(f"the expectation is infinite for a batch of {m}: 1/s^2 has none")
    rho = -1 / (m - 1)
    both = 0.25 + math.asin(rho) / (2 * math.pi)
    product = (math.sqrt(1 - rho**2) + (math.pi - math.acos(rho)) * rho) / (2 * math.pi)
    trace = m / 2 - 1.5 + (0.5 + (m - 1) * both) / m + (0.5 + (m - 1) * product) / m
    return m / ((m - 3) * (0.5 - product)) * trace / (m - 1)


def groupnorm_growth(group_size: int) -> float:
    """The same for group normalization of p channels of each sample: (p - 2)/(p - 3), for p > 3.

    In a group of p independent normal channels p s^2 is chi-squared with p - 1 degrees of freedom, so that
    E[1/s^2] = p/((p - 3) lambda); E tr(A D) = (p - 2)/2; lambda = sigma_w^2/2. Layer normalization, p large, has 1.
    """
    if group_size <= 3:
        raise ValueError(f"the expectation is infinite for groups of {group_size}: 1/s^2 has none")
    return (group_size - 2) / (group_size - 3)
