"""Gradient clipping, by value and by norm: the identity inside, and what it does outside."""

from derive.language import Claim, Derivative, Sum, squared_norm
from derive.layers import clip_norm, clip_value
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statement

value, whole = clip_value(), clip_norm()
b, k = value.indices("b k")
y, c, r = value.y, value.c, whole.r
inside: tuple[Claim, ...] = (y[b] - c < 0, y[b] + c > 0)


@statement("clip-value-inside", layer=value, source="torch.nn.utils.clip_grad_value_")
def clip_value_inside() -> Derivation:
    """Entries between -c and c stay as they are."""
    return Derivation(value.z[b], given=(y[b] - c <= 0, y[b] + c >= 0)).eq(y[b], "both distances are positive")


@statement("clip-value-above", layer=value, source="torch.nn.utils.clip_grad_value_")
def clip_value_above() -> Derivation:
    """Entries above c become c."""
    return Derivation(value.z[b], given=(y[b] - c >= 0, y[b] + c >= 0)).eq(c, "y + c - (y - c) = 2 c")


@statement("clip-value-gradient", layer=value)
def clip_value_gradient() -> Derivation:
    """Between -c and c the gradient passes."""
    return Derivation(Derivative(value.loss, y[b]), given=inside).eq(value.gradient[b])


@statement("clip-value-no-gradient", layer=value)
def clip_value_no_gradient() -> Derivation:
    """Above c nothing passes."""
    return Derivation(Derivative(value.loss, y[b]), given=(y[b] - c > 0, y[b] + c > 0)).eq(0, "the output is c")


@statement("clip-norm-inside", layer=whole, source="Pascanu, Mikolov and Bengio 2013")
def clip_norm_inside() -> Derivation:
    """A vector no longer than c stays as it is."""
    return Derivation(whole.z[b], given=(r - c <= 0)).eq(y[b], "the factor is 1")


@statement("clip-norm-outside", layer=whole, source="Pascanu, Mikolov and Bengio 2013")
def clip_norm_outside() -> Derivation:
    """A longer vector gets the length c and keeps its direction."""
    return Derivation(whole.z[b], given=(r - c >= 0)).eq(c / r * y[b], "the factor is c/r")


@statement("clip-norm-length", layer=whole, source="Pascanu, Mikolov and Bengio 2013")
def clip_norm_length() -> Derivation:
    """The length of a longer vector becomes c."""
    return Derivation(squared_norm(whole.z[b], b), given=(r - c >= 0)).eq(c**2, "r is the length of y")


@statement("clip-norm-gradient", layer=whole)
def clip_norm_gradient() -> Derivation:
    """The gradient through clipping by norm, outside: what points along the vector is projected out."""
    g = whole.gradient
    return (
        Derivation(Derivative(whole.loss, y[b]), given=(r - c > 0))
        .eq(c / r * (g[b] - y[b] * Sum(g[k] * y[k], k) / r**2), "the derivative of y/r")
        .but_not(Claim(Derivative(whole.loss, y[b]), "=", c / r * g[b], (r - c > 0,)), "as if the factor were fixed")
    )
