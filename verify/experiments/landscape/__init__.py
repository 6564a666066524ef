"""`verify landscape`: the loss along the gradient, smoothness, internal covariate shift, divergence, Theorem 4.1."""

from verify.experiments.landscape.experiment import landscape
from verify.experiments.landscape.settings import MEASURES, Settings

__all__ = ["MEASURES", "Settings", "landscape"]
