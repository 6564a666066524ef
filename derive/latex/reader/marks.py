"""Signs of several characters: `+=` is one sign, `<` and `>` are brackets in `<a, b>`, and `0,5` is a number."""

from __future__ import annotations

from derive.latex.reader.decimals import decimals
from derive.latex.reader.relations import is_relation
from derive.latex.reader.tokens import TEXT, Token

_OPENS, _CLOSES = ("{", "(", "[", "\\{"), ("}", ")", "]", "\\}")


def joined(found: list[Token]) -> list[Token]:
    """The tokens with each of these as one sign, or as the brackets that it means."""
    seen = set(map(TEXT, found))
    if "=" in seen:
        found = _with_updates(found)
    if "}" in seen:
        found = _without_braces(found)
    if "," in seen:
        found = decimals(found)
    return found if seen.isdisjoint("<>") else _angles(found)


def _with_updates(found: list[Token]) -> list[Token]:
    """The tokens with `+=` and its like as one sign."""
    out: list[Token] = []
    for token in found:
        last = out[-1] if out and token.text == "=" and token.kind == "sign" else None
        if last is not None and last.is_sign("+", "-", "*", "/") and last.end == token.start:
            out[-1] = Token("sign", f"{last.text}=", last.start, token.end)
        else:
            out.append(token)
    return out


_OPERATORS = frozenset("+ - * / cdot times odot".split())


def _without_braces(found: list[Token]) -> list[Token]:
    """The tokens without the braces that only make space around a sign, as in `a {=} b`."""
    out: list[Token] = []
    for token, after in zip(found, [*found, None][1:], strict=True):
        out.append(token)
        if token.text != "}" or "{" not in map(TEXT, out[-3:-1]):
            continue
        if _is_empty(out) and after is not None and _is_operator(after):
            del out[-2:]
        if len(out) < 3 or not token.is_sign("}") or not out[-3].is_sign("{") or not _is_operator(out[-2]):
            continue
        before = out[-4] if len(out) > 3 else None
        if before is None or not (before.is_sign("^", "_") or before.kind == "command"):
            out[-3:] = [out[-2]]
    return out


def _is_empty(out: list[Token]) -> bool:
    """Whether these end in braces with nothing in them, at the beginning of a row or behind a sign."""
    if len(out) < 2 or not (out[-1].is_sign("}") and out[-2].is_sign("{")):
        return False
    before = out[-3] if len(out) > 2 else None
    return before is None or before.kind in ("row", "cell", "space") or _is_operator(before)


def _is_operator(token: Token) -> bool:
    return is_relation(token) or (token.kind in ("sign", "command") and token.text in _OPERATORS)


def _angles(found: list[Token]) -> list[Token]:
    """With angle brackets where < and > are such: after \\left and \\right, and around a pair."""
    out = list(found)
    for at, token in enumerate(found):
        before = found[at - 1] if at else None
        if before is not None and before.is_command("left", "right") and token.is_sign("<", ">"):
            out[at] = _angle(token)
        elif token.is_sign("<") and (end := _end_of_pair(found, at)) is not None:
            out[at], out[end] = _angle(token), _angle(found[end])
    return out


def _angle(token: Token) -> Token:
    return token._replace(kind="command", text="langle" if token.text == "<" else "rangle")


LONGEST_PAIR = 200
"""Angle brackets that are further apart, in tokens, are comparisons."""


def _end_of_pair(found: list[Token], at: int) -> int | None:
    """Where the > stands that closes the < at a place, if there is a comma between and it is no comparison."""
    depth, commas = 0, 0
    for place in range(at + 1, min(len(found), at + LONGEST_PAIR)):
        token = found[place]
        depth += token.is_sign(*_OPENS) - token.is_sign(*_CLOSES)
        if depth < 0 or token.kind in ("row", "text") or token.text in ("quad", "qquad"):
            return None
        if depth == 0 and token.is_sign(">"):
            sure = not _ends_factor(found[at - 1] if at else None) or _is_behind(found[place + 1 : place + 2])
            return place if commas == 1 and sure else None
        if depth == 0 and is_relation(token):
            return None
        commas += depth == 0 and token.is_sign(",")
    return None


def _ends_factor(token: Token | None) -> bool:
    return token is not None and (token.kind in ("letter", "word", "number") or token.is_sign(*_CLOSES))


def _is_behind(after: list[Token]) -> bool:
    """Whether a closing bracket can stand before this, and a comparison can't."""
    return not after or after[0].is_sign("^", "_", "=", ")", "}", "]", "\\}") or after[0].kind in ("row", "cell")
