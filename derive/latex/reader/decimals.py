"""Commas between two digits: `0,5` is a number in many languages, `i = 0,1` and `(0,1)` are lists."""

from __future__ import annotations

from derive.latex.reader.errors import Unread
from derive.latex.reader.relations import is_relation
from derive.latex.reader.tokens import Token

_OPENS, _CLOSES = ("(", "[", "\\{"), (")", "]", "\\}")
_INDICES = frozenset("ijklmnprst")


def decimals(found: list[Token]) -> list[Token]:
    """The tokens with a decimal comma as a part of its number, where it stands in no brackets and in no script.

    Raises Unread for three digits behind it: they may be thousands, or thousandths.
    """
    if not any(found[place].text == "," and found[place + 1].kind == "number" for place in range(1, len(found) - 1)):
        return found
    out: list[Token] = []
    around: list[str] = []
    for place, token in enumerate(found):
        if len(out) > 1 and not {*around} - {"{"} and _is_decimal(out, token, found[place + 1 : place + 2]):
            _ask(out[-2], token)
            out[-2:] = [out[-2]._replace(text=f"{out[-2].text}.{token.text}", end=token.end)]
            continue
        if token.is_sign(*_OPENS) or token.is_sign("{") or token.is_command("langle"):
            script = token.is_sign("{") and bool(out) and out[-1].is_sign("_", "^")
            around.append("_" if script else token.text)
        elif (token.is_sign(*_CLOSES) or token.is_sign("}") or token.is_command("rangle")) and around:
            around.pop()
        out.append(token)
    return out


def _is_decimal(before: list[Token], token: Token, after: list[Token]) -> bool:
    """Whether a number goes on behind the comma that ends what was read: digits, one comma, digits, with no space."""
    whole, comma = before[-2], before[-1]
    if token.kind != "number" or not token.text.isdigit() or whole.kind != "number" or not whole.text.isdigit():
        return False
    if not comma.is_sign(",") or comma.font or whole.end != comma.start or comma.end != token.start:
        return False
    listed = (len(before) > 2 and before[-3].is_sign(",")) or (after and after[0].is_sign(","))
    return not listed and not _is_of_index(before[:-2])


def _is_of_index(before: list[Token]) -> bool:
    """Whether these end in `i =`, behind which there are numbers: i = 0,1."""
    if len(before) < 2 or not is_relation(before[-1]) or before[-2].text not in _INDICES:
        return False
    first = before[-3] if len(before) > 2 else None
    return first is None or first.kind in ("text", "space", "row", "cell") or first.is_sign(",", "(", "[")


def _ask(whole: Token, digits: Token) -> None:
    if len(digits.text) == 3 and not whole.text.startswith("0"):
        written = f"{whole.text},{digits.text}"
        reason = f"{written} may be {whole.text}{digits.text} or {whole.text}.{digits.text}: write it without the comma"
        raise Unread(reason, whole.start, digits.end)
