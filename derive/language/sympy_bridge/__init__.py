"""SymPy expressions in and out.

SymPy is read as what it says, with three readings of our own: a symbol without assumptions is a real number, a free
index means 'for every', and the sums (i, 1, m) and (i, 0, m - 1) both run over the whole of an axis of size m. What
SymPy simplified while the expression was built (x/x to 1, say) is not seen here. No text is ever evaluated.
"""

from derive.language.sympy_bridge.reading import Bridge, claim_from_sympy, from_sympy
from derive.language.sympy_bridge.writing import to_sympy

__all__ = ["Bridge", "claim_from_sympy", "from_sympy", "to_sympy"]
