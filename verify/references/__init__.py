"""torch's own operations: the same layers, written by other people."""

from __future__ import annotations

from verify.references.batchnorm import BATCHNORMS
from verify.references.clipping import CLIPPINGS
from verify.references.norms import NORMS
from verify.references.reference import Reference, Values
from verify.references.softmax import SOFTMAXES
from verify.references.weights import WEIGHTS

REFERENCES: dict[str, Reference] = {**BATCHNORMS, **NORMS, **WEIGHTS, **SOFTMAXES, **CLIPPINGS}
"""By the names that `derive.layers` has for the layers."""

__all__ = ["REFERENCES", "Reference", "Values"]
