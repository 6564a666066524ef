"""Markdown: code and comments are blanked, the marks of quotes are taken off, fences marked `math` are formulas."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from derive.notes.find.around import in_source
from derive.notes.find.formula import Formula, Text
from derive.notes.find.mathematics import mathematics
from derive.notes.find.search import Search, paragraph_end

_QUOTE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_FENCE = re.compile(
    r"\s*(?:(?:[-*+]|\d+[.)])\s+)*(?P<fence>`{3,}|~{3,}|:{3,}(?=[ \t]*(?:\{math\}|$)))"
    r"[ \t]*(?P<language>\{[^`}]*\}?|[^\s`{]*)[^`]*$"
)
_OPTION = re.compile(r"\s*:[a-z-]+:|\s*$")
_CONTAINERS = frozenset(
    "note tip hint important warning caution danger attention error seealso admonition dropdown margin sidebar "
    "details exercise solution card grid tab-item tab-set div epigraph aside".split()
)
"""Fences with such a name in braces hold text, not code."""

_ELEMENT = re.compile(r"<(?P<comment>!--)|<(?P<name>pre|code|script|style)\b[^>\n]*>", re.IGNORECASE)
_MARK = re.compile(r"`{3}|~{3}|:{3}")
_TICKS = re.compile(r"`+")


def markdown(text: str) -> list[Formula]:
    """The formulas of a Markdown document, in their order."""
    source = Text.of([_unquoted(line) for line in text.split("\n")])
    fenced, blanked = _fences(source)
    rest = _without_spans(_without(blanked, _ELEMENT, _end_of_element))
    plain = Text(rest, source.columns, source.starts)
    found = [*(in_source(formula, plain) for formula in fenced), *mathematics(plain)]
    return sorted(found, key=lambda formula: formula.lines[0])


def _unquoted(line: str) -> tuple[str, int]:
    """A line without the marks of the quotes that it stands in, and how many characters they had."""
    line = line.removesuffix("\r")
    match = _QUOTE.match(line)
    return (line[match.end() :], match.end()) if match else (line, 0)


def _fences(source: Text) -> tuple[list[Formula], str]:
    """The formulas in fences marked `math`, and the text with all fences blanked."""
    found, lines = [], source.text.split("\n")
    opened: tuple[int, str, str] | None = None
    around: list[str] = []
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if match is None:
            continue
        fence, language = match["fence"], match["language"].lower()
        if opened is not None and _closes(match, opened[1]):
            found += _fenced(source, opened[0], number, opened[2])
            lines[opened[0] : number + 1] = [" " * len(each) for each in lines[opened[0] : number + 1]]
            opened = None
        elif opened is None and around and _closes(match, around[-1]):
            lines[number] = " " * len(line)
            around.pop()
        elif opened is None and _is_container(language):
            lines[number] = " " * len(line)
            around.append(fence)
        elif opened is None and (language or not fence.startswith(":")):
            opened = number, fence, language
    if opened is not None:
        found += _fenced(source, opened[0], len(lines) - 1, opened[2], unclosed=True)
        lines[opened[0] :] = [" " * len(each) for each in lines[opened[0] :]]
    return found, "\n".join(lines)


def _is_container(language: str) -> bool:
    name = language.strip("{}. ")
    return language.startswith("{") and (name in _CONTAINERS or name.startswith(("prf:", "proof:")))


def _closes(match: re.Match, fence: str) -> bool:
    return match["fence"][0] == fence[0] and len(match["fence"]) >= len(fence) and not match["language"]


def _fenced(source: Text, first: int, last: int, language: str, unclosed: bool = False) -> list[Formula]:
    if language.strip("{}. ") != "math":
        return []
    content = first + 1
    if language.startswith("{"):  # a directive, which may have options before its content
        while content < last and _OPTION.match(source.line(content)):
            content += 1
    start = source.starts[content] if content < len(source.starts) else len(source.text)
    end = source.starts[last] if last < len(source.starts) else len(source.text)
    formula = source.formula(start, max(start, end), "math", True, unclosed)
    opening = _MARK.search(source.text, source.starts[first])
    opened = opening.start() if opening else source.starts[first]
    closed = source.starts[last + 1] - 1 if last + 1 < len(source.starts) else len(source.text)
    return [replace(formula, outer=(source.place(opened), source.place(closed)))]


def _end_of_element(match: re.Match) -> str:
    return "-->" if match["comment"] else rf"(?i:</{match['name']}\s*>)"


def blank(text: str) -> str:
    """As many blanks, and the ends of lines."""
    return re.sub(r"[^\n]", " ", text)


def _without(text: str, opening: re.Pattern, closing: Callable[[re.Match], str]) -> str:
    """The text with everything between an opening and its closing blanked; without a closing nothing is."""
    search, parts, at = Search(text), [], 0
    while match := opening.search(text, at):
        end = search.next(closing(match), match.end())
        stop = end.end() if end else match.end()
        parts += [text[at : match.start()], blank(text[match.start() : stop]) if end else match.group()]
        at = stop
    return "".join((*parts, text[at:]))


def _without_spans(text: str) -> str:
    """Without code between backticks, unless dollars stand around them: $`x`$ is a formula."""
    search, parts, at = Search(text), [], 0
    while opening := _TICKS.search(text, at):
        closing = search.next(rf"(?<!`){opening.group()}(?!`)", opening.end())
        if closing is None or paragraph_end(search, opening.end()) < closing.start():
            parts.append(text[at : opening.end()])
            at = opening.end()
            continue
        keep = text[opening.start() - 1 : opening.start()] == "$" and text[closing.end() : closing.end() + 1] == "$"
        span = text[opening.start() : closing.end()]
        parts += [text[at : opening.start()], span if keep else blank(span)]
        at = closing.end()
    return "".join((*parts, text[at:]))
