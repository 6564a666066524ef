"""A wrong relation where it stands in its formula, and how a change of it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.candidates import ASSIGNED
from derive.notes.meaning.value import Reading
from derive.notes.repair.edit import Edit, Text, edited, span, written
from derive.notes.report import Mending

if TYPE_CHECKING:
    from derive.notes.judge import Note

_ALIGNED = re.compile(r"(?:\\\\|&|\s)+\Z")
"""What stands between a side and the sign of the next row."""


class Place:
    """A relation of one formula; `before` is the mending of the side that it goes on from, where there is one."""

    def __init__(self, note: Note, number: int, left: tree.Node, right: tree.Node, sign: tree.Sign) -> None:
        self.note, self.number = note, number
        self.left, self.right, self.sign = left, right, sign
        self.start = left.start
        self.latex = note.survey.formulas[number].latex
        self.statement, self.at = self._found()
        self.before = note.mended.get((number, left.start))
        self.texts: tuple[Text, ...] = ()
        if self.before is not None:
            self.texts = ((self.before.start, self.before.end, self.before.instead),)
            self.left = self._side(edited(self.latex, self.texts)) or left
        self.carried = self._carried() if self.before is not None else frozenset()

    @property
    def statements(self) -> Sequence[tree.Statement]:
        """The statements of the formula."""
        read = self.note.survey.read[self.number]
        return () if isinstance(read, Unread) else read

    def _found(self) -> tuple[int, int]:
        """Which statement, and which sign in it."""
        for first, statement in enumerate(self.statements):
            for second, sign in enumerate(getattr(statement.chain, "signs", ())):
                if sign == self.sign:
                    return first, second
        raise LookupError(self.sign.text)

    @property
    def chain(self) -> tree.Node:
        """What the relation stands in."""
        return self.statements[self.statement].chain

    def _carried(self) -> frozenset[str | None]:
        """The mistakes in what stands before in the formula: the next sides may have them still."""
        found = self.note.mended.items()
        before = [each for (number, at), each in found if number == self.number and at <= self.start]
        return frozenset(code for each in before for code in (each.code, *each.also))

    def _side(self, latex: str) -> tree.Node | None:
        """The left side in a changed formula."""
        read = self.note.survey.understood(self.number, latex)
        if isinstance(read, Unread):
            return None
        sides: list[tree.Node] = []
        for chain in (statement.chain for statement in read[: self.statement + 1]):
            self.note.survey.sizes.read(self.number, chain)
            own = list(chain.sides) if isinstance(chain, tree.Chain) else [chain]
            if isinstance(own[0], tree.Nothing) and sides:
                own[0] = sides[-1]
            sides = own
        return sides[self.at] if len(sides) > self.at else None

    @property
    def is_alone(self) -> bool:
        """Whether the left side belongs to this relation only, and stands in this formula."""
        chain = self.chain
        if not isinstance(chain, tree.Chain) or chain.sides[self.at] is not self.left:
            return False
        return self.at == 0 or (self.at == 1 and chain.signs[0].text in ASSIGNED)

    def with_edit(self, edit: Edit) -> str:
        """The formula with an edit, and with the mending of what stands before."""
        return edited(self.latex, (*self.texts, *edit.texts))

    def written(self, edit: Edit, reading: Reading) -> Mending:
        """An edit as what is said of the relation; `reading` is that in which it is proved."""
        if not edit.texts and self.before is not None:
            return replace(self.before, latex=self._whole(edit), reading=reading)
        start = min(text[0] for text in edit.texts)
        end = max(text[1] for text in edit.texts)
        instead = edited(self.latex, edit.texts, start, end)
        if start == end:
            end = self._behind(start)
            instead += self.latex[start:end]
        code, *also = self._own(edit)
        return Mending(start, end, instead, self._whole(edit), code, tuple(filter(None, also)), reading)

    def _own(self, edit: Edit) -> Sequence[str | None]:
        """The mistakes that are made in this relation, and not carried on from the one before."""
        own = [code for code in edit.codes if code not in self.carried]
        return own or [edit.code]

    def _behind(self, at: int) -> int:
        """The end of the smallest part that begins at a place, for a mark below it."""
        ends = [span(self.latex, part)[1] for part in self.right.walk() if part.start == at]
        return min((end for end in ends if end > at), default=at)

    def _whole(self, edit: Edit) -> str:
        """The relation with the edit made."""
        if self.is_alone:
            begin = self.left.start
            return _in_a_row(edited(self.latex, edit.texts, begin, span(self.latex, self.right)[1]))
        signs = [text for text in edit.texts if text[1] <= self.sign.end]
        others = [text for text in edit.texts if text[1] > self.sign.end]
        sign = edited(self.latex, signs, self.sign.start, self.sign.end)
        right = edited(self.latex, others, *span(self.latex, self.right))
        return f"{self._left_text()} {sign} {right}"

    def _left_text(self) -> str:
        if self.texts:
            return _ALIGNED.sub("", edited(self.latex, self.texts, self.start, self.sign.start))
        for number in range(self.number, -1, -1):
            read = self.note.survey.read[number]
            for statement in () if isinstance(read, Unread) else read:
                if any(part is self.left for part in statement.chain.walk()):
                    return written(self.note.survey.formulas[number].latex, self.left)
        return ""


def _in_a_row(latex: str) -> str:
    """A relation without the marks at which rows are aligned."""
    return latex if "\\begin" in latex else re.sub(r"(?<!\\)&\s*", "", latex)
