"""Formulas at fixed sizes: every sum written out, and each entry a number with a name of its own, x_1 and x_2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from derive.language import Delta, Derivative, Index, Number, Tensor, Term
from derive.language.terms import Add, Entry
from derive.language.terms import Sum as SumNode
from derive.notes.meaning.order import LAST, Place, moved_from, offset_of
from derive.notes.meaning.unclear import Unclear
from derive.refute.program import derived

MOST = 6
"""The largest size at which sums are written out."""

DEEPEST = 4000
"""At most so many parts are made of one formula."""

Places = Mapping[Index, int]


class Instance:
    """Writes out formulas where the sizes in `sizes` are these numbers; places are counted from 1."""

    def __init__(self, sizes: Mapping[Term, int]) -> None:
        self.sizes = dict(sizes)
        self._made = 0

    def number(self, size: Term) -> int:
        """The number of a size. Raises Unclear for one that is open, or large."""
        found = size.value if isinstance(size, Number) else self.sizes.get(size)
        if found is None or not 0 < found <= MOST or found != int(found):
            raise Unclear("a size that is no small number")
        return int(found)

    def __call__(self, term: Term, where: Places) -> Term:
        """A term at places of its free indices. Raises Unclear where an index is left."""
        self._made += 1
        if self._made > DEEPEST:
            raise Unclear("a formula that is too long at these sizes")
        match term:
            case Entry():
                return self._entry(term, where)
            case Delta():
                return Number(int(self._place(term.left, where) == self._place(term.right, where)))
            case SumNode():
                places = range(1, self.number(term.index.size) + 1)
                return reduce(_plus, (self(term.body, {**where, term.index: place}) for place in places))
            case Derivative():
                return self(derived(term), where)
        return term.rebuild(tuple(self(arg, where) for arg in term.args)) if term.args else term

    def _entry(self, term: Entry, where: Places) -> Term:
        tensor = term.tensor
        if tensor.integer and not term.indices:
            return Number(self.sizes[term]) if term in self.sizes else term
        places = tuple(self._place(index, where) for index in term.indices)
        if (offset := offset_of(tensor)) is not None:
            return Number(int(places[1] <= places[0] + offset))
        if (found := moved_from(tensor)) is not None:
            return self._moved(tensor, *found, places)
        if tensor.definition is not None:
            return self(tensor.definition.body, dict(zip(tensor.definition.indices, places, strict=True)))
        if not term.indices:
            return term
        return entry(tensor, tuple(sorted(places)) if tensor.symmetric else places)

    def _moved(self, tensor: Tensor, base: str, by: Sequence[Place], places: tuple[int, ...]) -> Term:
        """An entry beside the place, or the last one. Raises Unclear where there is none."""
        own, axes, at = list(places), list(tensor.sizes), []
        for each in by:
            size = self._last(each) if isinstance(each, str) else self.number(axes.pop(0))
            at.append(size if isinstance(each, str) else own.pop(0) + each)
            if not 0 < at[-1] <= size:
                raise Unclear("an entry that is out of range")
        return entry(replace(tensor, name=base), tuple(at))

    def _last(self, place: str) -> int:
        """The size of an axis of which the last entry is taken."""
        name = place.removeprefix(LAST)
        return int(name) if name.isdigit() else next((n for size, n in self.sizes.items() if str(size) == name), 0)

    def _place(self, index: Index, where: Places) -> int:
        if index not in where:
            raise Unclear(f"the index {index.name} in an array that is written out")
        return where[index]


def entry(tensor: Tensor, places: tuple[int, ...]) -> Term:
    """One entry of an array, as a number with a name of its own."""
    label = ",".join(map(str, places))
    shown = f"{tensor.latex or tensor.name}_{{{label}}}"
    return Entry(Tensor(f"{tensor.name}[{label}]", (), tensor.signs, tensor.integer, latex=shown))


def _plus(left: Term, right: Term) -> Term:
    return Add((*(left.summands if isinstance(left, Add) else (left,)), right))


