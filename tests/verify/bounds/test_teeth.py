"""The bound has teeth: a term of the formula that is wrong exceeds it, in every format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.verify.bounds.cases import DTYPES, FIRST, Case, allowed, case, exceeds
from tests.verify.bounds.test_honest import quietly
from tests.verify.planted import FAULTS, Fault
from tests.verify.planted.inputs import inputs_for, tiny_variance

Rows = tuple[Tensor, Tensor, Tensor, float]
"""x, the upstream gradient times gamma, gamma, eps; all in the accumulation format."""


def parts(x: Tensor, eps: float, lost: int = 0, naive: bool = False) -> tuple[Tensor, Tensor]:
    """xhat and 1/s of each row."""
    mean = x.mean(1, keepdim=True)
    centred = x - mean
    var = (
        (x * x).mean(1, keepdim=True) - mean * mean
        if naive
        else (centred * centred).sum(1, keepdim=True) / (x.shape[1] - lost)
    )
    inverse = (var + eps).rsqrt()
    return centred * inverse, inverse


def gradient(rows: Rows, mean: float = 1, projection: float = 1, factor: float = 1, lost: int = 0) -> Tensor:
    x, g, _, eps = rows
    xhat, inverse = parts(x, eps * factor, lost)
    along = xhat * (g * xhat).mean(1, keepdim=True)
    return inverse * (g - mean * g.mean(1, keepdim=True) - projection * along)


WRONG: dict[str, tuple[str, float, str, Callable[[Rows], Tensor]]] = {
    "nothing": ("input gradient", 0, "normal", gradient),
    "mean term dropped": ("input gradient", 0, "normal", lambda rows: gradient(rows, mean=0)),
    "mean term off by a tenth": ("input gradient", 0, "normal", lambda rows: gradient(rows, mean=0.9)),
    "projection term dropped": ("input gradient", 0, "normal", lambda rows: gradient(rows, projection=0)),
    "projection term off by a tenth": ("input gradient", 0, "normal", lambda rows: gradient(rows, projection=0.9)),
    "m - 1": ("input gradient", 0, "normal", lambda rows: gradient(rows, lost=1)),
    "epsilon times ten": ("input gradient", 0, "tiny", lambda rows: gradient(rows, factor=10)),
    "gamma missing": ("input gradient", 0, "normal", lambda rows: gradient((rows[0], rows[1] / rows[2], *rows[2:]))),
    "output with m - 1": ("output", 0, "normal", lambda rows: parts(rows[0], rows[3], lost=1)[0] * rows[2]),
    "output with E[x^2] - E[x]^2": (
        "output",
        1e3,
        "normal",
        lambda rows: parts(rows[0], rows[3], naive=True)[0] * rows[2],
    ),
}


def share(name: str, dtype: torch.dtype) -> float:
    """Error over bound of a layer norm with rows of 13 that computes a formula in the accumulation format."""
    quantity, ratio, kind, formula = WRONG[name]
    given = case("layernorm", (20, 13), kind, ratio, dtype)
    inputs = replace(given.inputs, bias=torch.zeros_like(given.inputs.weight))
    given = Case(inputs, given.tangent, given.said)
    wide = torch.float32 if dtype.itemsize == 2 else dtype
    gamma = inputs.weight.to(wide)
    rows = (inputs.x.to(wide), inputs.upstream.to(wide) * gamma, gamma, inputs.eps)
    value, tolerance, _ = allowed(given, quantity)
    return exceeds(formula(rows).to(dtype), value, tolerance)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", WRONG)
def test_wrong_terms_exceed_the_bound(name: str, dtype: torch.dtype) -> None:
    if name == "nothing":
        assert share(name, dtype) <= 1
        return
    if "E[x^2]" in name and dtype.itemsize == 2:
        pytest.skip("16-bit data with such means have no variance")
    assert share(name, dtype) > 1


SKIPPED = ("constants in the second derivative", "mean of the last call")
"""The first shows in second derivatives alone, the second needs two calls."""


def first_order(fault: Fault) -> bool:
    return not any(words in str(fault) for words in SKIPPED)


LISTED = [fault for fault in FAULTS if fault.listed and first_order(fault)]


def found(fault: Fault, dtype: torch.dtype) -> bool:
    """Whether the output or a gradient exceeds its bound."""
    inputs = inputs_for(fault, dtype)
    results = dict(zip(FIRST, quietly(fault.call, inputs), strict=True))
    given = Case(inputs, torch.zeros_like(inputs.x), "")
    shares = (exceeds(results[name], *allowed(given, name)[:2]) for name in FIRST if results[name] is not None)
    return any(each > 1 for each in shares)


@pytest.mark.parametrize("place", range(len(LISTED)), ids=map(str, LISTED))
def test_planted_faults_exceed_the_bound(place: int) -> None:
    """Each in one dtype; all four of them in the slow test."""
    assert found(LISTED[place], DTYPES[place % len(DTYPES)])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("fault", LISTED, ids=str)
def test_planted_faults_exceed_the_bound_in_every_dtype(fault: Fault, dtype: torch.dtype) -> None:
    assert found(fault, dtype)


def test_epsilon_dropped_shows_where_the_variance_is_tiny() -> None:
    given = case("layernorm", (8, 33), "normal", 0.0, torch.float32)
    inputs = tiny_variance(given.inputs)
    xhat, _ = parts(inputs.x, 0.0)
    value, tolerance, _ = allowed(Case(inputs, given.tangent, ""), "output")
    assert exceeds(xhat * inputs.weight + inputs.bias, value, tolerance) > 1
