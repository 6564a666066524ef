"""Conditions on indices, which stand beside a formula: i = j, i \\neq j, i = 1, \\dots, m, i \\in S."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.relations import is_relation
from derive.latex.reader.tokens import Token

_INDICES = frozenset("ijklmnprst")
_BEFORE = (":", "forall", "(", "[")
_SIDES = ("letter", "number", "word", "prime")


def is_condition(piece: Sequence[Token]) -> bool:
    """Whether a piece of a display says of which indices it holds: one letter, a relation, and letters or numbers."""
    first = next((token for token in piece if token.kind != "space" and token.text not in _BEFORE), None)
    if first is None or first.kind != "letter" or first.text not in _INDICES:
        return False
    inside = [token for token in piece if not token.is_sign(":") and not token.is_command("forall")]
    while len(inside) > 2 and inside[0].is_sign("(", "[") and inside[-1].is_sign(")", "]"):
        inside = inside[1:-1]
    inside = [token for token in inside if token.kind != "space"]
    if len(inside) < 3 or inside[0].kind != "letter" or inside[0].text not in _INDICES:
        return False
    relation = inside[2] if inside[1].is_sign(",") and len(inside) > 3 else inside[1]
    if relation is not inside[1] or not is_relation(relation):
        return False
    return relation.is_command("in") or all(map(_is_plain, inside[2:]))


def _is_plain(token: Token) -> bool:
    if token.kind == "letter":
        return token.text in _INDICES or token.text.isupper()
    return token.kind in _SIDES or token.is_command("dots", "ldots", "cdots") or token.is_sign(",")


WORDS = frozenset(
    "for if when where with whenever provided assuming given as si wenn für falls pour siempre 若 当".split()
)
"""Words, the last of a text, behind which an inequality is a condition of the formula before it."""

_BOUNDS = frozenset("< > <= >= le leq leqslant lt ge geq geqslant gt ne neq".split())


def is_bound(piece: Sequence[Token]) -> bool:
    """Whether this says no more of one name than how it compares to a number: c > 0, x_i >= 0."""
    places = [place for place, token in enumerate(piece) if is_relation(token)]
    if len(places) != 1 or piece[places[0]].text not in _BOUNDS or not 1 <= places[0] <= 5:
        return False
    name, rest = piece[: places[0]], piece[places[0] + 1 :]
    shape = all(token.kind in ("letter", "word", "command") or token.is_sign("_", "{", "}") for token in name)
    return shape and len(rest) == 1 and rest[0].kind == "number"


def follows_a_word(piece: Sequence[Token], remarks: Sequence[Sequence[Token]]) -> bool:
    """Whether this is an inequality, or i = j, right behind a word such as `if`."""
    before = remarks[-1] if remarks else []
    words = before[0].text.split() if len(before) == 1 and before[0].kind == "text" else []
    if len(words) > 1 and words[-1] in ("that", "que", "dass"):
        words.pop()
    if not words or words[-1].strip(",.;:").lower() not in WORDS:
        return False
    signs = [token.text for token in piece if is_relation(token)]
    return bool(signs) and (all(sign in _BOUNDS for sign in signs) or len(piece) == 3)
