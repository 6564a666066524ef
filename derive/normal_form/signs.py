"""Which signs a term can have: an interpretation over subsets of {-1, 0, 1}, one rule a kind of term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache, reduce

from derive.language.binding import free_indices, nameless
from derive.language.claims import Claim
from derive.language.terms import REAL, Add, Delta, Div, Entry, Function, Mul, Neg, Number, Pow, Sqrt, Sum, Tensor, Term

Signs = frozenset[int]
Facts = Mapping[Term | Tensor, Signs]
"""What hypotheses say of signs: of a term, or of every entry of a tensor."""

_RELATION = {
    "=": frozenset({0}),
    "<=": frozenset({-1, 0}),
    ">=": frozenset({0, 1}),
    "<": frozenset({-1}),
    ">": frozenset({1}),
    "!=": frozenset({-1, 1}),
}


def signs(term: Term, facts: Facts) -> Signs:
    """The signs that a term can have, as far as its shape, its assumptions and the facts tell."""
    own = _signs(term, facts) & facts.get(term, REAL)
    if isinstance(term, Add | Sum) and free_indices(term):
        own &= facts.get(nameless(term), REAL)
    return own


def _signs(term: Term, facts: Facts) -> Signs:
    match term:
        case Number():
            return frozenset({_sign(term.value)})
        case Entry():
            definition = term.tensor.definition
            own = term.tensor.signs & facts.get(term.tensor, REAL)
            return own & (signs(definition.body, facts) if definition else REAL)
        case Delta():
            return frozenset({0, 1})
        case Add():
            return sum_signs(signs(arg, facts) for arg in term.args)
        case Neg():
            return frozenset(-sign for sign in signs(term.arg, facts))
        case Mul():
            return product_signs(signs(arg, facts) for arg in term.args)
        case Div():
            return product_signs((signs(term.numerator, facts), signs(term.denominator, facts) - {0}))
        case Pow():
            return power_signs(signs(term.base, facts), term.exponent)
        case Sqrt():
            return signs(term.arg, facts) & {0, 1}
        case Function():
            return _function(term.name, signs(term.arg, facts))
        case Sum():
            own = signs(term.body, facts)
            return _plus(own, own)
    return REAL


def product_signs(parts: Iterable[Signs]) -> Signs:
    """The signs of a product."""
    return reduce(_times, parts, frozenset({1}))


def sum_signs(parts: Iterable[Signs]) -> Signs:
    """The signs of a sum of at least one term."""
    return reduce(_plus, parts)


@lru_cache(maxsize=1024)
def power_signs(own: Signs, exponent: int) -> Signs:
    """The signs of an integer power."""
    if exponent == 0:
        return frozenset({1})
    powers = frozenset(sign**2 if exponent % 2 == 0 else sign for sign in own)
    return powers if exponent > 0 else powers - {0}


@cache
def _times(left: Signs, right: Signs) -> Signs:
    return frozenset(a * b for a in left for b in right)


@cache
def _plus(left: Signs, right: Signs) -> Signs:
    return frozenset().union(*(REAL if a * b < 0 else frozenset({a or b}) for a in left for b in right))


def _function(name: str, own: Signs) -> Signs:
    match name:
        case "exp":
            return frozenset({1})
        case "abs":
            return frozenset(abs(sign) for sign in own)
        case "tanh" | "sign":
            return own
    return REAL


def _sign(value: object) -> int:
    return (value > 0) - (value < 0)  # type: ignore[operator]


def facts_of(hypotheses: Iterable[Claim]) -> dict[Term | Tensor, Signs]:
    """What hypotheses say of signs: of the difference of their sides, and of a side whose other side is zero."""
    facts: dict[Term | Tensor, Signs] = {}

    def learn(term: Term, own: Signs) -> None:
        facts[term] = facts.get(term, REAL) & own
        if own != frozenset({0}) and free_indices(term):
            facts[nameless(term)] = facts.get(nameless(term), REAL) & own
        if isinstance(term, Entry) and len(set(term.indices)) == len(term.indices):
            facts[term.tensor] = facts.get(term.tensor, REAL) & own

    for claim in hypotheses:
        own = _RELATION[claim.relation]
        mirrored = frozenset(-sign for sign in own)
        learn(claim.lhs - claim.rhs, own)
        learn(claim.rhs - claim.lhs, mirrored)
        if claim.rhs == Number(0):
            learn(claim.lhs, own)
        if claim.lhs == Number(0):
            learn(claim.rhs, mirrored)
    return facts
