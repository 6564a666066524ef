"""Statistics that a document mixes up: sigma as a variance and as its root, sums divided by m and by m - 1."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.find import Formula
from derive.notes.meaning.symbols import Symbol, Symbols, latex_of
from derive.notes.meaning.value import constant, is_two

VARIANCE, DEVIATION = "the variance", "the standard deviation"
BY_COUNT, BY_ONE_LESS = "their number", "their number less 1"

VARIANCES = frozenset(("Var", "var", "Variance", "variance"))

_DELIBERATE = re.compile(
    r"unbiased|bessel|sample variance|population|无偏|無偏|有偏|样本方差|樣本|erwartungstreu|unverzerrt|sans biais"
    r"|corrigée|insesgad|muestral|não viesad|несмещ|不偏|標本|불편|표본",
    re.IGNORECASE,
)
"""Words beside a variance that say that it is another one on purpose."""


class MixedStatistics:
    """What a document has said of its variances so far."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.spreads: dict[str, str] = {}
        self.divisors: dict[str, str] = {}

    def of(self, formula: Formula, statements: tuple[tree.Statement, ...]) -> Iterator[str]:
        """Warnings where a formula is unlike those before it."""
        chains = [each.chain for each in statements]
        for key, spread in dict.fromkeys(found for chain in chains for found in self._spreads(chain)):
            before = self.spreads.setdefault(key, spread)
            if before != spread:
                yield f"{latex_of(key)} is {spread} here, and {before} elsewhere"
        deliberate = any(_DELIBERATE.search(text) for text in (formula.lead, formula.trail))
        for key, divisor in (
            () if deliberate else dict.fromkeys(each for chain in chains for each in self._divided(chain))
        ):
            before = self._before(key, divisor)
            if before != divisor:
                yield f"the squares in a variance are divided by {divisor} here, and by {before} elsewhere"

    def _before(self, key: str, divisor: str) -> str:
        """What the same variance is divided by elsewhere; Var is that of every name."""
        if key in VARIANCES:
            known = next(iter(self.divisors.values()), divisor)
        else:
            known = next((self.divisors[name] for name in (key, *VARIANCES) if name in self.divisors), divisor)
        self.divisors.setdefault(key, divisor)
        return known

    # ------------------------------------------------------------------ a variance, or its root

    def _spreads(self, node: tree.Node) -> Iterator[tuple[str, str]]:
        """What sigma is, by what it is equal to, and by how it stands below a root."""
        if isinstance(node, tree.Chain) and (symbol := self._sigma(node.sides[0])) is not None:
            for sign, right in zip(node.signs, node.sides[1:], strict=True):
                if sign.text not in ("=", ":="):
                    break
                if symbol.power is None and rooted(right) is not None:
                    yield symbol.key, DEVIATION
                elif _divisor_of_squares(right) is not None:
                    yield symbol.key, VARIANCE if symbol.power is None else DEVIATION
        for part in node.walk():
            body = rooted(part)
            inside = self._beside_epsilon(body) if body is not None else None
            if inside is not None:
                yield inside.key, VARIANCE if inside.power is None else DEVIATION

    def _sigma(self, node: tree.Node) -> Symbol | None:
        """A name that is a sigma or its square, and no function."""
        symbol = self.symbols.symbol(node)
        if symbol is None or symbol.argument is not None or symbol.key.partition("_")[0] != "sigma":
            return None
        return symbol if symbol.power is None or is_two(symbol.power) else None

    def _beside_epsilon(self, node: tree.Node) -> Symbol | None:
        """The sigma, or its square, that is alone below a root but for an epsilon."""
        node = _opened(node)
        terms = node.terms if isinstance(node, tree.Terms) and set(node.signs) == {"+"} else (node,)
        names = [self.symbols.symbol(term) for term in terms]
        others = [name for name in names if name is None or name.key.partition("_")[0] != "epsilon"]
        found = [each for each in map(self._sigma, terms) if each is not None]
        return found[0] if len(found) == len(others) == 1 else None

    # ------------------------------------------------------------------ m, or m - 1

    def _divided(self, node: tree.Node) -> Iterator[tuple[str, str]]:
        """What the squares in a formula for a variance are divided by."""
        if not isinstance(node, tree.Chain):
            return
        symbol = self.symbols.symbol(node.sides[0])
        if symbol is None or not (symbol.key in VARIANCES or self._sigma(node.sides[0]) is not None):
            return
        for sign, right in zip(node.signs, node.sides[1:], strict=True):
            body = rooted(right) or right
            divisor = _divisor_of_squares(body)
            if sign.text in ("=", ":=") and divisor is not None:
                yield symbol.key, divisor


def rooted(node: tree.Node) -> tree.Node | None:
    """What stands below a root, or to the power of a half, or of one and a half."""
    if isinstance(node, tree.Root) and node.degree is None:
        return node.body
    if isinstance(node, tree.Scripted) and isinstance(node.base, tree.Group) and node.sup is not None:
        power = constant(node.sup)
        return node.base.body if power is not None and power.denominator == 2 else None
    return None


def _divisor_of_squares(node: tree.Node) -> str | None:
    """What the sum of the squares of differences is divided by, where a formula is no more than that."""
    factors = node.factors if isinstance(node, tree.Product) else (node,)
    sums = [each for each in factors if isinstance(each, tree.Big)]
    quotients = [each for each in factors if isinstance(each, tree.Quotient)]
    if len(quotients) != 1 or len(factors) > 2:
        return None
    sums += [quotients[0].over] if isinstance(quotients[0].over, tree.Big) else []
    if len(sums) != 1 or sums[0].operator != "sum" or not _is_square_of_difference(sums[0].body):
        return None
    under = _opened(quotients[0].under)
    if isinstance(under, tree.Terms):
        less = len(under.terms) == 2 and under.signs[1] == "-" and constant(under.terms[1]) == 1
        return BY_ONE_LESS if less else None
    return BY_COUNT


def _is_square_of_difference(node: tree.Node) -> bool:
    if not isinstance(node, tree.Scripted) or node.sup is None or not is_two(node.sup):
        return isinstance(node, tree.Big) and _is_square_of_difference(node.body)
    inside = _opened(node.base)
    return isinstance(inside, tree.Terms) and len(inside.terms) == 2 and inside.signs[1] == "-"


def _opened(node: tree.Node) -> tree.Node:
    while isinstance(node, tree.Group) and node.opening in ("", "(", "[", "\\{"):
        node = node.body
    return node
