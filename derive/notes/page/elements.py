"""The elements that a note may write as HTML: those that only say how text is set, without attributes."""

from __future__ import annotations

from html.parser import HTMLParser

from derive.notes.page.texts import text

INLINE = frozenset("b i em strong u s del ins sub sup code kbd mark small q cite var samp".split())
BLOCKS = frozenset("p ul ol li table thead tbody tr th td blockquote h1 h2 h3 h4 h5 h6 dl dt dd pre".split())
EMPTY = frozenset(("br", "hr"))
_DROPPED = frozenset("script style template iframe object noscript svg math select textarea title".split())
_PARAGRAPHS = frozenset("summary figcaption center caption".split())
"""Shown as paragraphs."""


LONGEST = 20_000
"""HTML with more letters is shown as it is written."""


def block(markup: str) -> str:
    """HTML that a note has between its paragraphs, with known elements alone, each of them closed."""
    if len(markup) > LONGEST:
        return text(markup)
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.result()


def picture(alternative: str, source: str) -> str:
    """What stands for a picture: the page loads nothing."""
    said = alternative.strip() or source.rpartition("/")[2] or "without a name"
    return f'<span class="picture">picture: {text(said)}</span>'


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.dropped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self.dropped.append(tag)
        elif self.dropped:
            return
        elif tag == "img":
            known = dict(attrs)
            self.parts.append(picture(known.get("alt") or "", known.get("src") or ""))
        elif tag in EMPTY:
            self.parts.append(f"<{tag}>")
        elif name := _name(tag):
            self.parts.append(f"<{name}>")
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in EMPTY or tag == "img":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.dropped:
            if tag in self.dropped:
                del self.dropped[self.dropped.index(tag) :]
        elif tag in self.open:
            while self.open:
                last = self.open.pop()
                self.parts.append(f"</{_name(last)}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.dropped:
            self.parts.append(text(data))

    def result(self) -> str:
        return "".join((*self.parts, *(f"</{_name(tag)}>" for tag in reversed(self.open))))


def _name(tag: str) -> str:
    if tag in INLINE or tag in BLOCKS:
        return tag
    return "p" if tag in _PARAGRAPHS else ""
