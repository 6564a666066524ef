"""What a layer is, in the notation that notes use: for formulas that come without their definitions."""

from __future__ import annotations

_STATISTICS = (r"\mu = \frac{1}{m} \sum_{k=1}^m x_k", r"\sigma^2 = \frac{1}{m} \sum_{k=1}^m (x_k - \mu)^2")
_NORMALIZED = r"\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}"

_SOFTMAX = r"p_i = \frac{e^{x_i}}{\sum_{k=1}^m e^{x_k}}"


def _of_rows(row: str, each: str, sums: str, count: str, weights: str) -> tuple[str, ...]:
    """A layer that normalizes each row over some axes: the indices of a row, of an entry, and of the parameters."""
    return (
        rf"\mu_{{{row}}} = \frac{{1}}{{{count}}} {sums} x_{{{each}}}",
        rf"\sigma_{{{row}}}^2 = \frac{{1}}{{{count}}} {sums} (x_{{{each}}} - \mu_{{{row}}})^2",
        rf"\hat{{x}}_{{{each}}} = \frac{{x_{{{each}}} - \mu_{{{row}}}}}{{\sqrt{{\sigma_{{{row}}}^2 + \epsilon}}}}",
        rf"y_{{{each}}} = \gamma_{{{weights}}} \hat{{x}}_{{{each}}} + \beta_{{{weights}}}",
    )


PREAMBLES: dict[str, tuple[str, ...]] = {
    "batchnorm": (*_STATISTICS, _NORMALIZED, r"y_i = \gamma \hat{x}_i + \beta"),
    "layernorm": (*_STATISTICS, _NORMALIZED, r"y_i = \gamma_i \hat{x}_i + \beta_i"),
    "rmsnorm": (
        r"s = \sqrt{\frac{1}{m} \sum_{k=1}^m x_k^2 + \epsilon}",
        r"\hat{x}_i = \frac{x_i}{s}",
        r"y_i = \gamma_i \hat{x}_i",
    ),
    "groupnorm": _of_rows("ng", "ngcs", r"\sum_{c=1}^C \sum_{s=1}^S", "C S", "gc"),
    "instancenorm": _of_rows("nc", "nchw", r"\sum_{h=1}^H \sum_{w=1}^W", "H W", "c"),
    "weightnorm": (r"w_i = \frac{g}{\|v\|} v_i", r"\|v\| = \sqrt{\sum_{k=1}^m v_k^2}"),
    "l2norm": (r"\hat{x}_i = \frac{x_i}{\|x\|}", r"\|x\| = \sqrt{\sum_{k=1}^m x_k^2}"),
    "softmax": (_SOFTMAX,),
    "cross-entropy": (_SOFTMAX.replace("x", "z"), r"L = -\sum_{k=1}^m y_k \log p_k", r"\sum_{k=1}^m y_k = 1"),
}
"""Definitions, in the order of the program, and what holds of them; `m` is the number of what is summed over.

In `groupnorm` c is a channel of group g and s a place in it. `weightnorm` is about one row of weights. The target y of
`cross-entropy` sums up to 1, as one that is one-hot does; z are the logits.
"""
