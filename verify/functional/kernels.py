"""Functions compiled to machine code by torch's inductor: one kernel for each set of shapes, strides and dtypes.

A kernel also belongs to the number of threads that torch had when it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

from derive.language import Tensor
from verify.functional import requests
from verify.functional.execution import in_float32
from verify.functional.graph import graph_module
from verify.functional.layer import Functional
from verify.functional.normalization import Normalization
from verify.functional.vector_form import VectorForm


@lru_cache(maxsize=1024)
def _graph(form: VectorForm, arguments: tuple[Tensor, ...]) -> GraphModule:
    return graph_module(form, arguments, kernel=True)


@dataclass(eq=False)
class Recorder:
    """Runs the graphs that are meant for kernels, and keeps what they compute for each row as further results."""

    rows: list[torch.Tensor]

    def __call__(self, form: VectorForm, arguments: tuple[Tensor, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
        results = in_float32(_graph(form, arguments), values)
        if _keeps_rows(form, values):
            self.rows += results[len(form.results) :]
        return results[: len(form.results)]


NEAR = 2**20
"""Bytes of an array that stays in the nearer caches while a kernel runs over it several times."""


def _keeps_rows(form: VectorForm, values: tuple[Any, ...]) -> bool:
    """Whether coefficients of rows are kept, which splits the kernel into passes over the whole array.

    Where rows lie side by side in a large array it does not pay: every row is finished while it is in the cache, and
    its coefficients are computed again for each vector of it. Very short rows with a mean are the exception.
    """
    layer, quantities = form.layer, requests.quantities(form.layer)
    axes = quantities.at(layer.inputs[0]).indices
    sample = max((value for value in values if isinstance(value, torch.Tensor)), key=torch.Tensor.numel)
    leading = set(axes[: len(quantities.rows)]) == quantities.rows and sample.ndim == len(axes)
    if not leading or not sample.is_contiguous() or sample.numel() * sample.element_size() <= NEAR:
        return True
    length = sample.shape[len(quantities.rows) :].numel()
    return bool(quantities.means) and length < 128


@dataclass(frozen=True)
class Kernel:
    """A compiled function: it takes the tensors, and gives the results first; `build` puts them together."""

    call: Callable
    count: int
    build: Callable[[list[torch.Tensor]], Any]

    def __call__(self, tensors: list[torch.Tensor]) -> Any:
        return self.build(list(self.call(*tensors)[: self.count]))


_KERNELS: dict[Any, Kernel] = {}


def run(functional: Functional, plain: Functional, kind: str, args: tuple, kwargs: dict[str, Any]) -> Any:
    """A function of a layer by its kernel, which is made when values of this kind come for the first time.

    Where a kernel can't do it (arrays, vmap, values that need a gradient, inside torch.compile) the plain one does.
    """
    tensors: list[torch.Tensor] = []
    threads = torch.get_num_threads()
    try:
        key = (type(functional), functional.name, kind, threads, *(_kind(each, tensors) for each in args))
        key += tuple((name, _kind(each, tensors)) for name, each in kwargs.items())
    except TypeError:
        return getattr(plain, kind)(*args, **kwargs)
    if not tensors or torch.compiler.is_compiling() or any(map(_is_special, tensors)):
        return getattr(plain, kind)(*args, **kwargs)
    kernel = _KERNELS.get(key)
    if kernel is None:
        kernel = _KERNELS[key] = _kernel(functional, kind, args, kwargs, tensors)
    return kernel(tensors)


def _kind(value: Any, tensors: list[torch.Tensor]) -> Any:
    """What a kernel depends on; the tensors are noted. Raises TypeError for what can't be filled in, such as arrays."""
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return value.shape, value.stride(), value.dtype, value.device
    if isinstance(value, Mapping):
        return tuple((name, _kind(each, tensors)) for name, each in value.items())
    if value is None or isinstance(value, float | int | tuple | list | torch.Size):
        return tuple(value) if isinstance(value, list) else value
    raise TypeError(f"{value!r} is no part of a kernel")


def _is_special(tensor: torch.Tensor) -> bool:
    if tensor.requires_grad and torch.is_grad_enabled():
        return True
    return type(tensor) not in (torch.Tensor, torch.nn.Parameter) or is_functorch_wrapped_tensor(tensor)


def _kernel(functional: Functional, kind: str, args: tuple, kwargs: dict, tensors: list[torch.Tensor]) -> Kernel:
    """Traces the function with its numbers filled in, and compiles what was traced."""
    builds: list[Any] = []

    def filled(*given: torch.Tensor) -> list[torch.Tensor]:
        recorder, rest = Recorder([]), iter(given)
        plain = type(functional).plain(functional.name, recorder)  # pyright: ignore[reportAttributeAccessIssue]
        own = [_filled(each, rest) for each in args]
        named = {name: _filled(each, rest) for name, each in kwargs.items()}
        result = getattr(plain, kind)(*own, **named)
        found, build = _taken_apart(result)
        builds.append((len(found), build))
        return [*found, *recorder.rows]

    given = [tensor.detach() for tensor in tensors]
    with torch.no_grad():
        traced = make_fx(filled, tracing_mode="fake")(*given)
        call: Any = torch._inductor.compile(traced, given)  # pyright: ignore
    return Kernel(call, *builds[-1])


def _filled(value: Any, rest: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return next(rest)
    if isinstance(value, Mapping):
        return {name: _filled(each, rest) for name, each in value.items()}
    return value


def _taken_apart(result: Any) -> tuple[list[torch.Tensor], Callable]:
    """The tensors of a result, and how to put it together again."""
    if isinstance(result, torch.Tensor):
        return [result], lambda found: found[0]
    if isinstance(result, dict):
        names = tuple(result)
        return list(result.values()), lambda found: dict(zip(names, found, strict=True))
    if hasattr(result, "_fields"):
        return list(result), lambda found: type(result)(*found)
    first, rest = result
    names = tuple(rest)
    return [first, *rest.values()], lambda found: (found[0], dict(zip(names, found[1:], strict=True)))


@lru_cache(maxsize=256)
def plain(kind: type[ByKernel], name: str) -> Functional:
    """The same layer without kernels."""
    return kind.plain(name)


class ByKernel:
    """The functions of a layer, each by its kernel."""

    plain: type[Functional] = Functional

    def _run(self, kind: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        name = self.name  # pyright: ignore[reportAttributeAccessIssue]
        return run(self, plain(type(self), name), kind, args, kwargs)  # pyright: ignore[reportArgumentType]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("forward", args, kwargs)

    def forward_with_statistics(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("forward_with_statistics", args, kwargs)

    def statistics(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("statistics", args, kwargs)

    def vjp(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("vjp", args, kwargs)

    def jvp(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("jvp", args, kwargs)

    def hvp(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("hvp", args, kwargs)

    def double_backward(self, *args: Any, **kwargs: Any) -> Any:
        return self._run("double_backward", args, kwargs)


class CompiledFunctional(ByKernel, Functional):
    """A layer in the shapes of its program, by kernels."""


class CompiledNormalization(ByKernel, Normalization):
    """A layer in torch's shapes, by kernels."""

    plain = Normalization
