"""torch's own operations: the same layers, written by other people."""

from __future__ import annotations

from verify.statements.references.batchnorm import BATCHNORMS
from verify.statements.references.clipping import CLIPPINGS
from verify.statements.references.norms import NORMS
from verify.statements.references.reference import Reference, Values
from verify.statements.references.softmax import SOFTMAXES
from verify.statements.references.weights import WEIGHTS

REFERENCES: dict[str, Reference] = {**BATCHNORMS, **NORMS, **WEIGHTS, **SOFTMAXES, **CLIPPINGS}
"""By the names that `derive.layers` has for the layers."""

__all__ = ["REFERENCES", "Reference", "Values"]
