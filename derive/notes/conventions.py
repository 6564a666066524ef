"""What a layer is, in the notation that notes use: for formulas that come without their definitions."""

from __future__ import annotations

_STATISTICS = (r"\mu = \frac{1}{m} \sum_{k=1}^m x_k", r"\sigma^2 = \frac{1}{m} \sum_{k=1}^m (x_k - \mu)^2")
_NORMALIZED = r"\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}"

PREAMBLES: dict[str, tuple[str, ...]] = {
    "batchnorm": (*_STATISTICS, _NORMALIZED, r"y_i = \gamma \hat{x}_i + \beta"),
    "layernorm": (*_STATISTICS, _NORMALIZED, r"y_i = \gamma_i \hat{x}_i + \beta_i"),
    "rmsnorm": (
        r"s = \sqrt{\frac{1}{m} \sum_{k=1}^m x_k^2 + \epsilon}",
        r"\hat{x}_i = \frac{x_i}{s}",
        r"y_i = \gamma_i \hat{x}_i",
    ),
    "softmax": (r"p_i = \frac{e^{x_i}}{\sum_{k=1}^m e^{x_k}}",),
}
"""Definitions only, in the order of the program; `m` is the number of what is summed over."""
