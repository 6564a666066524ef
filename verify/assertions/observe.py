"""Runs a layer on a case: its output, its gradients, and second derivatives by several modes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from verify.assertions.case import Case, Observed
from verify.assertions.inputs import twin
from verify.assertions.subject import Ready, Subject
from verify.errors import raised

OUTPUT = "output"
GRADIENTS = {"x": "input gradient", "weight": "weight gradient", "bias": "bias gradient"}
SECONDS = {
    "g": "JVP along input",
    "x": "second derivative by input, along input",
    "weight": "second derivative by weight, along input",
}
FORWARD_OVER_REVERSE = "second derivative by input, along input, forward over reverse"
NESTED_FORWARD = "second derivative by input, along input, nested forward mode"
BY_FORWARD_MODE = (FORWARD_OVER_REVERSE, NESTED_FORWARD)


class LayerFault(Exception):
    """What a layer did with a case that makes it impossible to go on: it raised, or gave something of another shape."""


def observe(subject: Subject, case: Case, order: int = 2, stress: bool = False) -> Observed:
    """Everything that can be observed of a layer up to this order; what can't be is in `missing`, with the reason.

    Raises LayerFault where there is not even an output.
    """
    values: dict[str, torch.Tensor] = {}
    missing: dict[str, str] = {}
    with subject.ready(case) as ready, quiet():
        x = twin(case.x).requires_grad_(order > 0)
        grad = twin(case.grad_output).requires_grad_(order > 1)
        output = _output(ready, x, case)
        if not torch.equal(x.detach(), case.x):
            missing["the input afterwards"] = "the layer writes into its input"
            x = twin(case.x).requires_grad_(order > 0)
            output = _output(ready, x, case)
        values[OUTPUT] = output.detach().clone()
        if order > 0:
            _gradients(case, ready, output, x, grad, values, missing)
        if order > 1:
            _second(case, ready, x, grad, values, missing)
        if order > 1 and stress:
            _by_forward_mode(case, ready, values, missing)
    return Observed(values, missing)


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings of a layer are its own business: they are no verdict, and no error either."""
    with warnings.catch_warnings(), torch.enable_grad():
        warnings.simplefilter("ignore")
        yield


def _output(ready: Ready, x: torch.Tensor, case: Case) -> torch.Tensor:
    try:
        output = ready.call(x)
    except Exception as error:  # somebody's layer raises whatever it likes
        raise LayerFault(raised(error)) from error
    if isinstance(output, tuple | list) and output and isinstance(output[0], torch.Tensor):
        output = output[0]
    if not isinstance(output, torch.Tensor):
        raise LayerFault(f"the layer returned {type(output).__name__}, not a tensor")
    if output.shape != case.x.shape:
        raise LayerFault(f"the output has the shape {tuple(output.shape)}, not that of the input {tuple(case.x.shape)}")
    return output


def _gradients(
    case: Case, ready: Ready, output: torch.Tensor, x: torch.Tensor, grad: torch.Tensor, values: dict, missing: dict
) -> None:
    leaves = {"x": x, "weight": ready.weight, "bias": ready.bias}
    leaves = {name: leaf for name, leaf in leaves.items() if leaf is not None}
    reason = "autograd has no gradient: the output does not depend on anything that requires one"
    found: tuple = (None,) * len(leaves)
    if output.requires_grad:
        try:
            seed = twin(grad).to(output.dtype)
            found = torch.autograd.grad(output, [*leaves.values()], seed, allow_unused=True)
            reason = "autograd has no gradient: the output does not depend on it"
        except Exception as error:
            reason = f"the backward pass failed: {raised(error)}"
    for (name, _), gradient in zip(leaves.items(), found, strict=True):
        if gradient is None:
            missing[GRADIENTS[name]] = reason
        else:
            values[GRADIENTS[name]] = _shaped(gradient, name, case).detach().clone()


def _shaped(value: torch.Tensor, name: str, case: Case) -> torch.Tensor:
    return value if name in ("x", "g") else value.reshape(case.arrangement.weights)


def _second(case: Case, ready: Ready, x: torch.Tensor, grad: torch.Tensor, values: dict, missing: dict) -> None:
    """The backward of the backward of the input gradient, for the cotangent `tangent`."""
    leaves = {"g": grad, "x": x, "weight": ready.weight}
    leaves = {name: leaf for name, leaf in leaves.items() if leaf is not None}
    try:
        output = ready.call(x)
        output = output[0] if isinstance(output, tuple | list) else output
        (gradient,) = torch.autograd.grad(output, x, grad.to(output.dtype), create_graph=True)
        if not gradient.requires_grad:
            raise RuntimeError("the backward pass is not differentiable")
        found = torch.autograd.grad(gradient, [*leaves.values()], case.tangent, allow_unused=True)
        if found[0] is None:  # a backward is linear in g, so this one was not recorded: it is once differentiable
            raise RuntimeError("the backward pass is not differentiable")
    except Exception as error:
        reason = f"second order is not supported: {raised(error)}"
        missing.update(dict.fromkeys((SECONDS[name] for name in leaves), reason))
        return
    for (name, leaf), value in zip(leaves.items(), found, strict=True):
        value = torch.zeros_like(leaf) if value is None else value
        values[SECONDS[name]] = _shaped(value, name, case).detach().clone()


def _by_forward_mode(case: Case, ready: Ready, values: dict, missing: dict) -> None:
    """The same second derivative by forward mode over reverse mode, and by forward mode twice."""
    grad, tangent = case.grad_output, case.tangent

    def paired(x: torch.Tensor) -> torch.Tensor:
        output = ready.call(x)
        return (output[0] if isinstance(output, tuple | list) else output).mul(grad).sum()

    def slope(x: torch.Tensor) -> torch.Tensor:
        return torch.func.jvp(paired, (x,), (tangent,))[1]

    modes: dict[str, Callable[[], Any]] = {
        FORWARD_OVER_REVERSE: lambda: torch.func.jvp(torch.func.grad(paired), (case.x,), (tangent,))[1],
        NESTED_FORWARD: lambda: torch.func.vmap(lambda along: torch.func.jvp(slope, (case.x,), (along,))[1])(
            _basis(case.x)
        ).reshape(case.x.shape),
    }
    for name, mode in modes.items():
        try:
            values[name] = mode().detach().clone()
        except Exception as error:
            missing[name] = f"not supported: {raised(error)}"


def _basis(x: torch.Tensor) -> torch.Tensor:
    return torch.eye(x.numel(), dtype=x.dtype, device=x.device).reshape(-1, *x.shape)
