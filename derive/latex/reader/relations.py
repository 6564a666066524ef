"""Signs that stand between two sides, and what is written over them."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.tokens import Token

RELATIONS = frozenset(
    (
        "= < > := == <= >= += -= *= /= =! =? ≡ "
        "le leq leqslant leqq lt ge geq geqslant geqq gt ne neq approx approxeq equiv propto sim simeq cong asymp in "
        "notin ni subset subseteq supset supseteq ll gg leftarrow gets rightarrow to mapsto longrightarrow "
        "longleftarrow longmapsto leftrightarrow hookrightarrow leadsto coloneqq coloneq eqqcolon triangleq doteq "
        "lesssim gtrsim prec preceq succ succeq perp"
    ).split()
)
"""Signs and commands that stand between two sides."""

_DEFINING = ("def", "Delta", "triangle", "defn", "definition", ":")


def is_relation(token: Token) -> bool:
    return token.kind in ("sign", "command") and token.text in RELATIONS


def over_relation(relation: Sequence[Token], label: Sequence[Token]) -> Token:
    """A relation with something over it: a definition, a demand (`!`), a question (`?`), or only a remark."""
    text = "".join(token.text for token in label).strip().lower()
    first = relation[0]
    if not first.is_sign("="):
        return first
    if text in map(str.lower, _DEFINING):
        return first._replace(text=":=")
    return first._replace(text=f"={text}") if text in ("!", "?") else first
