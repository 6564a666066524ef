"""reStructuredText in a simple way: headings, paragraphs, lists and code; directives are shown by their text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.notes.page.blocks import CODE, HEADING, ITEM, PARAGRAPH, Block, as_html
from derive.notes.page.texts import text

_RULE = re.compile(r"([=\-~^\"'`#*+.:_])\1{1,}\s*$")
_ITEM = re.compile(r"\s*(?P<mark>[-*+\u2022]|(?P<number>\d+|#)[.)])\s+")
_CODE = re.compile(r"\s*\.\.\s+(?:code|code-block|sourcecode|parsed-literal|literalinclude|raw)::")
_DIRECTIVE = re.compile(r"\s*\.\.\s+(?P<name>[\w-]+)::\s*(?P<rest>.*)", re.DOTALL)
_COMMENT = re.compile(r"\s*\.\.(?:\s|$)(?!\s*_)")
_TARGET = re.compile(r"\s*\.\.\s+_")
_OPTION = re.compile(r"\s*:[\w-]+:.*\n?")


def rst(source: str) -> str:
    """A reStructuredText document, in which formulas are held back, as HTML."""
    return as_html(_blocks(source), _inline)


def _blocks(source: str) -> Iterator[Block]:
    levels: list[str] = []
    literal = False
    for chunk in re.split(r"\n(?:[ \t]*\n)+", source.strip("\n")):
        indented = chunk.startswith((" ", "\t"))
        if literal and indented:
            yield Block(CODE, chunk)
            continue
        literal = (chunk.rstrip().endswith("::") and not _DIRECTIVE.match(chunk)) or bool(_CODE.match(chunk))
        yield from _chunk(chunk, levels)


def _chunk(chunk: str, levels: list[str]) -> Iterator[Block]:
    lines = chunk.split("\n")
    if len(lines) > 2 and _RULE.match(lines[0]) and _RULE.match(lines[2]):
        lines.pop(0)
    if len(lines) > 1 and lines[0].strip() and _RULE.match(lines[1]):
        sign = lines[1].strip()[0]
        if sign not in levels:
            levels.append(sign)
        yield Block(HEADING, lines[0].strip(), levels.index(sign) + 1)
        lines = lines[2:]
    rest = "\n".join(lines)
    if rest.strip():
        yield from _body(rest)


def _body(chunk: str) -> Iterator[Block]:
    if _CODE.match(chunk):
        _, _, code = chunk.partition("\n")
        if code.strip():
            yield Block(CODE, _OPTION.sub("", code, count=0) if code.lstrip().startswith(":") else code)
    elif directive := _DIRECTIVE.match(chunk):
        rest = re.sub(r"(?m)^\s*:[\w-]+:.*\n?", "", directive["rest"])
        yield Block(PARAGRAPH, f"**{directive['name'].capitalize()}.** {rest}")
    elif _ITEM.match(chunk):
        yield from _items(chunk)
    elif not _COMMENT.match(chunk) and not _TARGET.match(chunk):
        yield Block(PARAGRAPH, re.sub(r"::\s*$", ":", chunk))


def _items(chunk: str) -> Iterator[Block]:
    """A list: an item begins where a line has its mark."""
    own: list[str] = []
    level = 0
    for line in chunk.split("\n"):
        if found := _ITEM.match(line):
            if own:
                yield Block(ITEM, " ".join(own), level)
            own, level = [line[found.end() :]], 1 if found["number"] else 0
        else:
            own.append(line.strip())
    yield Block(ITEM, " ".join(own), level)


_LINK = re.compile(r"`([^`]+?)\s*&lt;[^`]*&gt;`_{1,2}|`([^`]+)`_{1,2}")
_ROLE = re.compile(r":[\w:-]+:`([^`]*)`")


def _inline(source: str) -> str:
    """What is in a paragraph: code, strong and stressed text."""
    parts = re.split(r"(``.*?``)", source, flags=re.DOTALL)
    return "".join(f"<code>{text(part[2:-2])}</code>" if at % 2 else _fonts(part) for at, part in enumerate(parts))


def _fonts(source: str) -> str:
    shown = _LINK.sub(lambda found: found[1] or found[2], text(source))
    shown = _ROLE.sub(r"<code>\1</code>", shown)
    shown = re.sub(r"\*\*([^\s<*](?:[^*<]*[^\s<*])?)\*\*", r"<strong>\1</strong>", shown)
    return re.sub(r"(?<!\*)\*([^\s<*](?:[^*<]*[^\s<*])?)\*(?!\*)", r"<em>\1</em>", shown)
