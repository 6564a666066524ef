"""Where in a model the execution is: the path of the innermost module that is running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


@dataclass(frozen=True)
class Running:
    """A module that is running, and what it was called with."""

    name: str
    module: nn.Module
    args: Any


class Paths:
    """Follows the forward passes of the submodules of a model, while it is entered."""

    def __init__(self, model: nn.Module) -> None:
        self.names = {id(module): name for name, module in model.named_modules()}
        self.stack: list[Running] = []
        self.ran: set[str] = set()
        self._hooks: list[Any] = []

    @property
    def path(self) -> str:
        """The path of the module that is running; "" for the model itself, and outside of it."""
        return self.stack[-1].name if self.stack else ""

    def __enter__(self) -> Paths:
        self._hooks = [
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        ]
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def detached(self, x: torch.Tensor) -> str:
        """Whether x is an input of the module that is running, without the graph that it came with; "" if not.

        Where the module is no normalization by its name, that may be its purpose.
        """
        if x.requires_grad or not self.stack or not torch.is_grad_enabled():
            return ""
        own = self.stack[-1]
        if not any("norm" in kind.__name__.lower() for kind in type(own.module).__mro__):
            return ""
        for given in _tensors(own.args):
            if given.requires_grad and given.shape == x.shape and given.data_ptr() == x.data_ptr():
                return "the input is detached inside of the module, so that no gradient passes through it"
        return ""

    def _enter(self, module: nn.Module, args: Any) -> None:
        name = self.names.get(id(module))
        if name is not None:
            self.stack.append(Running(name, module, args))
            self.ran.add(name)

    def _leave(self, module: nn.Module, _: Any, __: Any) -> None:
        name = self.names.get(id(module))
        if name is not None and any(each.name == name for each in self.stack):
            while self.stack.pop().name != name:
                pass


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _tensors(each)
