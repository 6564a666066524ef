"""Numbers with a dot between thousands, 1.024 for 1024, as some languages write them."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.latex.reader import syntax as tree

_DOTTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")


def without_dots(node: tree.Node, latex: str) -> tree.Node:
    """The same formula with whole numbers for those that may be written so; itself where there are none."""
    if isinstance(node, tree.Number):
        written = latex[node.start : node.end]
        return replace(node, value=node.value * 1000 ** written.count(".")) if _DOTTED.fullmatch(written) else node
    return node.mapped(lambda each: without_dots(each, latex))
