"""Hypotheses: those that a note declares, and those that stand behind a formula, as in `..., \\quad k > 0`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from derive.language import Claim, LanguageError, Tensor
from derive.language.binding import free_indices
from derive.language.substitution import reached
from derive.latex.reader import syntax as tree
from derive.notes.meaning.translate import Translation
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import fitted
from derive.verdicts import Proved, Refuted, Undecided, Verdict

ORDERS = {
    **{"\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "<=": "<=", "<": "<", "\\lt": "<"},
    **{"\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", ">=": ">=", ">": ">", "\\gt": ">"},
}
"""The relations by which one side is bounded by the other."""

SIGNS = {"=": "=", "\\ne": "!=", "\\neq": "!=", **ORDERS}
"""The relations that a hypothesis can be."""


@dataclass(frozen=True)
class Assumption:
    """A relation that is taken to hold: its tree, the number of the formula it is in, and how it is written."""

    number: int
    chain: tree.Chain
    latex: str
    declared: bool = True


Decide = Callable[[Claim], Verdict]


def behind(statement: tree.Statement, number: int, latex: str) -> list[Assumption]:
    """The inequalities that stand behind a formula as remarks."""
    nodes = [node.body if isinstance(node, tree.Group) else node for node in statement.remarks]
    parts = [part for node in nodes for part in (node.items if isinstance(node, tree.Items) else (node,))]
    chains = [part for part in parts if isinstance(part, tree.Chain)]
    return [
        Assumption(number, chain, latex[chain.start : chain.end], declared=False)
        for chain in chains
        if is_condition(chain)
    ]


def is_condition(chain: tree.Chain) -> bool:
    """Whether this compares names, or gives one a number: what is beside a formula may be said under it."""
    return all(sign.text in SIGNS and (sign.text != "=" or _is_value(chain)) for sign in chain.signs)


def _is_value(chain: tree.Chain) -> bool:
    """Whether an equation behind a formula gives a name a number: epsilon = 0."""
    return len(chain.sides) == 2 and isinstance(chain.sides[1], tree.Number) and isinstance(chain.sides[0], tree.Name)


def decided(
    claim: Claim, assumptions: Iterable[Assumption], translation: Callable[[int], Translation], decide: Decide
) -> tuple[Verdict, str]:
    """The verdict on a claim, without assumptions if it holds without them; else under them, and what they are.

    What is proved under assumptions counts only where there are numbers at which all of them hold.
    """
    plain = decide(claim)
    if isinstance(plain, Proved) and not _is_sound(claim, decide):
        return Undecided(claim, "no numbers are found at which all that is said of these names holds"), ""
    if isinstance(plain, Proved):
        signs = ", ".join(each.latex for each in _signs(claim, assumptions, translation))
        return plain, f"given {signs}" if signs else ""
    made: list[tuple[Claim, str]] = []
    letters = {index.name for index in free_indices(claim.lhs) | free_indices(claim.rhs)}
    for assumption in assumptions:
        try:
            if not _is_of_indices(assumption, letters):
                made += [(each, assumption.latex) for each in _claims(assumption, translation(assumption.number))]
        except (Unclear, LanguageError) as error:
            return Undecided(claim, f"the assumption {assumption.latex} is not understood: {error}"), ""
    made = _touching(claim, made)
    if not made:
        return plain, ""
    texts = dict.fromkeys(text for _, text in made)
    under = decide(claim.given(*(each for each, _ in made)))
    if isinstance(under, Proved) and not _is_possible(under.claim, decide):
        return Undecided(claim, f"no numbers are found at which it holds that {', '.join(texts)}"), ""
    return under, f"given {', '.join(texts)}" if isinstance(under, Proved) else ""


def _signs(
    claim: Claim, assumptions: Iterable[Assumption], translation: Callable[[int], Translation]
) -> Iterator[Assumption]:
    """What is declared to be above 0, and is in the claim: its sign goes without a hypothesis."""
    own = _tensors(claim)
    for assumption in assumptions:
        symbol = translation(assumption.number).symbols.symbol(assumption.chain.sides[0])
        key = symbol.key if symbol is not None and not symbol.indices else None
        tensor = translation(assumption.number).vocabulary.tensors.get(key) if key is not None else None
        if tensor in own and tensor is not None and tensor.signs == frozenset({1}):
            yield assumption


def _is_of_indices(assumption: Assumption, letters: set[str]) -> bool:
    """Whether a remark is about the indices of a claim: i in a range, or different from j. Others see to these.

    Raises Unclear for one that is an order of two indices, which nobody sees to.
    """
    said = [side.text for side in assumption.chain.sides if isinstance(side, tree.Name) and side.text in letters]
    if len(said) > 1 and any(sign.text not in ("\\ne", "\\neq") for sign in assumption.chain.signs):
        raise Unclear("the order of two indices")
    return bool(said) and not assumption.declared


def _touching(claim: Claim, made: list[tuple[Claim, str]]) -> list[tuple[Claim, str]]:
    """The hypotheses that share a name with the claim, or with another one that does."""
    known, found = _tensors(claim), []
    while more := [each for each in made if each not in found and _tensors(each[0]) & known]:
        found += more
        known = known.union(*(_tensors(each) for each, _ in more))
    return [each for each in made if each in found]


def _tensors(claim: Claim) -> frozenset[Tensor]:
    """The names that a claim rests on, sizes left out."""
    return frozenset(tensor for tensor in reached(claim.terms) if not tensor.integer)


def _is_sound(claim: Claim, decide: Decide) -> bool:
    """Whether a claim that is proved holds without its hypotheses, or these can hold."""
    if not claim.hypotheses:
        return True
    bare = decide(Claim(claim.lhs, claim.relation, claim.rhs))
    return isinstance(bare, Proved) or _is_possible(claim, decide)


def _is_possible(claim: Claim, decide: Decide) -> bool:
    """Whether there are numbers at which all hypotheses hold: at these a false claim fails."""
    return isinstance(decide(Claim(claim.lhs, "=", claim.lhs + 1, claim.hypotheses)), Refuted)


def _claims(assumption: Assumption, translation: Translation) -> Iterator[Claim]:
    chain = assumption.chain
    for sign, left, right in zip(chain.signs, chain.sides, chain.sides[1:], strict=False):
        if sign.text not in SIGNS:
            raise Unclear(f"{sign.text} is no relation that can be assumed")
        one, other = fitted(translation.value(left), translation.value(right))
        if one.axes != other.axes and one.axes and other.axes:
            raise Unclear("its sides are arrays of different shapes")
        if not assumption.declared and free_indices(one.term) | free_indices(other.term):
            raise Unclear("it is about one index, and would be assumed of all; declare it for all of them")
        yield Claim(one.term, SIGNS[sign.text], other.term)
