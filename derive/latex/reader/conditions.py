"""Conditions on indices, which stand beside a formula: i = j, i \\neq j, i = 1, \\dots, m, i \\in S."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.relations import is_relation
from derive.latex.reader.tokens import Token

_INDICES = frozenset("ijklmnprst")
_SIDES = ("letter", "number", "word", "prime")


def is_condition(piece: Sequence[Token]) -> bool:
    """Whether a piece of a display says of which indices it holds: one letter, a relation, and letters or numbers."""
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
