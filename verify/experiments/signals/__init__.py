"""`verify signals`: activations and gradients at random initialization, by depth, width and normalization."""

from verify.experiments.signals.experiment import signals
from verify.experiments.signals.settings import MEASURES, NORMS, Settings

__all__ = ["MEASURES", "NORMS", "Settings", "signals"]
