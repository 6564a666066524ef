"""Takes out of a list of tokens what is there for looks: fonts, boxes, tags; and puts macros in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.latex.reader.errors import Unread
from derive.latex.reader.tokens import MOST, Token, tokens

FONTS = frozenset(
    "mathbf boldsymbol bm pmb mathbb mathcal mathscr mathfrak mathrm mathit mathsf mathtt mathnormal mathds".split()
)
"""Commands that change the letters of their argument."""

BOXES = frozenset("boxed mathbin mathrel mathop mathord mathopen mathclose smash fbox cancel bcancel xcancel".split())
"""Commands that show their argument in some way."""

COLOURED = frozenset("color textcolor colorbox bbox raisebox class style cssId href".split())
"""Commands whose first argument is not mathematics, and whose second, if there is one, is."""

_SINGLE = frozenset(("color",))
"""Of those, what has one argument and colours what follows."""

_WORD = re.compile(r"[^\W\d_][\w-]*")
_RELATIONS = frozenset("= < > le leq ge geq ne neq approx equiv".split())


@dataclass(frozen=True)
class Macro:
    """A command that a document defines: how many arguments it takes, and what it stands for."""

    arguments: int
    body: tuple[Token, ...]


Macros = Mapping[str, Macro]


def expanded(latex: str, macros: Macros | None = None) -> list[Token]:
    """The tokens of LaTeX that have a meaning. Raises Unread where braces don't match or macros don't end."""
    return _Expansion(macros or {}).all([*tokens(latex)])


class _Expansion:
    def __init__(self, macros: Macros) -> None:
        self.macros = macros
        self.budget = MOST

    def all(self, found: list[Token], depth: int = 0) -> list[Token]:
        if depth > 50:
            raise Unread("fonts and macros that are nested more than 50 deep", found[0].start if found else 0)
        out: list[Token] = []
        at = 0
        while at < len(found):
            token = found[at]
            self.budget -= 1
            if self.budget < 0:
                raise Unread("macros that grow beyond all bounds", token.start)
            rule = self._rule(token)
            if rule is None:
                out.append(token)
                at += 1
            else:
                new, at = rule(found, at, depth)
                out += new
        return out

    def _rule(self, token: Token) -> Callable[[list[Token], int, int], tuple[list[Token], int]] | None:
        if token.kind == "text":
            return _text
        if token.kind != "command":
            return None
        if token.text in self.macros:
            return self._macro
        if token.text in FONTS:
            return self._font
        if token.text in BOXES:
            return self._box
        return self._coloured if token.text in COLOURED else None

    def _macro(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        call, macro = found[at], self.macros[found[at].text]
        given: list[list[Token]] = []
        at += 1
        for _ in range(macro.arguments):
            own, at = argument(found, at)
            given.append(own)
        body: list[Token] = []
        for token in macro.body:
            if token.kind == "parameter":
                body += given[int(token.text) - 1]
            else:
                body.append(replace(token, start=call.start, end=call.end))
            if len(body) > MOST:
                raise Unread("macros that grow beyond all bounds", call.start)
        return self.all(body, depth + 1), at

    def _font(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        font = found[at].text
        inside, end = argument(found, at + 1)
        letters = [_in_font(token, font) for token in self.all(inside, depth + 1)]
        if font in ("mathrm", "mathit", "mathsf", "mathtt") and len(letters) > 1:
            letters = _one_word(letters)
        if len(letters) == 1:
            letters = [replace(letters[0], start=found[at].start, end=found[end - 1].end)]
        return _spliced(letters, found[at], found[end - 1]), end

    def _box(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        inside, end = argument(found, at + 1)
        return _spliced(self.all(inside, depth + 1), found[at], found[end - 1]), end

    def _coloured(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        _, end = argument(found, at + 1)
        if found[at].text in _SINGLE:
            return [], end
        inside, end = argument(found, end)
        return _spliced(self.all(inside, depth + 1), found[at], found[end - 1]), end


def argument(found: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The argument that begins at a place, without its braces, and where it ends."""
    while at < len(found) and found[at].kind == "space":
        at += 1
    if at >= len(found):
        place = found[-1] if found else Token("sign", "", 0, 0)
        raise Unread("an argument is missing", place.start, place.end)
    if not found[at].is_sign("{"):
        return [found[at]], at + 1
    depth, start = 0, at
    for place in range(start, len(found)):
        depth += found[place].is_sign("{") - found[place].is_sign("}")
        if depth == 0:
            return list(found[start + 1 : place]), place + 1
    raise Unread("a brace that is not closed", found[start].start, found[start].end)


def _text(found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
    """A word, if the text is one; tags and labels are dropped."""
    token = found[at]
    if token.font in ("tag", "label"):
        return [], at + 1
    text = token.text.replace("\\_", "_").replace("\\ ", " ").strip()
    if _WORD.fullmatch(text):
        kind = "letter" if len(text) == 1 else "word"
        return [Token(kind, text, token.start, token.end, "text")], at + 1
    return [replace(token, text=text)] if text else [], at + 1


def _one_word(letters: list[Token]) -> list[Token]:
    """Letters, digits and underscores in one font that stand together are one word."""
    plain = all(token.kind in ("letter", "word", "number") for token in letters)
    if not plain or letters[0].kind == "number" or letters[0].text == "d":
        return letters
    text = "".join(token.text for token in letters)
    return [Token("word", text, letters[0].start, letters[-1].end, letters[0].font)]


def _spliced(inside: list[Token], first: Token, last: Token) -> list[Token]:
    """What was in braces, in braces where these hold something together."""
    if len(inside) <= 1 or _stands_open(inside):
        return inside
    return [Token("sign", "{", first.start, first.end), *inside, Token("sign", "}", last.start, last.end)]


def _stands_open(inside: list[Token]) -> bool:
    """Whether this is a part of what is around: it begins with a sign, has a relation, or is one name with scripts."""
    if inside[0].is_sign("+", "-", "=") or inside[1].is_sign("_", "^"):
        return True
    depth = 0
    for token in inside:
        depth += token.is_sign("{", "(", "[") - token.is_sign("}", ")", "]")
        if depth == 0 and token.kind in ("sign", "command") and token.text in _RELATIONS:
            return True
    return False


GREEK = frozenset(
    (
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho "
        "varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi "
        "Psi Omega ell imath jmath infty"
    ).split()
)
"""Commands that are letters."""


def _in_font(token: Token, font: str) -> Token:
    """A letter in a font; a digit by itself, as in \\mathbf{1}, is a letter then."""
    if token.kind == "number" and len(token.text) == 1:
        return replace(token, kind="letter", font=font)
    return replace(token, font=font) if token.kind in ("letter", "word") or _is_greek(token) else token


def _is_greek(token: Token) -> bool:
    return token.kind == "command" and token.text in GREEK
