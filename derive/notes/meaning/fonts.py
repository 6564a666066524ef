"""Letters that stand in two fonts in one document, where the second is another letter: X beside a calligraphic X."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from derive.latex.reader import syntax as tree
from derive.notes.meaning.losses import is_loss_by_name

N = TypeVar("N", bound=tree.Node)

FONTS = frozenset(("mathcal", "mathscr", "mathfrak", "mathbb"))
"""Fonts in which a letter is another one; bold and upright letters are often the same ones."""

OPERATORS = frozenset("E P V I 1 R N Z C".split())
"""Letters in such a font that are operators or sets."""


def in_two_fonts(chains: Iterable[tree.Node]) -> frozenset[tuple[str, str]]:
    """The letters, with their font, that stand in another font, too; those of losses are one letter in every font."""
    names = [part for chain in chains for part in chain.walk() if isinstance(part, tree.Name)]
    plain = {name.text for name in names if name.font not in FONTS}
    found = {(name.text, name.font) for name in names if name.font in FONTS}
    kinds = {text: sum(text == other for other, _ in found) for text, _ in found}
    letters = {each for each in found if each[0] in plain or kinds[each[0]] > 1}
    return frozenset(each for each in letters if not _is_usual(*each))


def with_fonts(node: N, kept: frozenset[tuple[str, str]]) -> N:
    """The same tree, with the font as an accent where it tells a letter from another one."""
    if isinstance(node, tree.Name):
        return replace(node, accents=(node.font, *node.accents)) if (node.text, node.font) in kept else node
    return node.mapped(lambda each: with_fonts(each, kept))


def _is_usual(text: str, font: str) -> bool:
    """Whether a letter is a loss, or in this font an operator or a set."""
    return is_loss_by_name(text) or len(text) > 1 or (font == "mathbb" and text in OPERATORS)
