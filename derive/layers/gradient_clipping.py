"""Gradient clipping by value and by norm; the smaller of two numbers is written (a + b - |a - b|)/2."""

from __future__ import annotations

from functools import cache

from derive.language import Abs, Index, Scalar, Size, Vector, define, norm
from derive.layers.program import Layer


@cache
def clip_value() -> Layer:
    """Each entry moved into [-c, c]: torch.nn.utils.clip_grad_value_."""
    m = Size("m")
    b = Index("b", m)
    y = Vector("y", m)
    c = Scalar("c", positive=True)
    z = define("z", (Abs(y[b] + c) - Abs(y[b] - c)) / 2, b)
    return Layer(
        name="clip-value",
        title="Gradient clipping by value",
        inputs=(y,),
        parameters=(),
        constants=(c.tensor,),
        steps=(z,),
    )


@cache
def clip_norm() -> Layer:
    """The whole vector scaled by min(1, c/norm): torch.nn.utils.clip_grad_norm_ without its 1e-6."""
    m = Size("m")
    b = Index("b", m)
    y = Vector("y", m)
    c = Scalar("c", positive=True)
    r = define("r", norm(y, b))
    scale = define("scale", (r + c - Abs(r - c)) / (2 * r), latex=r"\kappa")
    z = define("z", scale * y[b], b)
    return Layer(
        name="clip-norm",
        title="Gradient clipping by norm",
        inputs=(y,),
        parameters=(),
        constants=(c.tensor,),
        steps=(r.tensor, scale.tensor, z),
    )
