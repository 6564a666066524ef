"""Numbers, names, fractions, roots, tables, and everything between delimiters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from derive.latex.reader import syntax as tree
from derive.latex.reader.arguments import argument
from derive.latex.reader.cursor import DEEPEST, Cursor, shown
from derive.latex.reader.errors import TooDeep, Unread
from derive.latex.reader.fonts import GREEK
from derive.latex.reader.layout import ROWS
from derive.latex.reader.tokens import Token

ACCENTS = {
    **{name: name for name in "hat bar tilde dot ddot vec check acute grave breve mathring".split()},
    **{"widehat": "hat", "widetilde": "tilde", "overline": "bar", "underline": "underline", "overrightarrow": "vec"},
    **{"va": "vec", "vectorarrow": "vec", "vu": "hat", "vectorunit": "hat", "overbar": "bar"},
}
"""Commands that set an accent, and the accent."""

FRACTIONS = frozenset("frac dfrac tfrac cfrac sfrac nicefrac".split())
OPERATORS = frozenset("sum prod int iint oint max min sup inf lim limsup liminf argmax argmin bigcup bigcap".split())
NAMES = {
    **{name: name for name in "top intercal dagger prime emptyset exists square blacksquare circ ast star".split()},
    **{"Pr": "Pr", "varnothing": "emptyset", "hbar": "hbar", "Re": "Re", "Im": "Im", "triangle": "triangle"},
}
"""Commands that are names of something."""

DOTS = frozenset("dots ldots cdots vdots ddots dotsc dotsb".split())
TABLES = frozenset("matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases dcases rcases array".split())

PAIRS = {
    **{"(": ")", "[": "]", "\\{": "\\}", "lbrace": "rbrace", "lbrack": "rbrack", "lparen": "rparen"},
    **{"langle": "rangle", "lfloor": "rfloor", "lceil": "rceil"},
}
"""What opens a group, and what closes it."""

PLAIN = {"lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")"}
"""Commands that are another spelling of a bracket."""

BARS = {"|": "|", "vert": "|", "lvert": "|", "rvert": "|", "\\|": "\\|", "Vert": "\\|", "lVert": "\\|", "rVert": "\\|"}
"""Marks that open and close alike, as people write them on either side."""


class Atoms(Cursor):
    """Reads what can't be taken apart by operators. What is inside is read by the methods of `Parser`."""

    @abstractmethod
    def inner(self, found: Sequence[Token], in_fraction: bool = False) -> Atoms: ...

    @abstractmethod
    def whole(self) -> tree.Node: ...

    @abstractmethod
    def between(self) -> tree.Node: ...

    @abstractmethod
    def terms(self) -> tree.Node: ...

    @abstractmethod
    def chain(self) -> tree.Node: ...

    @abstractmethod
    def product(self) -> tree.Node: ...

    @abstractmethod
    def script(self) -> tree.Node: ...

    @abstractmethod
    def first_digit(self) -> Token: ...

    @abstractmethod
    def reaching(self, token: Token, name: str, lower: tree.Node | None, upper: tree.Node | None) -> tree.Node: ...

    @abstractmethod
    def sign(self) -> str | None: ...

    @abstractmethod
    def starts_factor(self, token: Token) -> bool: ...

    def atom(self) -> tree.Node:
        """The next token with what belongs to it."""
        self.deeper(1)
        found = self._atom(self.next())
        self.depth -= 1
        return found

    def _atom(self, token: Token) -> tree.Node:
        if token.kind == "number":
            return number(token)
        if token.kind in ("letter", "word"):
            return tree.Name(token.start, token.end, token.text, font=token.font)
        if token.kind == "text":
            return tree.Words(token.start, token.end, token.text)
        if token.kind == "begin":
            return self.table(token)
        if token.kind == "command":
            return self.command(token)
        if token.is_sign("(", "[", "{", "\\{", "|", "\\|"):
            self.at -= 1
            return self.group()
        raise Unread(f"{shown(token)} stands where nothing like it can stand", token.start, token.end)

    def command(self, token: Token) -> tree.Node:
        name = token.text
        if name in GREEK:
            return tree.Name(token.start, token.end, name, font=token.font)
        if name in ACCENTS:
            body = self.given()
            return accented(ACCENTS[name], body, token.start, self.last_end())
        if name in FRACTIONS:
            over, under = self.given(in_fraction=True), self.given(in_fraction=True)
            return tree.Quotient(token.start, self.last_end(), over, under)
        if name == "sqrt":
            return self.root(token)
        if name in DOTS:
            return tree.Dots(token.start, token.end)
        if name in ("underbrace", "overbrace", "underset", "overset", "stackrel"):
            return self.labelled(token)
        if name == "left" or name in PAIRS or name in BARS:
            self.at -= 1
            return self.group()
        if name in NAMES:
            return tree.Name(token.start, token.end, NAMES[name])
        if name in ("binom", "dbinom", "tbinom"):
            above, below = self.given(), self.given()
            both = tree.Items(above.start, below.end, (above, below))
            return tree.Call(token.start, self.last_end(), tree.Name(token.start, token.end, "binom"), both)
        if name in OPERATORS:
            return tree.Name(token.start, token.end, name)
        raise Unread(f"\\{name} is not read", token.start, token.end)

    def given(self, in_fraction: bool = False) -> tree.Node:
        """The argument of a command."""
        token = self.peek()
        if token is not None and token.kind == "number" and len(token.text) > 1:
            return number(self.first_digit())
        if token is not None and token.kind == "command" and (token.text in ACCENTS or token.text in FRACTIONS):
            return self.atom()
        inside, self.at = argument(self.tokens, self.at)
        return self.single(inside) or self.inner(inside, in_fraction).whole()

    def single(self, inside: list[Token]) -> tree.Node | None:
        """What is in braces, where this is one letter or number and no more, so that nothing in it needs to be read."""
        if len(inside) != 1 or self.depth > DEEPEST - 3:
            return None
        token = inside[0]
        if token.kind == "letter" or (token.kind == "command" and token.text in GREEK):
            return tree.Name(token.start, token.end, token.text, font=token.font)
        return number(token) if token.kind == "number" else None

    def root(self, token: Token) -> tree.Node:
        degree = None
        if self.take("["):
            inside = []
            while not (after := self.next()).is_sign("]"):
                inside.append(after)
            degree = self.inner(inside).whole()
        after = self.peek()
        body = self.group() if after is not None and after.is_sign("(", "[") else self.given()
        return tree.Root(token.start, self.last_end(), body, degree)

    def labelled(self, token: Token) -> tree.Node:
        if token.text in ("underbrace", "overbrace"):
            body, label = self.given(), None
            mark = "_" if token.text == "underbrace" else "^"
            if self.take(mark):
                label = self.script()
            return tree.Labelled(token.start, self.last_end(), body, label)
        label, self.at = argument(self.tokens, self.at)
        body = self.given()
        name = body.text if isinstance(body, tree.Name) else ""
        lower = self.inner(label).whole() if token.text == "underset" else None
        if name in OPERATORS and lower is not None:
            return self.reaching(token, name, lower, None)
        return tree.Labelled(token.start, self.last_end(), body, lower)

    def table(self, token: Token) -> tree.Node:
        """A matrix, or the cases of a function, cell by cell."""
        if token.text not in TABLES:
            return self._rows(token)
        if token.text == "array":
            _, self.at = argument(self.tokens, self.at)
        rows: list[list[list[Token]]] = [[[]]]
        depth = 0
        while True:
            after = self.next()
            if after.kind == "end" and depth == 0:
                break
            depth += (after.kind == "begin" or after.is_sign("{")) - (after.kind == "end" or after.is_sign("}"))
            if after.kind == "row" and depth == 0:
                rows.append([[]])
            elif after.kind == "cell" and depth == 0:
                rows[-1].append([])
            else:
                rows[-1][-1].append(after)
        cells = tuple(tuple(map(self._cell, row)) for row in rows if any(row))
        return tree.Table(token.start, after.end, token.text, cells)

    def _cell(self, found: list[Token]) -> tree.Node:
        while len(found) > 1 and found[-1].is_sign(",", ".", ";") and not found[-2].is_command("right"):
            found = found[:-1]
        try:
            return self.inner(found).whole()
        except TooDeep:
            raise
        except Unread:
            return tree.Words(found[0].start, found[-1].end, " ".join(token.text for token in found))

    def _rows(self, token: Token) -> tree.Node:
        """Rows inside of something else are read one behind the other."""
        if token.text not in ROWS:
            raise Unread(f"the environment {token.text} is not read", token.start, token.end)
        start = self.at
        depth = 1
        while depth:
            after = self.next()
            depth += (after.kind == "begin") - (after.kind == "end")
        body = self.inner(self.tokens[start : self.at - 1]).whole()
        return tree.Group(token.start, self.last_end(), "", "", body)

    def group(self) -> tree.Node:
        """What stands between delimiters, with the delimiters."""
        first = self.next()
        pulled = first.is_command("left")
        opening = self.next() if pulled else first
        if opening.is_sign("{"):
            self.at -= 1
            inside, self.at = argument(self.tokens, self.at)
            body = self.single(inside) or self.inner(inside).between()
            if isinstance(body, tree.Name | tree.Quotient):
                return replace(body, start=first.start, end=self.last_end())
            return tree.Group(first.start, self.last_end(), "", "", body)
        mark = bar(opening)
        if mark is not None and not pulled:
            return self._between_bars(opening, mark)
        start, end = self.at, self._end_of(opening, pulled)
        if end is None and not pulled and opening.is_sign("(", "["):
            return self._unclosed(opening, start)
        if end is None:
            raise Unread(f"{shown(opening)} is not closed", opening.start, opening.end)
        inside, self.at = self.tokens[start:end], end + 1
        if pulled:
            closing = self.next()
        else:
            closing = self.tokens[self.at - 1]
        body = self.inner(inside).between()
        return tree.Group(first.start, closing.end, delimiter(opening), delimiter(closing), body)

    def _unclosed(self, opening: Token, start: int) -> tree.Node:
        """An interval with one end open; else a bracket that is not closed reaches to the end of its side."""
        self.at = start
        other = "]" if opening.text == "(" else ")"
        depth = 1
        for place in range(start, len(self.tokens)):
            token = self.tokens[place]
            depth += token.is_sign("[" if other == "]" else "(") - token.is_sign(other)
            if depth == 0:
                body = self.inner(self.tokens[start:place]).whole()
                self.at = place + 1
                return tree.Group(opening.start, token.end, opening.text, other, body)
        if opening.text == "[":
            raise Unread("[ is not closed", opening.start, opening.end)
        body = self.terms()
        return tree.Group(opening.start, body.end, opening.text, "", body)

    def _end_of(self, opening: Token, pulled: bool) -> int | None:
        """Where the delimiter stands that closes the one before this place: with \\left, its \\right."""
        opens, closes = ("left", "right") if pulled else (opening.text, PAIRS.get(opening.text))
        own = "command" if pulled else opening.kind
        depth = 1
        for place in range(self.at, self.size):
            token = self.tokens[place]
            if token.text == opens:
                depth += token.kind == own
            elif token.text == closes:
                depth -= token.kind == own or (not pulled and token.kind in ("sign", "command"))
            if depth == 0:
                return place
        return None

    def _between_bars(self, opening: Token, mark: str) -> tree.Node:
        double = mark == "|" and (after := self.peek()) is not None and after.is_sign("|")
        if double:
            self.at += 1
            mark = "||"
        self.bars.append(mark[0] if double else mark)
        body = self.chain()
        items = [body]
        while self.take(",", ";"):
            items.append(self.chain())
        self.bars.pop()
        for _ in range(2 if double else 1):
            token = self.peek()
            if token is None or bar(token) != ("|" if double else mark):
                raise Unread(f"{shown(opening)} is not closed", opening.start, opening.end)
            self.at += 1
        body = items[0] if len(items) == 1 else tree.Items(items[0].start, items[-1].end, tuple(items))
        sign = "\\|" if double else mark
        return tree.Group(opening.start, self.last_end(), sign, sign, body)


