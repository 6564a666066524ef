"""Points for tests: batches of the batch normalization that `stated` is about, and other layers."""

from __future__ import annotations

import torch

from derive.language import Claim, Derivative
from derive.layers import Layer
from tests.verify.statements.stated import layer as batchnorm_layer
from verify.statements.draws import draw_point
from verify.statements.evaluate import Evaluation
from verify.statements.inputs import Batch, draw
from verify.statements.plan import tensors_of
from verify.statements.point import Point, point_of
from verify.statements.shapes import sizes_for


def batch_point(shape: tuple[int, ...], dtype: str = "float64", layout: str = "contiguous", eps: float = 1e-5) -> Point:
    return point_of(draw(shape, dtype, layout, eps=eps), batchnorm_layer)


def evaluate(derivative: Derivative, layer: Layer, batch: Batch) -> torch.Tensor:
    """A derivative by autograd."""
    return differentiated(derivative, point_of(batch, layer))


def differentiated(derivative: Derivative, point: Point) -> torch.Tensor:
    return Evaluation(point).autograd.derivative(derivative)


def point_for(
    layer: Layer | None, claim: Claim, shape: tuple[int, ...], dtype: str = "float64", seed: int = 0
) -> Point:
    """A drawn point for a claim, three instances."""
    return draw_point(layer, tensors_of(claim), sizes_for(layer, claim, shape), 3, dtype, eps=1e-2, seed=seed)
