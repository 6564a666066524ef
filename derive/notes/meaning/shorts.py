"""Names that a document gives to formulas with gradients in them: c_1 = mean(dy * xhat), delta_i = dL/dy_i."""

from __future__ import annotations

from dataclasses import dataclass

from derive.latex.reader import syntax as tree


@dataclass(frozen=True)
class Short:
    """A name, the letters of its indices, and what it is short for, in the formula with this number.

    It is no node of the graph: nothing is differentiated by it, and the loss does not depend on it.
    """

    key: str
    indices: tuple[str, ...]
    node: tree.Node
    formula: int
