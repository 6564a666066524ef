"""The layers as operators of torch.library, for exported graphs: backward and double backward are the proved forms.

For each layer there are three: `normproof::layernorm`, `normproof::layernorm_backward` and
`normproof::layernorm_double_backward`. The first is differentiated by the second, that by the third; the third by none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch._library.custom_ops import CustomOpDef
from torch.library import custom_op

from verify.arrangement import ARRANGED
from verify.errors import VerifyError
from verify.functional.normalization import Normalization, keywords

HOW = "float eps, int num_groups, int[] normalized_shape"
GIVEN = f"Tensor x, Tensor? weight, Tensor? bias, {HOW}"
FORWARD = f"({GIVEN}) -> (Tensor, Tensor, Tensor)"
BACKWARD = f"(Tensor grad_output, Tensor mean, Tensor inverse, {GIVEN}) -> (Tensor, Tensor, Tensor)"
DOUBLE_BACKWARD = (
    f"(Tensor? cotangent, Tensor? weight_cotangent, Tensor? bias_cotangent, Tensor grad_output, {GIVEN})"
    " -> (Tensor, Tensor, Tensor)"
)
"""What the operators take and give; a result that a layer doesn't have is an empty tensor."""


@cache
def operators(name: str) -> tuple[CustomOpDef, CustomOpDef, CustomOpDef]:
    """The three operators of a layer, registered when they are first asked for."""
    if name not in ARRANGED:
        raise VerifyError(f"{name} has no operator; these have one: {', '.join(ARRANGED)}")
    named = f"normproof::{name.replace('-', '_')}"
    work = Work(Normalization(name))
    forward = _operator(named, FORWARD, work.forward)
    backward = _operator(f"{named}_backward", BACKWARD, work.backward)
    double_backward = _operator(f"{named}_double_backward", DOUBLE_BACKWARD, work.double_backward)
    forward.register_autograd(_backward_of_forward(backward), setup_context=_keep_forward)
    backward.register_autograd(_backward_of_backward(double_backward), setup_context=_keep_backward)
    double_backward.register_autograd(_third, setup_context=lambda ctx, inputs, output: None)
    return forward, backward, double_backward


def _operator(name: str, schema: str, function: Callable) -> CustomOpDef:
    made = custom_op(name, function, mutates_args=(), schema=schema)
    made.register_fake(function)

    def over_batch(info: Any, in_dims: tuple, *args: Any) -> tuple[Any, Any]:
        """One call for each example: weights and what is summed over a batch are their own in each."""
        each = [made(*_example(args, in_dims, number)) for number in range(info.batch_size)]
        return tuple(map(torch.stack, zip(*each, strict=True))), (0, 0, 0)

    made.register_vmap(over_batch)
    return made


def _example(args: tuple, in_dims: tuple, number: int) -> list[Any]:
    dims = (None if isinstance(arg, list) else dim for arg, dim in zip(args, in_dims, strict=True))
    return [arg if dim is None else arg.select(dim, number) for arg, dim in zip(args, dims, strict=True)]


class Work:
    """What the operators of one layer compute."""

    def __init__(self, functional: Normalization) -> None:
        self.functional = functional

    def forward(self, x: Any, weight: Any, bias: Any, eps: float, num_groups: int, normalized: list[int]) -> Any:
        how = keywords(num_groups, normalized)
        z, found = self.functional.forward_with_statistics(x, weight, bias, eps, **how)
        return (z, *(found.get(name, x.new_empty(0)) for name in self._names(found)))

    def backward(
        self, g: Any, mean: Any, inverse: Any, x: Any, weight: Any, bias: Any, eps: float, groups: int, shape: list[int]
    ) -> Any:
        names = self._names(self.functional.saved_names)
        saved = {name: each for name, each in zip(names, (mean, inverse), strict=True) if name}
        found = self.functional.vjp(x, g, weight, bias, eps, saved=saved, **keywords(groups, shape))
        return _three(found, x)

    def double_backward(
        self,
        v: Any,
        v_weight: Any,
        v_bias: Any,
        g: Any,
        x: Any,
        weight: Any,
        bias: Any,
        eps: float,
        groups: int,
        shape: list[int],
    ) -> Any:
        how = keywords(groups, shape)
        if v is None and v_weight is None and v_bias is None:
            v = torch.zeros_like(x)
        found = self.functional.double_backward(
            x, g, v, weight, bias, eps, weight_cotangent=v_weight, bias_cotangent=v_bias, **how
        )
        return _three(found, x)

    def _names(self, found: Any) -> tuple[str, str]:
        """The names of the mean and of the reciprocal, empty where the layer has none."""
        mean = next((name for name in found if not name.startswith("inv_")), "")
        return mean, next((name for name in found if name.startswith("inv_")), "")


def _three(results: Sequence[Any], x: torch.Tensor) -> tuple[Any, Any, Any]:
    first, second, third, *_ = (*results, x.new_empty(0), x.new_empty(0))
    return first, second, third


def _keep_forward(ctx: Any, inputs: tuple, output: tuple) -> None:
    x, weight, bias, *ctx.how = inputs
    ctx.save_for_backward(x, weight, bias, *output[1:])
    ctx.mark_non_differentiable(*output[1:])


def _backward_of_forward(backward: CustomOpDef) -> Callable:
    def of_forward(ctx: Any, g: Any, *_: Any) -> Any:
        x, weight, bias, mean, inverse = ctx.saved_tensors
        found = backward(g, mean, inverse, x, weight, bias, *ctx.how)
        return found[0], _unless(weight, found[1]), _unless(bias, found[2]), None, None, None

    return of_forward


def _unless(given: Any, gradient: Any) -> Any:
    return None if given is None else gradient


def _keep_backward(ctx: Any, inputs: tuple, output: tuple) -> None:
    g, _, _, x, weight, bias, *ctx.how = inputs
    ctx.save_for_backward(g, x, weight, bias)
    ctx.set_materialize_grads(False)


def _backward_of_backward(double_backward: CustomOpDef) -> Callable:
    def of_backward(ctx: Any, v: Any, v_weight: Any, v_bias: Any) -> Any:
        g, x, weight, bias = ctx.saved_tensors
        moving = (v, v_weight if weight is not None else None, v_bias if bias is not None else None)
        found = double_backward(*moving, g, x, weight, bias, *ctx.how)
        by_bias = None if bias is None else torch.zeros_like(bias)
        return found[0], None, None, found[1], _unless(weight, found[2]), by_bias, None, None, None

    return of_backward


def _third(ctx: Any, *_: Any) -> Any:
    raise VerifyError("the third derivative of a normalization layer is not implemented; detach the second one")
