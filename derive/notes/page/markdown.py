"""Markdown as HTML: the text of a note is shown, and nothing in it is run, loaded or taken as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from derive.notes.page import elements
from derive.notes.page.held import ENCODED, HELD, numbers
from derive.notes.page.texts import text

SCHEMES = ("http", "https", "mailto", "")
PREFIX = "note-"
"""Before the names of places in a note, so that they are none of the page's own."""

_FRONT = re.compile(r"\s*---[ \t]*\n(?P<matter>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TAG = re.compile(r"<(?P<end>/?)\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\b[^>]*>")
_SLUG = re.compile(r"[^\w\- ]+|-(?=-)")


def front_matter(source: str) -> tuple[str, str]:
    """The lines between `---` at the beginning of a note, and the rest."""
    found = _FRONT.match(source)
    return (found["matter"], source[found.end() :]) if found else ("", source)


def markdown(source: str, displayed: frozenset[int]) -> str:
    """A text in Markdown, in which formulas are held back, as HTML; `displayed` are the numbers of displayed ones."""
    env: dict[str, Any] = {"displayed": displayed, "names": Counter()}
    tokens = _parser().parse(source, env)
    for token in tokens:
        if token.children is not None:
            token.children = _balanced(token.children)
    return _parser().renderer.render(tokens, _parser().options, env)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable(["table", "strikethrough"])
    rules = {
        "paragraph_open": _paragraph,
        "paragraph_close": _paragraph_end,
        "heading_open": _heading,
        "code_block": _code_block,
        "fence": _fence,
        "html_block": _html_block,
        "html_inline": _html_inline,
        "image": _image,
        "link_open": _link,
        "text": _text,
        "code_inline": _code,
        "table_open": lambda self, tokens, at, options, env: '<div class="scroll"><table>',
        "table_close": lambda self, tokens, at, options, env: "</table></div>",
        "td_open": _cell,
        "th_open": _cell,
        "ordered_list_open": _ordered,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


Tokens = Sequence[Token]


def _holds_display(content: str, env: dict[str, Any]) -> bool:
    return any(number in env["displayed"] for number in numbers(content))


def _paragraph(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    """A paragraph with a displayed formula in it is no `p`, in which no block may stand."""
    if tokens[at].hidden:
        return ""
    return '<div class="p">' if _holds_display(tokens[at + 1].content, env) else "<p>"


def _paragraph_end(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    if tokens[at].hidden:
        return "\n"
    return "</div>\n" if _holds_display(tokens[at - 1].content, env) else "</p>\n"


def _heading(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    """A heading with its name, by which the note's own links find it."""
    slug = _SLUG.sub("", HELD.sub("", tokens[at + 1].content)).strip().lower().replace(" ", "-")
    count = env["names"][slug]
    env["names"][slug] += 1
    name = f"{slug}--{count}" if count else slug
    return f'<{tokens[at].tag} id="{text(PREFIX + name)}">'


def _code_block(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    """Indented text is code, unless there is a formula in it."""
    content = text(tokens[at].content.rstrip("\n"))
    return f'<div class="p">{content}</div>\n' if numbers(content) else f"<pre><code>{content}</code></pre>\n"


def _fence(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    return f"<pre><code>{text(tokens[at].content)}</code></pre>\n"


def _code(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    return f"<code>{text(tokens[at].content)}</code>"


def _text(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    return text(tokens[at].content)


def _html_block(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    shown = elements.block(tokens[at].content)
    return f'<div class="p">{shown}</div>\n' if shown.strip() else ""


def _html_inline(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    content = tokens[at].content
    found = _TAG.match(content)
    name = found["name"].lower() if found else ""
    if name in ("br", "img"):
        return elements.block(content)
    return f"<{found['end']}{name}>" if found and tokens[at].meta.get("kept") else ""


def _image(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    return elements.picture(tokens[at].content, unquote(str(tokens[at].attrs.get("src", ""))))


def _link(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    """A link to where it may lead: places in the note, other notes, and pages."""
    address = str(tokens[at].attrs.get("href", ""))
    if not address or ENCODED.search(address) or not _may_lead(address):
        return "<a>"
    if address.startswith("#"):
        return f'<a href="#{text(PREFIX + unquote(address[1:]).lower())}">'
    return f'<a href="{text(address)}" rel="noopener noreferrer">'


def _may_lead(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in SCHEMES
    except ValueError:
        return False


def _cell(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    aligned = re.search(r"text-align:(center|right)", str(tokens[at].attrs.get("style", "")))
    return f'<{tokens[at].tag} class="{aligned[1]}">' if aligned else f"<{tokens[at].tag}>"


def _ordered(self: object, tokens: Tokens, at: int, options: object, env: dict[str, Any]) -> str:
    start = tokens[at].attrs.get("start")
    return f'<ol start="{int(start)}">' if start is not None else "<ol>"


def _balanced(children: Sequence[Token]) -> list[Token]:
    """Marks the tags within a paragraph that are opened and closed in it, and say how text is set."""
    opened: list[tuple[str, Token]] = []
    for child in children:
        found = _TAG.match(child.content) if child.type == "html_inline" else None
        if found is None or (name := found["name"].lower()) not in elements.INLINE:
            continue
        if not found["end"]:
            opened.append((name, child))
        elif opened and opened[-1][0] == name:
            child.meta["kept"] = opened.pop()[1].meta["kept"] = True
    return list(children)
