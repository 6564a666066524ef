"""For each fault inputs on which it shows: chosen by hand here, so that the zoo can be tested without verify."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from tests.verify.planted.arrangement import BATCHNORM, GROUPNORM, LAYERNORM, RMSNORM
from tests.verify.planted.faults import Fault
from tests.verify.planted.oracle import Inputs

USUAL = {
    LAYERNORM: ((13, 67), {}),
    RMSNORM: ((13, 67), {}),
    BATCHNORM: ((5, 6, 3, 5), {}),
    GROUPNORM: ((5, 6, 3, 5), {"num_groups": 2}),
}
SHORT_ROWS = {
    LAYERNORM: ((6, 5), {}),
    RMSNORM: ((6, 5), {}),
    BATCHNORM: ((5, 6), {}),
    GROUPNORM: ((3, 10, 1, 1), {"num_groups": 2}),
}
LONG_ROWS = {
    LAYERNORM: ((3, 3001), {}),
    RMSNORM: ((3, 3001), {}),
    BATCHNORM: ((3001, 3), {}),
    GROUPNORM: ((2, 6, 7, 143), {"num_groups": 2}),
}
ONE_VECTOR_AND_SEVEN = {
    LAYERNORM: ((13, 15), {}),
    RMSNORM: ((13, 15), {}),
    BATCHNORM: ((5, 6, 3, 1), {}),
    GROUPNORM: ((2, 6, 1, 5), {"num_groups": 2}),
}
NEARLY_TWO_BLOCKS = {
    LAYERNORM: ((3, 511), {}),
    RMSNORM: ((3, 511), {}),
    BATCHNORM: ((7, 3, 73), {}),
    GROUPNORM: ((2, 14, 73), {"num_groups": 2}),
}
LARGE_MEAN = {torch.float64: 1e6, torch.float32: 1e3}


def usual(family: str, dtype: torch.dtype, sizes: dict = USUAL, seed: int = 0) -> Inputs:
    """Rows of different mean and scale, gamma that differs, and an upstream gradient with parts along 1 and yhat."""
    shape, options = sizes[family]
    generator = torch.Generator().manual_seed(seed)

    def normal(*size: int) -> Tensor:
        return torch.randn(size, generator=generator, dtype=torch.float64)

    features = shape[-1] if family in (LAYERNORM, RMSNORM) else shape[1]
    blank = Inputs(family, torch.zeros(shape), torch.ones(features), None, torch.zeros(shape), 1e-5, options)
    place = blank.arrangement
    rows = normal(*place.rows(blank.x).shape)
    count = torch.arange(len(rows), dtype=torch.float64)[:, None]
    x = rows * (1 + count % 3) + 1 + count % 2
    upstream = normal(*rows.shape) + 1 + rows
    weight = 0.5 + torch.rand(features, generator=generator, dtype=torch.float64) + (torch.arange(features) % 2)
    bias = None if family == RMSNORM else normal(features).to(dtype)
    return replace(
        blank,
        x=place.back(x).contiguous().to(dtype),
        weight=weight.to(dtype),
        bias=bias,
        upstream=place.back(upstream).contiguous().to(dtype),
    )


def tiny_variance(inputs: Inputs) -> Inputs:
    """A variance like epsilon, around zero."""
    place = inputs.arrangement
    rows = place.rows(inputs.x.double())
    near = (rows - rows.mean(1, keepdim=True)) * inputs.eps**0.5 / rows.std(1, keepdim=True)
    return replace(inputs, x=place.back(near).contiguous().to(inputs.x.dtype))


def large_mean(inputs: Inputs) -> Inputs:
    """A mean as large against the standard deviation as the dtype can hold: in 16 bits by one last place."""
    place, dtype = inputs.arrangement, inputs.x.dtype
    rows = place.rows(inputs.x.double())
    if dtype in LARGE_MEAN:
        far = (rows - rows.mean(1, keepdim=True)) / rows.std(1, keepdim=True) + LARGE_MEAN[dtype]
    else:
        far = torch.full_like(rows, 1000)
        far[:, 0] += 512 * torch.finfo(dtype).eps
    return replace(inputs, x=place.back(far).contiguous().to(dtype))


def another_layout(x: Tensor) -> Tensor:
    """The same tensor with its axes in another order in memory."""
    return x.transpose(0, -1).contiguous().transpose(0, -1)


def larger(inputs: Inputs) -> Inputs:
    """Eight times as large: sums of squares that float16 cannot hold."""
    return replace(inputs, x=8 * inputs.x)


def inputs_for(fault: Fault, dtype: torch.dtype) -> Inputs:
    family, kind = fault.family, fault.kind
    if kind == "m-1":
        return usual(family, dtype, SHORT_ROWS)
    if kind.startswith("epsilon"):
        return tiny_variance(usual(family, dtype))
    if kind.startswith("variance"):
        return large_mean(usual(family, dtype, NEARLY_TWO_BLOCKS if dtype == torch.bfloat16 else USUAL))
    if fault.variant == "blocks of 256":
        return usual(family, dtype, NEARLY_TWO_BLOCKS)
    if kind in ("last tail elements lost", "parameter gradient missing one block"):
        return usual(family, dtype, ONE_VECTOR_AND_SEVEN)
    if kind == "accumulation in low precision":
        inputs = usual(family, dtype, LONG_ROWS)
        return larger(inputs) if fault.variant else inputs
    inputs = usual(family, dtype)
    if kind == "wrong only for non-contiguous input":
        return replace(inputs, x=another_layout(inputs.x), upstream=another_layout(inputs.upstream))
    return inputs
