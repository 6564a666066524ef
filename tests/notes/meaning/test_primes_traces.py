"""Primes at known functions and behind brackets, traces, Frobenius norms, covariances, and words of other languages."""

import pytest

from tests.notes.note import checked

SHAPES = r"$A \in \mathbb{R}^{n\times d}$, $B \in \mathbb{R}^{d\times n}$, $S \in \mathbb{R}^{n\times n}$"
MEANS = r"$\bar x = \frac1n\sum_i x_i$ and $\bar y = \frac1n \sum_i y_i$."

CASES = [
    ("", r"\tanh'(x) = 1 - \tanh^2 x", "proved"),
    ("", r"\tanh'(x) = 1 + \tanh^2 x", "refuted"),
    ("", r"\ln''(x) = -\frac{1}{x^2}", "proved"),
    ("", r"\left(\frac{1}{1+e^{-x}}\right)' = \frac{e^{-x}}{(1+e^{-x})^2}", "proved"),
    ("", r"(x^3)'' = 3x^2", "refuted"),
    ("", r"(a x^2)' = 2 a x", "undecided"),
    ("", r"(x-1)^2 \stackrel{!}{=} x^2 - 2x + 1", "proved"),
    ("", r"x^2 \stackrel{!}{=} x", "undecided"),
    (SHAPES, r"\operatorname{tr}(AB) = \mathrm{Tr}(BA)", "proved"),
    (SHAPES, r"\operatorname{tr}(A^T A) = \|A\|_F^2 = \sum_{i,j} A_{ij}^2", "proved"),
    (SHAPES, r"\|A\|_2^2 = \sum_{i,j} A_{ij}^2", "undecided"),
    (f"{SHAPES}, <!-- normproof: free: S -->", r"\operatorname{Spur}(S S) = \operatorname{Spur}(S^T S)", "refuted"),
    (SHAPES, r"\operatorname{tr}(A) = 0", "undecided"),
    (MEANS, r"\mathrm{Cov}(x, y) = \frac1n \sum_i x_i y_i - \bar x \bar y", "proved"),
    (MEANS, r"\mathrm{Var}(x + y) = \mathrm{Var}(x) + \mathrm{Var}(y) + \mathrm{Cov}(x, y)", "refuted"),
    (MEANS, r"\text{均值}(x^2) - \bar x^2 = \text{분산}(x)", "proved"),
    (
        r"$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$",
        r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & \text{만약 } i=j \text{ 이면} \\"
        r" -p_ip_j & \text{그렇지 않으면} \end{cases}",
        "proved",
    ),
]


@pytest.mark.parametrize(("context", "latex", "verdict"), CASES, ids=[latex for _, latex, _ in CASES])
def test_the_verdict(context, latex, verdict):
    (found,) = checked(f"{context}\n\n$$\n{latex}\n$$\n")
    assert found.verdict == verdict, found.reason
