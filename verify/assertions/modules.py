"""A module under test: which parameter is which, and its state, put back as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from verify.assertions.roles import NAMES
from verify.errors import VerifyError

SIZES = ("normalized_shape", "num_features", "num_channels", "hidden_size", "dim", "features", "d_model")
"""Attributes that say how many features a module normalizes."""


def parameters_of(module: torch.nn.Module, wanted: Mapping[str, str | None]) -> dict[str, torch.nn.Parameter]:
    """The weight and the bias among the parameters: those named in `wanted`, else by name, else by order."""
    known = dict(module.named_parameters())
    found: dict[str, torch.nn.Parameter] = {}
    for role, name in wanted.items():
        if name is not None:
            if name not in known:
                raise VerifyError(f"{title(module)} has no parameter {name!r}; it has {_listed(known)}")
            found[role] = known.pop(name)
    for role in wanted:
        if role not in found and (name := _by_name(role, known)) is not None:
            found[role] = known.pop(name)
    left = [role for role in wanted if role not in found]
    if len(known) > len(left):
        raise VerifyError(
            f"{title(module)} has the parameters {_listed(dict(module.named_parameters()))}, and it is not clear "
            f"which is which; name them: weight='...', bias='...'"
        )
    return {**found, **dict(zip(left, known.values(), strict=False))}


def _by_name(role: str, known: Mapping[str, Any]) -> str | None:
    """The parameter that is called like that, the outermost first."""
    for name in NAMES[role]:
        fitting = [full for full in known if full.rpartition(".")[2] == name]
        if fitting:
            return min(fitting, key=lambda full: full.count("."))
    return None


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "none"


def title(module: object) -> str:
    """What a module or a function is called, a compiled or scripted one like the original."""
    inner = getattr(module, "_orig_mod", module)
    original = getattr(inner, "original_name", None)
    if isinstance(original, str):
        return original
    if isinstance(inner, torch.nn.Module):
        return type(inner).__name__
    name = getattr(inner, "__name__", None) or getattr(inner, "name", None) or type(inner).__name__
    return "the function" if name == "<lambda>" else str(name)


def attribute(module: torch.nn.Module, role: str) -> tuple[bool, Any]:
    """Whether the module, or one of those inside it, says a value for this role, and which."""
    names = NAMES.get(role, SIZES)
    for part in module.modules():
        for name in names:
            value = getattr(part, name, _MISSING)
            plain = value is None or isinstance(value, int | float | tuple | list | torch.Size)
            if value is not _MISSING and plain and not isinstance(value, bool):
                return True, value
    return False, None


_MISSING = object()


def sizes_of(module: torch.nn.Module) -> tuple[int, ...] | None:
    """The shape that the module says it normalizes, or the number of its features."""
    found, value = attribute(module, "sizes")
    if not found or value is None:
        return None
    sizes = (value,) if isinstance(value, int) else tuple(value) if not isinstance(value, float) else ()
    return sizes if sizes and all(isinstance(size, int) for size in sizes) else None


@contextmanager
def untouched(module: torch.nn.Module, dtype: torch.dtype | None, device: torch.device | None) -> Iterator[None]:
    """The module with copies of its parameters and buffers in another dtype and device; then as it was, bit for bit.

    Whatever the layer does to its state in between happens to the copies.
    """
    tensors = [*module.parameters(), *module.buffers()]
    saved = [(tensor, tensor.data, tensor.requires_grad, tensor.grad) for tensor in tensors]
    with kept(module):
        try:
            for tensor in tensors:
                kind = dtype if tensor.is_floating_point() else None
                tensor.data = tensor.data.detach().to(device=device, dtype=kind or tensor.dtype, copy=True)
            yield
        finally:
            for tensor, data, requires_grad, grad in saved:
                tensor.data = data
                tensor.requires_grad_(requires_grad)
                tensor.grad = grad


@contextmanager
def kept(module: torch.nn.Module) -> Iterator[None]:
    """The attributes of a module and of those inside: afterwards the same objects with the same contents.

    Containers stay the objects that they were, since the handle of a hook refers to that which holds the hook.
    """
    parts = [part for part in module.modules() if not isinstance(part, torch.jit.ScriptModule)]
    before = [(part, dict(vars(part)), _containers(part)) for part in parts]
    try:
        yield
    finally:
        for part, attributes, containers in before:
            for container, contents in containers:
                container.clear()
                (container.extend if isinstance(container, list) else container.update)(contents)
            vars(part).clear()
            vars(part).update(attributes)


def _containers(part: torch.nn.Module) -> list[tuple[Any, Any]]:
    """The containers among the attributes, each with a copy of what is in it."""
    values = vars(part).values()
    return [(value, value.copy()) for value in values if isinstance(value, dict | list | set)]
