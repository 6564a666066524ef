"""Takes out of a list of tokens what is there for looks: fonts, boxes, tags; and puts macros in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from derive.latex.reader.arguments import argument, optional
from derive.latex.reader.cursor import DEEPEST
from derive.latex.reader.errors import TooDeep, Unread
from derive.latex.reader.escapes import unescaped
from derive.latex.reader.fonts import FONTS, OTHER_FONTS, SWITCHES, in_font, in_words, is_differential
from derive.latex.reader.marks import joined
from derive.latex.reader.relations import is_relation, over_relation
from derive.latex.reader.shorthand import DERIVATIVES, LETTERS, SHORTHANDS, SIGNS, derivative, sign_of, spelled_out
from derive.latex.reader.tokens import LONGEST_NAME, MOST, ROW_TEXTS, Token, tokens
from derive.latex.reader.words import is_between

BOXES = frozenset(
    "boxed mathbin mathrel mathop mathord mathopen mathclose smash fbox cancelto cancel bcancel xcancel".split()
)
"""Commands that show their argument in some way."""

COLOURED = frozenset("color textcolor colorbox fcolorbox bbox raisebox class style cssId href require".split())
"""Commands whose first argument is not mathematics, and whose second, if there is one, is."""

_SINGLE = frozenset(("color", "require"))
"""Of those, what has one argument and colours what follows."""

_SET = frozenset("stackrel overset underset".split())
_LONG = {
    **dict.fromkeys("xrightarrow xleftarrow xmapsto xhookrightarrow".split(), "rightarrow"),
    **{"xlongequal": "=", "xRightarrow": "Rightarrow", "xLeftarrow": "Leftarrow", "xLeftrightarrow": "iff"},
}
"""Arrows and signs with something written over them."""

_DEFINING = frozenset("newcommand renewcommand providecommand def gdef DeclareMathOperator".split())

_WORD = re.compile(rf"[^\W\d_][\w-]{{0,{LONGEST_NAME - 1}}}")
_SPACING = re.compile(r"\\[,;:!> ]|[{}]|\\(?:mathrm|text|rm)\b")


@dataclass(frozen=True)
class Macro:
    """A command that a document defines: how many arguments it takes, and what it stands for."""

    arguments: int
    body: tuple[Token, ...]


Macros = Mapping[str, Macro]


def macro(arguments: int, body: str) -> Macro:
    """A command from what stands behind it in a definition. Raises Unread where that can't be read."""
    found: list[Token] = []
    waiting = False
    for token in tokens(body):
        first = token.text[:1]
        if waiting and token.kind == "number" and "1" <= first <= str(arguments):
            found[-1] = Token("parameter", first, token.start, token.end)
            found += [token._replace(text=token.text[1:])] if len(token.text) > 1 else []
        else:
            found.append(token)
        waiting = token.is_sign("#")
    return Macro(arguments, tuple(found))


def expanded(latex: str, macros: Macros | None = None, offset: int = 0) -> list[Token]:
    """The tokens of LaTeX that have a meaning. Raises Unread where braces don't match or macros don't end."""
    return shallow(joined(_Expansion(macros or {}).all(shallow(unescaped(tokens(latex, offset))))))


def shallow(found: list[Token]) -> list[Token]:
    """The same tokens. Raises TooDeep at once where they are nested so deeply that reading them would be in vain."""
    if len(found) <= DEEPEST:
        return found
    depth = 0
    for token in found:
        depth += _STEPS.get(token.text, 0) if token.kind == "sign" else _ENDS.get(token.kind, 0)
        if depth > DEEPEST:
            raise TooDeep(f"nested more than {DEEPEST} deep", token.start)
    return found


_STEPS = {**dict.fromkeys(("{", "(", "[", "\\{"), 1), **dict.fromkeys(("}", ")", "]", "\\}"), -1)}
_ENDS = {"begin": 1, "end": -1}


_PARAMETER = re.compile(r"#([1-9])")


