"""Formulas, claims and derivations as LaTeX."""

from derive.latex.documents import align, document
from derive.latex.writer import claim_latex, latex

__all__ = ["align", "claim_latex", "document", "latex"]
