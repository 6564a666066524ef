"""What a caller says about a check: layers, dtypes, shapes, devices, and complaints about what makes no sense."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from derive.naming import no_such
from verify.arrangement import ROWS
from verify.assertions.families import CHECKED, SOFTMAXES
from verify.assertions.inputs import Place
from verify.assertions.subject import Subject
from verify.errors import VerifyError
from verify.statements.inputs import DTYPES

EPS = 1e-5
"""Epsilon where neither the layer nor the caller says one: torch's default."""
LARGEST = 2**22
"""The bounds hold some tens of copies of an input in float64."""
Shapes = Sequence[int] | Sequence[Sequence[int]] | None
Dtype = torch.dtype | str


def kinds(
    dtypes: Sequence[Dtype] | None, dtype: Dtype | None, x: torch.Tensor | None, subject: Subject
) -> list[torch.dtype]:
    """The dtypes to check: those asked for, else that of the input given, else the layer's own."""
    wanted = [dtype_of(each) for each in (dtypes or ([dtype] if dtype else []))]
    found = wanted or [x.dtype if x is not None else subject.dtype]
    if x is not None and found != [x.dtype]:
        raise VerifyError(f"x is in {name_of(x.dtype)}; leave the dtype out, or convert x")
    return found


def place_for(
    subject: Subject,
    like: str,
    dtype: torch.dtype,
    x: torch.Tensor | None,
    device: torch.device | str | None,
    eps: float | None,
    num_groups: int | None,
    normalized_shape: Sequence[int] | int | None,
    parameter_dtype: Dtype | None,
    seed: int,
) -> Place:
    """Where the cases of a check live; what the caller says goes before what the layer says."""
    own = subject.eps(dtype)
    rows = like in ROWS and like not in SOFTMAXES
    normalized = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
    return Place(
        like=like,
        dtype=dtype,
        device=device_of(device) if device is not None else x.device if x is not None else subject.device,
        eps=positive(eps) if eps is not None else EPS if own is None else own,
        parameter_dtype=dtype_of(parameter_dtype) if parameter_dtype else dtype,
        weighted=subject.has_weight,
        biased=subject.has_bias,
        num_groups=(num_groups or subject.num_groups) if like == "groupnorm" else None,
        normalized_shape=tuple(normalized) if normalized else subject.sizes if rows else None,
        seed=seed,
    )


def positive(eps: float) -> float:
    """Epsilon, if it is one."""
    if not (eps >= 0 and eps < float("inf")):
        raise VerifyError(f"epsilon is {eps}; give a number that is not negative, such as 1e-5")
    return float(eps)


def device_of(device: torch.device | str) -> torch.device:
    """The device of a name, if it is there."""
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError):  # torch asserts that it was built for CUDA
        raise VerifyError(f"there is no device {str(device)!r} here; use cpu or cuda") from None
    return found


def accumulator_of(accumulate: Dtype | None, kinds: Sequence[torch.dtype]) -> torch.dtype | None:
    """The dtype of statistics and sums, if one is asked for; it has to be as precise as those of the inputs."""
    found = None if accumulate is None else dtype_of(accumulate)
    for kind in kinds:
        if found is not None and torch.finfo(found).eps > torch.finfo(kind).eps:
            raise VerifyError(f"sums of {name_of(kind)} can't be kept in {name_of(found)}, which is less precise")
    return found


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def refuse(like: str, order: int) -> None:
    if like not in CHECKED:
        raise VerifyError(no_such("layer", like, CHECKED))
    if order not in (0, 1, 2):
        raise VerifyError(f"order is {order}; give 0 for the output, 1 for gradients too, 2 for second derivatives too")


def refuse_values(given: Mapping[str, Any]) -> None:
    """Raises VerifyError for values that are no numbers of a layer."""
    for name, value in given.items():
        if value is None:
            continue
        if not isinstance(value, torch.Tensor) or not value.is_floating_point() or value.layout != torch.strided:
            what = f"a tensor of {name_of(value.dtype)}" if isinstance(value, torch.Tensor) else type(value).__name__
            raise VerifyError(f"{name} is {what}; give a tensor of floating-point numbers")
        if value.numel() > LARGEST:
            raise VerifyError(f"{name} has {value.numel()} numbers; give at most {LARGEST}")


def dtype_of(dtype: Dtype) -> torch.dtype:
    """The dtype of a name such as float32."""
    if isinstance(dtype, torch.dtype):
        if dtype not in DTYPES.values():
            raise VerifyError(f"{dtype} is none of {', '.join(DTYPES)}")
        return dtype
    name = str(dtype).removeprefix("torch.")
    if name not in DTYPES:
        raise VerifyError(f"there is no dtype {dtype!r}; there are {', '.join(DTYPES)}")
    return DTYPES[name]


def listed(shapes: Shapes) -> list[tuple[int, ...]]:
    """One shape or several, as a list."""
    if not shapes:
        return []
    many: list[Any] = [shapes] if isinstance(shapes[0], int) else list(shapes)
    found: list[tuple[int, ...]] = []
    for shape in many:
        sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
        if not sizes or not all(isinstance(size, int) and size > 0 for size in sizes):
            raise VerifyError(f"the shape {shape} is none; give sizes of at least 1, such as (8, 64)")
        found.append(sizes)
    for shape in found:
        if math.prod(shape) > LARGEST:
            raise VerifyError(f"the shape {shape} has {math.prod(shape)} numbers; give at most {LARGEST}")
    return found
