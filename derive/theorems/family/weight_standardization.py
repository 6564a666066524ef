"""Weight standardization: each filter by its own mean and deviation."""

from derive.language import Derivative, Scalar, Sum, Vector
from derive.layers import weight_standardization
from derive.theorems.derivation import Derivation
from derive.theorems.family.rows import Rows
from derive.theorems.registry import statement

ws = weight_standardization()
o, i = ws.vhat.definition.indices
g, gain, vhat, s = ws.gradient, ws.gain, ws.vhat, ws.s
row = Rows(ws, rows=(o,), over=(i,), hat=vhat, s=s[o], upstream=gain[o] * g[o, i])

SOURCE = "Qiao et al. 2019"


@statement("weight-standardization-gradient", layer=ws, source=SOURCE)
def weight_standardization_gradient() -> Derivation:
    """The gradient through weight standardization."""
    return row.gradient()


@statement("weight-standardization-gain", layer=ws, source="Brock, De and Smith 2021")
def weight_standardization_gain() -> Derivation:
    """The gradient of a filter's gain."""
    return Derivation(Derivative(ws.loss, gain[o])).eq(Sum(g[o, i] * vhat[o, i], i), "w = gain vhat")


@statement("weight-standardization-norm", layer=ws, source="Qiao et al. 2019, Section 3.2")
def weight_standardization_norm() -> Derivation:
    """The norm of the gradient of a filter, for every epsilon."""
    return row.norm()


@statement("weight-standardization-curvature", layer=ws, source="the analogue of Santurkar et al. 2018, Theorem 4.2")
def weight_standardization_curvature() -> Derivation:
    """The Hessian of the loss along any tangent, for every epsilon."""
    return row.curvature()


@statement("weight-standardization-sum", layer=ws, source=SOURCE)
def weight_standardization_sum() -> Derivation:
    """The gradient of a filter sums to zero."""
    return row.sums_to_zero()


@statement("weight-standardization-orthogonal", layer=ws)
def weight_standardization_orthogonal() -> Derivation:
    """The gradient of a filter is orthogonal to the standardized filter at epsilon = 0, and almost above."""
    return row.orthogonal()


@statement("weight-standardization-shift", layer=ws)
def weight_standardization_shift() -> Derivation:
    """A shift of a filter changes nothing."""
    return row.shifted(Vector("c", o.size)[o])


@statement("weight-standardization-scale", layer=ws)
def weight_standardization_scale() -> Derivation:
    """Scaling the filters by k > 0 is the same as dividing epsilon by k^2."""
    return row.scaled(Scalar("k", positive=True))
