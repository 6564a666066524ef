"""Typesets LaTeX as MathML, which every browser shows without scripts or fonts of its own."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from derive.notes.page.allowed import Refused, allowed
from derive.notes.page.rows import in_rows

if TYPE_CHECKING:
    from math_core import LatexToMathML

Macros = tuple[tuple[str, str], ...]
"""Commands by their names without the backslash, each with the LaTeX that it stands for."""

MOST_PARTS = 5000
"""Formulas with more commands, braces and scripts are not typeset: each may open one level for the converter."""

LONGEST = 100_000
"""Formulas with more letters are not typeset."""

STACK = 64 * 1024 * 1024
"""The converter calls itself for every level, in a thread with a stack that has room for MOST_PARTS of them."""

EXPANSIONS = 200
"""Macros of ours may be put in so often in one formula. None has one of another in it."""

MARK, MARKED = r"\color{Fuchsia}", "#833794"
"""The colour by which a part of a formula is known in what the converter makes of it."""

MACROS = {
    "pmb": r"\boldsymbol{#1}",
    "mbox": r"\text{#1}",
    "hbox": r"\text{#1}",
    "mathds": r"\mathbb{#1}",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "cssId": "#2",
    "class": "#2",
    "style": "#2",
    "href": "#2",
}
"""What the converter doesn't know, by what it knows."""

_DEFINES = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|[egx]?def|let|DeclareMathOperator|newenvironment)(?![A-Za-z])"
)
_PART = re.compile(r"\\[A-Za-z]+|[\\{^_\[]")
_STARRED = re.compile(r"\\(?!operatorname|tag|hspace|vspace)([A-Za-z]+)\*")
_COLOUR = re.compile(r"\\(?:color|textcolor|colorbox|bbox)\s*(?:\[[^\]]*\]|\{[^{}]*\})")
_NUMBERED = re.compile(r"\\(?:label|nonumber|notag|protect|require)(?![A-Za-z])(?:\s*\{[^{}]*\})?")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_COMMAND_END = re.compile(r"\\[A-Za-z]*\Z")
_CELL = re.compile(r"(\\\\|(?<!\\)&)")
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_TEXT = re.compile(r"\\(text|mbox|textrm)\{([^{}$]*(?:\$[^$]*\$[^{}$]*)+)\}")


def mathml(latex: str, display: bool, marks: Sequence[tuple[int, int]] = (), macros: Macros = ()) -> str | None:
    """LaTeX as one `<math>` element, or None where it can't be typeset.

    >>> mathml("x^2", display=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'

    `marks` has the offsets of parts, in order, that get the class `marked`; None is returned where one of them is no
    part by itself. `macros` are commands of the note, each with what it stands for.
    """
    if len(latex) > LONGEST or _parts(latex, macros) > MOST_PARTS or _DEFINES.search(latex):
        return None
    plain = _COLOUR.sub(_blank, latex)
    if not all(_is_part(plain, *mark) for mark in marks):
        return None
    for start, end in reversed(marks):
        plain = plain[:start] + _marked(plain[start:end]) + plain[end:]
    return _typeset(_known(plain), display, macros)


def _parts(latex: str, macros: Macros) -> int:
    """How many levels there can be at most, macros put in as often as may be."""
    longest = max((len(_PART.findall(body)) for _, body in macros), default=0)
    return len(_PART.findall(latex)) + EXPANSIONS * longest


def _is_part(latex: str, start: int, end: int) -> bool:
    """Whether the braces between two places belong to each other, and neither place is within a command."""
    if any(_COMMAND_END.search(latex, 0, at) and latex[at : at + 1].isalpha() for at in (start, end)):
        return False
    depth = 0
    for brace in _BRACE.findall(latex[start:end]):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def _marked(part: str) -> str:
    """A part in the colour of marks, cell by cell; a small triangle where it is empty and something is missing."""
    if not part.strip():
        return rf"{{{MARK} \blacktriangledown }}"
    cells = _CELL.split(part)
    return "".join(cell if at % 2 or not cell.strip() else f"{{{MARK} {cell} }}" for at, cell in enumerate(cells))


def _blank(found: re.Match) -> str:
    """As many blanks, so that places stay where they are."""
    return " " * len(found[0])


def _known(latex: str) -> str:
    """LaTeX in the commands that the converter knows."""
    latex = _STARRED.sub(r"\\\1 *", latex)
    latex = _TAG.sub(r"\\qquad\\text{(\1)}", _NUMBERED.sub("", latex))
    latex = _TEXT.sub(_mixed, latex)
    return in_rows(latex)


def _mixed(found: re.Match) -> str:
    r"""Formulas in text stand beside it: \text{if $x$ is} becomes \text{if }x\text{ is}."""
    parts = found[2].split("$")
    return "".join(part if at % 2 else rf"\text{{{part}}}" for at, part in enumerate(parts))


def _typeset(latex: str, display: bool, macros: Macros) -> str | None:
    """The first of a few ways to write it that the converter takes."""
    for candidate in dict.fromkeys((latex, re.sub(r"\\(?:no)?limits(?![A-Za-z])", "", latex))):
        made = _in_deep_stack(candidate, display, macros)
        if made is not None:
            return made
    return None


def _in_deep_stack(latex: str, display: bool, macros: Macros) -> str | None:
    """What the converter makes of it, in a thread of its own."""
    found: list[str | None] = []
    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=lambda: found.append(_converted(latex, display, macros)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return found[0] if found else None


def _converted(latex: str, display: bool, macros: Macros) -> str | None:
    from math_core import LatexError

    try:
        return allowed(_converter(macros).convert_with_local_state(latex, displaystyle=display), MARKED)
    except (LatexError, Refused):
        return None


@lru_cache(64)
def _converter(macros: Macros) -> LatexToMathML:
    from math_core import LatexToMathML

    return LatexToMathML(
        macros={**MACROS, **dict(macros)}, fancy_error=False, allow_unreliable_rendering=True, max_expansions=EXPANSIONS
    )
