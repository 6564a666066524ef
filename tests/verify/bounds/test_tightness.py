"""How tight the bound is: the bound over the largest error that any honest implementation makes."""

from __future__ import annotations

from statistics import median

import pytest
import torch

from tests.verify.bounds.cases import DTYPES, FIRST, SECOND, SHAPES, allowed, case, exceeds, honest
from tests.verify.bounds.test_honest import quietly, twice
from tests.verify.planted.arrangement import FAMILIES

LOOSEST = 160.0
"""The loosest of all: in float64 twice as loose as in float32, since our own value is as far off as theirs."""


def tightness(family: str, shape: tuple[int, ...], ratio: float, dtype: torch.dtype) -> dict[str, float]:
    """Bound over largest error for each quantity; quantities on which all are exact are left out."""
    given = case(family, shape, "normal", ratio, dtype)
    shares: dict[str, float] = {}
    for layer in honest(given):
        results = dict(zip(FIRST, quietly(layer.call, given.inputs), strict=True))
        if layer.second_order and dtype.itemsize > 2:
            results |= dict(zip(SECOND, twice(layer.call, given), strict=True))
        for name, value in results.items():
            if value is not None:
                shares[name] = max(shares.get(name, 0.0), exceeds(value, *bounds(family, shape, ratio, dtype, name)))
    return {name: 1 / share for name, share in shares.items() if share > 0}


_KNOWN: dict[tuple, tuple[torch.Tensor, torch.Tensor]] = {}


def bounds(family: str, shape: tuple[int, ...], ratio: float, dtype: torch.dtype, name: str):
    key = (family, shape, ratio, dtype, name)
    if key not in _KNOWN:
        _KNOWN[key] = allowed(case(family, shape, "normal", ratio, dtype), name)[:2]
    return _KNOWN[key]


def rows(dtype: torch.dtype) -> list[tuple[str, float, dict[str, float]]]:
    """One row for each family and mean over standard deviation."""
    ratios = (0.0, 30.0, 1e3) if dtype.itemsize > 2 else (0.0, 3.0)
    return [
        (family, ratio, tightness(family, SHAPES[family][0], ratio, dtype)) for family in FAMILIES for ratio in ratios
    ]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_bound_is_within_a_small_factor_of_what_honest_layers_do(dtype: torch.dtype) -> None:
    factors = [factor for _, _, found in rows(dtype) for factor in found.values()]
    assert min(factors) >= 1
    assert median(factors) <= 30
    assert max(factors) <= LOOSEST
