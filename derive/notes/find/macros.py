r"""Commands that a document defines (\newcommand, \def, \DeclareMathOperator, ...), from where they stand on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derive.latex.reader import Unread
from derive.latex.reader.expand import Macro, macro
from derive.notes.find.formula import Formula

MOST = 1_000
"""So many definitions are looked at in one document."""

LONGEST = 4_000
"""Definitions with more characters are passed over."""

MARK = "macro"
"""The mark of a definition that stands outside of formulas."""

_KINDS = "(?:re)?newcommand|providecommand|DeclareMathOperator|DeclarePairedDelimiter|[gex]?def|let"
BEGINNING = rf"\\(?:{_KINDS})(?![a-zA-Z])"

_BEGINNING = re.compile(BEGINNING)
_HEAD = re.compile(
    rf"\\(?P<kind>{_KINDS})"
    r"(?![a-zA-Z])\*?\s*(?:\{\s*\\(?P<braced>[a-zA-Z]+|[0-9])\s*\}|\\(?P<bare>[a-zA-Z]+|[0-9]))\s*"
)
_NUMBER = re.compile(r"(?:\[\s*(?P<number>[0-9])\s*\]\s*)?(?P<usual>\[)?")
_PARAMETERS = re.compile(r"(?:#[1-9])*")
_OTHER = re.compile(r"=?\s*(\\[a-zA-Z]+|[^\s\\{}$`])")


@dataclass(frozen=True)
class Defined:
    """A command and what it stands for, None where that can't be read; `end` is where the definition ends."""

    name: str
    macro: Macro | None
    end: int
    is_new: bool = False


def definition(text: str, at: int) -> Defined | None:
    """The definition that begins at a place, or None for one of another form. At most `LONGEST` letters are read."""
    head = _HEAD.match(text, at, at + LONGEST)
    if head is None:
        return None
    name, kind, at = head["braced"] or head["bare"], head["kind"], head.end()
    if kind == "let":
        other = _OTHER.match(text, at)
        return Defined(name, _macro(0, other[1]), other.end()) if other is not None else None
    if kind == "DeclarePairedDelimiter":
        return _paired(text, at, name)
    count = 0
    if kind.endswith("def"):
        given = _PARAMETERS.match(text, at, at + 20)
        count, at = (len(given.group()) // 2, given.end()) if given is not None else (0, at)
    elif kind != "DeclareMathOperator":
        number = _NUMBER.match(text, at)
        if number is not None and number["usual"]:
            return None  # an argument that may be left out
        count, at = (int(number["number"] or 0), number.end()) if number is not None else (0, at)
    body = _braced(text, at)
    if body is None:
        return None
    inside = rf"\operatorname{{{body[0]}}}" if kind == "DeclareMathOperator" else body[0]
    return Defined(name, _macro(count, inside), body[1], kind == "providecommand")


def _paired(text: str, at: int, name: str) -> Defined | None:
    left = _braced(text, at)
    right = _braced(text, left[1]) if left is not None else None
    if left is None or right is None:
        return None
    return Defined(name, _macro(1, rf"\left{left[0]} #1 \right{right[0]}"), right[1])


def _braced(text: str, at: int) -> tuple[str, int] | None:
    """What stands in braces from a place on, and where they end."""
    while text[at : at + 1].isspace():
        at += 1
    if text[at : at + 1] != "{":
        return None
    depth, place, stop = 0, at, min(len(text), at + LONGEST)
    while place < stop:
        letter = text[place]
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return text[at + 1 : place], place + 1
        place += 2 if letter == "\\" else 1
    return None


def _macro(arguments: int, body: str) -> Macro | None:
    try:
        return macro(arguments, body)
    except Unread:
        return None


def with_macros(formulas: Iterable[Formula]) -> Iterator[Formula]:
    """The formulas with the commands that hold there; definitions are taken out, and what has nothing else is left out.

    >>> from derive.notes.find.formula import Formula
    >>> one = Formula(r"\\def\\R{x}", "$$", True, ((1, 3),))
    >>> [each.macros["R"].arguments for each in with_macros([one, Formula(r"\\R = 1", "$$", True, ((2, 3),))])]
    [0]
    """
    known: dict[str, Macro] = {}
    tries = MOST
    for formula in formulas:
        found = list(_definitions(formula.latex, tries))
        tries -= len(found)
        taken = [(start, defined) for start, defined in found if defined is not None]
        for _, defined in taken:
            if defined.macro is not None and not (defined.is_new and defined.name in known):
                known = {**known, defined.name: defined.macro}
        rest = _without(formula, [(start, defined.end) for start, defined in taken]) if taken else formula
        if rest.latex and rest.mark != MARK:
            yield replace(rest, macros=known) if known else rest


def _definitions(latex: str, tries: int) -> Iterator[tuple[int, Defined | None]]:
    """The definitions in a formula and where they begin; None for what only begins like one."""
    at = 0
    for _ in range(tries):
        match = _BEGINNING.search(latex, at)
        if match is None:
            return
        defined = definition(latex, match.start())
        yield match.start(), defined
        at = defined.end if defined is not None else match.end()


def _without(formula: Formula, taken: list[tuple[int, int]]) -> Formula:
    """A formula with blanks in the place of some of its parts, and without the blanks around it."""
    parts, at = [], 0
    for start, end in taken:
        parts += [formula.latex[at:start], re.sub(r"[^\n]", " ", formula.latex[start:end])]
        at = end
    latex = "".join((*parts, formula.latex[at:]))
    inside = latex.strip()
    if not inside:
        return replace(formula, latex="")
    start = latex.index(inside)
    row = latex.count("\n", 0, start)
    lines = (formula.place(start), *formula.lines[row + 1 : row + 1 + inside.count("\n")])
    return replace(formula, latex=inside, lines=lines)
