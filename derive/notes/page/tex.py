"""LaTeX documents in a simple way: headings, paragraphs, lists and code; other commands stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.notes.page.blocks import CODE, HEADING, ITEM, PARAGRAPH, Block, as_html
from derive.notes.page.texts import text

_BODY = re.compile(r"\\begin\s*\{document\}(?P<body>.*?)(?:\\end\s*\{document\}|\Z)", re.DOTALL)
_TITLE = re.compile(r"\\title\s*\{(?P<title>[^{}]*)\}")
_CODE = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|Verbatim|alltt)\}(?P<code>.*?)(?:\\end\{\1\}|\Z)", re.DOTALL
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?[ \t]*")
_LEVELS = {
    **{"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5},
    **{"subparagraph": 6},
}
_SPLIT = re.compile(
    rf"""\\(?P<heading>{"|".join(_LEVELS)})\*?\s*(?:\[[^\]]*\])?\{{(?P<title>(?:[^{{}}]|\{{[^{{}}]*\}})*)\}}
      | \\(?P<frame>begin|end)\s*\{{(?P<name>[A-Za-z]+)\*?\}}(?:\[(?P<said>[^\]]*)\])?
      | (?P<item>\\item)\b\s*(?:\[(?P<label>[^\]]*)\])?
      | (?P<blank>\n[ \t]*\n\s*|\\par(?![A-Za-z])|\\maketitle(?![A-Za-z]))""",
    re.VERBOSE,
)
_LISTS = {"itemize": 0, "description": 0, "enumerate": 1}
_NAMED = frozenset("abstract proof theorem lemma proposition corollary definition remark example claim".split())


def tex(source: str) -> str:
    """A LaTeX document, in which formulas are held back, as HTML."""
    return as_html(_blocks(source), _inline)


def _blocks(source: str) -> Iterator[Block]:
    if title := _TITLE.search(source):
        yield Block(HEADING, title["title"], 1)
    body = _BODY.search(source)
    rest, at = body["body"] if body else source, 0
    for code in _CODE.finditer(rest):
        yield from _written(rest[at : code.start()])
        yield Block(CODE, code["code"].strip("\n"))
        at = code.end()
    yield from _written(rest[at:])


def _written(source: str) -> Iterator[Block]:
    """Blocks of a text without code: each begins where a command or a blank line says so."""
    source = _COMMENT.sub(r"\1", source)
    lists: list[int] = []
    kind, level, before, at = PARAGRAPH, 0, "", 0
    for found in _SPLIT.finditer(source):
        yield from _said(kind, before + source[at : found.start()], level)
        at, kind, level, before = found.end(), PARAGRAPH, 0, ""
        if found["heading"]:
            yield Block(HEADING, found["title"], _LEVELS[found["heading"]])
        elif found["item"]:
            kind, level = ITEM, lists[-1] if lists else 0
            before = f"\\textbf{{{found['label']}}} " if found["label"] else ""
        elif found["name"] in _LISTS:
            if found["frame"] == "begin":
                lists.append(_LISTS[found["name"]])
            elif lists:
                lists.pop()
        elif found["name"] in _NAMED and found["frame"] == "begin":
            said = f" ({found['said']})" if found["said"] else ""
            before = f"\\textbf{{{found['name'].capitalize()}{said}.}} "
    yield from _said(kind, before + source[at:], level)


def _said(kind: str, own: str, level: int) -> Iterator[Block]:
    if own.strip():
        yield Block(kind, own.strip(), level)


_ESCAPED = re.compile(r"\\([%&#$_{} ])")
_FONTS = {
    **{"emph": "em", "textit": "em", "textsl": "em", "textbf": "strong"},
    **{"texttt": "code", "textrm": "span", "underline": "u"},
}
_FONT = re.compile(rf"\\({'|'.join(_FONTS)})\s*\{{([^{{}}]*)\}}")
_REFERENCE = re.compile(r"\\(?:eq|page|auto|c|C)?ref\s*\{([^{}]*)\}|\\cite[a-z]*\*?\s*(?:\[[^\[\]]*\])*\{([^{}]*)\}")
_SILENT = re.compile(
    r"\\(?:label|centering|noindent|newpage|clearpage|bibliographystyle)(?![A-Za-z])(?:\s*\{[^{}]*\})?"
)
_SIGNS = {"``": "\u201c", "&#x27;&#x27;": "\u201d", "---": "\u2014", "--": "\u2013", "~": "\u00a0", "\\&amp;": "&amp;"}
"""What is typed, as HTML has it, and the sign that it stands for."""

_LINK = re.compile(r"\\(?:href\s*\{[^{}]*\}|url)\s*\{([^{}]*)\}")


def _inline(source: str) -> str:
    """What is in a paragraph: fonts, quotes, dashes and references."""
    shown = text(_LINK.sub(r"\1", _REFERENCE.sub(_named, _SILENT.sub("", source))))
    for _ in range(3):
        shown = _FONT.sub(lambda found: f"<{_FONTS[found[1]]}>{found[2]}</{_FONTS[found[1]]}>", shown)
    shown = re.sub(r"\\\\(?:\[[^\]]*\])?|\\newline(?![A-Za-z])", "<br>", shown)
    for written, sign in _SIGNS.items():
        shown = shown.replace(written, sign)
    return _ESCAPED.sub(r"\1", shown)


def _named(found: re.Match) -> str:
    return f"[{found[1] or found[2]}]"
