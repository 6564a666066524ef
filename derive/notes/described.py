"""Names that a list describes in words, in another section than that of their formula: they may be something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.latex.reader import Unread
from derive.notes.definitions import Definitions
from derive.notes.meaning.symbols import latex_of
from derive.notes.stated import Stated, Subject
from derive.notes.survey import Survey

_ITEM = re.compile(r"(?:^|\n)[ \t>]*(?:[-*+•]|\d+[.)])\s*[*_(]{0,3}$")
_COLON = re.compile(r"^[*_)]{0,3}\s*(?:[:：—–]|-\s)")


class Described:
    """Says so of a refuted relation that rests on such a name."""

    def __init__(self, survey: Survey, definitions: Definitions, number: int) -> None:
        self.survey, self.definitions, self.number = survey, definitions, number

    def rule(self, stated: Stated) -> Subject | None:
        names = set().union(*map(self.definitions.names_in, stated.sides))
        for key, place in self._listed():
            former = self.definitions.current.get((key, False))
            if key in names and former is not None and self._is_anew(place, former.number):
                first, line = (self.survey.formulas[number].line for number in (former.number, place))
                reason = f"line {line} describes {latex_of(key)} anew, which may be something else than in line {first}"
                return Subject(reason, "write what it is here, or take another name")
        return None

    def _is_anew(self, place: int, former: int) -> bool:
        """Whether a formula stands behind a former one, and in another section."""
        return former < place and self.survey.formulas[former].section != self.survey.formulas[place].section

    def _listed(self) -> Iterator[tuple[str, int]]:
        """The names above that stand alone at the head of an item, and the numbers of their formulas."""
        for place in range(self.number - 1, -1, -1):
            formula, read = self.survey.formulas[place], self.survey.read[place]
            if formula.display or isinstance(read, Unread) or len(read) != 1:
                continue
            if _ITEM.search(formula.lead) and _COLON.match(formula.trail):
                symbol = self.survey.symbols.symbol(read[0].chain)
                if symbol is not None:
                    yield symbol.key, place
