"""Weight normalization (Salimans and Kingma 2016), as torch.nn.utils.parametrizations.weight_norm computes it."""

from __future__ import annotations

from functools import cache

from derive.language import Index, Matrix, Size, Vector, define, norm
from derive.layers.program import Layer


@cache
def weightnorm() -> Layer:
    """The forward program v -> r -> vhat -> w: each of O rows of I weights, of length gain[o]."""
    o, i = Index("o", Size("O")), Index("i", Size("I"))
    v = Matrix("v", o.size, i.size)
    gain = Vector("gain", o.size, latex=r"\gamma")

    r = define("r", norm(v[o, i], i), o)
    vhat = define("vhat", v[o, i] / r[o], o, i)
    w = define("w", gain[o] * vhat[o, i], o, i)

    return Layer(
        name="weightnorm",
        title="Weight normalization",
        inputs=(v,),
        parameters=(gain,),
        constants=(),
        steps=(r, vhat, w),
    )
