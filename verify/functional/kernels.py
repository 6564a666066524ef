"""Forms compiled to machine code by torch's inductor: one kernel for each set of shapes, strides and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx

from derive.language import Tensor
from verify.functional.execution import eager, in_float32
from verify.functional.graph import graph_module
from verify.functional.vector_form import VectorForm


def compiled(form: VectorForm, arguments: tuple[Tensor, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The results of a form by its kernel, which is made when values of this kind come for the first time."""
    if torch.compiler.is_compiling() or not all(isinstance(value, torch.Tensor | float | int) for value in values):
        return eager(form, arguments, values)
    key = tuple(_kind(value) for value in values)
    kernel = _KERNELS.get((form, key))
    if kernel is None:
        kernel = _KERNELS[form, key] = _kernel(form, arguments, values)
    return tuple(kernel(*(value for value in values if isinstance(value, torch.Tensor)))[: len(form.results)])


_KERNELS: dict[Any, Callable] = {}


def _kind(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return value.shape, value.stride(), value.dtype, value.device


def _kernel(form: VectorForm, arguments: tuple[Tensor, ...], values: tuple[Any, ...]) -> Callable:
    """Traces the graph with the numbers filled in, and compiles what was traced."""
    graph = _graph(form, arguments)
    tensors = [value for value in values if isinstance(value, torch.Tensor)]

    def filled(*given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        rest = iter(given)
        return in_float32(graph, tuple(next(rest) if isinstance(value, torch.Tensor) else value for value in values))

    with torch.no_grad():
        traced = make_fx(filled, tracing_mode="fake")(*tensors)
        return torch._inductor.compile(traced, tensors)  # pyright: ignore[reportPrivateImportUsage]


@lru_cache(maxsize=1024)
def _graph(form: VectorForm, arguments: tuple[Tensor, ...]) -> Any:
    return graph_module(form, arguments, kernel=True)