def _plain(given: list[list[Token]], number: int) -> str:
    """An argument of a macro inside of text."""
    return "".join(token.text for token in given[number - 1]) if number <= len(given) else ""


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
            rule = self._rule(token) if token.kind in ("command", "text") else None
            if rule is None:
                out.append(token)
                at += 1
            else:
                new, at = rule(self, found, at, depth)
                out += new
        return out

    def _rule(self, token: Token) -> _Rule | None:
        if token.kind == "text":
            return _Expansion._text
        return _Expansion._macro if token.text in self.macros else _RULES.get(token.text)

    def _macro(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        call, macro = found[at], self.macros[found[at].text]
        given: list[list[Token]] = []
        at += 1
        for _ in range(macro.arguments):
            own, at = argument(found, at)
            given.append(own)
        body: list[Token] = []
        last = max((place for place, token in enumerate(macro.body) if token.kind == "parameter"), default=-1)
        behind = call._replace(end=found[at - 1].end)  # what closes behind the last argument ends where this does
        for place, token in enumerate(macro.body):
            call = behind if macro.arguments and place > last else call
            if token.kind == "parameter":
                body += given[int(token.text) - 1]
            elif token.kind == "text" and "#" in token.text:
                words = _PARAMETER.sub(lambda match: _plain(given, int(match[1])), token.text)
                body.append(token._replace(text=words, start=call.start, end=call.end))
            else:
                body.append(token.at(call.start, call.end))
            if len(body) > MOST:
                raise Unread("macros that grow beyond all bounds", call.start)
        return self.all(body, depth + 1), at

    def _font(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        font = OTHER_FONTS.get(found[at].text, found[at].text)
        inside, end = argument(found, at + 1)
        letters = in_words([in_font(token, font) for token in self.all(inside, depth + 1)], font)
        if len(letters) == 1:
            letters = [letters[0].at(found[at].start, found[end - 1].end)]
        if is_differential(letters):
            first, *others, last = letters
            return [first.at(found[at].start, first.end), *others, last.at(last.start, found[end - 1].end)], end
        return _spliced(letters, found[at], found[end - 1]), end

    def _switch(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """A font up to the end of the braces, of the cell or of the row."""
        end, level = at + 1, 0
        while end < len(found) and level >= 0:
            level += found[end].is_sign("{") - found[end].is_sign("}")
            if level < 0 or (level == 0 and found[end].kind in ("cell", "row", "begin", "end")):
                break
            end += 1
        font = SWITCHES[found[at].text]
        return in_words([in_font(token, font) for token in self.all(found[at + 1 : end], depth + 1)], font), end

    def _box(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        start = argument(found, at + 1)[1] if found[at].text == "cancelto" else at + 1
        inside, end = argument(found, start)
        shown = self.all(inside, depth + 1)
        if found[at].text == "mathop" and shown and all(map(is_relation, shown)):
            while end < len(found) and found[end].is_sign("_", "^"):
                _, end = argument(found, end + 1)
        if len(shown) == 1:
            shown = [shown[0].at(found[at].start, found[end - 1].end)]
        return _spliced(shown, found[at], found[min(end, len(found)) - 1]), end

    def _coloured(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        options, end = optional(found, at + 1)
        if not options or found[at].text != "bbox":
            _, end = argument(found, end)
        if found[at].text in _SINGLE:
            return [], end
        if found[at].text == "fcolorbox":
            _, end = argument(found, end)
        inside, end = argument(found, end)
        return _spliced(self.all(inside, depth + 1), found[at], found[end - 1]), end

    def _text(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """A word, if the text is one; tags and labels are dropped; what is between dollars is a formula."""
        token = found[at]
        if token.font in ("tag", "label") or not token.text.strip(" \n~"):
            return [], at + 1
        if "$" in token.text:
            return self.all(_mixed(token), depth + 1), at + 1
        text = token.text.replace("\\_", "_").replace("\\ ", " ").strip()
        if token.font.startswith("operatorname"):
            text = _SPACING.sub("", text).replace(" ", "")
        if token.font in ROW_TEXTS:
            return [token._replace(text=text)], at + 1
        beside = (found[place] if 0 <= place < len(found) else None for place in (at - 1, at + 1))
        if _WORD.fullmatch(text) and not is_between(token.text, *beside):
            kind = "letter" if len(text) == 1 else "word"
            return [Token(kind, text, token.start, token.end, "text")], at + 1
        return [token._replace(text=text)] if text else [], at + 1

    def _set(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """A relation with something over or under it; others are left for the parser."""
        label, middle = argument(found, at + 1)
        inside, end = argument(found, middle)
        relation = self.all(inside, depth + 1)
        if not relation or not all(map(is_relation, relation)):
            return [found[at]], at + 1
        first, last = found[at].start, found[end - 1].end
        return [over_relation(relation, label).at(first, last)], end

    def _long(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        end = at + 1
        if end < len(found) and found[end].is_sign("["):
            while end < len(found) and not found[end].is_sign("]"):
                end += 1
            end += 1
        _, end = argument(found, end)
        name = _LONG[found[at].text]
        kind = "command" if name.isalpha() else "sign"
        return [Token(kind, name, found[at].start, found[end - 1].end)], end

    def _shorthand(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        given, end = [], at + 1
        if end < len(found) and found[end].is_sign("["):
            _, end = optional(found, end)
        for _ in range(SHORTHANDS[found[at].text]):
            own, end = argument(found, end)
            given.append(own)
        return self.all(spelled_out(found[at], given), depth + 1), end

    def _derivative(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """A derivative of a package, with its order in brackets, and from one to three arguments."""
        call, end = found[at], at + 1
        order, after = optional(found, end)
        given: list[list[Token]] = []
        most = 3 if sign_of(call).text == "partial" else 2
        while len(given) < most and after < len(found) and (found[after].is_sign("{") or not given):
            if not found[after].is_sign("{") and (call.text in SIGNS or order):
                break
            own, after = argument(found, after)
            given.append(own)
        if call.text in SIGNS and len(given) < 2:
            return [sign_of(call)], end
        return self.all(derivative(call, order, given), depth + 1), after

    def _letter(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        token = found[at]
        return [Token("letter", LETTERS[token.text], token.start, token.end, "mathbb")], at + 1

    def _definition(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """A definition of a command stands for nothing; what it says is read before, from the whole document."""
        _, end = argument(found, at + 1)
        while end < len(found) and not found[end].is_sign("{"):
            end += 1
        _, end = argument(found, end)
        return [], end

    def _not(self, found: list[Token], at: int, depth: int) -> tuple[list[Token], int]:
        """The stroke through a relation."""
        inside, end = argument(found, at + 1)
        if len(inside) != 1 or inside[0].text not in ("=", "in"):
            raise Unread("\\not before something else than = or \\in", found[at].start, found[end - 1].end)
        name = "neq" if inside[0].text == "=" else "notin"
        return [Token("command", name, found[at].start, found[end - 1].end)], end


_Rule = Callable[[_Expansion, list[Token], int, int], tuple[list[Token], int]]

_RULES: dict[str, _Rule] = {
    **{"not": _Expansion._not},
    **dict.fromkeys(_DEFINING, _Expansion._definition),
    **dict.fromkeys(LETTERS, _Expansion._letter),
    **dict.fromkeys((*DERIVATIVES, *SIGNS), _Expansion._derivative),
    **dict.fromkeys(SHORTHANDS, _Expansion._shorthand),
    **dict.fromkeys(_LONG, _Expansion._long),
    **dict.fromkeys(_SET, _Expansion._set),
    **dict.fromkeys(COLOURED, _Expansion._coloured),
    **dict.fromkeys(BOXES, _Expansion._box),
    **dict.fromkeys(SWITCHES, _Expansion._switch),
    **dict.fromkeys((*FONTS, *OTHER_FONTS), _Expansion._font),
}
"""What is made of a command that is no macro of the document, with its arguments."""


def _mixed(token: Token) -> list[Token]:
    """A text with formulas in it, as the texts and the formulas by turns."""
    found: list[Token] = []
    for place, part in enumerate(token.text.split("$")):
        if place % 2:
            found += [each.at(token.start, token.end) for each in tokens(part)]
        elif part.strip():
            found.append(Token("text", f" {part} ", token.start, token.end, token.font))
    return found


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
        if depth == 0 and is_relation(token):
            return True
    return False
