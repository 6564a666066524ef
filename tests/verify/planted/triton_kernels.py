"""Layer norm as a Triton kernel, right and with a forgotten mask; without a GPU it runs in Triton's interpreter.

    pip install triton==3.9.0
    TRITON_INTERPRET=1 pytest tests/verify/planted/test_triton.py

TRITON_INTERPRET has to be set before this module is imported: a kernel is made for the interpreter when it is defined.
"""

# Triton is no dependency, and pyright does not see that its decorator makes kernels out of functions.
# pyright: reportMissingImports=false, reportIndexIssue=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from tests.verify.planted.arrangement import LAYERNORM
from tests.verify.planted.faults import OUTPUT, Fault
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.sums import accumulation

PROGRAMS = 4


@triton.jit
def forward_kernel(x_ptr, out_ptr, weight_ptr, bias_ptr, mean_ptr, inverse_ptr, eps_ptr, m,
                   BLOCK: tl.constexpr, ACC: tl.constexpr, MASKED: tl.constexpr):  # fmt: skip
    row = tl.program_id(0)
    k = tl.arange(0, BLOCK)
    inside = k < m
    x = tl.load(x_ptr + row * m + k, mask=inside, other=0.0).to(ACC)
    mean = tl.sum(x, axis=0) / m
    centred = x - mean
    if MASKED:
        centred = tl.where(inside, centred, 0.0)
    inverse = 1 / tl.sqrt(tl.sum(centred * centred, axis=0) / m + tl.load(eps_ptr))
    weight = tl.load(weight_ptr + k, mask=inside, other=0.0).to(ACC)
    bias = tl.load(bias_ptr + k, mask=inside, other=0.0).to(ACC)
    tl.store(out_ptr + row * m + k, centred * inverse * weight + bias, mask=inside)
    tl.store(mean_ptr + row, mean)
    tl.store(inverse_ptr + row, inverse)


@triton.jit
def backward_kernel(grad_ptr, x_ptr, weight_ptr, mean_ptr, inverse_ptr, by_x_ptr, by_weight_ptr, by_bias_ptr, rows, m,
                    BLOCK: tl.constexpr, ACC: tl.constexpr):  # fmt: skip
    """Each program takes every so many rows, and keeps its own sums for the parameters."""
    program, programs = tl.program_id(0), tl.num_programs(0)
    k = tl.arange(0, BLOCK)
    inside = k < m
    weight = tl.load(weight_ptr + k, mask=inside, other=0.0).to(ACC)
    by_weight = tl.zeros((BLOCK,), ACC)
    by_bias = tl.zeros((BLOCK,), ACC)
    for row in range(program, rows, programs):
        x = tl.load(x_ptr + row * m + k, mask=inside, other=0.0).to(ACC)
        g = tl.load(grad_ptr + row * m + k, mask=inside, other=0.0).to(ACC)
        inverse = tl.load(inverse_ptr + row)
        xhat = (x - tl.load(mean_ptr + row)) * inverse
        scaled = g * weight
        along = tl.sum(scaled * xhat, axis=0) / m
        result = (scaled - tl.sum(scaled, axis=0) / m - xhat * along) * inverse
        tl.store(by_x_ptr + row * m + k, result, mask=inside)
        by_weight += g * xhat
        by_bias += g
    tl.store(by_weight_ptr + program * m + k, by_weight, mask=inside)
    tl.store(by_bias_ptr + program * m + k, by_bias, mask=inside)


class TritonLayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, masked: bool) -> Tensor:
        m, acc = weight.numel(), accumulation(x.dtype)
        rows = x.reshape(-1, m).contiguous()
        out = torch.empty_like(rows)
        mean, inverse = (torch.empty(len(rows), dtype=acc, device=x.device) for _ in range(2))
        # A float argument would be rounded to float32.
        exact_eps = torch.tensor([eps], dtype=acc, device=x.device)
        ctx.settings = {"BLOCK": triton.next_power_of_2(m), "ACC": tl.float64 if acc == torch.float64 else tl.float32}
        forward_kernel[(len(rows),)](
            rows, out, weight, bias, mean, inverse, exact_eps, m, **ctx.settings, MASKED=masked
        )
        ctx.save_for_backward(rows, weight, mean, inverse)
        return out.reshape(x.shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # type: ignore[override]
        rows, weight, mean, inverse = ctx.saved_tensors
        by_x, m = torch.empty_like(rows), weight.numel()
        by_weight, by_bias = (mean.new_zeros(PROGRAMS, m) for _ in range(2))
        backward_kernel[(PROGRAMS,)](
            grad.reshape(rows.shape).contiguous(), rows, weight, mean, inverse, by_x, by_weight, by_bias, len(rows), m,
            **ctx.settings,
        )  # fmt: skip
        for_weight, for_bias = (each.sum(0).reshape(weight.shape).to(weight.dtype) for each in (by_weight, by_bias))
        return by_x.reshape(grad.shape), for_weight, for_bias, None, None


class TritonCall:
    def __init__(self, masked: bool) -> None:
        self.masked = masked

    def __call__(
        self, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, num_groups: int = 1
    ) -> Tensor:
        weight = x.new_ones(x.shape[-1]) if weight is None else weight
        bias = torch.zeros_like(weight) if bias is None else bias
        return TritonLayerNorm.apply(x, weight.contiguous(), bias.contiguous(), eps, self.masked)


HONEST = [Implementation("Triton", LAYERNORM, TritonCall(masked=True), second_order=False)]

FAULTS = [
    Fault(
        "last tail elements lost",
        LAYERNORM,
        OUTPUT,
        TritonCall(masked=False),
        ("tail", "mask", "last", "mean", "variance"),
        "m is no power of two, and the mean is not small",
        "Triton, no mask in the variance: each element of the padding adds the squared mean",
    )
]
