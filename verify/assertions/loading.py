"""Makes a layer of what a person names on the command line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from verify.assertions.families import SOFTMAXES
from verify.errors import VerifyError, raised

WIDTH, CHANNELS, GROUPS = 37, 6, 3
"""What a layer that has to be constructed is made for, where nobody says it."""
FIRST = ("normalized_shape", "hidden_size", "d_model", "dim", "features", "size", "width", "n_embd", "embed_dim", "D")
CHANNELED = ("num_features", "num_channels", "channels", "features", "dim", "C")
BATCHED = ("batchnorm", "batchnorm2d", "batchnorm3d", "groupnorm", "instancenorm")


def layer_of(
    found: Any, like: str, shape: Sequence[int] | None, known: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    """A module constructed for a shape, where the name is that of a class; a function with the arguments given."""
    import torch

    if inspect.isclass(found) and issubclass(found, torch.nn.Module):
        return _constructed(found, like, shape, known, given)
    if inspect.isclass(found) and not issubclass(found, torch.autograd.Function):
        raise VerifyError(f"{found.__name__} is a class that is no torch.nn.Module; name a function or an instance")
    if given:
        if isinstance(found, torch.nn.Module) or inspect.isclass(found):
            raise VerifyError("--arg is for classes of modules and for functions")
        return partial(found, **given)
    return found


def _constructed(
    kind: Callable, like: str, shape: Sequence[int] | None, known: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    name = getattr(kind, "__name__", "the class")
    try:
        parameters = inspect.signature(kind).parameters
        values = {**_sizes(parameters, like, shape, known), **given}
        return kind(**values)
    except VerifyError:
        raise
    except Exception as error:
        takes = ", ".join(inspect.signature(kind).parameters) if callable(kind) else ""
        raise VerifyError(
            f"{name} can't be constructed: {raised(error)}; it takes {takes}: give them as --arg key=value"
        ) from error


def _sizes(
    parameters: Mapping[str, Any], like: str, shape: Sequence[int] | None, known: Mapping[str, Any]
) -> dict[str, Any]:
    """What the shape and the options say about the arguments of a constructor."""
    found = {name: value for name, value in known.items() if name in parameters and value is not None}
    if like in SOFTMAXES:
        return {"dim": -1} if "dim" in parameters else {}
    if like in BATCHED:
        channels = shape[1] if shape is not None and len(shape) > 1 else CHANNELS
        if like == "groupnorm" and "num_groups" in parameters:
            found.setdefault("num_groups", GROUPS if channels % GROUPS == 0 else 1)
        name = next((name for name in CHANNELED if name in parameters), None)
        return {**found, **({} if name is None else {name: channels})}
    if "normalized_shape" in found:
        return found
    width = known.get("normalized_shape") or (shape[-1] if shape else WIDTH)
    name = next((name for name in FIRST if name in parameters), None)
    return {**found, **({} if name is None else {name: width})}
