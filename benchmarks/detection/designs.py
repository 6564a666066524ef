"""Designs of tests: ours, and those that people write for their kernels.

A design is given a layer and says whether it complains. Each rival is written after the description of its inputs and
tolerances; none of its code is here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import verify
from tests.verify.planted.implementation import Call
from tests.verify.planted.oracle import Inputs, definition, run, wide

GROUPS = 2
Dtypes = tuple[torch.dtype, ...]
ALL = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Design:
    """A test: `complains(call, family, dtype)`, in each of the dtypes that its authors run it in."""

    name: str
    complains: Callable[[Call, str, torch.dtype], bool]
    dtypes: Dtypes = ALL


def ours(call: Call, family: str, dtype: torch.dtype) -> bool:
    """`verify.check_layer` with nothing but the dtype."""

    def layer(x: Tensor, weight: Tensor, bias: Tensor | None, eps: float) -> Tensor:
        return call(x, weight, bias, eps, **_options(family))

    def without_bias(x: Tensor, weight: Tensor, eps: float) -> Tensor:
        return call(x, weight, None, eps)

    chosen = without_bias if family == "rmsnorm" else layer
    report = verify.check_layer(chosen, family, dtype=dtype, eps=1e-5, num_groups=_options(family).get("num_groups"))
    return not report.ok


def gradcheck(call: Call, family: str, dtype: torch.dtype) -> bool:
    """`torch.autograd.gradcheck` on small random inputs: the backward against differences of the forward."""
    shape = (4, 7) if family in ("layernorm", "rmsnorm") else (3, 4, 3, 3)
    inputs = _drawn(family, shape, dtype, eps=1e-5)
    leaves = [leaf.requires_grad_() for leaf in (inputs.x, inputs.weight, inputs.bias) if leaf is not None]

    def layer(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return call(x, weight, bias, 1e-5, **_options(family))

    return not torch.autograd.gradcheck(layer, leaves, raise_exception=False)


def like_liger(call: Call, family: str, dtype: torch.dtype) -> bool:
    """As Liger-Kernel's test of its layer norm: randn, weights 1 and 0, float32, eps 1e-6, atol = rtol = 1e-5."""
    shapes = [(2, 8, 64), (4, 16, 128), (1, 1, 1023), (3, 7, 256)]
    return any(_differs(call, _plain(family, shape, dtype, 1e-6), 1e-5, 1e-5) for shape in shapes)


def like_triton(call: Call, family: str, dtype: torch.dtype) -> bool:
    """As the test in Triton's layer norm tutorial, on fewer rows: -2.3 + 0.5 randn, 0.1 randn upstream, atol 1e-2."""
    inputs = _plain(family, (115, 8, 100), dtype, 1e-5)
    weight, bias = (torch.rand(inputs.weight.shape).to(dtype) for _ in range(2))
    x, upstream = -2.3 + 0.5 * inputs.x, 0.1 * inputs.upstream
    return _differs(call, Inputs(family, x, weight, _biased(family, bias), upstream, 1e-5, inputs.options), 1e-2, 0)


def assert_close(call: Call, family: str, dtype: torch.dtype) -> bool:
    """`torch.testing.assert_close` with its own tolerances, on randn, against the same layer in float64."""
    shape = (16, 64) if family in ("layernorm", "rmsnorm") else (8, 4, 6, 6)
    return _differs(call, _drawn(family, shape, dtype, eps=1e-5))


DESIGNS = (
    Design("verify.check_layer", ours),
    Design("gradcheck, float64", gradcheck, (torch.float64,)),
    Design("design of Liger-Kernel's test", like_liger, (torch.float32,)),
    Design("design of Triton's tutorial", like_triton, (torch.float16,)),
    Design("assert_close, its defaults", assert_close),
)


def _differs(call: Call, inputs: Inputs, *tolerances: float) -> bool:
    chosen = dict(zip(("atol", "rtol"), tolerances, strict=False))
    try:
        found, due = run(call, inputs), run(definition(inputs), wide(inputs))
        for mine, exact in zip(found, due, strict=True):
            if mine is not None and exact is not None:
                torch.testing.assert_close(mine, exact.to(mine.dtype), **chosen)
    except (AssertionError, RuntimeError):
        return True
    return False


def _plain(family: str, shape: tuple[int, ...], dtype: torch.dtype, eps: float) -> Inputs:
    """randn with weights as a new module has them; images for the norms of channels."""
    rows = family in ("layernorm", "rmsnorm")
    shape = shape if rows else (shape[0] * 2, 4 * GROUPS, shape[1], max(1, shape[2] // 8))
    features = shape[-1] if rows else shape[1]
    weight, bias = torch.ones(features, dtype=dtype), torch.zeros(features, dtype=dtype)
    x, upstream = (torch.randn(shape).to(dtype) for _ in range(2))
    return Inputs(family, x, weight, _biased(family, bias), upstream, eps, _options(family))


def _drawn(family: str, shape: tuple[int, ...], dtype: torch.dtype, eps: float) -> Inputs:
    """randn for everything."""
    plain = _plain(family, shape, dtype, eps) if family in ("layernorm", "rmsnorm") else None
    features = shape[-1] if plain else shape[1]
    x, upstream = (torch.randn(shape, dtype=torch.float64).to(dtype) for _ in range(2))
    weight, bias = (torch.randn(features, dtype=torch.float64).to(dtype) for _ in range(2))
    return Inputs(family, x, weight, _biased(family, bias), upstream, eps, _options(family))


def _biased(family: str, bias: Tensor) -> Tensor | None:
    return None if family == "rmsnorm" else bias


def _options(family: str) -> dict[str, Any]:
    return {"num_groups": GROUPS} if family == "groupnorm" else {}


def complaint(design: Design, call: Call, family: str, dtype: torch.dtype, seed: int = 0) -> bool:
    """Whether a design complains of a layer, the same way every time."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return design.complains(call, family, dtype)
