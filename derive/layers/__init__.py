"""Forward programs of normalization layers: definitions, and nothing derived."""

from derive.layers.batchnorm import batchnorm
from derive.layers.program import Layer

LAYERS = {"batchnorm": batchnorm}

__all__ = ["LAYERS", "Layer", "batchnorm"]
