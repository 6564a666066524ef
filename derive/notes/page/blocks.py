"""Headings, paragraphs, lists and code as HTML, for documents that are read in a simple way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from derive.notes.page.held import numbers
from derive.notes.page.texts import text

HEADING, PARAGRAPH, ITEM, CODE = "heading", "paragraph", "item", "code"


@dataclass(frozen=True)
class Block:
    """A part of a text. `level` is that of a heading, from 1, or 1 for the items of lists that are counted."""

    kind: str
    text: str
    level: int = 0


def as_html(blocks: Iterable[Block], inline: Callable[[str], str]) -> str:
    """The blocks one after the other; `inline` makes HTML of what is in a line."""
    return "\n".join(_lines(blocks, inline))


def _lines(blocks: Iterable[Block], inline: Callable[[str], str]) -> Iterator[str]:
    for (kind, level), group in groupby(blocks, lambda block: (block.kind, block.level)):
        found = list(group)
        if kind == ITEM:
            name = "ol" if level else "ul"
            yield f"<{name}>{''.join(f'<li>{inline(block.text)}</li>' for block in found)}</{name}>"
        for block in found if kind != ITEM else ():
            yield _block(block, inline)


def _block(block: Block, inline: Callable[[str], str]) -> str:
    if block.kind == HEADING:
        level = min(max(block.level, 1), 6)
        return f"<h{level}>{inline(block.text)}</h{level}>"
    if block.kind == CODE:
        return f"<pre><code>{text(block.text)}</code></pre>"
    return f'<div class="p">{inline(block.text)}</div>' if numbers(block.text) else f"<p>{inline(block.text)}</p>"
