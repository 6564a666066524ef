"""The same quantities by autograd, through torch's own batch normalization, in float64.

`torch.batch_norm` is the operation behind `torch.nn.functional.batch_norm`, which refuses epsilon = 0 in training; the
theorems that need it are checked too. cuDNN is left out: on cuda it is torch's own kernel (Welford's algorithm) that is
compared with, whose errors `verify.bounds` covers.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from derive.language import Derivative, Entry, Term
from derive.layers import Layer
from verify.errors import VerifyError
from verify.inputs import Batch, rows


def evaluate(derivative: Derivative, layer: Layer, batch: Batch) -> torch.Tensor:
    """A derivative for all features: shape (features, axes of what is differentiated, axes of what by), float64."""
    if fault := fault_of_derivative(derivative, layer):
        raise VerifyError(fault)
    batch, by = batch.to(torch.float64), _BY[derivative.by.tensor.name]
    forward = _transform if derivative.body == layer.loss else _FORWARD[_name(derivative.body, layer)]
    leaves = {name: getattr(batch, name).clone().requires_grad_() for name in ("x", "weight", "bias")}
    output = forward(leaves["x"], leaves["weight"], leaves["bias"], batch.eps)
    if derivative.body == layer.loss:
        return _by_feature(_gradient(output, leaves[by], batch.upstream))
    if output.dim() == 1:
        return _by_feature(_gradient(output, leaves[by], torch.ones_like(output)))
    return _jacobian(output, leaves[by])


def _normalize(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    return torch.batch_norm(x, None, None, None, None, True, 0.0, eps, False)


def _transform(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    return torch.batch_norm(x, weight, bias, None, None, True, 0.0, eps, False)


def _mean(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    return rows(x).mean(1)


def _variance(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    return rows(x).var(1, correction=0)


def _deviation(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float) -> torch.Tensor:
    return (_variance(x, weight, bias, eps) + eps).sqrt()


_BY = {"y": "x", "gamma": "weight", "beta": "bias"}
_FORWARD: dict[str, Callable] = {
    "mu": _mean,
    "var": _variance,
    "s": _deviation,
    "yhat": _normalize,
    "z": _transform,
}


def fault_of_derivative(derivative: Derivative, layer: Layer) -> str:
    """Why autograd has no value for a derivative here, or ""."""
    by, body = derivative.by.tensor, derivative.body
    if by.name not in _BY or layer.names.get(by.name) != by:
        return f"autograd gives derivatives by {', '.join(_BY)} here, and {derivative} is one by {by}"
    if body != layer.loss and _name(body, layer) not in _FORWARD:
        return (
            f"autograd gives derivatives of {layer.loss}, {', '.join(_FORWARD)} here, and {derivative} is one of {body}"
        )
    return ""


def _name(body: Term, layer: Layer) -> str:
    """The name that the layer has for a term, or ""."""
    if not isinstance(body, Entry) or layer.names.get(body.tensor.name) != body.tensor:
        return ""
    return body.tensor.name


def _gradient(output: torch.Tensor, leaf: torch.Tensor, cotangent: torch.Tensor, keep: bool = False) -> torch.Tensor:
    found = torch.autograd.grad(output, leaf, cotangent, retain_graph=keep, allow_unused=True)[0]
    return torch.zeros_like(leaf) if found is None else found


def _by_feature(gradient: torch.Tensor) -> torch.Tensor:
    return rows(gradient) if gradient.dim() > 1 else gradient


def _jacobian(output: torch.Tensor, leaf: torch.Tensor) -> torch.Tensor:
    """One backward pass for each place of the batch, all features at once: they do not depend on each other."""
    batch, _, *spatial = output.shape
    places = batch * math.prod(spatial)
    lines = []
    for place in range(places):
        chosen = torch.zeros(places, dtype=output.dtype, device=output.device)
        chosen[place] = 1
        cotangent = chosen.reshape(batch, 1, *spatial).expand_as(output)
        lines.append(_by_feature(_gradient(output, leaf, cotangent, keep=True)))
    return torch.stack(lines, 1)
