"""Which of the scripts of a name says of which feature it is, and is left out: x_i^{(k)}."""

from __future__ import annotations

from collections.abc import Iterable

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols, bound_letters

ABOVE, BELOW = "above", "below"


def features_of(chains: Iterable[tree.Node], symbols: Symbols) -> str:
    """Where the feature stands: above in brackets, below, or nowhere ("").

    A name that has an index above in brackets at one place and below at another runs over the samples of one feature.
    The sums tell which is which: what they run over are the samples.
    """
    above, below, summed = set[str](), set[str](), set[str]()
    for chain in chains:
        bound = {*bound_letters(chain)}
        for part in chain.walk():
            if not isinstance(part, tree.Scripted) or (symbol := symbols.symbol(part)) is None or not symbol.indices:
                continue
            place = ABOVE if isinstance(part.sup, tree.Group) and part.sub is None else BELOW
            (above if place == ABOVE else below).add(symbol.key)
            if bound & {*symbol.indices} and not isinstance(part.sub, tree.Group):
                summed.add(place)
    if not above & below:
        return ""
    return BELOW if summed == {ABOVE} else ABOVE
