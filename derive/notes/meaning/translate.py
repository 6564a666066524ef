"""From the tree of what is written to terms: one reading at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from derive.language import Delta, Index, LanguageError, Number, Scalar, exp, log, mean, sqrt, tanh
from derive.language.binding import rename
from derive.latex.reader import syntax as tree
from derive.notes.meaning.cases import KINDS, in_cases
from derive.notes.meaning.derivatives import Derivatives
from derive.notes.meaning.fractions import by_of, differentiated_in, operator_of, order_of
from derive.notes.meaning.matrices import TRACES, trace
from derive.notes.meaning.moments import averaged, moment
from derive.notes.meaning.primes import at_argument, of_brackets
from derive.notes.meaning.products import ENTRYWISE, slices_in, transposed
from derive.notes.meaning.symbols import is_differential
from derive.notes.meaning.tables import bare, cells_of, has_dots, is_matrix, pattern
from derive.notes.meaning.unclear import function_without_value
from derive.notes.meaning.value import Value, constant, number, product_of
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.meaning.written import written

FUNCTIONS = {"log": log, "ln": log, "exp": exp, "tanh": tanh}


class Translation(Derivatives):
    """One formula in one reading."""

    def value(self, node: tree.Node) -> Value:
        """What a node means. Raises Unclear with the reason and the place."""
        try:
            return self._value(node)
        except LanguageError as error:
            raise Unclear(str(error), node.start, node.end) from None

    def _value(self, node: tree.Node) -> Value:
        if self.named and (own := self.named.get(written(node))) is not None:
            return own
        if isinstance(node, tree.Scripted) and (said := _indicated(node)) is not None:
            return self.iverson(said)
        if (found := self.at_place(node)) is not None:
            return found
        symbol = self.symbols.symbol(node)
        if symbol is not None:
            return self.of_symbol(symbol, node)
        if has_dots(node):
            return self._array(node)
        match node:
            case tree.Number():
                return Value(number(node.value))
            case tree.Labelled():
                return self.value(node.body)
            case tree.Table() if node.kind in KINDS:
                return in_cases(node, self.symbols, self.index, self.value)
            case tree.Group(opening="\\{", closing=".", body=tree.Table() as table):
                return in_cases(table, self.symbols, self.index, self.value)
            case tree.Group():
                return self._group(node)
            case tree.Accented() if node.accent == "bar":
                return self._averaged(node)
            case tree.Terms():
                return self._terms(node)
            case tree.Product():
                return self.product(node)
            case tree.Quotient():
                return self.quotient(node)
            case tree.Root():
                return self._root(node)
            case tree.Big():
                return self.big(node)
            case tree.Call():
                return self._call(node)
            case tree.Scripted(base=tree.Group(opening="|" | "\\|") as group) if node.sub is not None:
                return self._power(self.norm(group, node.sub), node)
            case tree.Scripted():
                return self._power(self.value(node.base), node)
            case tree.Accented() if isinstance(node.body, tree.Nabla) and isinstance(node.body.body, tree.Nothing):
                return self.unnamed(True, node)
            case tree.Accented(accent="bar"):
                return self._mean_over(self.value(node.body), node)
            case tree.Nabla():
                return self.nabla(node)
            case tree.Evaluated():
                return self._held(node)
        raise Unclear(f"{kind(node)} has no meaning here", node.start, node.end)

    def _array(self, node: tree.Node) -> Value:
        """An array with dots, by its entry; a list between brackets is a vector, neither a row nor a column."""
        found = pattern(node)
        kept = dict(self.scope)
        sizes = [size or self.vocabulary.default_size for size in found.sizes]
        own = [Index(letter, self.vocabulary.size(size)) for letter, size in zip(found.indices, sizes, strict=True)]
        self.scope |= {index.name: index for index in own}
        entry = self.value(found.entry)
        diagonal = self.value(found.diagonal) if found.diagonal is not None else None
        self.scope = kept
        if entry.axes or (diagonal is not None and diagonal.axes):
            raise Unclear("a matrix of blocks", node.start, node.end)
        term = entry.term
        if diagonal is not None:
            term = Delta(*own) * diagonal.term + (1 - Delta(*own)) * term
        axes = tuple(Index(f"e{place}", index.size) for place, index in enumerate(own))
        term = rename(term, dict(zip(own, axes, strict=True)))
        column = len(axes) == 1 and not found.row and not found.listed
        turned = len(axes) == 1 and not found.listed and column == self.rows
        return Value(term, axes, turned, any_size="" in found.sizes)

    def _averaged(self, node: tree.Accented) -> Value:
        """A bar over a product is its mean."""
        inside = self.value(node.body)
        return moment("mean", inside, averaged("mean", inside, (), self.given | self.scope.keys()))

    def product(self, node: tree.Product) -> Value:
        factors, signs = list(node.factors), list(node.signs)
        if is_differential(node) and not self.has_plain_d and self.vocabulary.differentials:
            return self.differential(factors[1], node)
        self._ask_reach(factors, signs)
        for place, factor in enumerate(factors):
            operator = operator_of(factor)
            if operator is not None and place + 1 < len(factors):
                return self._applied(node, place, operator)
        if (
            is_one(factors[0])
            and len(factors) == 2
            and isinstance(factors[1], tree.Group)
            and isinstance(factors[1].body, tree.Chain)
        ):
            return self.iverson(factors[1].body)
        for first, second in pairwise(factors):
            if isinstance(first, tree.Name | tree.Scripted) and isinstance(second, tree.Group | tree.Scripted):
                group = second.base if isinstance(second, tree.Scripted) else second
                if isinstance(group, tree.Group) and group.opening == "[" and self.symbols.indices(group.body):
                    raise Unclear("an index in brackets", second.start, second.end)
        values, between = [self.value(factors[0])], [""]
        for sign, factor in zip(signs[1:], factors[1:], strict=True):
            if not sign and (places := slices_in(factor)) is not None:
                values[-1] = self.sliced(values[-1], places, node)
            elif sign in ENTRYWISE:  # entry by entry comes before rows and columns
                values[-1] = self.times(values[-1], self.value(factor), sign, node)
            else:
                values.append(self.value(factor))
                between.append(sign)
        total = values[0]
        for sign, value in zip(between[1:], values[1:], strict=True):
            total = self.times(total, value, sign, node)
        return total

    def _applied(self, node: tree.Product, place: int, operator: tuple[tree.Node, ...]) -> Value:
        """A product with an operator in it, d/dx: it reaches over what follows, up to a loss or the next operator."""
        factors, signs = list(node.factors), list(node.signs)
        behind = range(place + 2, len(factors))
        end = next((at for at in behind if operator_of(factors[at]) is not None), len(factors))
        end = place + 2 if self._loss_key(factors[place + 1]) is not None else end
        rest = product_of(factors[place + 1 : end], signs[place + 1 : end])
        if isinstance(rest, tree.Evaluated):
            applied = self.value(replace(rest, body=product_of([factors[place], rest.body], ["", ""])))
        else:
            applied = self.derivative(rest, operator, factors[place])
        if place:
            applied = self.times(self.value(product_of(factors[:place], signs[:place])), applied, signs[place], node)
        if end < len(factors):
            rest = product_of(factors[end:], signs[end:])
            applied = self.times(applied, self.value(rest), signs[end], node)
        return applied

    def _ask_reach(self, factors: list[tree.Node], signs: list[str]) -> None:
        """Raises Unclear for a gradient of a name that is no loss, where more stands right behind it."""
        for place, factor in enumerate(factors[:-1]):
            if not isinstance(factor, tree.Nabla) or factor.by is None or signs[place + 1]:
                continue
            symbol = self.symbols.symbol(factor.body)
            plain = symbol is not None and symbol.argument is None and not self.vocabulary.is_loss(symbol.key)
            if plain and not isinstance(factor.body, tree.Nothing):
                raise Unclear("a gradient of one name, or of all behind it; write brackets", factor.start, factor.end)

    def quotient(self, node: tree.Quotient) -> Value:
        by = by_of(node)
        over = differentiated_in(node.over) if by is not None else None
        if by is not None and over is not None:
            order = order_of(node.over)
            if order is not None and order != len(by):
                raise Unclear(f"a derivative of order {order} by {len(by)} variables", node.start, node.end)
            return self.derivative(over, by, node)
        left, right = self.value(node.over), self.value(node.under)
        return self.times(left, right, "/", node)

    def _held(self, node: tree.Evaluated) -> Value:
        """A derivative with other names held fixed: a bar with these names behind it."""
        is_point = any(isinstance(part, tree.Chain | tree.Number) for part in node.place.walk())
        first = node.body.factors[0] if isinstance(node.body, tree.Product) else node.body
        if is_point or not isinstance(first, tree.Quotient):
            raise Unclear("something at a point", node.start, node.end)
        kept, known = self.reading, self.vocabulary.differentiated
        symbols = map(self.symbols.symbol, node.place.walk())
        self.reading = replace(kept, direct=True)
        self.vocabulary.differentiated = known | {symbol.key for symbol in symbols if symbol is not None}
        try:
            return self.value(node.body)
        finally:
            self.reading, self.vocabulary.differentiated = kept, known

    def _mean_over(self, inside: Value, node: tree.Node) -> Value:
        """A bar over a formula without an index."""
        if len(inside.axes) != 1:
            raise Unclear("a bar over something that is no vector", node.start, node.end)
        return Value(mean(inside.term, *inside.axes))

    def _root(self, node: tree.Root) -> Value:
        if node.degree is not None and constant(node.degree) != 2:
            raise Unclear("a root that is not square", node.start, node.end)
        inside = self.value(node.body)
        return Value(sqrt(inside.term), inside.axes)

    def _call(self, node: tree.Call) -> Value:
        if node.function.text in TRACES and not node.primes and node.base is None:
            found = trace(self.value(node.argument), node)
            return Value(found if node.power is None else self.raised(found, node.power))
        if node.function.text not in FUNCTIONS:
            raise function_without_value(node.function.text, f"\\{node.function.text}(x) = 2 x", node.start, node.end)
        if isinstance(node.argument, tree.Product) and self.symbols.symbol(node.argument) is None:
            raise Unclear(f"how far {node.function.text} reaches: put its argument in brackets", node.start, node.end)
        inside = self.value(node.argument)
        found = FUNCTIONS[node.function.text](inside.term)
        if node.primes:
            variable = Scalar(self.vocabulary.new_name("t")).tensor
            found = at_argument(FUNCTIONS[node.function.text], node.primes, inside.term, variable)
        if node.base is not None:
            base = constant(node.base)
            if node.function.text != "log" or base is None or base <= 1:
                raise Unclear(f"{node.function.text} with a subscript", node.start, node.end)
            found = found / log(number(base))
        return Value(found if node.power is None else self.raised(found, node.power), inside.axes)

    def _power(self, base: Value, node: tree.Scripted) -> Value:
        if node.sub is not None and not (isinstance(node.base, tree.Group) and node.base.opening in ("\\|", "|")):
            raise Unclear("a subscript at something that has no name", node.start, node.end)
        if node.primes:
            base = self._primed(base, node)
        if node.sup is None:
            return base
        if isinstance(node.sup, tree.Name) and node.sup.text in ("T", "top", "intercal"):
            if cells_of(node.base) is not None and not is_matrix(bare(node.base)):
                return replace(base, transposed=self.rows)  # (x_1, ..., x_n)^T is a column
            return transposed(self.ones() if base.term == Number(1) and not base.axes else base)
        if len(base.axes) > 1:
            return self.matrix_power(base, node.sup)
        return Value(self.raised(base.term, node.sup), base.axes)

    def _primed(self, base: Value, node: tree.Scripted) -> Value:
        """The derivative of what stands in round brackets."""
        if not isinstance(node.base, tree.Group) or node.base.opening not in ("(", "["):
            raise Unclear("a prime at something that has no name", node.start, node.end)
        found = of_brackets(base.term, node.primes)
        self.vocabulary.anchor(base.term)
        return replace(base, term=found)


def _indicated(node: tree.Scripted) -> tree.Chain | None:
    """The condition below a 1: 1_{i = j}."""
    sub = node.sub.body if isinstance(node.sub, tree.Group) else node.sub
    return sub if is_one(node.base) and node.sup is None and isinstance(sub, tree.Chain) else None


def is_one(node: tree.Node) -> bool:
    if isinstance(node, tree.Name):
        return node.text in ("1", "I") and bool(node.font)
    return isinstance(node, tree.Number) and node.value == 1


def kind(node: tree.Node) -> str:
    words = {
        tree.Words: "text",
        tree.Dots: "an ellipsis",
        tree.Items: "a list",
        tree.Table: "a table",
        tree.Chain: "a relation",
        tree.Given: "a bar between two things, as of a distribution given another,",
        tree.Nothing: "an empty place",
        tree.Slice: "a range of indices",
    }
    return words.get(type(node), type(node).__name__.lower())
