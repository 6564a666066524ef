"""A layer as functions of tensors: output, VJP, JVP, HVP and double backward, each by its proved form."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import numpy as np

from derive.kernel import Theorem
from derive.language import Tensor
from derive.layers import LAYERS, Layer
from verify.errors import VerifyError
from verify.functional import requests
from verify.functional.execution import Run, eager, module
from verify.functional.quantities import Quantities
from verify.functional.values import arguments_of, as_tensor, enough, of_one_kind, of_one_shape
from verify.functional.vector_form import VectorForm

KINDS = ("forward", "vjp", "jvp", "hvp", "double_backward")


@dataclass(frozen=True)
class Functional:
    """A layer in the shapes of its program.

    `inputs` are what one differentiates by: the first is the input, the others are parameters, all given in this
    order. Constants of the program are given by name, epsilon as `eps`. Tensors may be NumPy arrays.
    """

    name: str
    run: Run = field(default=eager, repr=False)

    @cached_property
    def layer(self) -> Layer:
        return LAYERS[self.name]()

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(each.name for each in requests.variables(self.layer))

    def compiled(self) -> Functional:
        """The same functions as kernels of torch's inductor, which needs a C++ compiler (on a GPU, Triton)."""
        from verify.functional.kernels import CompiledFunctional

        return CompiledFunctional(self.name)

    # The functions

    def forward(self, x: Any, *parameters: Any, eps: float = 1e-5, **constants: Any) -> Any:
        """The output z, of the shape that the program gives it."""
        known = self._known(x, parameters, eps, constants)
        return self._results(requests.output(self.layer), known)[0]

    def vjp(
        self, x: Any, grad_output: Any, *parameters: Any, eps: float = 1e-5, saved: Any = None, **constants: Any
    ) -> Any:
        """The gradients of a loss by the input and by every parameter, each of its own shape, from `grad_output`.

        `saved` are the statistics of the forward pass, as `statistics` gives them: with them none is computed again.
        """
        known = {**self._known(x, parameters, eps, constants), "g": grad_output, **(saved or {})}
        form = requests.vjp(self.layer, tuple(saved or ()))
        return self._gradients(self._results(form, known))

    def statistics(self, x: Any, *parameters: Any, eps: float = 1e-5, **constants: Any) -> dict[str, Any]:
        """The mean and the reciprocal deviation that the forward pass computes, by the names of the program."""
        known = self._known(x, parameters, eps, constants)
        form = requests.statistics_form(self.layer)
        return dict(zip(form.results, self._results(form, known), strict=True))

    def forward_with_statistics(self, x: Any, *parameters: Any, eps: float = 1e-5, **constants: Any) -> Any:
        """The output, and the statistics by name."""
        known = self._known(x, parameters, eps, constants)
        form = requests.output_with_statistics(self.layer)
        z, *found = self._results(form, known)
        return z, dict(zip(self.saved_names, found, strict=True))

    @property
    def saved_names(self) -> tuple[str, ...]:
        """The names of the statistics."""
        return tuple(requests.statistics(self.layer))

    def jvp(self, x: Any, tangents: Mapping[str, Any], *parameters: Any, eps: float = 1e-5, **constants: Any) -> Any:
        """How the output moves as each of the named inputs and parameters moves along its tangent."""
        known = {**self._known(x, parameters, eps, constants), **self._dotted(tangents)}
        return self._results(requests.jvp(self.layer, self._ordered(tangents)), known)[0]

    def hvp(
        self,
        x: Any,
        grad_output: Any,
        tangent: Any,
        *parameters: Any,
        grad_tangent: Any = None,
        eps: float = 1e-5,
        **constants: Any,
    ) -> Any:
        """How the input gradient moves as the input moves along `tangent`: the Hessian of the loss times the tangent.

        `grad_tangent` is how `grad_output` moves meanwhile, the Hessian of the loss by the output times the JVP;
        without it the upstream gradient is held fixed.
        """
        known = {**self._known(x, parameters, eps, constants), "g": grad_output, f"{self.inputs[0]}dot": tangent}
        if grad_tangent is not None:
            known["gdot"] = grad_tangent
        return self._results(requests.hvp(self.layer, grad_tangent is not None), known)[0]

    def double_backward(
        self,
        x: Any,
        grad_output: Any,
        cotangents: Mapping[str, Any],
        *parameters: Any,
        eps: float = 1e-5,
        **constants: Any,
    ) -> Any:
        """The gradients of the sum of <cotangent, gradient> over the named gradients, by g, the input, the parameters.

        It is what the backward of a backward computes: `cotangents` are those of the results of `vjp`.
        """
        known = {**self._known(x, parameters, eps, constants), "g": grad_output, **self._dotted(cotangents)}
        results = self._results(requests.double_backward(self.layer, self._ordered(cotangents)), known)
        return self._named("Second", ("grad_output", *self._roles), results)

    # What they are

    def form(self, kind: str) -> VectorForm:
        """The vector form behind one of the functions."""
        every = self.inputs
        match kind:
            case "forward":
                return requests.output(self.layer)
            case "vjp":
                return requests.vjp(self.layer)
            case "jvp":
                return requests.jvp(self.layer, every)
            case "hvp":
                return requests.hvp(self.layer)
            case "double_backward":
                return requests.double_backward(self.layer, every)
        raise VerifyError(f"there is no {kind}; there are {', '.join(KINDS)}")

    def source(self, kind: str) -> str:
        """The operations of one of the functions as Python source."""
        from verify.functional.source import source

        form = self.form(kind)
        return source(module(form, form.leaves), f"{self.name.replace('-', '_')}_{kind}")

    def proofs(self, kind: str) -> dict[str, Theorem]:
        """For each result of a function, the theorem that what is computed equals the derivative that was proved."""
        return self.form(kind).proofs()

    # Values

    @property
    def _quantities(self) -> Quantities:
        return requests.quantities(self.layer)

    @property
    def _roles(self) -> tuple[str, ...]:
        roles = dict(zip((each.name for each in (*self.layer.inputs[:1], *self.layer.parameters)), ROLES, strict=False))
        return tuple(roles.get(name, name) for name in self.inputs)

    def _known(self, x: Any, parameters: tuple[Any, ...], eps: float, constants: Mapping[str, Any]) -> dict[str, Any]:
        if len(parameters) > len(self.inputs) - 1:
            raise VerifyError(f"{self.name} has the parameters {', '.join(self.inputs[1:]) or 'none'}, in this order")
        allowed = {each.name for each in self.layer.constants} - {"epsilon"}
        if unknown := set(constants) - allowed:
            raise VerifyError(f"{self.name} has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(allowed))}")
        given = {**dict(zip(self.inputs[1:], parameters, strict=False)), **constants}
        return {self.inputs[0]: x, **{name: as_tensor(each, x) for name, each in given.items()}, "epsilon": eps}

    def _dotted(self, tangents: Mapping[str, Any]) -> dict[str, Any]:
        return {f"{self._tensor(name).name}dot": value for name, value in tangents.items()}

    def _ordered(self, tangents: Mapping[str, Any]) -> tuple[str, ...]:
        names = {self._tensor(name).name for name in tangents}
        if not names:
            raise VerifyError(f"give a tangent of at least one of {', '.join(self.inputs)}")
        return tuple(name for name in self.inputs if name in names)

    def _tensor(self, name: str) -> Tensor:
        known = {**dict(zip(self._roles, self.inputs, strict=True)), **dict(zip(self.inputs, self.inputs, strict=True))}
        if name not in known:
            raise VerifyError(f"{self.name} has no {name}; it has {', '.join(self._roles)}")
        return self.layer.named(known[name])

    def _results(self, form: VectorForm, known: Mapping[str, Any]) -> tuple[Any, ...]:
        of_one_kind({_spelled(name): value for name, value in known.items()})
        arguments, values = arguments_of(form, known)
        named = {_spelled(each.name): (each, value) for each, value in zip(arguments, values, strict=True)}
        of_one_shape(self.layer, {n: v for n, (_, v) in named.items()}, {n: each for n, (each, _) in named.items()})
        enough(self._quantities, np.shape(known[self.inputs[0]]))
        return self.run(form, arguments, values)

    def _gradients(self, results: tuple[Any, ...]) -> Any:
        return self._named("Gradients", self._roles, results)

    def _named(self, kind: str, names: tuple[str, ...], results: tuple[Any, ...]) -> Any:
        return _tuple(kind, names)(*results)


@cache
def _tuple(kind: str, names: tuple[str, ...]) -> Any:
    return namedtuple(kind, names)  # pyright: ignore[reportUntypedNamedTuple]


ROLES = ("input", "weight", "bias")

SPELLED = {"g": "grad_output", "gdot": "grad_tangent", "epsilon": "eps"}


def _spelled(name: str) -> str:
    """What a person calls a tensor of the program."""
    return SPELLED.get(name, f"{name.removesuffix('dot')} tangent" if name.endswith("dot") else name)
