"""Somebody's layer against the proved forms of the layer that it is meant to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch

from verify.assertions.case import Case, Observed
from verify.assertions.observe import observe
from verify.assertions.options import Dtype, Shapes, accumulator_of, kinds, listed, place_for, refuse, refuse_values
from verify.assertions.report import Report
from verify.assertions.setting import Setting
from verify.assertions.subject import subject_of

SMALL = 256
"""Inputs with more numbers are not differentiated by forward mode twice, which takes one run for each of them."""


class LayerError(AssertionError):
    """A layer that is not what it is meant to be; `report` says in what, and so does the message."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def assert_layer(layer: Any, like: str, **options: Any) -> Report:
    """As `check_layer`; raises LayerError unless everything passes."""
    report = check_layer(layer, like, **options)
    if not report.ok:
        raise LayerError(report)
    return report


def check_layer(
    layer: Any,
    like: str,
    *,
    shapes: Shapes = None,
    dtypes: Sequence[Dtype] | None = None,
    dtype: Dtype | None = None,
    parameter_dtype: Dtype | None = None,
    accumulate: Dtype | None = None,
    device: torch.device | str | None = None,
    eps: float | None = None,
    num_groups: int | None = None,
    normalized_shape: Sequence[int] | int | None = None,
    order: int = 2,
    stress: bool = False,
    worst_case: bool = False,
    weight: torch.Tensor | str | None = None,
    bias: torch.Tensor | str | None = None,
    seed: int = 0,
    x: torch.Tensor | None = None,
    grad_output: torch.Tensor | None = None,
) -> Report:
    """Compares a layer's output and derivatives with the proved ones, on inputs that show faults.

    >>> import torch
    >>> check_layer(torch.nn.LayerNorm(7), like="layernorm").verdict
    'pass'

    `layer` is a module, a function of the input (and of weight, bias, eps, ... where it has such arguments) or an
    autograd.Function. `order` is that of the highest derivative: 0, 1 or 2. Without `x` the inputs are drawn, in
    several shapes and layouts; with it only yours are run. `weight` and `bias` are values, or names of parameters of
    the module. `accumulate` is the dtype in which statistics and sums may be kept: float32 for 16-bit inputs, if you
    don't say it. `stress` adds constant features, very large means and second derivatives by forward mode; `worst_case`
    takes the worst-case bounds instead of the probable ones (which fail with probability 1e-9).
    Raises VerifyError for a call that makes no sense; whatever the layer does is in the report.
    """
    start = time.perf_counter()
    refuse(like, order)
    named = {"weight": weight, "bias": bias}
    names = {role: value if isinstance(value, str) else None for role, value in named.items()}
    given = {role: value for role, value in named.items() if not isinstance(value, str)}
    given |= {"x": x, "grad_output": grad_output}
    refuse_values(given)
    subject = subject_of(layer, like, names)

    def run(case: Case, highest: int) -> Observed:
        forward = stress and highest > 2 and case.x.numel() <= SMALL
        return observe(subject, case, min(order, highest, 2), forward)

    found = kinds(dtypes, dtype, x, subject)
    setting = Setting(subject, like, run, stress, given, worst_case, accumulator_of(accumulate, found))
    for kind in found:
        place = place_for(subject, like, kind, x, device, eps, num_groups, normalized_shape, parameter_dtype, seed)
        setting.run(place, listed(shapes))
    return setting.report(time.perf_counter() - start)
