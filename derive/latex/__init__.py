"""Formulas, claims, theorems and derivations as LaTeX."""

from derive.latex.documents import align, broken, document, theorem_latex
from derive.latex.writer import claim_latex, latex

__all__ = ["align", "broken", "claim_latex", "document", "latex", "theorem_latex"]
