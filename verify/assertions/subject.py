"""Somebody's layer, whatever it is made of, as something that can be run on a case."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from verify.assertions.case import Case
from verify.assertions.families import SOFTMAXES, WEIGHTS, roles_of
from verify.assertions.inputs import twin
from verify.assertions.modules import attribute, parameters_of, sizes_of, title, untouched
from verify.assertions.roles import BY_ORDER, Roles
from verify.errors import VerifyError


@dataclass(frozen=True)
class Ready:
    """A layer that is set up for one case: call it with the input; `weight` and `bias` are what to differentiate by."""

    call: Callable[[torch.Tensor], Any]
    weight: torch.Tensor | None
    bias: torch.Tensor | None


class Subject(Protocol):
    """What a check has to know about a layer; None where the layer doesn't say it."""

    name: str
    has_weight: bool
    has_bias: bool
    num_groups: int | None
    sizes: tuple[int, ...] | None
    dtype: torch.dtype
    device: torch.device

    def eps(self, dtype: torch.dtype) -> float | None: ...
    def ready(self, case: Case) -> Any: ...


def subject_of(layer: Any, like: str, names: Mapping[str, str | None]) -> Subject:
    """The adapter that fits."""
    own = roles_of(like)
    roles = {role: names.get(role) for role in ("weight", "bias") if role in own}
    biased, order = "bias" in own, order_of(like)
    if isinstance(layer, torch.nn.Module):
        return ModuleSubject(layer, like, roles)
    owner = getattr(layer, "__self__", None)
    if getattr(layer, "__name__", "") == "apply" and inspect.isclass(owner):
        layer = owner  # SomeFunction.apply, whose own arguments can't be read
    if inspect.isclass(layer) and issubclass(layer, torch.autograd.Function):
        return FunctionSubject(layer.apply, layer.__name__, _roles_of_autograd(layer, order), biased)
    if inspect.isclass(layer):
        raise VerifyError(f"{layer.__name__} is a class; give an instance of it, such as {layer.__name__}(...)")
    if not callable(layer):
        raise VerifyError(f"a layer is a module or a function, not {type(layer).__name__}")
    return FunctionSubject(layer, title(layer), Roles(layer, title(layer), order=order), biased)


def order_of(like: str) -> tuple[str, ...]:
    """What the arguments of a function after its input are, if their names don't tell."""
    return () if like in SOFTMAXES else BY_ORDER


def _roles_of_autograd(function: type, order: tuple[str, ...]) -> Roles:
    """The arguments of `forward`, the context aside, which it has not where there is a `setup_context`."""
    own_context = function.setup_context is not torch.autograd.function._SingleLevelFunction.setup_context
    return Roles(function.forward, function.__name__, skip=0 if own_context else 1, order=order)


class ModuleSubject:
    """A module: its parameters are set to the values of the case, and everything is put back afterwards."""

    def __init__(self, module: torch.nn.Module, like: str, roles: Mapping[str, str | None]) -> None:
        self.module, self.name = module, title(module)
        if like in WEIGHTS:
            raise VerifyError(f"{like} is checked as a function of the weights; give lambda v, gain: ...")
        if like in SOFTMAXES and attribute(module, "dim")[1] not in (None, -1):
            raise VerifyError(f"{like} is checked over the last axis; give {self.name}(dim=-1)")
        self.parameters = parameters_of(module, roles)
        self._refuse_inference(like)
        self.has_weight, self.has_bias = "weight" in self.parameters, "bias" in self.parameters
        tensors = [tensor for tensor in (*module.parameters(), *module.buffers()) if tensor.is_floating_point()]
        self.dtype = tensors[0].dtype if tensors else torch.float32
        self.device = tensors[0].device if tensors else torch.device("cpu")
        groups = attribute(module, "num_groups")[1]
        self.num_groups = groups if isinstance(groups, int) else None
        weight = self.parameters.get("weight")
        self.sizes = sizes_of(module) or (tuple(weight.shape) if weight is not None else None)

    def _refuse_inference(self, like: str) -> None:
        for part in self.module.modules():
            running = getattr(part, "running_mean", None)
            if like.startswith(("batchnorm", "instancenorm")) and not part.training and running is not None:
                raise VerifyError(
                    f"{self.name} is in eval mode, where it normalizes with its running statistics; "
                    f"call .train() first to check it as {like}"
                )

    def eps(self, dtype: torch.dtype) -> float | None:
        """None for a number means the machine epsilon of the dtype that it is computed in, as in torch.nn.RMSNorm."""
        found, value = attribute(self.module, "eps")
        if found and value is None:
            return torch.finfo(torch.float32 if dtype.itemsize == 2 else dtype).eps
        return float(value) if found else None

    @contextmanager
    def ready(self, case: Case) -> Iterator[Ready]:
        wanted = {"weight": case.weight, "bias": case.bias}
        kind = next((value.dtype for value in wanted.values() if value is not None), case.x.dtype)
        with untouched(self.module, kind, case.x.device):
            for role, parameter in self.parameters.items():
                value = wanted[role]
                if value is None or value.numel() != parameter.numel():
                    found, due = tuple(parameter.shape), None if value is None else tuple(value.shape)
                    raise VerifyError(f"the {role} of {self.name} has the shape {found}; these inputs need {due}")
                parameter.data = twin(value).reshape(parameter.shape)
                parameter.requires_grad_()
            yield Ready(self.module, self.parameters.get("weight"), self.parameters.get("bias"))


class FunctionSubject:
    """A function of the input, and of a weight, a bias, epsilon, ... where it has such arguments."""

    num_groups: int | None = None
    sizes: tuple[int, ...] | None = None
    dtype = torch.float32
    device = torch.device("cpu")

    def __init__(self, function: Callable, name: str, roles: Roles, biased: bool) -> None:
        self.function, self.name, self.roles = function, name, roles
        self.has_weight, self.has_bias = roles.takes("weight"), roles.takes("bias") and biased

    def eps(self, dtype: torch.dtype) -> float | None:
        value = self.roles.default("eps")
        return float(value) if isinstance(value, int | float) else None

    @contextmanager
    def ready(self, case: Case) -> Iterator[Ready]:
        weight, bias = (None if value is None else _leaf(value) for value in (case.weight, case.bias))
        values = {
            "weight": weight,
            "bias": bias,
            "eps": case.eps,
            "normalized_shape": list(case.arrangement.weights),
            **({} if case.num_groups is None else {"num_groups": case.num_groups}),
            **({"dim": -1} if case.arrangement.layer.name in SOFTMAXES else {}),
        }

        def call(x: torch.Tensor) -> Any:
            positional, keywords = self.roles.arguments({"x": x, **values})
            return self.function(*positional, **keywords)

        yield Ready(call, weight, bias)


def _leaf(value: torch.Tensor) -> torch.Tensor:
    return twin(value).requires_grad_()
