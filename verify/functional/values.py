"""The values that a function is called with: checked, in the shapes of the program, by the names of its tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from derive.language import Number, Tensor
from derive.layers import Layer
from verify.arrangement import Arrangement
from verify.errors import VerifyError
from verify.functional.quantities import TOP, Quantities
from verify.functional.vector_form import VectorForm

FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def of_one_kind(values: Mapping[str, Any]) -> None:
    """Refuses tensors of several dtypes or devices, and those that hold no real numbers."""
    tensors = {name: value for name, value in values.items() if isinstance(value, torch.Tensor)}
    for name, value in tensors.items():
        if value.dtype not in FLOATS:
            raise VerifyError(f"{name} has the dtype {_short(value.dtype)}; give it in float64, float32 or 16 bits")
    if len({(value.dtype, value.device) for value in tensors.values()}) > 1:
        listed = ", ".join(f"{name} is {_short(value.dtype)} on {value.device}" for name, value in tensors.items())
        raise VerifyError(f"the tensors have different dtypes or devices ({listed}); convert them to one")


def of_one_shape(layer: Layer, values: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Refuses values whose axes are not those of the program."""
    sizes: dict[Any, tuple[int, str]] = {}
    for name, value in values.items():
        expected, shape = tensors[name].sizes, np.shape(value)
        if len(shape) != len(expected):
            axes = f"({', '.join(map(str, expected))})" if expected else "of one number"
            raise VerifyError(f"{name} has the shape {tuple(shape)}; {layer.name} takes it with the shape {axes}")
        for size, length in zip(expected, shape, strict=True):
            known, where = sizes.setdefault(size, (int(size.value) if isinstance(size, Number) else length, name))
            if length != known:
                raise VerifyError(f"{name} has {length} entries along {size}, but {where} has {known}")


def enough(quantities: Quantities, shape: tuple[int, ...]) -> None:
    """Refuses an input with one value where a variance is taken: it is its own mean, whatever it is."""
    axes = quantities.at(quantities.layer.inputs[0]).indices
    lengths = [length for index, length in zip(axes, shape, strict=True) if index in quantities.normalized]
    if quantities.averaged in quantities.layer.inputs and math.prod(lengths) <= 1:
        raise VerifyError(
            f"{quantities.layer.name} normalizes over {math.prod(lengths)} value here, which is its own mean, so the "
            f"output does not depend on the input; give it at least two"
        )


def as_tensor(value: Any, x: Any) -> Any:
    """A number as a tensor, or an array, of the kind of x."""
    if not isinstance(value, float | int):
        return value
    if isinstance(x, np.ndarray):
        return np.asarray(value, x.dtype)
    return torch.tensor(value, dtype=x.dtype, device=x.device)


def top_of(x: Any) -> Any:
    """The largest value of each row, as a constant."""
    if isinstance(x, np.ndarray):
        return x.max(-1)
    return x.detach().amax(-1)


def arguments_of(form: VectorForm, known: Mapping[str, Any]) -> tuple[tuple[Tensor, ...], tuple[Any, ...]]:
    """The leaves of a form, and one input to read the sizes from, with their values."""
    layer = form.layer
    sample = (layer.inputs[0], Tensor(layer.gradient.name, layer.gradient.sizes), *layer.parameters)
    needed = dict.fromkeys((*(each for each in sample if each.name in known), *form.leaves))
    missing = [leaf.name for leaf in needed if leaf.name not in known and leaf.name != TOP]
    if missing:
        raise VerifyError(f"{layer.name} needs {', '.join(missing)}")
    values = (known[each.name] if each.name in known else top_of(known[layer.inputs[0].name]) for each in needed)
    return tuple(needed), tuple(values)


def inward(arrangement: Arrangement, name: str, value: Any) -> Any:
    """A value in the shape of the program; statistics are in it already."""
    if isinstance(value, float | int):
        return value
    return arrangement.inward(name, value)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
