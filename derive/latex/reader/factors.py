"""Factors: operators with limits, functions, derivatives, and scripts."""

from __future__ import annotations

from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.latex.reader.arguments import argument
from derive.latex.reader.atoms import ACCENTS, FRACTIONS, OPERATORS, Atoms, accented, bar, number
from derive.latex.reader.errors import TooDeep, Unread
from derive.latex.reader.fonts import GREEK
from derive.latex.reader.ranges import over_ranges
from derive.latex.reader.tokens import Token

FUNCTIONS = frozenset(
    (
        "log ln lg exp sin cos tan cot sec csc tanh sinh cosh coth arcsin arccos arctan sign sgn det tr Tr dim ker "
        "deg gcd hom"
    ).split()
)
"""Functions that need no brackets around their argument."""


class Factors(Atoms):
    """Reads one factor of a product."""

    def factor(self) -> tree.Node:
        """One factor, with all that it reaches over."""
        self.deeper(1)
        found = self._factor(self.peek())
        self.depth -= 1
        return found

    def _factor(self, token: Token | None) -> tree.Node:
        if token is None:
            return self.missing()
        if token.kind == "command":
            if token.text == "partial":
                return self.partial()
            if token.text == "nabla":
                return self.nabla()
            if token.text == "arg":
                return self.big()
            if token.text in OPERATORS and self._has_limits():
                return self.big()
            if token.text in FUNCTIONS:
                return self.function()
        if token.kind == "word":
            if token.text in FUNCTIONS:
                return self.function()
            if token.text in ("argmax", "argmin", "max", "min") and self._has_limits():
                return self.big()
        return self.scripted()

    def _has_limits(self) -> bool:
        """Sums always have a body; a maximum over its arguments is a call."""
        token, after = self.tokens[self.at], self.peek(1)
        if token.text in ("sum", "prod", "int", "lim"):
            return True
        return after is not None and after.is_sign("_")

    def big(self) -> tree.Node:
        token = self.next()
        name = token.text
        if name == "arg":
            after = self.next()
            name = f"arg{after.text}"
        lower = upper = None
        while (mark := self.peek()) is not None and mark.is_sign("_", "^"):
            self.at += 1
            limit = self.script()
            if mark.is_sign("_"):
                lower = limit
            else:
                upper = limit
        return self.reaching(token, name, lower, upper)

    def reaching(self, token: Token, name: str, lower: tree.Node | None, upper: tree.Node | None) -> tree.Node:
        """An operator with its limits and what it reaches over: a product, which may have a sign of its own."""
        start = self.peek_place()
        signed = self.sign() if lower is not None or upper is not None else None
        body: tree.Node = self.product() if signed or self.body_follows() else tree.Nothing(start, start)
        if signed:
            body = tree.Terms(start, body.end, (body,), (signed,))
        return over_ranges(tree.Big(token.start, body.end, name, lower, upper, body))

    def body_follows(self) -> bool:
        token = self.peek()
        return token is not None and self.starts_factor(token)

    def function(self) -> tree.Node:
        token = self.next()
        name = tree.Name(token.start, token.end, token.text)
        power = base = None
        primes = 0
        while (mark := self.peek()) is not None and (mark.kind == "prime" or mark.is_sign("^", "_")):
            self.at += 1
            if mark.kind == "prime":
                primes += len(mark.text)
            elif mark.is_sign("_"):
                base = self.script()
            else:
                power = self.script()
        after = self.peek()
        if after is None or not self.starts_factor(after):
            if power is None and base is None and not primes:
                return name
            return tree.Scripted(name.start, self.last_end(), name, base, power, primes)
        body = self._argument(after)
        call = tree.Call(token.start, body.end, name, body, power, base, primes)
        return self._scripts(call) if isinstance(body, tree.Group) else call

    def _argument(self, after: Token) -> tree.Node:
        """What stands in brackets behind a function; else a factor, with what is written at it: p(x), 2x."""
        if after.is_sign("(", "[", "{", "\\{") or after.is_command("left"):
            return self.group()
        found = [self.factor()]
        while (token := self.peek()) is not None and self._belongs(found[-1], token):
            found.append(self.factor())
        return product_of(found, [""] * len(found))

    def _belongs(self, before: tree.Node, token: Token) -> bool:
        """Whether a factor behind the argument of a function is part of it: brackets at a name, a name at a number."""
        base = before.base if isinstance(before, tree.Scripted) else before
        if token.is_sign("(", "[") or token.is_command("left"):
            return isinstance(base, tree.Name)
        return isinstance(before, tree.Number) and token.kind in ("letter", "command") and self.starts_factor(token)

    def partial(self) -> tree.Node:
        token = self.next()
        if self.take("_"):
            return self._partial_by(token)
        order = self.script() if self.take("^") else None
        factors: list[tree.Node] = []
        while (after := self.peek()) is not None and self.starts_factor(after) and not after.is_command("partial"):
            factors.append(self.factor())
            if not self.in_fraction and not self._call_follows(factors[-1]):
                break
        place = token.end
        body = product_of(factors, [""] * len(factors)) if factors else tree.Nothing(place, place)
        return tree.Partial(token.start, max(token.end, body.end), body, order)

    def _partial_by(self, token: Token) -> tree.Node:
        """\\partial_x f: the derivative by what stands below, as a fraction."""
        by = self.script()
        under = tree.Partial(by.start, by.end, by)
        body: tree.Node = self._with_arguments(self.factor()) if self.body_follows() else tree.Nothing(by.end, by.end)
        return tree.Quotient(token.start, max(by.end, body.end), tree.Partial(token.start, body.end, body), under)

    def _call_follows(self, factor: tree.Node) -> bool:
        base = factor.base if isinstance(factor, tree.Scripted) else factor
        after = self.peek()
        return isinstance(base, tree.Name) and len(base.text) > 1 and after is not None and after.is_sign("(", "[")

    def nabla(self) -> tree.Node:
        token = self.next()
        by = order = None
        while (mark := self.peek()) is not None and mark.is_sign("_", "^"):
            self.at += 1
            script = self.script()
            if mark.is_sign("_"):
                by = script
            else:
                order = script
        body: tree.Node = tree.Nothing(self.peek_place(), self.peek_place())
        after = self.peek()
        alone = after is None or after.is_command("odot", "cdot", "times", "ast", "circ", "otimes")
        named = after is not None and (after.kind in ("letter", "word", "command") or after.is_sign("{"))
        if after is not None and named and not alone and self.starts_factor(after):
            body = self._under_nabla(after, by)
        elif by is not None and after is not None and after.kind == "number":
            body = self.product()
        elif by is not None and after is not None and self._is_bracket(after):
            place = self.at
            body = self.scripted()
            if _begins_a_product(body, by):
                self.at = place
                body = self.product()
        return tree.Nabla(token.start, max(token.end, body.end), by, order, body)

    def _is_bracket(self, token: Token) -> bool:
        return self.starts_factor(token) and (bar(token) is not None or token.is_sign("(", "["))

    def _under_nabla(self, after: Token, by: tree.Node | None) -> tree.Node:
        """What a nabla stands before: a name; with a variable below also a sum, and all behind some beginnings.

        These are a fraction, a transpose, and the variable itself.
        """
        if by is not None and after.is_command(*FRACTIONS):
            return self.product()
        if by is not None and after.is_command(*OPERATORS, *FUNCTIONS):
            return self.factor()
        place = self.at
        body = self._with_arguments(self.scripted())
        if by is None or not _begins_a_product(body, by):
            return body
        self.at = place
        return self.product()

    def _with_arguments(self, body: tree.Node) -> tree.Node:
        """A name that is differentiated, with the brackets behind it where these hold no more than names: L(x, y)."""
        token = self.peek()
        base = body.base if isinstance(body, tree.Scripted) and body.sup is None else body
        if not isinstance(base, tree.Name) or token is None or not token.is_sign("("):
            return body
        for after in self.tokens[self.at + 1 :]:
            if after.is_sign(")"):
                group = self._scripts(self.group())
                return tree.Product(body.start, group.end, (body, group), ("", ""))
            named = after.kind in ("letter", "word", "number", "prime") or after.is_command(*GREEK, *ACCENTS)
            if not named and not after.is_sign(*",;_^{}"):
                return body
        return body

    def scripted(self) -> tree.Node:
        return self._scripts(self.atom())

    def _scripts(self, base: tree.Node) -> tree.Node:
        sub = sup = None
        primes = 0
        end = base.end
        while (token := self.peek()) is not None and token.kind in ("sign", "prime", "accent"):
            if token.kind == "prime":
                primes += len(token.text)
                self.at += 1
                end = token.end
            elif token.is_sign(".") and self._is_method():
                sup = self._transposed(token)
                end = self.last_end()
            elif token.kind == "accent":
                base = accented(token.text, base, base.start, token.end)
                self.at += 1
            elif token.is_sign("_", "^"):
                self.at += 1
                if (sub if token.is_sign("_") else sup) is not None:
                    raise Unread(f"two {'sub' if token.is_sign('_') else 'super'}scripts", token.start, token.end)
                script = self.script()
                end = max(end, script.end)
                if token.is_sign("_"):
                    sub = script
                elif isinstance(script, tree.Name) and script.text == "prime":
                    primes += 1
                else:
                    sup = script
            else:
                break
        if sub is None and sup is None and not primes:
            return base
        return tree.Scripted(base.start, end, base, sub, sup, primes)

    def _is_method(self) -> bool:
        """Whether a full stop is that of code: `X.T`."""
        after = self.peek(1)
        return after is not None and after.kind in ("letter", "word") and after.text in ("T", "transpose")

    def _transposed(self, token: Token) -> tree.Node:
        """`X.T` and `X.transpose()`, of which the last two axes may be named, is the transpose."""
        name = self.tokens[self.at + 1]
        self.at += 2
        if (after := self.peek()) is not None and after.is_sign("(") and name.text == "transpose":
            axes = self.group()
            inside = axes.body if isinstance(axes, tree.Group) else axes
            if not (isinstance(inside, tree.Nothing) or _are_last_two(inside)):
                raise Unread("a transpose of other axes than the last two", token.start, axes.end)
        return tree.Name(name.start, name.end, "T")

    def script(self) -> tree.Node:
        """What stands in a subscript or a superscript; what can't be read there is kept as words."""
        token = self.peek()
        if token is None:
            return self.missing()
        if token.kind == "number" and len(token.text) > 1:
            return number(self.first_digit())
        if not token.is_sign("{"):
            if token.kind in ("letter", "word", "number", "text"):
                return self.atom()
            if token.kind == "sign":
                self.at += 1
                return self._sign_script(token)
            if token.is_command("prime"):
                self.at += 1
                return tree.Name(token.start, token.end, "prime")
            return self.atom()
        inside, end = argument(self.tokens, self.at)
        self.at = end
        if all(each.is_command("prime") for each in inside) and inside:
            return tree.Name(inside[0].start, inside[-1].end, "prime")
        if (single := self.single(inside)) is not None:
            return single
        try:
            found = self.inner(inside).between()
        except TooDeep:
            raise
        except Unread:
            if not inside:
                raise
            text = " ".join(each.text for each in inside)
            return tree.Words(inside[0].start, inside[-1].end, text)
        return replace(found, start=token.start, end=self.tokens[end - 1].end) if not inside else found

    def _sign_script(self, token: Token) -> tree.Node:
        """A sign as a script, `x^+`; in `e^-x` and `10^-5` people mean what follows, too."""
        after = self.peek()
        follows = after is not None and (after.kind in ("number", "letter") or after.is_command("frac"))
        if not token.is_sign("-") or after is None or not follows:
            return tree.Name(token.start, token.end, token.text)
        if after.kind == "number":
            self.at += 1
            body: tree.Node = number(after)
        else:
            body = self.atom()
        return tree.Terms(token.start, body.end, (body,), ("-",))

    def first_digit(self) -> Token:
        """`x_12` is x with the subscript 1, and then 2: takes one digit and leaves the others."""
        token = self.tokens[self.at]
        if not token.text.isdigit():
            raise Unread("a number that is not in braces where only its first digit is meant", token.start, token.end)
        first = token._replace(text=token.text[0], end=token.start + 1)
        self.tokens[self.at] = token._replace(text=token.text[1:], start=token.start + 1)
        return first


def product_of(factors: list[tree.Node], signs: list[str]) -> tree.Node:
    """A product, or its only factor."""
    if len(factors) == 1:
        return factors[0]
    return tree.Product(factors[0].start, factors[-1].end, tuple(factors), tuple(signs))


def _are_last_two(axes: tree.Node) -> bool:
    """-2, -1 or -1, -2."""
    if not isinstance(axes, tree.Items) or len(axes.items) != 2:
        return False
    written = [
        each.terms[0].value
        for each in axes.items
        if isinstance(each, tree.Terms) and each.signs == ("-",) and isinstance(each.terms[0], tree.Number)
    ]
    return sorted(written) == [1, 2]


def _begins_a_product(body: tree.Node, by: tree.Node) -> bool:
    """Whether a gradient is of more than this: it is a transpose, or what is differentiated by."""
    sup = body.sup if isinstance(body, tree.Scripted) else None
    base = body.base if isinstance(body, tree.Scripted) else body
    if isinstance(sup, tree.Name) and sup.text in ("T", "top", "intercal"):
        return True
    same = isinstance(base, tree.Name) and isinstance(by, tree.Name) and base.text == by.text
    return same and (base is body or sup is None)
