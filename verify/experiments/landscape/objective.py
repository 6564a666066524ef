"""The loss of a model on one batch as a function of its parameters. Measuring it changes nothing in the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import torch
from torch import nn
from torch.func import functional_call

from verify.errors import VerifyError
from verify.workload import Workload

Parameters = Mapping[str, torch.Tensor]
"""By name, as `named_parameters` has them."""


class Objective:
    """The loss of a workload where it stands, and at any other parameters.

    Every evaluation has its own copy of the buffers (running statistics), and the same random numbers (noise, dropout):
    those of `seed`. So the loss is one function of the parameters, and the model is left as it was.
    Raises VerifyError where the model or the loss does.
    """

    def __init__(self, workload: Workload, seed: int = 0) -> None:
        self.workload, self.seed = workload, seed
        self.parameters: dict[str, torch.Tensor] = {
            name: parameter.detach() for name, parameter in workload.model.named_parameters() if parameter.requires_grad
        }
        if not self.parameters:
            raise VerifyError(f"{workload.name} has no parameter to train")

    def loss(self, parameters: Parameters) -> torch.Tensor:
        """The loss at these parameters, with its graph."""
        model = self.workload.model
        given = {**parameters, **{name: buffer.clone() for name, buffer in model.named_buffers()}}

        def there(*args: Any, **kwargs: Any) -> Any:
            return functional_call(model, given, args, kwargs)

        with same_draws(self.seed):
            return replace(self.workload, model=cast(nn.Module, there)).step()

    def gradient(self, parameters: Parameters, of: tuple[str, ...] = ()) -> tuple[float, dict[str, torch.Tensor]]:
        """The loss and its gradient by the parameters, or by those named; 0 for one that the loss doesn't depend on."""
        names = of or tuple(parameters)
        leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
        with torch.enable_grad():
            loss = self.loss(leaves)
            found = torch.autograd.grad(loss, [leaves[name] for name in names], allow_unused=True)
        zero = torch.zeros_like
        return loss.item(), {
            name: zero(leaves[name]) if part is None else part for name, part in zip(names, found, strict=True)
        }

    def here(self) -> tuple[float, dict[str, torch.Tensor]]:
        """The loss and its gradient where the model stands."""
        return self.gradient(self.parameters)

    def step(self, lr: float) -> float:
        """One step of gradient descent, that of the model itself: its buffers move too. Returns the loss before it."""
        model = self.workload.model
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        with same_draws(self.seed), torch.enable_grad():
            loss = self.workload.step()
            found = torch.autograd.grad(loss, trained, allow_unused=True)
        with torch.no_grad():
            for parameter, part in zip(trained, found, strict=True):
                if part is not None:
                    parameter.sub_(lr * part)
        return loss.item()


def moved(parameters: Parameters, direction: Parameters, by: float) -> dict[str, torch.Tensor]:
    """parameters + by * direction."""
    return {name: value + by * direction[name] for name, value in parameters.items()}


def norm(parameters: Parameters) -> float:
    """The l2 norm of all entries together, added up in float64."""
    return inner(parameters, parameters) ** 0.5


def inner(left: Parameters, right: Parameters) -> float:
    """The inner product of all entries together, added up in float64."""
    return sum((float((left[name].double() * right[name].double()).sum()) for name in left), 0.0)


def difference(left: Parameters, right: Parameters) -> dict[str, torch.Tensor]:
    """left - right, in float64."""
    return {name: left[name].double() - right[name].double() for name in left}


@contextmanager
def same_draws(seed: int) -> Iterator[None]:
    """Torch's random numbers begin at `seed` here, and go on afterwards as if nothing had been drawn."""
    generators = [torch.default_generator, *(torch.cuda.default_generators if torch.cuda.is_initialized() else ())]
    before = [generator.get_state() for generator in generators]
    for generator in generators:
        generator.manual_seed(seed)
    try:
        yield
    finally:
        for generator, state in zip(generators, before, strict=True):
            generator.set_state(state)
