"""What a term is as an array: which axes it has, what it is made of, which sums it takes."""

from __future__ import annotations

from collections.abc import Iterator

from derive.calculus import derivative
from derive.language.binding import rename, walk
from derive.language.terms import Delta, Derivative, Entry, Index, Mul, Number, Sum, Tensor, Term

MADE = "derive.python_source"
"""The origin of the arrays that a function makes itself."""


class Arrays:
    """Reads terms in which derivatives are carried out, and every sum is over what depends on its index."""

    def __init__(self) -> None:
        self._bodies: dict[Tensor, Term] = {}

    def plain(self, value: Term) -> Term:
        """A term in that form, with the identity matrix for Kronecker's delta."""
        match value:
            case Derivative():
                return self.plain(derivative(value.body, value.by))
            case Delta():
                size, same = value.left.size, value.left == value.right
                return Number(1) if same else identity(size)[value.left, value.right]
        value = value.rebuild(tuple(map(self.plain, value.args)))
        if isinstance(value, Sum) and value.index not in self.axes(value.body):
            return Mul((value.index.size, value.body))
        return value

    def body(self, tensor: Tensor) -> Term:
        """What a defined name stands for."""
        if tensor not in self._bodies:
            self._bodies[tensor] = self.plain(tensor.definition.body)  # type: ignore[union-attr]
        return self._bodies[tensor]

    def made_of(self, value: Term) -> list[Tensor]:
        """The names that a term is made of, each after those that it is made of itself."""
        found: dict[Tensor, None] = {}

        def visit(value: Term) -> None:
            for part in walk(value):
                if isinstance(part, Entry) and part.tensor not in found and part.tensor.origin != MADE:
                    if part.tensor.definition:
                        visit(self.body(part.tensor))
                    found[part.tensor] = None

        visit(value)
        return list(found)

    def axes(self, value: Term) -> frozenset[Index]:
        """The free indices on which the value of a term really depends."""
        if isinstance(value, Entry):
            return frozenset(self.own(value))
        axes = frozenset(index for arg in value.args for index in self.axes(arg))
        return axes - {value.index} if isinstance(value, Sum) else axes

    def own(self, value: Entry | Sum) -> tuple[Index, ...]:
        """The indices along the axes of the array that an entry is taken from, or that a sum gives."""
        if isinstance(value, Sum):
            core, bound = chain(value)
            return tuple(index for index in self.natural(core) if index not in bound)
        definition = value.tensor.definition
        if definition is None:
            return value.indices
        kept = self.axes(self.body(value.tensor))
        return tuple(i for i, mine in zip(value.indices, definition.indices, strict=True) if mine in kept)

    def natural(self, value: Term) -> tuple[Index, ...]:
        """The layout in which the largest arrays of a term lie already."""
        owns = sorted(self._owns(value), key=len, reverse=True)
        return tuple(dict.fromkeys(index for own in owns for index in own))

    def _owns(self, value: Term) -> Iterator[tuple[Index, ...]]:
        """The indices of each array in a term, bound ones excepted."""
        if isinstance(value, Entry):
            yield self.own(value)
        bound = value.index if isinstance(value, Sum) else None
        for arg in value.args:
            yield from (tuple(index for index in own if index != bound) for own in self._owns(arg))

    def key(self, value: Sum) -> Term:
        """The sum with its indices called by their places: sums that are the same array have the same key."""
        places = {index: Index(f"axis {place}", index.size) for place, index in enumerate(self.own(value))}
        return _numbered(rename(value, places))


def identity(size: Term) -> Tensor:
    """The identity matrix, as an array that the function makes."""
    return Tensor("delta", (size, size), symmetric=True, origin=MADE)


def ones(size: Term) -> Tensor:
    """The vector of ones, as an array that the function makes."""
    return Tensor("ones", (size,), origin=MADE)


def one() -> Tensor:
    """The number one, as an array that the function makes."""
    return Tensor("one", origin=MADE)


def chain(value: Term) -> tuple[Term, list[Index]]:
    """What a sum of sums goes over: the innermost body, and the indices from the innermost."""
    bound: list[Index] = []
    while isinstance(value, Sum):
        bound.insert(0, value.index)
        value = value.body
    return value, bound


def sums(value: Term) -> Iterator[Sum]:
    """Every sum in a term, a sum of sums as one."""
    if isinstance(value, Sum):
        yield value
        value, _ = chain(value)
    for arg in value.args:
        yield from sums(arg)


def _numbered(value: Term, depth: int = 0) -> Term:
    """The same term, with bound indices called by their depth."""
    if isinstance(value, Sum):
        index = Index(f"sum {depth}", value.index.size)
        return Sum(_numbered(rename(value.body, {value.index: index}), depth + 1), index)
    return value.rebuild(tuple(_numbered(arg, depth) for arg in value.args))