def bar(token: Token) -> str | None:
    """The mark of an absolute value or a norm that a token is, or None."""
    return BARS.get(token.text) if token.kind in ("sign", "command") else None


def accented(accent: str, body: tree.Node, start: int, end: int) -> tree.Node:
    """An accent over a name goes to the name, also where the scripts are below the accent."""
    if isinstance(body, tree.Name):
        return replace(body, start=start, end=end, accents=(*body.accents, accent))
    if isinstance(body, tree.Scripted) and isinstance(body.base, tree.Name) and not _is_mean_of_power(accent, body):
        return replace(body, start=start, end=end, base=replace(body.base, accents=(*body.base.accents, accent)))
    if isinstance(body, tree.Group) and not body.opening:
        return accented(accent, body.body, start, end)
    return tree.Accented(start, end, accent, body)


def _is_mean_of_power(accent: str, body: tree.Scripted) -> bool:
    """Whether a bar is over a power, and so no part of the name; it is at a variance, which is written as a square."""
    is_sigma = isinstance(body.base, tree.Name) and body.base.text == "sigma"
    return accent == "bar" and isinstance(body.sup, tree.Number) and not is_sigma


def number(token: Token) -> tree.Node:
    """A number, exactly."""
    return tree.Number(token.start, token.end, _value(token.text))


@lru_cache(1024)
def _value(text: str) -> Fraction:
    return Fraction(f"0{text}")


def delimiter(token: Token) -> str:
    """A delimiter in one spelling."""
    return BARS.get(token.text) or PLAIN.get(token.text) or (token.text if token.kind == "sign" else f"\\{token.text}")
