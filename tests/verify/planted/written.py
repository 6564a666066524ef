"""Honest layers with a backward written by hand, one for each style."""

from __future__ import annotations

from tests.verify.planted.arrangement import FAMILIES, RMSNORM
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.recipe import Style

NEAR_FIRST = "the variance is taken about the first element, and is as good as that element is near to the mean"

STYLES: dict[str, Style] = {
    "two-pass": Style(),
    "two-pass, statistics saved": Style(keep="statistics"),
    "two-pass, xhat saved in the storage dtype": Style(keep="xhat", row_blocks=4),
    "welford": Style(variance="welford", keep="statistics"),
    "corrected two-pass": Style(variance="corrected"),
    "shifted by the first element": Style(variance="shifted", keep="statistics"),
    "x * alpha + beta'": Style(affine="alpha"),
    "division by s": Style(root="division", summation="pairwise"),
    "sequential sums": Style(summation="sequential"),
    "pairwise sums": Style(summation="pairwise", keep="statistics"),
    "chunked sums": Style(summation="chunked", row_blocks=8),
    "each step rounded to the storage dtype": Style(affine="rounded"),
    "backward as a g + b x + c": Style(backward="coefficients", keep="statistics"),
}

ALIKE_FOR_RMSNORM = {"welford", "corrected two-pass", "shifted by the first element"}


def written(family: str) -> list[Implementation]:
    return [
        Implementation(
            f"by hand, {name}",
            family,
            Kernel(family, style),
            style.twice_differentiable,
            remark=NEAR_FIRST if style.variance == "shifted" else "",
        )
        for name, style in STYLES.items()
        if not (family == RMSNORM and name in ALIKE_FOR_RMSNORM)
    ]


WRITTEN = [layer for family in FAMILIES for layer in written(family)]
