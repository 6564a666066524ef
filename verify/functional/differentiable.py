"""The drop-in for training: an autograd.Function whose backward, double backward and forward mode are the proved forms.

It works in torch.func and vmap, and torch.compile takes it into its graph. The second derivatives are plain operations,
so that autograd itself takes the third ones; those of a compiled kernel raise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch._C._functorch import TransformType
from torch._functorch.pyfunctorch import retrieve_all_functorch_interpreters

from verify.errors import VerifyError
from verify.functional.normalization import Normalization, keywords


@cache
def entrance(functional: Normalization) -> Callable:
    """The one function that torch.compile sees.

    It goes into the graph as it is; with kernels of its own it stays outside, so that it can be differentiated twice.
    """
    forward = functions(functional)
    plain = functional if type(functional) is Normalization else Normalization(functional.name)

    def normalize(x: Any, weight: Any, bias: Any, eps: Any, num_groups: Any, normalized: Any) -> Any:
        if _nested_forward_mode():
            return plain.forward(x, weight, bias, eps, **keywords(num_groups, normalized))
        return forward.apply(x, weight, bias, eps, num_groups, normalized)[0]

    normalize.__name__ = functional.name.replace("-", "_")
    kept: Any = torch.compiler.allow_in_graph if type(functional) is Normalization else torch.compiler.disable
    return kept(normalize)


def _nested_forward_mode() -> bool:
    """Whether forward mode runs inside forward mode, where torch drops what an autograd.Function has to add."""
    return sum(each.key() == TransformType.Jvp for each in retrieve_all_functorch_interpreters()) > 1


@cache
def functions(functional: Normalization) -> type[torch.autograd.Function]:
    """The forward pass of a layer as an autograd.Function."""
    second = _plain(functional) if type(functional) is Normalization else _kernel(functional)
    backward = _backward(functional, second)

    class Forward(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any, weight: Any, bias: Any, eps: float, groups: int, normalized: tuple) -> tuple:
            shape = keywords(groups, normalized)
            z, found = functional.forward_with_statistics(x, weight, bias, eps, **shape)
            return (z, *found.values())

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
            x, weight, bias, *ctx.how = inputs
            ctx.save_for_backward(x, weight, bias, *output[1:])
            ctx.save_for_forward(x, weight, bias)
            ctx.mark_non_differentiable(*output[1:])
            ctx.set_materialize_grads(False)
            ctx.count = len(output) - 1

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
            x, weight, bias, *saved = ctx.saved_tensors
            if grads[0] is None:
                return (None,) * 6
            found = backward.apply(grads[0], x, weight, bias, tuple(ctx.how), *saved)
            return found[0], _unless(weight, found, 1), _unless(bias, found, 2), None, None, None

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
            x, weight, bias = ctx.saved_tensors
            eps, groups, normalized = ctx.how
            moving = {"weight_tangent": tangents[1], "bias_tangent": tangents[2], **keywords(groups, normalized)}
            return (functional.jvp(x, tangents[0], weight, bias, eps, **moving), *(None for _ in range(ctx.count)))

    return Forward


def _backward(functional: Normalization, second: Callable) -> Any:
    """The backward pass, given the statistics of the forward pass, as an autograd.Function."""

    class Backward(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(g: Any, x: Any, weight: Any, bias: Any, how: tuple, *saved: Any) -> tuple:
            eps, groups, normalized = how
            given = dict(zip(functional.saved_names, saved, strict=True))
            return tuple(functional.vjp(x, g, weight, bias, eps, saved=given, **keywords(groups, normalized)))

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
            g, x, weight, bias, ctx.how, *saved = inputs
            ctx.save_for_backward(g, x, weight, bias)
            ctx.save_for_forward(g, x, weight, bias)
            ctx.set_materialize_grads(False)
            ctx.count = len(saved)

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
            g, x, weight, bias = ctx.saved_tensors
            if all(each is None for each in cotangents):
                return (None,) * (5 + ctx.count)
            found = second(g, x, weight, bias, ctx.how, *cotangents)
            rest = (None,) * (2 + ctx.count)
            return found[0], found[1], _unless(weight, found, 2), *rest

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
            """The gradients are linear in g; with x and the weight they move by the double backward."""
            g, x, weight, bias = ctx.saved_tensors
            eps, groups, normalized = ctx.how
            shape = keywords(groups, normalized)
            moved = [torch.zeros_like(each) for each in functional.vjp(x, g, weight, bias, eps, **shape)]
            if tangents[0] is not None:
                moved = list(functional.vjp(x, tangents[0], weight, bias, eps, **shape))
            if tangents[1] is not None or tangents[2] is not None:
                found = second(g, x, weight, bias, ctx.how, tangents[1], tangents[2], None)
                moved[: len(found) - 1] = [a + b for a, b in zip(moved, found[1:], strict=False)]
            return tuple(moved)

    return Backward


def _plain(functional: Normalization) -> Callable:
    """The double backward as plain operations."""

    def second(g: Any, x: Any, weight: Any, bias: Any, how: tuple, *cotangents: Any) -> Any:
        eps, groups, normalized = how
        v, v_weight, v_bias = (*cotangents, None, None)[:3]
        own = {"weight_cotangent": v_weight, "bias_cotangent": v_bias, **keywords(groups, normalized)}
        return functional.double_backward(x, g, v, weight, bias, eps, **own)

    return second


def _kernel(functional: Normalization) -> Callable:
    """The double backward as a kernel, which nothing can differentiate."""
    plain = _plain(functional)

    class Second(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *given: Any) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
            return tuple(plain(*given))

        @staticmethod
        def backward(ctx: Any, *_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            raise VerifyError(
                f"the kernels of {functional.name} have no third derivative; use functional.{functional.name} itself, "
                "without compiled(), whose second derivative autograd can differentiate"
            )

    return lambda *given: Second.apply(*given)


def _unless(given: Any, gradients: Sequence[Any], place: int) -> Any:
    return None if given is None else gradients[place]
