"""How a vector form is run: by torch, by NumPy, or by a compiled kernel; 16-bit values in float32, rounded once."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch.fx import GraphModule, Interpreter

from derive.language import Tensor
from verify.functional.graph import graph_module
from verify.functional.vector_form import VectorForm

Run = Callable[[VectorForm, tuple[Tensor, ...], tuple[Any, ...]], tuple[Any, ...]]
"""Runs a form on the values of its arguments, and gives its results in order."""

HALVES = (torch.float16, torch.bfloat16)


@lru_cache(maxsize=1024)
def module(form: VectorForm, arguments: tuple[Tensor, ...]) -> GraphModule:
    """The graph of a form, written once."""
    return graph_module(form, arguments)


def eager(form: VectorForm, arguments: tuple[Tensor, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operations of the graph one after the other, by torch or, for arrays, by NumPy."""
    graph = module(form, arguments)
    if any(isinstance(value, np.ndarray) for value in values):
        return NumPy(graph).run(*values)
    return in_float32(graph, values)


def in_float32(function: Callable, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a function gives for values of 16 bits widened to float32, rounded back."""
    halves = [value.dtype for value in values if isinstance(value, torch.Tensor) and value.dtype in HALVES]
    if not halves:
        return function(*values)
    wide = (value.float() if isinstance(value, torch.Tensor) and value.dtype in HALVES else value for value in values)
    return tuple(result.to(halves[0]) for result in function(*wide))


class NumPy(Interpreter):
    """The same graph, computed by NumPy."""

    def call_function(self, target: Any, args: tuple, kwargs: dict) -> Any:
        return (ARRAYS.get(target) or target)(*args, **kwargs)

    def call_method(self, target: Any, args: tuple, kwargs: dict) -> Any:
        return METHODS[target](*args, **kwargs)


ARRAYS: dict[Any, Callable] = {
    torch.sum: lambda value, dim, keepdim: np.sum(value, axis=tuple(dim), keepdims=keepdim),
    torch.sqrt: np.sqrt,
    torch.reciprocal: lambda value: 1 / value,
    torch.einsum: np.einsum,
    torch.exp: np.exp,
    torch.log: np.log,
    torch.abs: np.abs,
    torch.sign: np.sign,
    torch.tanh: np.tanh,
    operator.add: operator.add,
}
"""The functions of a graph that NumPy has under another name."""

METHODS: dict[str, Callable] = {
    "size": lambda value, axis: value.shape[axis],
    "unsqueeze": np.expand_dims,
    "squeeze": np.squeeze,
    "permute": np.transpose,
    "reshape": np.reshape,
    "new_zeros": lambda value, shape: np.zeros(shape, value.dtype),
}
"""The methods of a tensor in a graph, for arrays."""
