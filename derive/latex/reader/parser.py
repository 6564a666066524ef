"""Reads the tokens of a statement into a tree, by precedence of operators."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader import syntax as tree
from derive.latex.reader.atoms import BARS, bar
from derive.latex.reader.codewords import with_words
from derive.latex.reader.cursor import shown
from derive.latex.reader.depth import depths
from derive.latex.reader.errors import TooDeep, Unread
from derive.latex.reader.expand import Macros, expanded
from derive.latex.reader.factors import Factors, product_of
from derive.latex.reader.given import cut, is_range, place_of_bar
from derive.latex.reader.layout import parts
from derive.latex.reader.relations import is_relation
from derive.latex.reader.slashes import with_slashes
from derive.latex.reader.tokens import TEXT, Token

PRODUCTS = {
    **{"cdot": "\\cdot", "times": "\\times", "odot": "\\odot", "otimes": "\\otimes", "circ": "\\circ"},
    **{"ast": "*", "star": "*", "bullet": "\\cdot", "div": "/", "centerdot": "\\cdot", "cdotp": "\\cdot"},
    **{"vdot": "\\cdot", "dotproduct": "\\cdot", "Hadamard": "\\odot", "hadamard": "\\odot"},
}
"""Commands that multiply or divide, and their sign in the tree."""


_SIGNS = {**dict.fromkeys(("+", "-"), "sign"), **dict.fromkeys(("pm", "mp"), "command")}
"""Signs of a term, and their kind of token."""


def parse(
    latex: str, macros: Macros | None = None, words: frozenset[str] = frozenset(), offset: int = 0
) -> tuple[tree.Statement, ...]:
    """The statements of one formula. Raises Unread, which says what is not understood and where.

    `words` are written as plain letters in this document: xmu. `offset` is added to all places.

    >>> parse(r"a = \\frac{b}{2} + c")[0].chain.signs[0].text
    '='
    """
    found = with_words(expanded(latex, macros, offset), words)
    return tuple(statement(part.tokens, part.remarks) for part in parts(found))


def statement(found: list[Token], remarks: Sequence[list[Token]]) -> tree.Statement:
    """One statement, and its remarks where they can be read; others are kept as words."""
    chain = Parser(found).whole()
    return tree.Statement(chain.start, chain.end, chain, tuple(map(_remark, remarks)))


def _remark(found: list[Token]) -> tree.Node:
    try:
        return Parser(found).whole()
    except TooDeep:
        raise
    except Unread:
        return tree.Words(found[0].start, found[-1].end, " ".join(token.text for token in found))


class Parser(Factors):
    """Reads chains of sums of products."""

    def inner(self, found: Sequence[Token], in_fraction: bool = False) -> Parser:
        return Parser(found, self.depth + 1, self.peek_place(), in_fraction)

    def whole(self) -> tree.Node:
        """All tokens as one chain, one expression, or several between commas."""
        if not self.tokens:
            return tree.Nothing(self.place, self.place)
        if (at := place_of_over(self.tokens)) is not None:
            over, under = (self.inner(part, True).whole() for part in (self.tokens[:at], self.tokens[at + 1 :]))
            self.at = len(self.tokens)
            return tree.Quotient(over.start, under.end, over, under)
        items = [self.chain()]
        while self.take(",", ";"):
            items.append(self.chain())
        if (token := self.peek()) is not None:
            raise Unread(f"{shown(token)} stands where nothing like it can stand", token.start, token.end)
        return items[0] if len(items) == 1 else tree.Items(items[0].start, items[-1].end, tuple(items))

    def between(self) -> tree.Node:
        """All tokens between two brackets: also two parts with a bar between, and ranges of indices."""
        if (at := place_of_bar(self.tokens)) is not None:
            width = 2 if self.tokens[at].is_sign("|") and self.tokens[at + 1].is_sign("|") else 1
            left, right = self.inner(self.tokens[:at]).between(), self.inner(self.tokens[at + width :]).between()
            sign = "||" if width == 2 or bar(self.tokens[at]) == "\\|" or self.tokens[at].text == "parallel" else "|"
            self.at = len(self.tokens)
            return tree.Given(left.start, right.end, left, right, sign)
        if not is_range(self.tokens):
            return self.whole()
        cells = [self._range(cell) for cell in cut(self.tokens, ",")]
        self.at = len(self.tokens)
        return cells[0] if len(cells) == 1 else tree.Items(cells[0].start, cells[-1].end, tuple(cells))

    def _range(self, found: list[Token]) -> tree.Node:
        ends = cut(found, ":")
        if len(ends) == 1 or len(ends) > 2:
            return self.inner(found).whole()
        lower, upper = (self.inner(end).whole() if end else None for end in ends)
        return tree.Slice(found[0].start, found[-1].end, lower, upper)

    def chain(self) -> tree.Node:
        first = self.peek()
        sides = [tree.Nothing(first.start, first.start) if first and is_relation(first) else self.terms()]
        signs = []
        while (token := self.relation()) is not None:
            signs.append(token)
            sides.append(self.terms())
        return tree.Chain(sides[0].start, sides[-1].end, tuple(sides), tuple(signs)) if signs else sides[0]

    def relation(self) -> tree.Sign | None:
        token = self.peek()
        if token is None:
            return None
        if token.is_sign(":") and (after := self.peek(1)) is not None and after.is_sign("="):
            self.at += 2
            return tree.Sign(token.start, after.end, ":=")
        if not is_relation(token):
            return None
        self.at += 1
        after = self.peek()
        if after is not None and after.is_sign(":") and token.is_sign("="):
            self.at += 1
            return tree.Sign(token.start, after.end, "=:")
        if after is not None and after.is_sign("=") and token.is_sign("<", ">", "="):
            self.at += 1
            return tree.Sign(token.start, after.end, f"{token.text}=")
        return tree.Sign(token.start, token.end, token.text if token.kind == "sign" else f"\\{token.text}")

    def terms(self) -> tree.Node:
        terms, signs = [], []
        sign = self.sign() or "+"
        signed = sign != "+" or (self.at > 0 and self.tokens[self.at - 1].is_sign("+"))
        start = self.peek_place() if not signed else self.tokens[self.at - 1].start
        while True:
            terms.append(self.product())
            signs.append(sign)
            if not self.bars and self.take(")"):
                terms, signs = [self._unopened(start, terms, signs)], ["+"]
            sign = self.sign()
            if sign is None:
                break
        if len(terms) == 1 and signs == ["+"]:
            return terms[0]
        return tree.Terms(start, terms[-1].end, tuple(terms), tuple(signs))

    def _unopened(self, start: int, terms: list[tree.Node], signs: list[str]) -> tree.Node:
        """A bracket that is not opened holds what stands before it on its side."""
        body = terms[0] if signs == ["+"] else tree.Terms(start, terms[-1].end, tuple(terms), tuple(signs))
        return tree.Group(start, self.last_end(), "", ")", body)

    def sign(self) -> str | None:
        token = self.peek()
        if token is None or _SIGNS.get(token.text) != token.kind:
            return None
        self.at += 1
        return token.text if token.kind == "sign" else f"\\{token.text}"

    def product(self) -> tree.Node:
        factors, signs = [self.factor()], [""]
        while (token := self.peek()) is not None:
            sign = multiplies(token)
            if bar(token) == "|" and not self.bars and self._is_place(token):
                self.at += 2
                factors[-1] = tree.Evaluated(factors[-1].start, self.last_end(), factors[-1], self.script())
                continue
            if sign is not None:
                self.at += 1
            elif not self.starts_factor(token):
                break
            factors.append(self.signed_factor() if sign is not None else self.factor())
            signs.append(sign or "")
        if token is not None and token.is_command("over"):
            return self._over(factors, signs)
        return product_of(*with_slashes(factors, signs))

    def _over(self, factors: list[tree.Node], signs: list[str]) -> tree.Node:
        self.at += 1
        under = self.terms()
        above = product_of(factors, signs)
        return tree.Quotient(above.start, under.end, above, under)

    def signed_factor(self) -> tree.Node:
        """A factor behind an explicit sign, which may have a minus of its own."""
        start = self.peek_place()
        sign = self.sign()
        factor = self.factor()
        return factor if sign is None else tree.Terms(start, factor.end, (factor,), (sign,))

    def starts_factor(self, token: Token) -> bool:
        if token.kind in ("letter", "word", "number", "text", "begin"):
            return True
        if token.kind == "sign":
            if token.text in ("|", "\\|"):
                return bar(token) not in self.bars and not self._is_place(token)
            return token.text in ("(", "[", "{", "\\{")
        if token.kind != "command" or is_relation(token) or token.text in ("over", "right", "middle", "mid"):
            return False
        if token.text in ("rangle", "rfloor", "rceil", "rbrace", "rbrack", "rparen"):
            return False
        if token.text in BARS:
            return BARS[token.text] not in self.bars and not self._is_place(token)
        return True

    def _is_place(self, token: Token) -> bool:
        """Whether a bar says where something is evaluated: it has a subscript."""
        after = self.peek(1)
        return bar(token) == "|" and after is not None and after.is_sign("_")


def place_of_over(found: Sequence[Token]) -> int | None:
    """Where all that stands in braces is divided into what is above a bar and what is below: {a + b \\over c}."""
    if "over" not in map(TEXT, found):
        return None
    flat = [(at, found[at]) for at, depth in enumerate(depths(found)) if depth <= 0]
    places = [at for at, token in flat if token.is_command("over")]
    return places[0] if len(places) == 1 and not any(is_relation(token) for _, token in flat) else None


def multiplies(token: Token) -> str | None:
    """The sign of a product or a quotient, or None."""
    if token.is_sign("*", "/", "@"):
        return token.text
    return PRODUCTS.get(token.text) if token.kind == "command" else None
