"""Puts the name of a function and the brackets behind it together, wherever they stand in a product."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree
from derive.notes.meaning.letters import is_statistic
from derive.notes.meaning.symbols import FUNCTION, is_d_before, is_differential, is_entry_of_matrix, is_word, key_of

N = TypeVar("N", bound=tree.Node)


def with_calls(
    node: N, differentials: bool = False, letters: frozenset[str] = frozenset(), numbers: frozenset[str] = frozenset()
) -> N:
    """The same tree, with RMS(x) as one factor of the product that it stands in; so is dx with `differentials`.

    `letters` are functions, too, wherever brackets follow without this letter in them; the words `numbers` are none.
    """

    def change(each: tree.Node) -> tree.Node:
        made = each.mapped(change)
        return _joined(made, differentials, letters, numbers) if isinstance(made, tree.Product) else made

    return change(node)  # type: ignore[return-value]


def _joined(node: tree.Product, differentials: bool, letters: frozenset[str], numbers: frozenset[str]) -> tree.Node:
    factors: list[tree.Node] = []
    signs: list[str] = []
    for sign, factor in zip(node.signs, node.factors, strict=True):
        call = factors and not sign and _is_group(factor) and _is_function(factors[-1])
        if call and _is_among(factors[-1], numbers):
            call, sign = False, "\\cdot"
        if factors and not sign and not call and _is_group(factor) and _is_letter(factors[-1], factor, letters):
            factors[-1], call = _as_function(factors[-1]), True
        if call or (differentials and factors and not sign and is_d_before(factors[-1], factor)):
            factors[-1] = tree.Product(factors[-1].start, factor.end, (factors[-1], factor), ("", ""))
        else:
            factors.append(factor)
            signs.append(sign)
    if len(factors) == len(node.factors) and tuple(signs) == node.signs:
        return node
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), signs=tuple(signs))


def without_arguments(node: N, letters: frozenset[str]) -> N:
    """The same tree, with these letters alone where names in brackets stand behind them."""
    made = node.mapped(lambda each: without_arguments(each, letters))
    if isinstance(made, tree.Call) and _is_list(made.argument) and made.function.text in letters:
        return replace(made.function, start=made.start, end=made.end)  # type: ignore[return-value]
    if not isinstance(made, tree.Product):
        return made
    pairs = [*zip(made.signs, made.factors, strict=True)]
    kept = [
        (sign, factor)
        for place, (sign, factor) in enumerate(pairs)
        if sign or not place or not _is_list(factor) or not _is_among(pairs[place - 1][1], letters)
    ]
    if len(kept) == len(pairs):
        return made
    if len(kept) == 1:
        return replace(kept[0][1], end=made.end)  # type: ignore[return-value]
    return replace(made, signs=tuple(sign for sign, _ in kept), factors=tuple(factor for _, factor in kept))


def _is_list(node: tree.Node) -> bool:
    return isinstance(node, tree.Group) and node.opening == "(" and isinstance(node.body, tree.Items)


def _is_among(node: tree.Node, letters: frozenset[str]) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Name) and base.text in letters


def _is_group(node: tree.Node) -> bool:
    inside = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(inside, tree.Group) and inside.opening in ("(", "[")


def _is_function(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Name) and is_word(key_of(base)) and not is_entry_of_matrix(node)


def _is_letter(node: tree.Node, group: tree.Node, letters: frozenset[str]) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    if not isinstance(base, tree.Name) or base.accents or base.text not in letters:
        return False
    if is_statistic(node, group):
        return True
    inside = [part for part in group.walk() if isinstance(part, tree.Name) and part.text == base.text]
    power = isinstance(node, tree.Scripted) and node.sup is not None
    return not power and all(part.font == FUNCTION for part in inside)


def _as_function(node: tree.Node) -> tree.Node:
    if isinstance(node, tree.Scripted):
        return replace(node, base=_as_function(node.base))
    return replace(node, font=FUNCTION) if isinstance(node, tree.Name) else node


def with_words(node: N, words: frozenset[str]) -> N:
    """The same tree, with d and one of these letters behind it as one word: ds, where the document has no s."""
    if isinstance(node, tree.Product) and (letter := d_before(node)) in words:
        return tree.Name(node.start, node.end, f"d{letter}")  # type: ignore[return-value]
    return node.mapped(lambda each: with_words(each, words))


def headed(statement: tree.Statement) -> tree.Statement:
    """A formula within a line that begins with a relation, as in "inv_rms $= s = ...", without that beginning."""
    chain = statement.chain
    if not isinstance(chain, tree.Chain) or len(chain.signs) < 2 or not isinstance(chain.sides[0], tree.Nothing):
        return statement
    rest = replace(chain, start=chain.sides[1].start, sides=chain.sides[1:], signs=chain.signs[1:])
    return replace(statement, chain=rest)


def without_listing(statement: tree.Statement) -> tree.Statement:
    """D = {d_i} = ..., which says that D is the array of d_i and what it is, without what stands between."""
    chain = statement.chain
    if not isinstance(chain, tree.Chain) or len(chain.sides) < 3 or not _is_listing(chain.sides[1]):
        return statement
    rest = replace(chain, sides=(chain.sides[0], *chain.sides[2:]), signs=chain.signs[1:])
    return replace(statement, chain=rest)


def _is_listing(node: tree.Node) -> bool:
    """Whether this is one entry between braces, with a range or without."""
    base = node.base if isinstance(node, tree.Scripted) else node
    inside = base.body if isinstance(base, tree.Group) and base.opening == "\\{" else None
    return isinstance(inside, tree.Scripted) and isinstance(inside.base, tree.Name)


def d_before(node: tree.Node) -> str | None:
    """The letter behind a d, if this is no more than the two."""
    if not is_differential(node) or not isinstance(node, tree.Product):
        return None
    letter = node.factors[1]
    return letter.text if isinstance(letter, tree.Name) and not letter.accents and len(letter.text) == 1 else None


def has_differentials(chain: tree.Node) -> bool:
    """Whether a formula says what a differential is: dy = ..."""
    return is_differential(chain.sides[0] if isinstance(chain, tree.Chain) else chain)
