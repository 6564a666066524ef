"""What the document says elsewhere, under which a formula that fails may hold: gamma := 1, where gamma = 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.assumptions import SIGNS, Assumption
from derive.notes.candidates import ASSIGNED
from derive.notes.find import Formula
from derive.notes.prose import sentence_before
from derive.notes.survey import Survey

SIMPLE = frozenset(map(Fraction, ("0", "1", "-1", "2", "1/2")))
"""Numbers at which a formula becomes simpler; no other setting makes a false formula true."""

MOST = 4
"""No more settings than these are tried."""

_SAID = re.compile(
    r"\b(?:let|set|setting|put|take|assume|suppose|choose|fix|throughout|sei|seien|setze|setzen|nehmen|soit|posons"
    r"|supposons|prenons|sea|supongamos|tomemos|seja|suponha)\b[^.;]*$"
    r"|(?:пусть|положим|примем)[^.;]*$|(?:令|设|設|取|假设|假設|假定|记)[^。；]*$",
    re.IGNORECASE,
)
"""Words before a number that a name is given from there on."""

_SAID_BEHIND = re.compile(r"\s*(?:とする|とおく|と置く|と仮定|라고? 하자|로 두|라고? 두|로 놓|라고? 가정|을 가정)")
"""The same behind it."""


_FOLLOWS = re.compile(r"(?:\$\$|\\\]|\\end\{\w+\*?\}|```)[\s>]*$")
"""The end of the text before a display that stands right behind another one: what is said before holds for both."""


_NOT = re.compile(r"(?:\b(?:not|nicht|pas|no|não|non)|n't|не|不是|不为|不為)\W*$", re.IGNORECASE)
"""Words right before a number that a name does not have."""


def settings(number: int, survey: Survey) -> Iterator[Assumption]:
    """What is said right behind a display, up to the next one, and the numbers that names have been given before."""
    found = [*_behind(number, survey), *_before(number, survey)]
    yield from found[:MOST]


def _behind(number: int, survey: Survey) -> Iterator[Assumption]:
    for after in range(number + 1, len(survey.formulas)):
        if survey.formulas[after].display:
            return
        yield from _relations(after, survey, set(SIGNS))


def _before(number: int, survey: Survey) -> Iterator[Assumption]:
    shown, last = True, survey.formulas[number]
    for before in range(number, -1, -1):
        formula = survey.formulas[before]
        if before != number and formula.display:
            shown, last = shown and _FOLLOWS.search(last.lead) is not None, formula
        if before == number or _NOT.search(formula.before) or not (shown or formula.display or _is_said(formula)):
            continue
        yield from _relations(before, survey, {"=", *ASSIGNED})


def _relations(number: int, survey: Survey, signs: set[str]) -> Iterator[Assumption]:
    """Names that are compared to a number in one formula."""
    read = survey.read[number]
    for statement in () if isinstance(read, Unread) else read:
        chain = statement.chain
        if not isinstance(chain, tree.Chain) or len(chain.sides) != 2 or chain.signs[0].text not in signs:
            continue
        value, symbol = _number(chain.sides[1]), survey.symbols.symbol(chain.sides[0])
        if value not in SIMPLE or symbol is None or symbol.argument is not None:
            continue
        sign = chain.signs[0]
        plain = replace(chain, signs=(replace(sign, text="=" if sign.text in ASSIGNED else sign.text),))
        latex = survey.formulas[number].latex[chain.start : chain.end]
        yield Assumption(number, plain, latex, declared=False)


def _number(node: tree.Node) -> Fraction | None:
    if isinstance(node, tree.Terms) and len(node.terms) == 1 and node.signs == ("-",):
        inside = _number(node.terms[0])
        return None if inside is None else -inside
    return node.value if isinstance(node, tree.Number) else None


def _is_said(formula: Formula) -> bool:
    """Whether the text gives a name this number from here on."""
    return _SAID.search(sentence_before(formula)) is not None or _SAID_BEHIND.match(formula.trail) is not None
