"""Letters that are functions in a document: \\sigma(x), \\phi(z), q(x), which could be products as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.meaning.losses import LOSSES
from derive.notes.meaning.matrices import TRACES
from derive.notes.meaning.moments import COVARIANCES, MOMENTS
from derive.notes.meaning.written import written

NEVER = frozenset("d D O e i j k".split())
"""Letters that are no function, whatever stands behind them."""


STATISTICS = frozenset(("mu", "sigma"))
"""Letters that are numbers, and functions as well where what is normalized stands in brackets behind them."""

KNOWN = frozenset("max min sup inf arg argmax argmin clip softmax Softmax".split()) | MOMENTS | COVARIANCES | TRACES
"""Functions that are what everybody means by them, whatever stands behind them."""

NORMALIZED = frozenset("x X z h y u v".split())


def is_statistic(node: tree.Node, behind: tree.Node) -> bool:
    """Whether this is the mean or the variance of what stands in brackets: mu(a x), sigma^2(x + c)."""
    base = node.base if isinstance(node, tree.Scripted) else node
    if not isinstance(base, tree.Name) or base.text not in STATISTICS or base.accents:
        return False
    if not isinstance(behind, tree.Group) or behind.opening != "(":
        return False
    power = node.sup if isinstance(node, tree.Scripted) else None
    squared = isinstance(power, tree.Number) and power.value == 2
    if power is not None and not (squared and base.text == "sigma"):
        return False
    names = [part for part in behind.body.walk() if not isinstance(part, tree.Product | tree.Terms)]
    plain = all(isinstance(part, tree.Name) and part.text not in STATISTICS for part in names)
    normalized = any(isinstance(part, tree.Name) and part.text in NORMALIZED for part in names)
    return plain and normalized and (squared or base.text == "mu")


def function_letters(chains: Iterable[tree.Node]) -> frozenset[str]:
    """The letters that the document uses as functions.

    A letter is one where a name alone in brackets behind it is a whole left side, or with a prime before brackets;
    where this is another side, or what is differentiated, or it stands in a product and has brackets twice, it must
    stand nowhere without brackets.
    """
    sure: set[str] = set()
    likely: set[str] = set()
    multiplied: set[str] = set()
    seen: Counter[str] = Counter()
    called: Counter[str] = Counter()
    for chain in chains:
        sides = chain.sides if isinstance(chain, tree.Chain) else (chain,)
        for place, side in enumerate(sides):
            likely.update(_whole(side))
            if place == 0 and len(sides) > 1:
                sure.update(_whole(side))
        for part in chain.walk():
            if isinstance(part, tree.Name):
                seen[part.text] += 1
            elif isinstance(part, tree.Product):
                multiplied.update(_calls_in(part))
                called.update(_before_brackets(part))
                sure.update(_statistics_in(part))
                sure.update(_primed(part))
            elif isinstance(part, tree.Partial):
                likely.update(_whole(part.body))
                called.update(part.body.text for _ in "." if isinstance(part.body, tree.Name))
    likely |= {letter for letter in multiplied if called[letter] > 1}
    return frozenset(sure | {letter for letter in likely if called[letter] >= seen[letter]}) - NEVER


def number_words(chains: Iterable[tree.Node]) -> frozenset[str]:
    """The words that are numbers, whatever brackets follow: rstd, if it has a formula and never a plain argument."""
    found: set[str] = set()
    called: set[str] = set(KNOWN)
    for chain in chains:
        if isinstance(chain, tree.Chain) and (name := _letter(chain.sides[0])) is not None and len(name) > 1:
            found.add(name)
        for part in chain.walk():
            if isinstance(part, tree.Product):
                called.update(_calls_in(part))
                called.update(name for name, _ in _lists_in(part))
            elif isinstance(part, tree.Call):
                called.add(part.function.text)
    return frozenset(found - called)


def names_with_arguments(chains: Iterable[tree.Node]) -> frozenset[str]:
    """The names that stand with the same list in brackets wherever a list is behind them: L(x, y) is L.

    They are losses, or what a formula says with this list on its left.
    """
    found: dict[str, set[Hashable]] = {}
    named: set[str] = set(LOSSES)
    single: set[str] = set()
    for chain in chains:
        if isinstance(chain, tree.Chain):
            named.update(name for side in chain.sides[:-1] for name, _ in _lists_in(side, whole=True))
        for part in chain.walk():
            if not isinstance(part, tree.Product | tree.Call):
                continue
            single.update(_calls_in(part))
            for letter, behind in _lists_in(part):
                found.setdefault(letter, set()).add(written(behind))
    named -= KNOWN | (single - LOSSES)  # H(p, q) is not H(p)
    return frozenset(letter for letter, inside in found.items() if letter in named and len(inside) == 1)


def names_with_lists_and_without(chains: Iterable[tree.Node]) -> frozenset[str]:
    """The letters that stand before a list in brackets, and before one name as well: H(p, q) beside H(p)."""
    parts = [part for chain in chains for part in chain.walk() if isinstance(part, tree.Product | tree.Call)]
    listed = {letter for part in parts for letter, _ in _lists_in(part)}
    return frozenset({letter for part in parts for letter in _calls_in(part)} & listed - LOSSES - KNOWN)


def _lists_in(node: tree.Node, whole: bool = False) -> Iterator[tuple[str, tree.Node]]:
    """The names before lists in brackets, and these lists; `whole` asks for a node that is only that."""
    if isinstance(node, tree.Call) and _is_list(node.argument, True):
        yield node.function.text, node.argument
    if not isinstance(node, tree.Product) or (whole and len(node.factors) != 2):
        return
    for place in range(1, len(node.factors)):
        letter, behind = _letter(node.factors[place - 1]), node.factors[place]
        if letter is not None and not node.signs[place] and _is_list(behind, letter not in LOSSES):
            yield letter, behind


def _is_list(node: tree.Node, of_names: bool) -> bool:
    """Whether these are brackets with several things between commas in them, or with names only."""
    if not isinstance(node, tree.Group) or not isinstance(node.body, tree.Items):
        return False
    return not of_names or all(map(_is_plain, node.body.items))


def _is_plain(node: tree.Node) -> bool:
    """Whether this is a name, with or without scripts."""
    return isinstance(node.base if isinstance(node, tree.Scripted) else node, tree.Name)


def _whole(node: tree.Node) -> Iterator[str]:
    """The letter of a node that is one call and no more."""
    if isinstance(node, tree.Product) and len(node.factors) == 2:
        yield from _calls_in(node)


def _calls_in(node: tree.Node) -> Iterator[str]:
    """The letters before brackets with one name in them, directly in a product."""
    if not isinstance(node, tree.Product):
        return
    for place in range(1, len(node.factors)):
        letter, behind = _letter(node.factors[place - 1]), node.factors[place]
        if letter is not None and not node.signs[place] and _holds_name(behind):
            yield letter


def _before_brackets(node: tree.Node) -> Iterator[str]:
    """The letters before round brackets, whatever is in them, directly in a product."""
    if isinstance(node, tree.Product):
        for place in range(1, len(node.factors)):
            letter, behind = _letter(node.factors[place - 1]), node.factors[place]
            inside = behind.base if isinstance(behind, tree.Scripted) else behind
            round_ = isinstance(inside, tree.Group) and inside.opening == "("
            if letter is not None and not node.signs[place] and round_:
                yield letter


def _primed(node: tree.Node) -> Iterator[str]:
    """The letters with a prime before brackets with one name in them."""
    if isinstance(node, tree.Product):
        for place in range(1, len(node.factors)):
            name = node.factors[place - 1]
            letter = _letter(name)
            primed = isinstance(name, tree.Scripted) and name.primes > 0
            if primed and letter is not None and not node.signs[place] and _holds_name(node.factors[place]):
                yield letter


def _statistics_in(node: tree.Node) -> Iterator[str]:
    if not isinstance(node, tree.Product):
        return
    for sign, (name, behind) in zip(node.signs[1:], pairwise(node.factors), strict=True):
        base = name.base if isinstance(name, tree.Scripted) else name
        if not sign and isinstance(base, tree.Name) and is_statistic(name, behind):
            yield base.text


def _letter(node: tree.Node) -> str | None:
    base = node.base if isinstance(node, tree.Scripted) and node.sup is None else node
    if not isinstance(base, tree.Name) or base.accents or base.font in ("mathbf", "boldsymbol", "bm"):
        return None
    return base.text


def _holds_name(node: tree.Node) -> bool:
    """Whether these are round brackets around one name, which may have scripts."""
    inside = node.base if isinstance(node, tree.Scripted) else node
    if not isinstance(inside, tree.Group) or inside.opening != "(":
        return False
    body = inside.body
    return isinstance(body, tree.Name) or (isinstance(body, tree.Scripted) and isinstance(body.base, tree.Name))
