"""The text of a note as HTML, with its formulas in their places, by the kind of its file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape

from derive.notes.find import Formula
from derive.notes.page.held import held, plain, without
from derive.notes.page.texts import text

Numbered = tuple[int, Formula]
"""A formula and its number in the document."""

_HEADING = re.compile(r"<h[1-3][^>]*>(.*?)</h[1-3]>", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(?P<quote>[\"']?)(?P<title>.*?)(?P=quote)[ \t]*$", re.MULTILINE)


def body(source: str, ending: str, formulas: Sequence[Numbered]) -> tuple[str, str]:
    """The markup of a document, with its formulas still held, and its front matter."""
    if ending.lower() == ".ipynb":
        return _notebook(source, formulas), ""
    lines = [line.removesuffix("\r") for line in source.split("\n")]
    if ending.lower() in (".tex", ".ltx"):
        from derive.notes.page.tex import tex

        return tex(without(lines, formulas)), ""
    if ending.lower() == ".rst":
        from derive.notes.page.rst import rst

        return rst(without(lines, formulas, around="\n\n")), ""
    from derive.notes.page.markdown import front_matter

    front, rest = front_matter(without(lines, formulas))
    return _front(front) + _markdown(rest, formulas), front


def _markdown(source: str, formulas: Sequence[Numbered]) -> str:
    from derive.notes.page.markdown import markdown

    return markdown(source, frozenset(number for number, formula in formulas if formula.display))


def _front(matter: str) -> str:
    return f'<pre class="front"><code>{text(matter)}</code></pre>\n' if matter.strip() else ""


def _notebook(source: str, formulas: Sequence[Numbered]) -> str:
    """The cells of a notebook: text, and code as it is written."""
    parts = []
    for number, cell in enumerate(json.loads(source)["cells"], 1):
        if not isinstance(cell, dict):
            continue
        written = cell.get("source", "")
        whole = "".join(map(str, written)) if isinstance(written, list) else str(written)
        if cell.get("cell_type") == "markdown":
            own = [each for each in formulas if each[1].cell == number]
            lines = [line.removesuffix("\r") for line in whole.split("\n")]
            parts.append(_markdown(without(lines, own), own))
        elif whole.strip():
            parts.append(f'<pre class="cell"><code>{text(plain(whole))}</code></pre>\n')
    return "".join(parts)


def title(markup: str, front: str, name: str) -> str:
    """What a note is called: in its front matter, else in its first heading, else the name of its file."""
    declared = _TITLE.search(front)
    heading = _HEADING.search(markup)
    found = declared["title"] if declared else _text_of(heading[1]) if heading else ""
    return " ".join(found.split()) or re.split(r"[\\/]", name)[-1]


def _text_of(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", re.sub(f"{held(0)[0]}\\d+{held(0)[-1]}", "", markup)))
