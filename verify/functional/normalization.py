"""The layers that torch has, in torch's shapes: (N, C, *), num_groups, normalized_shape; weight and bias optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from verify.arrangement import Arrangement, arrange
from verify.errors import VerifyError
from verify.functional.execution import eager
from verify.functional.layer import Functional


@dataclass(frozen=True)
class Normalization(Functional):
    """A normalization layer with the shapes and the arguments that torch's own function has.

    `x`, `grad_output` and tangents have the shape of the input, `weight` and `bias` that of the layer's parameters
    (the normalized shape, or (C,)); without them there are ones and zeros. `num_groups` is for group normalization,
    `normalized_shape` for layer normalization (by default the last axis). Values are read as they lie: channels_last
    and other strides cost no copy. 16-bit values are computed in float32 and rounded once.
    """

    def compiled(self) -> Normalization:
        """The same functions as kernels of torch's inductor, which needs a C++ compiler (on a GPU, Triton)."""
        from verify.functional.kernels import CompiledNormalization

        return CompiledNormalization(self.name)

    def __post_init__(self) -> None:
        from verify.functional.differentiable import entrance

        if self.run is eager:
            object.__setattr__(self, "normalize", entrance(self))

    def __call__(self, x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, **shape: Any) -> Any:
        """The output, for training: its backward and double backward are the proved forms."""
        if not isinstance(x, torch.Tensor):
            raise VerifyError(f"the input is a {type(x).__name__}; training takes tensors, `forward` takes arrays, too")
        return self.normalize(x, weight, bias, eps, *numbers(**shape))  # pyright: ignore[reportAttributeAccessIssue]

    def forward(self, x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, **shape: Any) -> Any:
        """The output, of the shape of x."""
        inside = _Inside(self, x, shape)
        return inside.out(inside(self.program(x, shape).forward, x, weight, bias, eps=eps))

    def statistics(self, x: Any, eps: float = 1e-5, **shape: Any) -> dict[str, Any]:
        """The mean and the reciprocal deviation of the forward pass, for `saved`; one value for each row or channel."""
        inside = _Inside(self, x, shape)
        return inside.program.statistics(inside.inward(x), *inside.parameters(x, None, None), eps=eps)

    def forward_with_statistics(
        self, x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, **shape: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The output, and the statistics for `saved`."""
        inside = _Inside(self, x, shape)
        given = (inside.inward(x), *inside.parameters(x, weight, bias))
        z, found = inside.program.forward_with_statistics(*given, eps=eps)
        return inside.out(z), found

    def vjp(
        self,
        x: Any,
        grad_output: Any,
        weight: Any = None,
        bias: Any = None,
        eps: float = 1e-5,
        saved: Mapping[str, Any] | None = None,
        **shape: Any,
    ) -> Any:
        """The gradients (input, weight, bias) of a loss whose gradient by the output is `grad_output`.

        `saved` are the statistics of the forward pass, as `statistics` gives them: with them none is computed again.
        """
        inside = _Inside(self, x, shape)
        values = (inside.inward(x), inside.inward(grad_output, "grad_output"))
        found = inside.program.vjp(*values, *inside.parameters(x, weight, bias), eps=eps, saved=saved)
        return inside.every(found)

    def jvp(
        self,
        x: Any,
        tangent: Any = None,
        weight: Any = None,
        bias: Any = None,
        eps: float = 1e-5,
        weight_tangent: Any = None,
        bias_tangent: Any = None,
        **shape: Any,
    ) -> Any:
        """How the output moves as the input, the weight and the bias move along the tangents given."""
        inside = _Inside(self, x, shape)
        tangents = inside.moving(tangent, weight_tangent, bias_tangent)
        found = inside.program.jvp(inside.inward(x), tangents, *inside.parameters(x, weight, bias), eps=eps)
        return inside.out(found)

    def hvp(
        self,
        x: Any,
        grad_output: Any,
        tangent: Any,
        weight: Any = None,
        bias: Any = None,
        eps: float = 1e-5,
        grad_tangent: Any = None,
        **shape: Any,
    ) -> Any:
        """How the input gradient moves as the input moves along `tangent`: the Hessian of the loss times the tangent.

        `grad_tangent` is how `grad_output` moves meanwhile, the Hessian of the loss by the output times the JVP;
        without it the upstream gradient is held fixed.
        """
        inside = _Inside(self, x, shape)
        moving = None if grad_tangent is None else inside.inward(grad_tangent, "grad_tangent")
        values = (inside.inward(x), inside.inward(grad_output, "grad_output"), inside.inward(tangent, "tangent"))
        parameters = inside.parameters(x, weight, bias)
        return inside.out(inside.program.hvp(*values, *parameters, grad_tangent=moving, eps=eps))

    def double_backward(
        self,
        x: Any,
        grad_output: Any,
        cotangent: Any = None,
        weight: Any = None,
        bias: Any = None,
        eps: float = 1e-5,
        weight_cotangent: Any = None,
        bias_cotangent: Any = None,
        **shape: Any,
    ) -> Any:
        """The backward of the backward: the gradients of <cotangent, gradient>, summed over the gradients.

        They are those by (grad_output, input, weight, bias).
        The cotangents are those of the results of `vjp`; one that is not given is zero.
        """
        inside = _Inside(self, x, shape)
        moving = inside.moving(cotangent, weight_cotangent, bias_cotangent)
        values = (inside.inward(x), inside.inward(grad_output, "grad_output"), moving)
        found = inside.program.double_backward(*values, *inside.parameters(x, weight, bias), eps=eps)
        return inside.every(found)

    def program(self, x: Any, shape: Mapping[str, Any]) -> Functional:
        """The functions in the shapes of the program that takes an input of this shape."""
        return Functional(self.arrangement(x, **shape).layer.name, self.run)

    def arrangement(
        self, x: Any, num_groups: int | None = None, normalized_shape: Sequence[int] | int | None = None
    ) -> Arrangement:
        """How the axes of an input are those of the program."""
        if not isinstance(x, torch.Tensor | np.ndarray):
            raise VerifyError(f"the input is a {type(x).__name__}; give it as a tensor or an array")
        normalized = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        return arrange(self.name, tuple(x.shape), num_groups, normalized)


def numbers(num_groups: int | None = None, normalized_shape: Sequence[int] | int | None = None) -> tuple:
    """How the axes are cut, as numbers: an autograd.Function and an operator take no keywords."""
    normalized = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape or ())
    return num_groups or 0, normalized


def keywords(num_groups: int, normalized: Sequence[int]) -> dict[str, Any]:
    """The same numbers as keywords."""
    shape: dict[str, Any] = {"num_groups": num_groups} if num_groups else {}
    return {**shape, **({"normalized_shape": tuple(normalized)} if normalized else {})}


class _Inside:
    """One call: values of torch's shapes in those of the program, and back."""

    def __init__(self, functional: Normalization, x: Any, shape: Mapping[str, Any]) -> None:
        if unknown := set(shape) - {"num_groups", "normalized_shape"}:
            raise VerifyError(f"{functional.name} takes no {', '.join(sorted(unknown))}")
        self.lay = functional.arrangement(x, **shape)
        self.program = functional.program(x, shape)

    def __call__(self, function: Any, x: Any, weight: Any, bias: Any, eps: float) -> Any:
        return function(self.inward(x), *self.parameters(x, weight, bias), eps=eps)

    def inward(self, value: Any, called: str = "x") -> Any:
        return self._reshaped(value, called, self.lay.shape, self.lay.inner)

    def parameters(self, x: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
        given = (("weight", weight, 1.0), ("bias", bias, 0.0))
        names = self.program.inputs[1:]
        if (len(names) < 2 and bias is not None) or (not names and weight is not None):
            raise VerifyError(f"{self.lay.layer.name} has no {'bias' if names else 'weight'}")
        return tuple(self._weight(x, *each) for each, _ in zip(given, names, strict=False))

    def _weight(self, x: Any, called: str, value: Any, default: float) -> Any:
        if value is not None:
            return self._reshaped(value, called, self.lay.weights, self.lay.inner_weights)
        if isinstance(x, np.ndarray):
            return np.full(self.lay.inner_weights, default, x.dtype)
        return x.new_full(self.lay.inner_weights, default)

    def _reshaped(self, value: Any, called: str, outer: tuple[int, ...], inner: tuple[int, ...]) -> Any:
        if tuple(np.shape(value)) != outer:
            found = tuple(np.shape(value))
            raise VerifyError(f"{called} has the shape {found}; {self.lay.layer.name} takes {outer} here")
        return value if outer == inner else value.reshape(inner)

    def moving(self, tangent: Any, weight: Any, bias: Any) -> dict[str, Any]:
        """The tangents that are given, by role."""
        found = {} if tangent is None else {"input": self.inward(tangent, "tangent")}
        for called, value in (("weight", weight), ("bias", bias)):
            if value is not None:
                found[called] = self._reshaped(value, f"{called}_tangent", self.lay.weights, self.lay.inner_weights)
        return found

    def out(self, value: Any) -> Any:
        return value if self.lay.shape == self.lay.inner else value.reshape(self.lay.shape)

    def every(self, found: Any) -> Any:
        """Gradients in torch's shapes."""
        outer = {name: self.lay.weights if name in ("weight", "bias") else self.lay.shape for name in found._fields}
        return type(found)(*(value.reshape(outer[name]) for name, value in found._asdict().items()))
