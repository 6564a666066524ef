"""What the text right before a display says of its names: for $\\epsilon = 0$, ignoring $\\epsilon$."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.latex.reader.conditions import WORDS
from derive.notes.assumptions import Assumption, is_condition
from derive.notes.find import Formula

CONDITIONS = WORDS | frozenset(
    "set setting let letting take taking put assume suppose avec mit con при если 令 设 設 取 когда".split()
)
"""Words behind which an equation with a number, or an inequality, is what a display is said under."""

LEFT_OUT = frozenset(
    (
        "ignoring ignore neglecting neglect dropping drop omitting omit without ohne sans sin ignorons négligeons "
        "忽略 不计 不考虑 没有 略去 省略 去掉 без"
    ).split()
)
"""Words behind which a name is taken to be 0."""


Read = tuple[tree.Statement, ...] | Unread


def in_text(number: int, formulas: Sequence[Formula], read: Sequence[Read]) -> Iterator[Assumption]:
    """The assumptions that the formulas within lines make between the last display and this one."""
    if not formulas[number].display:
        return
    for before in range(number - 1, -1, -1):
        statements = read[before]
        if formulas[before].display:
            return
        if isinstance(statements, Unread) or len(statements) != 1:
            continue
        written, latex = statements[0].chain, formulas[before].latex
        chain = _in_the_limit(written)
        if _ends_in(formulas[before].before, CONDITIONS) and isinstance(chain, tree.Chain) and is_condition(chain):
            yield Assumption(before, chain, latex[written.start : written.end], declared=False)
        elif _ends_in(formulas[before].before, LEFT_OUT) and isinstance(chain, tree.Name):
            yield Assumption(before, _zero(chain), f"{latex} = 0", declared=False)


HELD = frozenset("treating treat considering consider holding hold keeping keep freezing freeze regarding".split())
"""Words behind which names are taken to be constants."""


def held(number: int, formulas: Sequence[Formula], read: Sequence[Read]) -> tree.Node | None:
    """The name that the text takes to be constant here: treating r and d as constants."""
    statements = read[number]
    if formulas[number].display or isinstance(statements, Unread) or len(statements) != 1:
        return None
    node = statements[0].chain
    if not isinstance(node, tree.Name | tree.Scripted):
        return None
    if _ends_in(formulas[number].before, HELD):
        return node
    goes_on = formulas[number].before.strip().endswith(("$ and", "$,", "$ &")) and number > 0
    return node if goes_on and held(number - 1, formulas, read) is not None else None


def _zero(name: tree.Name) -> tree.Chain:
    """The equation of a name and 0."""
    nought = tree.Number(name.start, name.end, Fraction(0))
    return tree.Chain(name.start, name.end, (name, nought), (tree.Sign(name.start, name.end, "="),))


def _in_the_limit(chain: tree.Node) -> tree.Node:
    """A name that goes to 0 is 0."""
    if isinstance(chain, tree.Chain) and len(chain.sides) == 2 and isinstance(chain.sides[0], tree.Name):
        number = chain.sides[1]
        if chain.signs[0].text in ("\\to", "\\rightarrow") and isinstance(number, tree.Number) and not number.value:
            return _zero(chain.sides[0])
    return chain


def _ends_in(text: str, words: frozenset[str]) -> bool:
    """Whether the last word of a text is one of these; where letters are words, its end."""
    plain = text.rstrip(" \t\n(*_").lower()
    last = plain.split()[-1:] or [""]
    return last[0].strip("([*_,") in words or any(plain.endswith(word) for word in words if not word[0].isascii())
