"""A page as an HTML parser sees it."""

from html.parser import HTMLParser

from derive.notes.find import formulas_in
from derive.notes.judge import Note
from derive.notes.page.page import page

VOID = {"meta", "br", "hr", "input", "img", "link", "base"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str], parent: "Element | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element | str] = []

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def every(self):
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.every()

    def of(self, tag: str = "", name: str = "") -> "list[Element]":
        return [each for each in self.every() if (not tag or each.tag == tag) and (not name or name in each.classes)]

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


class _Parser(HTMLParser):
    """Builds the tree, and refuses what is closed in another order than it was opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {}, None)

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs)
        made = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(made)
        if tag not in VOID:
            self.at = made

    def handle_startendtag(self, tag, attrs):
        self.at.children.append(Element(tag, {name: value or "" for name, value in attrs}, self.at))

    def handle_endtag(self, tag):
        assert tag == self.at.tag, f"</{tag}> in <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)


def parsed(markup: str) -> Element:
    reader = _Parser()
    reader.feed(markup)
    reader.close()
    assert reader.at is reader.root
    return reader.root


def written(text: str, ending: str = ".md", name: str = "note.md") -> str:
    """The page of a text."""
    return page(name, text, ending, Note(formulas_in(text, ending)).check())


def read(text: str, ending: str = ".md", name: str = "note.md") -> Element:
    return parsed(written(text, ending, name))
