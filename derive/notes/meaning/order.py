r"""Places in an order: sums up to an index, \sum_{j=1}^{i}, names at places beside it, l_{i-1}, and the last one, l_N.

The language has sums over whole ranges. A sum up to i is one over the whole range with a mask, which is 1 where j is
at most i; a name at i-1 is an array of its own. Masks and moved names are free tensors to the prover: what it proves
holds for any values of them, and so for those that they have. `derive.notes.ordered` alone gives them these, to refute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.language import Delta, Derivative, Index, Number, Sum, Tensor, Term, define
from derive.language.binding import free_indices, fresh, rename
from derive.language.terms import Entry, Mul
from derive.language.terms import Sum as SumNode
from derive.notes.meaning.unclear import Unclear

LAST = "last "
Place = int | str
"""How far behind its index a name is taken; for the last entry of an axis `LAST` and the size."""

_MASK = re.compile(r"upto\(([-+]?\d+),.+\)")
_MOST = re.compile(r"[^()]+\(most of ([^()]+)\)")
_MOVED = re.compile(r"(.+)\(((?:[-+]?\d+|last [^,()]+)(?:,(?:[-+]?\d+|last [^,()]+))*)\)")


def mask(row: Index, column: Index, offset: int) -> Term:
    """1 where `column` is at most `row` and `offset` more, else 0; both run over the same size."""
    if row.size != column.size:
        raise Unclear("a sum up to an index of another range")
    return Entry(_mask(row.size, offset), (row, column))


def _mask(size: Term, offset: int) -> Tensor:
    name = f"upto({offset},{size})"
    if offset != 0:
        return Tensor(name, (size, size), signs=frozenset({0, 1}))
    row, column = Index("i", size), Index("j", size)
    found = define(name, mask(row, column, -1) + Delta(row, column), row, column)
    if not isinstance(found, Tensor):
        raise TypeError("a mask has two axes")
    return found


def offset_of(tensor: Tensor) -> int | None:
    """The offset of a mask; None for what is none."""
    found = _MASK.fullmatch(tensor.name)
    return int(found[1]) if found is not None else None


def moved_from(tensor: Tensor) -> tuple[str, tuple[Place, ...]] | None:
    """The name of the tensor that this is a moved one of, and how far it is moved along each of its axes."""
    found = _MOVED.fullmatch(tensor.name) if offset_of(tensor) is None else None
    if found is None:
        return None
    return found[1], tuple(part if part.startswith(LAST) else int(part) for part in found[2].split(","))


def largest_so_far(name: str, of: Tensor, latex: str) -> Tensor:
    """The running maximum of a vector, as a free vector of its own."""
    return Tensor(f"{name}(most of {of.name})", of.sizes, latex=latex)


def most_of(name: str) -> str | None:
    """The name of the vector of which a name is the running maximum, or None."""
    found = _MOST.fullmatch(name)
    return found[1] if found is not None else None


def written_name(tensor: Tensor) -> str:
    """The name of the tensor that this is a moved one, or an entry, of."""
    return re.split(r"[(\[]", tensor.name, maxsplit=1)[0]


def is_of_order(tensor: Tensor) -> bool:
    """Whether a tensor stands for an order, or for a name that was moved."""
    return tensor.definition is None and "(" in tensor.name


def position(index: Index) -> Term:
    """The number of an index, counted from 1: of so many it is not before."""
    column = fresh(Index("q", index.size), [index])
    return Sum(mask(index, column, 0), column)


def shifted(term: Term, index: Index, by: int) -> Term:
    """A term with `by` more in place of a free index. Raises Unclear where that is not known."""
    return _Moving(index, by)(term) if by else term


def at_last(term: Term, index: Index) -> Term:
    """A term where an index is the last one. Raises Unclear where that is not known."""
    return _Moving(index, LAST)(term)


class _Moving:
    """Takes a term at another place of one of its indices."""

    def __init__(self, index: Index, by: Place) -> None:
        self.index, self.by = index, by

    def __call__(self, term: Term) -> Term:
        if isinstance(term, Entry):
            return self._entry(term) if self.index in term.indices else term
        if isinstance(term, Delta):
            return self._delta(term) if self.index in (term.left, term.right) else term
        if isinstance(term, SumNode) and term.index == self.index:
            return term
        if isinstance(term, Derivative):
            if self.index not in free_indices(term):
                return term
            raise Unclear("a derivative at another place of its index")
        return term.rebuild(tuple(map(self, term.args))) if term.args else term

    def _entry(self, term: Entry) -> Term:
        tensor = term.tensor
        if (offset := offset_of(tensor)) is not None:
            return self._mask(term.indices[0], term.indices[1], offset)
        if tensor.definition is not None:
            own = dict(zip(tensor.definition.indices, term.indices, strict=True))
            return self(rename(tensor.definition.body, own))
        if tensor.dependence is not None:
            raise Unclear("a gradient at another place of its index")
        base, places = moved_from(tensor) or (tensor.name, (0,) * len(tensor.sizes))
        return self._moved(term, base, places)

    def _moved(self, term: Entry, base: str, places: Sequence[Place]) -> Term:
        open_ = [place for place, own in enumerate(places) if isinstance(own, int)]
        news, kept = [*places], []
        for place, index in zip(open_, term.indices, strict=True):
            if index != self.index:
                kept.append(index)
            elif self.by == LAST:
                news[place] = f"{LAST}{index.size}"
            else:
                news[place] = int(news[place]) + int(self.by)
                kept.append(index)
        name = base if not any(news) else f"{base}({','.join(map(str, news))})"
        sizes = tuple(index.size for index in kept)
        return Entry(replace(term.tensor, name=name, sizes=sizes, symmetric=False), tuple(kept))

    def _mask(self, row: Index, column: Index, offset: int) -> Term:
        if row == column:
            return mask(row, column, offset)
        if self.by == LAST:
            if row == self.index and offset >= 0:
                return Number(1)
            raise Unclear("a sum up to a place before the last")
        return mask(row, column, offset + (int(self.by) if row == self.index else -int(self.by)))

    def _delta(self, term: Delta) -> Term:
        if term.left == term.right:
            return term
        if self.by == LAST:
            raise Unclear("whether an index is the last one")
        other = term.right if term.left == self.index else term.left
        return self._mask(self.index, other, 0) - self._mask(self.index, other, -1)


def summed(body: Term, index: Index, masks: Sequence[Term]) -> Term:
    """The sum of a term over the places where all masks are 1."""
    return SumNode(Mul((*masks, body)) if masks else body, index)
