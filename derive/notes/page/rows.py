"""Environments of rows, by the two that every converter knows; rows without an environment get one."""

from __future__ import annotations

import re

_NAMES = {
    "split": "aligned",
    "align": "aligned",
    "alignat": "aligned",
    "alignedat": "aligned",
    "flalign": "aligned",
    "gather": "gathered",
    "multline": "gathered",
}
_NONE = ("equation", "displaymath", "math", "dmath", "subequations")
"""Environments that have no rows, and stand for nothing within a formula."""

_FRAME = re.compile(r"\\(?P<frame>begin|end)\s*\{\s*(?P<name>[A-Za-z]+)\*?\s*\}(?P<count>\s*\{\s*\d+\s*\})?")
_SCAN = re.compile(
    r"""(?P<begin>\\begin\s*\{[^{}]*\}) | (?P<end>\\end\s*\{[^{}]*\})
      | (?P<row>\\\\|\\(?:newline|cr)(?![A-Za-z])) | \\[^A-Za-z] | \\[A-Za-z]+ | (?P<sign>[{}&])""",
    re.VERBOSE,
)


def in_rows(latex: str) -> str:
    """LaTeX with rows in `aligned`, `gathered` or `array`, those without an environment as well.

    >>> in_rows(r"a &= b")
    '\\\\begin{aligned}a &= b\\\\end{aligned}'
    """
    latex = _FRAME.sub(_frame, latex)
    row, cell = _outside(latex)
    if not row and not cell:
        return latex
    name = "aligned" if cell else "gathered"
    return rf"\begin{{{name}}}{latex}\end{{{name}}}"


def _frame(found: re.Match) -> str:
    name, begins = found["name"], found["frame"] == "begin"
    if name in _NONE:
        return " "
    if name == "eqnarray":
        return r"\begin{array}{rcl}" if begins else r"\end{array}"
    if name not in _NAMES:
        return found[0]
    counted = "" if name.startswith("align") and name.endswith("at") else found["count"] or ""
    return rf"\{found['frame']}{{{_NAMES[name]}}}{counted}"


def _outside(latex: str) -> tuple[bool, bool]:
    """Whether there are ends of rows, and marks between cells, outside of all environments and braces."""
    depth, row, cell = 0, False, False
    for found in _SCAN.finditer(latex):
        if found["begin"] or found["sign"] == "{":
            depth += 1
        elif found["end"] or found["sign"] == "}":
            depth -= 1
        elif depth == 0:
            row |= found["row"] is not None
            cell |= found["sign"] == "&"
    return row, cell
