"""The model, the batch and the loss that a person brings: what one step of training computes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import nn

from verify.errors import VerifyError, raised

Loss = Callable[[Any], torch.Tensor]


@dataclass(frozen=True)
class Workload:
    """A model, the arguments of one call, and a scalar loss of what it returns."""

    model: nn.Module
    args: tuple = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    loss: Loss = field(default=lambda output: generic_loss(output))
    name: str = "model"

    def forward(self) -> Any:
        """What the model returns on the batch. Raises VerifyError where the model raises."""
        try:
            return self.model(*self.args, **self.kwargs)
        except Exception as error:
            raise VerifyError(f"{self.name} can't be run on the batch: {raised(error)}") from error

    def step(self) -> torch.Tensor:
        """The loss, with its graph: one forward pass. Raises VerifyError for a loss that is no scalar with a graph."""
        output = self.forward()
        try:
            loss = self.loss(output)
        except VerifyError:
            raise
        except Exception as error:
            raise VerifyError(f"the loss of {self.name} can't be computed: {raised(error)}") from error
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
            raise VerifyError(f"the loss of {self.name} is {_kind(loss)}; return one number")
        if not loss.requires_grad:
            raise VerifyError(f"the loss of {self.name} depends on nothing that requires a gradient")
        return loss.reshape(())


def workload_of(
    found: Any,
    batch: Any = None,
    loss: Loss | None = None,
    *,
    shape: Sequence[int] | None = None,
    vocabulary: int | None = None,
    seed: int = 0,
    arguments: Mapping[str, Any] | None = None,
) -> Workload:
    """The workload that a person means by a module, or by a function or class that returns one.

    >>> workload_of(nn.Linear(3, 2), shape=(5, 3)).step().shape
    torch.Size([])

    A factory may return (model, batch) or (model, batch, loss). A batch is a tensor, a tuple of tensors, or keyword
    arguments. Without one, `shape` draws normal numbers, or whole numbers below `vocabulary`. The loss is what the
    output says (`output.loss`), or `generic_loss`. Weights of factories are drawn with `seed`.
    Raises VerifyError for what is no model, and where there is no batch.
    """
    model, own_batch, own_loss = _parts(found, arguments or {}, seed)
    name = getattr(found, "__name__", type(model).__name__)
    given = batch if batch is not None else own_batch
    if given is None or shape is not None:
        given = _drawn(name, model, shape, vocabulary, seed)
    args, kwargs = _called_with(name, given)
    return Workload(model, args, kwargs, loss or own_loss or generic_loss, name)


def _parts(found: Any, arguments: Mapping[str, Any], seed: int) -> tuple[nn.Module, Any, Loss | None]:
    made = found
    if not isinstance(found, nn.Module | tuple | list) and callable(found):
        torch.manual_seed(seed)
        try:
            made = found(**arguments)
        except VerifyError:
            raise
        except Exception as error:
            name = getattr(found, "__name__", "the factory")
            takes = ", ".join(_parameters(found))
            raise VerifyError(f"{name}({takes}) raised {raised(error)}; give arguments as --arg key=value") from error
    elif arguments:
        raise VerifyError("arguments are for factories; this is a model already")
    parts: list[Any] = [*made] if isinstance(made, tuple | list) else [made]
    if not parts or not isinstance(parts[0], nn.Module) or len(parts) > 3:
        raise VerifyError(f"expected a torch.nn.Module, (model, batch) or (model, batch, loss), and got {_kind(made)}")
    model, batch, loss = [*parts, None, None][:3]
    if loss is not None and not callable(loss):
        raise VerifyError(f"the loss is {_kind(loss)}; give a function of the model's output")
    return model, batch, cast("Loss | None", loss)


def _parameters(found: Any) -> Iterator[str]:
    try:
        yield from inspect.signature(found).parameters
    except (TypeError, ValueError):
        yield "..."


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of the shape {tuple(value.shape)}"
    if isinstance(value, tuple | list):
        return f"({', '.join(type(part).__name__ for part in value)})"
    return type(value).__name__


def _drawn(name: str, model: nn.Module, shape: Sequence[int] | None, vocabulary: int | None, seed: int) -> torch.Tensor:
    if shape is None:
        raise VerifyError(f"{name} has no batch; give the shape of its input (--input 8,3,224,224) or return one")
    if not shape or any(size < 1 for size in shape):
        raise VerifyError(f"the shape {tuple(shape)} of the input needs sizes of at least 1, such as 8,3,224,224")
    like = next(model.parameters(), torch.empty(0))
    generator = torch.Generator().manual_seed(seed)
    if vocabulary is not None:
        if vocabulary < 1:
            raise VerifyError(f"a vocabulary of {vocabulary} has no words; give at least 1")
        return torch.randint(vocabulary, tuple(shape), generator=generator).to(like.device)
    return torch.randn(tuple(shape), generator=generator).to(like.device, like.dtype)


def _called_with(name: str, batch: Any) -> tuple[tuple, dict[str, Any]]:
    if isinstance(batch, torch.Tensor):
        return (batch,), {}
    if isinstance(batch, tuple | list):
        return tuple(batch), {}
    if isinstance(batch, Mapping) and all(isinstance(key, str) for key in batch):
        return (), dict(batch)
    raise VerifyError(
        f"the batch of {name} is {_kind(batch)}; give a tensor, a tuple of tensors, or a dictionary of arguments"
    )


def generic_loss(output: Any) -> torch.Tensor:
    """`output.loss` where there is one, else the inner product of the first floating tensor with fixed random numbers.

    Divided by the number of entries' square root, so that its size does not depend on theirs. The upstream gradient of
    such a loss has no structure that could hide a fault.
    """
    own = getattr(output, "loss", None)
    if isinstance(own, torch.Tensor):
        return own
    tensor = first_tensor(output)
    if tensor is None:
        raise VerifyError(f"there is no tensor to take a loss of in {type(output).__name__}; give a loss")
    generator = torch.Generator().manual_seed(0)
    fixed = torch.randn(tensor.shape, generator=generator).to(tensor.device, tensor.dtype)
    return (tensor * fixed).sum() / max(1, tensor.numel()) ** 0.5


def first_tensor(value: Any) -> torch.Tensor | None:
    """The first floating tensor in an output: itself, or the first of a tuple, a dictionary or a model output."""
    if isinstance(value, torch.Tensor):
        return value if value.is_floating_point() else None
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return next((tensor for part in parts if (tensor := first_tensor(part)) is not None), None)
