"""Which of the scripts of a name says of which feature it is, and is left out: x_i^{(k)}."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols, bound_letters

ABOVE, BELOW = "above", "below"


def features_of(chains: Iterable[tree.Node], symbols: Symbols) -> str:
    """Where the feature stands: above in brackets, below, or nowhere ("").

    A name that has an index above in brackets at one place and below at another runs over the samples of one feature.
    The sums tell which is which: what they run over are the samples. So is j of y_j^{(b)} a feature, where no other
    index stands below and none runs over j.
    """
    above, below, summed = set[str](), set[str](), set[str]()
    letters = _Letters()
    for chain in chains:
        bound = {*bound_letters(chain)}
        letters.bound |= bound
        for part in chain.walk():
            if not isinstance(part, tree.Scripted) or (symbol := symbols.symbol(part)) is None or not symbol.indices:
                continue
            letters.see(part, symbols.indices(part.sub) if part.sub is not None else ())
            place = ABOVE if isinstance(part.sup, tree.Group) and part.sub is None else BELOW
            (above if place == ABOVE else below).add(symbol.key)
            if bound & {*symbol.indices} and not isinstance(part.sub, tree.Group):
                summed.add(place)
    if letters.show_one_feature():
        return BELOW
    if not above & below:
        return ""
    return BELOW if summed == {ABOVE} else ABOVE


@dataclass
class _Letters:
    """The letters below names, those that sums run over, and whether names with one below have another one above."""

    below: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    both: bool = False

    def see(self, name: tree.Scripted, below: tuple[str, ...] | None) -> None:
        self.below.update(("",) if below is None or len(below) > 1 else below)
        self.both = self.both or (bool(below) and isinstance(name.sup, tree.Group) and name.sup.opening == "(")

    def show_one_feature(self) -> bool:
        return self.both and len(self.below) == 1 and self.below.isdisjoint({"", *self.bound})
