"""One relation as it is written, and what is said of it where it claims nothing that numbers could show."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from derive.latex.reader import syntax as tree
from derive.notes.report import Relation


@dataclass(frozen=True)
class Subject:
    """What a relation is about: the reason why it is not decided, what would help, and where to look."""

    reason: str
    help: str = ""
    span: tuple[int, int] | None = None
    keeps_help: bool = False

    def of(self, relation: Relation) -> Relation:
        """A relation that is undecided, with this as its reason; what would mend it is kept."""
        helped = relation.help if self.keeps_help or relation.mending is not None else self.help
        return replace(relation, reason=self.reason, help=helped, span=self.span or relation.span)


UPDATE = "an update: it gives a name a new value from its old one"


@dataclass(frozen=True)
class Stated:
    """One relation as it is written; `latex` is that of its formula."""

    left: tree.Node
    sign: tree.Sign
    right: tree.Node
    latex: str

    @property
    def sides(self) -> tuple[tree.Node, tree.Node]:
        return self.left, self.right

    def text(self, node: tree.Node) -> str:
        """A part as it is written, on one line."""
        return text_of(self.latex, node.start, node.end)


_ALIGNED = re.compile(r"(?<!\\)&")
"""Where rows are aligned, which is no part of a formula."""

Rule = Callable[[Stated], Subject | None]


def text_of(latex: str, start: int, end: int) -> str:
    """A part of a formula as it is written, on one line, with the braces that close what is open in it."""
    missing = latex[start:end].count("{") - latex[start:end].count("}")
    while missing > 0 and latex[end : end + 1] == "}":
        end, missing = end + 1, missing - 1
    return " ".join(_ALIGNED.sub(" ", latex[start:end]).split())
