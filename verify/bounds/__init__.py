"""How far a computed value can be from the exact one: tolerances, derived.

`Running` bounds the programs that we run ourselves, operation by operation; `forward_error` bounds any honest
implementation of a formula, whose operations and order nobody has told us.
"""

from verify.bounds.formats import ORACLE, Format, format_of
from verify.bounds.forward import Allowed, forward_error
from verify.bounds.model import Model
from verify.bounds.running import FUNCTIONS, ULPS, Bounded, Running, analyse, exact

__all__ = [
    "FUNCTIONS",
    "ORACLE",
    "ULPS",
    "Allowed",
    "Bounded",
    "Format",
    "Model",
    "Running",
    "analyse",
    "exact",
    "format_of",
    "forward_error",
]
