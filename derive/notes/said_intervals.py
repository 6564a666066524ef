"""Numbers that a document says to be in an interval, lambda in [0, 1]: what is false of others may hold for these."""

from __future__ import annotations

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import declare
from derive.notes.stated import Stated, Subject
from derive.notes.survey import Survey


class SaidIntervals:
    """Says so of a refuted relation with such a name."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey

    def rule(self, stated: Stated) -> Subject | None:
        symbols = map(self.survey.symbols.symbol, (part for side in stated.sides for part in side.walk()))
        names = {symbol.key for symbol in symbols if symbol is not None}
        for formula, read in zip(self.survey.formulas, self.survey.read, strict=True) if names else ():
            for statement in () if isinstance(read, Unread) else read:
                key = self._in_interval(statement.chain)
                if key in names:
                    said = " ".join(formula.latex.split())
                    reason = f"line {formula.line} says that {said}, and it may fail for other numbers alone"
                    return Subject(reason, declare("assume", rf"0 \le {latex_of(key)} \le 1"))
        return None

    def _in_interval(self, chain: tree.Node) -> str | None:
        """The name that a formula says to be between two numbers."""
        if not isinstance(chain, tree.Chain) or chain.signs[0].text != "\\in" or len(chain.sides) != 2:
            return None
        name, group = chain.sides
        symbol = self.survey.symbols.symbol(name)
        if symbol is None or not isinstance(group, tree.Group) or group.opening not in ("[", "("):
            return None
        return symbol.key if isinstance(group.body, tree.Items) and len(group.body.items) == 2 else None
