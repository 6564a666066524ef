"""Finds formulas by their delimiters, in text from which everything that is not to be read has been blanked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.notes.find.around import with_text
from derive.notes.find.formula import Formula, Text
from derive.notes.find.macros import BEGINNING, MARK, MOST, definition
from derive.notes.find.search import Search, paragraph_end

ENVIRONMENTS = (
    "equation align gather multline eqnarray alignat flalign displaymath math dmath aligned gathered split empheq "
    "IEEEeqnarray dgroup"
).split()
"""Environments that hold formulas outside of other delimiters, each with and without a star."""

_OPENER = re.compile(
    r"""(?P<escape>\\[$%#&_{}])
      | (?P<macro>MACRO)
      | (?P<environment>\\begin\s*\{\s*(?P<name>[a-zA-Z]+\*?)\s*\})
      | (?P<dollars>(?<!\$)\$\$)
      | (?P<bracket>\\\\?\[)
      | (?P<paren>\\\\?\()
      | (?P<tick>\$`)
      | \{\{[<%]\s*katex\b(?P<hugo>[^<>%}\n]*)[>%]\}\}
      | \{%\s*(?P<jekyll>katex|math)\b(?P<options>[^%}\n]*)%\}
      | (?P<dollar>\$)""".replace("MACRO", BEGINNING),
    re.VERBOSE,
)
_OTHER_DELIMITER = r"(?<!\\)\$|\\[\[(]|\{\{[<%]\s*katex|\{%\s*(?:katex|math)"
_HEADING = r"^\#{1,6}\s"
_LOOKS_LIKE_A_FORMULA = re.compile(r"[\\_^={}]|^\s*[A-Za-z]'?\s*$")


def mathematics(source: Text, tex: bool = False) -> Iterator[Formula]:
    """All formulas between delimiters, in their order. In LaTeX documents a `$` is always a delimiter."""
    search, at, macros = Search(source.text), 0, 0
    while match := _OPENER.search(source.text, at):
        macros += match["macro"] is not None
        found = _formula(source, search, match, tex) if macros <= MOST or not match["macro"] else None
        if found is None:
            at = match.end()
        else:
            formula, at = found
            found = replace(formula, outer=(source.place(match.start()), source.place(at)))
            yield with_text(found, source.text, match.start(), at)


Found = tuple[Formula, int]
"""A formula, and where the text goes on."""


def _formula(source: Text, search: Search, match: re.Match, tex: bool) -> Found | None:
    if match["macro"]:
        defined = definition(source.text, match.start())
        return (source.formula(match.start(), defined.end, MARK, False), defined.end) if defined is not None else None
    if match["hugo"] is not None or match["jekyll"]:
        return _shortcode(source, search, match)
    if match["environment"]:
        return _environment(source, search, match)
    if match["dollars"]:
        return _until(source, search, match.end(), r"(?<!\\)\$\$", "$$")
    if match["bracket"]:
        closing = _closing(match.group(), "]")
        return _until(source, search, match.end(), closing, r"\[") if search.next(closing, match.end()) else None
    return None if match["escape"] else _inline(source, search, match, tex)


def _closing(opening: str, bracket: str) -> str:
    """The end that belongs to an opening: as many backslashes, and the bracket."""
    slashes = opening.count("\\")
    return rf"(?<!\\)\\{{{slashes}}}\{bracket}"


def _until(source: Text, search: Search, start: int, closing: str, mark: str) -> Found:
    """What follows up to the closing delimiter; a heading before it means that it is missing."""
    end, heading = search.next(closing, start), search.next(_HEADING, start)
    if end is None or (heading is not None and heading.start() < end.start()):
        stop = paragraph_end(search, start)
        return source.formula(start, stop, mark, True, unclosed=True), stop
    return source.formula(start, end.start(), mark, True), end.end()


def _environment(source: Text, search: Search, match: re.Match) -> Found | None:
    name = match["name"]
    if name.rstrip("*") not in ENVIRONMENTS:
        return None
    end = search.next(rf"\\end\s*\{{\s*{re.escape(name)}\s*\}}", match.end())
    start = _after_arguments(source.text, match.end(), name)
    if end is None:
        stop = paragraph_end(search, match.end())
        return source.formula(start, max(start, stop), name, True, unclosed=True), max(start, stop)
    return source.formula(start, max(start, end.start()), name, True), end.end()


def _shortcode(source: Text, search: Search, match: re.Match) -> Found | None:
    """What stands between the shortcodes of site generators, where these are its only delimiters."""
    hugo = match["hugo"] is not None
    closing = r"\{\{[<%]\s*/\s*katex\s*[>%]\}\}" if hugo else rf"\{{%\s*end{match['jekyll']}\b[^%}}\n]*%\}}"
    end = search.next(closing, match.end())
    if end is None:
        return None
    other = search.next(_OTHER_DELIMITER, match.end())
    if other is not None and other.start() < end.start():
        return None
    own_lines = source.text[match.end() : match.end() + 1] == "\n"
    displayed = own_lines or "display" in (match["hugo"] or match["options"] or "")
    return source.formula(match.end(), end.start(), match.group().strip("{}<>% "), displayed), end.end()


_ARGUMENTS = {
    "alignat": re.compile(r"\s*\{\s*\d+\s*\}"),
    "IEEEeqnarray": re.compile(r"\s*(?:\[[a-z]\])?\s*\{[a-zA-Z?/\s\\,:;]*\}"),
    "empheq": re.compile(r"\s*(?:\[[^\]\n]*\])?\s*\{[a-zA-Z]+\*?\s*(?:=\s*\d+)?\}"),
}
"""What may follow the beginning of an environment: its columns, or how it is put in a box."""


def _after_arguments(text: str, at: int, name: str) -> int:
    """Past the number of columns of alignat, and the like."""
    known = _ARGUMENTS.get(name.rstrip("*"))
    argument = known.match(text, at) if known is not None else None
    return argument.end() if argument else at


def _inline(source: Text, search: Search, match: re.Match, tex: bool) -> Found | None:
    mark = "$`" if match["tick"] else "$" if match["dollar"] else r"\("
    closing = {"$`": r"`\$", "$": r"(?<!\\)\$", r"\(": _closing(match.group(), ")")}[mark]
    start = match.end()
    end = search.next(closing, start)
    if end is None or end.start() > paragraph_end(search, start):
        return None
    inside = source.text[start : end.start()]
    if mark == "$" and not tex and not _is_math(inside, source.text[end.end() : end.end() + 1]):
        return None
    displayed = inside.lstrip().startswith(r"\displaystyle")
    return source.formula(start, end.start(), mark, displayed), end.end()


def _is_math(inside: str, after: str) -> bool:
    """Pandoc's rule, which keeps prices apart from formulas; with blanks inside it must look like one."""
    if not inside.strip():
        return False
    tight = not inside[0].isspace() and not inside[-1].isspace() and not after.isdigit()
    return tight or ("\n" not in inside and _LOOKS_LIKE_A_FORMULA.search(inside) is not None)
