"""A second formula for a name that is not equal to the first: a slip, a new meaning, or one of the two."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.candidates import Candidate
from derive.notes.find import Formula
from derive.notes.prose import defines, gives_a_new_meaning, sentence_before
from derive.notes.report import Mending
from derive.notes.survey import Survey

SLIP, NEW, EITHER, UNSAID = "slip", "new", "either", "unsaid"

SLIPS = frozenset(
    "sign missing-hat extra-hat missing-square extra-square missing-factor extra-factor missing-term extra-term "
    "deviation-for-variance variance-for-deviation wrong-exponent biased-for-unbiased index-clash gamma-twice "
    "epsilon-added missing-sum extra-sum".split()
)
"""Kinds of mistakes by which a formula is near a true one. A number or a bound that is mended says nothing of this."""

_FOLLOWS = re.compile(
    r"\b(?:so|hence|thus|therefore|then|gets?|gives?|yields?|obtains?|follows?|equals?|equivalent(?:ly)?|because|since"
    r"|that is|i\.e\.|in other words|which is|simplif\w+|rewrit\w+|expand\w*|substitut\w+|insert\w*|plug\w*|shows?"
    r"|daher|somit|folglich|damit|ergibt|folgt|erhalten|erhält|d\.h\.|einsetzen"
    r"|donc|ainsi|d'où|alors|obtient|c'est-à-dire|luego|entonces|así|obtenemos|portanto|logo|quindi|dunque)\b"
    r"|значит|следовательно|поэтому|получа|отсюда|то есть"
    r"|所以|因此|因而|故|于是|得到|可得|得|即|也就是|代入|よって|したがって|従って|ゆえに|すなわち|つまり|代入"
    r"|따라서|그러므로|즉|대입",
    re.IGNORECASE,
)
"""Words before a formula that follows from what has been said."""

_CHANGES = re.compile(
    r"\b(?:with(?:out)?|if|when|add(?:s|ed|ing)?|remov\w+|replac\w+|drop(?:s|ped|ping)?|ignor\w+|neglect\w*"
    r"|us(?:es|ed|ing)|set(?:s|ting)?|choos\w+|tak(?:es?|ing)|fold\w*|cent(?:er|r)\w*|scal(?:es?|ed|ing)|shift\w*"
    r"|chang(?:es?|ing)|becomes?|for|mit|ohne|wenn|falls|für|ersetz\w*|wird|avec|sans|si|pour|rempla\w+|devient"
    r"|con|sin|cuando|para|reemplaz\w+|sem|com|senza)\b"
    r"|\bбез|\bесли|\bпри\b|замен|станов|若|如果|当|換|换|替|去掉|加上|不带|变成|なし|場合|置き換|加え|なる"
    r"|없이|경우|대체|더하",
    re.IGNORECASE,
)
"""Words before a formula that say that something is changed: what follows from a change may be something new."""

_FORMULAS = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\[.*?\\\]|\\begin\{.*?\\end\{\w+\*?\}", re.DOTALL)
_WORDS = re.compile(r"\b(?!(?:and|or|und|oder|et|ou)\b)[^\W\d_]{2,}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", re.I)
"""Words, but for those between two formulas."""


def kind_of(
    candidate: Candidate, former: Candidate, mending: Mending | None, near: tree.Node | None, survey: Survey
) -> str:
    """What a second formula for a name is, which is false where the name means what the first one says.

    `near` is what its right side is with one sign changed, if that is true; `mending` is how it could be mended.
    """
    formula, first = survey.formulas[candidate.number], survey.formulas[former.number]
    if first.section != formula.section or gives_a_new_meaning(formula) or defines(formula):
        return NEW
    true = [near] if near is not None else _mended(candidate, mending, survey)
    if any(_print(each, survey) != _print(former.right, survey) for each in true):
        return SLIP
    if is_introduced(formula, first):
        return EITHER if true else NEW
    return SLIP if true else UNSAID


def is_introduced(formula: Formula, first: Formula) -> bool:
    """Whether words before a formula may begin something new, and don't only say that it follows.

    What stands before the first formula for the name is said of that one.
    """
    before = sentence_before(formula)
    text = _FORMULAS.sub(" ", before.rpartition(f"${first.latex}$")[2])
    if _CHANGES.search(text) is not None:
        return True
    return _WORDS.search(text) is not None and _FOLLOWS.search(text) is None


def _mended(candidate: Candidate, mending: Mending | None, survey: Survey) -> list[tree.Node]:
    """What a second formula says once it is mended, where only a slip is."""
    if mending is None or mending.code not in SLIPS or len(mending.also) > 1:
        return []
    read = survey.understood(candidate.number, mending.latex)
    chains = [] if isinstance(read, Unread) else [each.chain for each in read]
    return [chain.sides[-1] for chain in chains if isinstance(chain, tree.Chain)]


def _print(node: tree.Node, survey: Survey) -> Counter[str]:
    """What a formula is made of: its names, and how they are put together, whatever letters its indices are."""
    return Counter(_marks(node, survey))


def _marks(node: tree.Node, survey: Survey) -> Iterator[str]:
    if (symbol := survey.symbols.symbol(node)) is not None:
        yield symbol.key
        return
    if isinstance(node, tree.Big):
        yield node.operator
        yield from _marks(node.body, survey)
        return
    if isinstance(node, tree.Number):
        yield str(node.value)
    elif isinstance(node, tree.Terms):
        yield from node.signs
    elif not isinstance(node, tree.Group | tree.Product):
        yield type(node).__name__
    for child in node.children():
        yield from _marks(child, survey)
