"""A gradient that somebody computed, or a kernel that is only a backward, against the proved gradient."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from derive.naming import no_such
from verify.assertions.case import Case, Observed
from verify.assertions.expected import expected
from verify.assertions.families import CHECKED, SOFTMAXES, roles_of
from verify.assertions.inputs import twin
from verify.assertions.layer import LayerError
from verify.assertions.modules import title
from verify.assertions.observe import LayerFault, quiet
from verify.assertions.options import Dtype, Shapes, accumulator_of, kinds, listed, place_for, refuse_values
from verify.assertions.report import Report
from verify.assertions.roles import Roles
from verify.assertions.setting import Setting
from verify.assertions.subject import order_of
from verify.errors import VerifyError, raised

BACKWARD = {
    "grad_output": ("grad_output", "g", "dy", "dout", "grad", "gy", "dz", "upstream", "grad_out"),
    "x": ("x", "input", "inp", "y", "X"),
}
"""What people call the arguments of a backward, beside the names of the parameters."""
OF_SOFTMAX = {
    "grad_output": BACKWARD["grad_output"],
    "x": ("x", "input", "inp", "logits", "X"),
    "output": ("output", "out", "y", "p", "z", "probs", "result"),
}
"""The same for softmax, whose backward mostly takes the output."""


def assert_gradient(computed: Any, *, like: str, **options: Any) -> Report:
    """As `check_gradient`; raises LayerError unless everything passes."""
    report = check_gradient(computed, like=like, **options)
    if not report.ok:
        raise LayerError(report)
    return report


def check_gradient(
    computed: torch.Tensor | Callable[..., Any],
    *,
    like: str,
    of: str = "input",
    x: torch.Tensor | None = None,
    grad_output: torch.Tensor | None = None,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    eps: float | None = None,
    num_groups: int | None = None,
    normalized_shape: Sequence[int] | int | None = None,
    shapes: Shapes = None,
    dtypes: Sequence[Dtype] | None = None,
    dtype: Dtype | None = None,
    accumulate: Dtype | None = None,
    device: torch.device | str | None = None,
    stress: bool = False,
    seed: int = 0,
) -> Report:
    """Compares a gradient by the input, the weight or the bias with the proved one.

    `computed` is its value at x, grad_output, weight and bias, or a function that computes it, whose arguments are
    called grad_output (or dy, dout, g), x, weight, bias, eps, in any order; then inputs can be left out, and are drawn.
    Raises VerifyError for a call that makes no sense.
    """
    start = time.perf_counter()
    if like not in CHECKED:
        raise VerifyError(no_such("layer", like, CHECKED))
    roles = roles_of(like)
    if of not in roles:
        raise VerifyError(f"{like} has no gradient by {of!r}; choose one of {', '.join(roles)}")
    given = {"x": x, "grad_output": grad_output, "weight": weight, "bias": bias}
    refuse_values(given)
    subject = _subject(computed, given, of, like)
    found = kinds(dtypes, dtype, x, subject)
    sums = accumulator_of(accumulate, found)
    setting = Setting(subject, like, lambda case, order: subject.observed(case), stress, given, accumulate=sums)
    for kind in found:
        place = place_for(subject, like, kind, x, device, eps, num_groups, normalized_shape, None, seed)
        setting.run(place, listed(shapes))
    return setting.report(time.perf_counter() - start)


def _subject(computed: Any, given: dict[str, torch.Tensor | None], of: str, like: str) -> Backward | Computed:
    if isinstance(computed, torch.Tensor):
        for name in ("x", "grad_output"):
            if given[name] is None:
                raise VerifyError(f"the gradient was computed at some {name}; give it: {name}=...")
        return Computed(computed, f"{of} gradient", given)
    if not callable(computed):
        raise VerifyError(f"a gradient is a tensor or a function, not {type(computed).__name__}")
    return Backward(computed, f"{of} gradient", like)


class Computed:
    """A gradient that is there already, at inputs that were given."""

    name = "the gradient"
    num_groups: int | None = None
    sizes: tuple[int, ...] | None = None
    device = torch.device("cpu")

    def __init__(self, value: torch.Tensor, quantity: str, given: dict[str, torch.Tensor | None]) -> None:
        self.value, self.quantity, self.given = value.detach(), quantity, given
        self.has_weight, self.has_bias = given["weight"] is not None, given["bias"] is not None
        self.dtype = value.dtype

    def eps(self, dtype: torch.dtype) -> float | None:
        return None

    def ready(self, case: Case) -> Any:
        raise LayerFault("a value can't be run")

    def observed(self, case: Case) -> Observed:
        """The value, at the inputs at which it was computed."""
        if case.x is not self.given["x"]:
            raise LayerFault("the gradient is known at its own inputs alone")
        return Observed({self.quantity: _fitting(self.value, self.quantity, case)})


class Backward:
    """A function that computes a gradient."""

    num_groups: int | None = None
    sizes: tuple[int, ...] | None = None
    dtype = torch.float32
    device = torch.device("cpu")

    def __init__(self, function: Callable[..., Any], quantity: str, like: str) -> None:
        self.function, self.quantity, self.name = function, quantity, title(function)
        further = OF_SOFTMAX if like in SOFTMAXES else BACKWARD
        self.roles = Roles(function, self.name, skip=0, further=further, order=order_of(like))
        self.has_weight, self.has_bias = self.roles.takes("weight"), self.roles.takes("bias")

    def eps(self, dtype: torch.dtype) -> float | None:
        value = self.roles.default("eps")
        return float(value) if isinstance(value, int | float) else None

    def ready(self, case: Case) -> Any:
        raise LayerFault("a backward alone has no output")

    def observed(self, case: Case) -> Observed:
        """What the function gives for a case."""
        values = {
            "x": twin(case.x),
            "grad_output": twin(case.grad_output),
            "weight": None if case.weight is None else twin(case.weight),
            "bias": None if case.bias is None else twin(case.bias),
            "eps": case.eps,
            "normalized_shape": list(case.arrangement.weights),
            **({} if case.num_groups is None else {"num_groups": case.num_groups}),
        }
        if case.arrangement.layer.name in SOFTMAXES:
            values |= {"dim": -1}
            if self.roles.takes("output"):
                values |= {"output": expected(case, "output").value.to(case.x.dtype)}
        positional, keywords = self.roles.arguments(values)
        try:
            with quiet():
                found = self.function(*positional, **keywords)
        except Exception as error:  # somebody's function raises whatever it likes
            raise LayerFault(raised(error)) from error
        if not isinstance(found, torch.Tensor):
            raise LayerFault(f"{self.name} returned {type(found).__name__}, not one tensor")
        return Observed({self.quantity: _fitting(found.detach(), self.quantity, case)})


def _fitting(value: torch.Tensor, quantity: str, case: Case) -> torch.Tensor:
    lay = case.arrangement
    due = lay.shape if quantity.startswith("input") else lay.weights
    if value.numel() != torch.Size(due).numel():
        raise LayerFault(f"the {quantity} has the shape {tuple(value.shape)}, and {due} is due")
    return value.reshape(due)
