r"""Names of which a note says nothing: c for the mean, s for the deviation; they are not taken for constants."""

import pytest

from tests.notes.note import checked, verdicts

MIDDLE = r"$\hat{x}_i = (x_i - c)/\sqrt{\sigma^2+\epsilon}$ and $y_i = \gamma\hat x_i + \beta$"
BOTH = r"$\hat{x}_i = \frac{x_i - c}{s}$ and $y_i = \gamma\hat x_i + \beta$"
COMPOSED = (
    r"\frac{\partial L}{\partial c} = -\frac{1}{\sqrt{\sigma^2 + \epsilon}}\sum_j \frac{\partial L}{\partial \hat{x}_j}"
    r" - \frac{2}{D}\frac{\partial L}{\partial \sigma^2} \sum_{j=1}^D (x_j - c)"
)
DIRECT = COMPOSED.partition(r" - \frac{2}")[0]
AFFINE = r"\frac{\partial L}{\partial x_i} = \frac{\gamma}{s}\frac{\partial L}{\partial y_i}"
RMS = r"""
$$Y = X W^T + b$$

$$\text{RMS}(w) = \sqrt{\frac{1}{D} \sum_{i=1}^D w_i^2 + \epsilon}$$

$$\hat{w}_i = \frac{w_i}{\text{RMS}(w)}$$

$$y_i = \gamma_i \hat{w}_i$$
"""
ENTRIES = r"""
$$\text{RMS}(x) = \sqrt{\frac{1}{d} \sum_{j=1}^d x_j^2}$$

$$y_n = \frac{x_n}{\text{RMS}(x)}$$

$$\text{N}(x)_{n} = \frac{x_{n}}{\text{RMS}(x)}$$
"""
CASES = [
    (MIDDLE, COMPOSED, "undecided"),
    (MIDDLE + r" with $c = \frac1D\sum_{j=1}^D x_j$", COMPOSED, "proved"),
    (MIDDLE, DIRECT, "proved"),
    (MIDDLE, r"\sum_j (x_j - c) = 0", "undecided"),
    (BOTH, r"\frac{\partial \hat x_i}{\partial c} = -\frac1s", "proved"),
    (BOTH, r"\frac{\partial \hat x_i}{\partial c} = \frac1s", "undecided"),
    (BOTH, r"\frac{\partial c}{\partial x_i} = \frac1m", "undecided"),
    (BOTH, AFFINE, "undecided"),
    (BOTH + " <!-- normproof: free: c, s -->", AFFINE, "proved"),
    ("", r"\frac{\partial \hat{x}_i}{\partial c} = 0", "undecided"),
    ("", r"\frac{\partial \hat{x}_i}{\partial c} = -\frac1\sigma", "undecided"),
    (RMS, r"\frac{\partial L}{\partial\gamma_i} = \frac{\partial L}{\partial y_i}\hat w_i", "proved"),
    (ENTRIES, r"\frac{\partial y_n}{\partial x_n} = \frac{1}{\text{RMS}(x)}\left(1 - \frac{y_n^2}{d}\right)", "proved"),
    (ENTRIES, r"\frac{\partial y_j}{\partial x_n} = -\frac{y_n y_j}{d\,\text{RMS}(x)} \quad j \neq n", "proved"),
]


@pytest.mark.parametrize(("said", "latex", "verdict"), CASES)
def test_verdicts(said, latex, verdict):
    assert verdicts(f"{said}\n\n$${latex}$$\n")[-1] == verdict


def test_the_smallest_declaration_is_told():
    (found,) = checked(f"{MIDDLE}\n\n$${COMPOSED}$$\n")
    assert (found.reason, found.help) == ("nothing is said of c; write what it is", "declare: normproof: free: c")


SMALL = r"$\hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \delta}}$"


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (SMALL, r"\frac1m\sum_i \hat x_i^2 \le 1", "proved"),
        (SMALL, r"\frac1m\sum_i \hat x_i^2 = 1", "refuted"),
        ("of $x_i$", r"\frac{\partial\hat x_i}{\partial\mu} = -\frac{1}{\sqrt{\sigma^2 + \delta}}", "proved"),
        (r"$\delta = x_1 - x_2$", r"\sqrt{\sigma^2 + \delta} \ge \sigma", "refuted"),
        (r"$\delta_{ij}$ is 1 or 0", r"\sqrt{\sigma^2 + \delta} \ge \sigma", "undecided"),
    ],
)
def test_delta_is_the_small_number_where_it_stands_like_one(said, latex, verdict):
    (found,) = checked(f"{said}\n\n$${latex}$$\n")
    assert found.verdict == verdict
    told = r"\delta is read as \epsilon" in found.warnings
    assert told == (r"\sigma^2 + \delta" in latex and verdict == "proved")
