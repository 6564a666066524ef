"""A module that ran, once more on other numbers: nothing of it, and nothing of the random numbers, stays changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from verify.assertions.modules import kept
from verify.audits.recognition.fit import Form


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call, and where among them the input is: a position, or a keyword."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    where: int | str

    @property
    def input(self) -> torch.Tensor:
        return self.args[self.where] if isinstance(self.where, int) else self.kwargs[self.where]

    @property
    def others(self) -> tuple[torch.Tensor, ...]:
        """The floating tensors beside the input."""
        values = (*self.args, *self.kwargs.values())
        return tuple(value for value in values if is_floating(value) and value is not self.input)

    def at(self, x: torch.Tensor) -> Arguments:
        """The same call with another input."""
        if isinstance(self.where, int):
            args = (*self.args[: self.where], x, *self.args[self.where + 1 :])
            return replace(self, args=args)
        return replace(self, kwargs={**self.kwargs, self.where: x})


def arguments_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments | None:
    """The call, if its first tensor is a floating one."""
    named: list[tuple[int | str, Any]] = [*enumerate(args), *kwargs.items()]
    tensors = [(where, value) for where, value in named if isinstance(value, torch.Tensor)]
    return Arguments(args, kwargs, tensors[0][0]) if tensors and is_floating(tensors[0][1]) else None


def is_floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


@contextmanager
def aside(module: nn.Module, device: torch.device) -> Iterator[None]:
    """The module without the modes and the warnings of those around it; its attributes are put back."""
    devices = [device] if device.type == "cuda" else []
    with (
        torch._C.DisableTorchFunction(),
        torch.autocast(device.type, enabled=False),
        torch.random.fork_rng(devices),
        kept(module),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


class Handed(Exception):
    """What a module hands to one of its children."""

    def __init__(self, value: Any) -> None:
        super().__init__("handed to a child")
        self.value = value


def output_of(
    module: nn.Module, call: Arguments, tensors: Mapping[str, torch.Tensor], until: str | None = None
) -> torch.Tensor:
    """What the module gives with other parameters and buffers, by name; or what it hands to the child `until`.

    Raises what it raises.
    """
    try:
        with _until(module, until):
            found = torch.func.functional_call(module, dict(tensors), call.args, dict(call.kwargs))
    except Handed as handed:
        found = handed.value
    if not isinstance(found, torch.Tensor) or found.shape != call.input.shape:
        raise ValueError("the module returned something of another shape than its input")
    return found


@contextmanager
def _until(module: nn.Module, until: str | None) -> Iterator[None]:
    if until is None:
        yield
        return

    def stop(_: nn.Module, args: tuple[Any, ...]) -> None:
        raise Handed(args[0] if args else None)

    handle = module.get_submodule(until).register_forward_pre_hook(stop, prepend=True)
    try:
        yield
    finally:
        handle.remove()


def twins(module: nn.Module, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Copies of the parameters and buffers, by name, the floating ones in this dtype."""
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {name: each.detach().to(dtype if is_floating(each) else each.dtype, copy=True) for name, each in own.items()}


@dataclass(frozen=True)
class Runner:
    """A module as the layer that it was recognized as: (x, weight, bias) -> output, in torch's layout of the layer.

    `shift` is what the module adds to its weight, `factor` what it multiplies that with, `groups` the attribute that
    says the number of groups.
    """

    module: nn.Module
    form: Form
    shape: tuple[int, ...]
    weight: str | None
    bias: str | None
    shift: float = 0.0
    factor: float = 1.0
    groups: str | None = None
    until: str | None = None

    def __call__(
        self, x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None, num_groups: int | None = None
    ) -> torch.Tensor:
        """The output for an input that may have fewer rows, channels or groups than the one that was seen.

        Raises ValueError where the module has a number of groups that it does not say.
        """
        outer = self.form.outward(x.reshape(self._shape(x)))
        given = {self.weight: weight, self.bias: bias}
        with aside(self.module, x.device):
            if num_groups is not None and num_groups != self.form.num_groups:
                self._cut_into(num_groups)
            tensors = {name: self._own(name, value) for name, value in given.items() if name and value is not None}
            every = twins(self.module, x.dtype) | tensors
            found = output_of(self.module, Arguments((outer,), {}, 0), every, self.until)
        return self.form.inward(found).reshape(x.shape)

    def _cut_into(self, num_groups: int) -> None:
        """Sets the attribute that says the number of groups, which is put back with the others."""
        if self.groups is None:
            raise ValueError("the module does not say its number of groups")
        path, _, name = self.groups.rpartition(".")
        setattr(self.module.get_submodule(path), name, num_groups)

    def _own(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """The parameter behind an effective weight, in the shape that the module has."""
        own = dict(self.module.named_parameters())[name].shape
        value = value / self.factor - self.shift if name == self.weight else value
        return value.reshape([value.numel() if size > 1 else 1 for size in own] if own.numel() > 1 else own)

    def _shape(self, x: torch.Tensor) -> list[int]:
        """Rows get as many axes in front as the module was called with."""
        missing = len(self.shape) - x.dim()
        return [x.shape[0], *[1] * missing, *x.shape[1:]] if missing > 0 else list(x.shape)
