"""Forward programs of normalization layers: definitions, and nothing derived."""

from derive.layers.batchnorm import batchnorm
from derive.layers.batchnorm_images import batchnorm2d, batchnorm3d
from derive.layers.batchnorm_inference import batchnorm_inference
from derive.layers.batchnorm_running import batchnorm_running
from derive.layers.gradient_clipping import clip_norm, clip_value
from derive.layers.groupnorm import groupnorm, instancenorm
from derive.layers.layernorm import layernorm
from derive.layers.linear_batchnorm import linear_batchnorm
from derive.layers.linear_batchnorm_inference import linear_batchnorm_inference
from derive.layers.lp_batchnorm import l1_batchnorm, linf_batchnorm, lp_batchnorm
from derive.layers.program import Layer
from derive.layers.rmsnorm import rmsnorm
from derive.layers.softmax import cross_entropy, log_softmax, softmax
from derive.layers.weight_standardization import weight_standardization
from derive.layers.weightnorm import weightnorm

_PROGRAMS = (
    batchnorm,
    batchnorm_inference,
    batchnorm_running,
    batchnorm2d,
    batchnorm3d,
    linear_batchnorm,
    linear_batchnorm_inference,
    layernorm,
    rmsnorm,
    groupnorm,
    instancenorm,
    weightnorm,
    weight_standardization,
    l1_batchnorm,
    lp_batchnorm,
    linf_batchnorm,
    softmax,
    log_softmax,
    cross_entropy,
    clip_value,
    clip_norm,
)

LAYERS = {program.__name__.replace("_", "-"): program for program in _PROGRAMS}
"""The programs by the names that the commands know them by."""

__all__ = ["LAYERS", "Layer", *(program.__name__ for program in _PROGRAMS)]  # pyright: ignore[reportUnsupportedDunderAll]
