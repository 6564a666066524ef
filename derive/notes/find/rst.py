"""reStructuredText: the directive `math` and the role `math`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.notes.find.around import LEAD, TRAIL, with_text
from derive.notes.find.formula import Formula, Text

_DIRECTIVE = re.compile(r"(?P<indent>\s*)\.\.\s+math::[ \t]*(?P<rest>.*)$")
_LITERAL = re.compile(r"(?P<indent>\s*)(?:\.\.\s+(?:code|code-block|sourcecode|parsed-literal)::|(?!\.\.).*::\s*$)")
_ROLE = re.compile(r":math:`(?P<latex>[^`]*)`|`(?P<after>[^`]*)`:math:|``.*?``", re.DOTALL)
_OPTION = re.compile(r"\s*:[a-z-]+:")


def rst(text: str) -> list[Formula]:
    """The formulas of a reStructuredText document, in their order."""
    lines = text.replace("\r\n", "\n").split("\n")
    found, at = [], 0
    while at < len(lines):
        directive, literal = _DIRECTIVE.match(lines[at]), _LITERAL.match(lines[at])
        if directive or literal:
            match = directive or literal
            end = _block_end(lines, at + 1, len(match["indent"])) if match else at + 1
            if directive:
                found.append(_displayed(lines, at, end, directive))
                lines[at:end] = [""] * (end - at)
            else:
                lines[at + 1 : end] = [""] * (end - at - 1)
            at = max(end, at + 1)
        else:
            at += 1
    found += _inline(Text.of([(line, 0) for line in lines]))
    return sorted(found, key=lambda formula: formula.lines[0])


def _block_end(lines: list[str], at: int, indent: int) -> int:
    """The first line after `at` that is not blank and not further to the right."""
    while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) > indent):
        at += 1
    return at


def _displayed(lines: list[str], first: int, end: int, match: re.Match) -> Formula:
    body = [(number, lines[number]) for number in range(first + 1, end)]
    while body and _OPTION.match(body[0][1]):
        body.pop(0)
    rows = [(first, " " * match.start("rest") + match["rest"])] if match["rest"].strip() else []
    rows += body
    while rows and not rows[-1][1].strip():
        rows.pop()
    while rows and not rows[0][1].strip():
        rows.pop(0)
    kept = [(number, line.strip(), len(line) - len(line.lstrip())) for number, line in rows]
    latex = "\n".join(line for _, line, _ in kept)
    places = tuple((number + 1, cut + 1) for number, _, cut in kept)
    outer = (first + 1, len(match["indent"]) + 1), (end, len(lines[end - 1]) + 1)
    found = Formula(latex, "math", True, places or ((first + 1, match.start("rest") + 1),), outer=outer)
    last = max((number for number in range(first, end) if lines[number].strip()), default=first) + 1
    lead, trail = "\n".join(lines[max(0, first - 4) : first]), "\n" + "\n".join(lines[last : end + 3])
    return replace(found, lead=lead[-LEAD:], trail=trail[:TRAIL])


def _inline(source: Text) -> Iterator[Formula]:
    for match in _ROLE.finditer(source.text):
        group = "latex" if match["latex"] is not None else "after"
        if match[group] is not None and match[group].strip():
            formula = source.formula(*match.span(group), ":math:", False)
            placed = replace(formula, outer=(source.place(match.start()), source.place(match.end())))
            yield with_text(placed, source.text, *match.span())
