"""What a monomial is made of: atoms, and contractions of atoms over bound indices.

An atom is a head (a tensor, a root, a function of a polynomial) with indices. A contraction is a connected product
of atoms, summed over some of their indices. Bound indices have no names, only numbers, so none can be captured;
the numbering is canonical, so two contractions that differ in names and order alone are the same value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count, permutations
from typing import Any, TypeAlias

from derive.language.node import frozen
from derive.language.terms import Index, Tensor, Term

Label = Index | int
Renaming: TypeAlias = Mapping[Any, Any]
"""New indices (or numbers) for old ones."""


class OutsideFragment(Exception):
    """Something that the decision does not understand; the message says what."""


@dataclass(frozen=True)
class Kronecker:
    """The head of Kronecker's delta."""

    name = "delta"
    symmetric = True


KRONECKER = Kronecker()


@dataclass(frozen=True, eq=False)
class Opaque:
    """A root or an entrywise function of a polynomial, with the polynomial's free indices as places.

    `kind` is 'root' or the function's name; `body` has the indices `places` where the atom's indices go.
    Two of them are equal if their bodies are; `text` only orders them.
    """

    kind: str
    body: frozenset
    places: tuple[Index, ...]
    symmetric: bool
    text: str

    @cached_property
    def _hash(self) -> int:
        return hash((self.kind, self.body, self.places))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, Opaque)
            and self._hash == other._hash
            and (self.kind, self.body, self.places) == (other.kind, other.body, other.places)
        )

    @cached_property
    def name(self) -> str:
        return f"{self.kind}({self.text})"


Head: TypeAlias = Tensor | Opaque | Kronecker


def index_key(label: Label) -> tuple[int, int, str]:
    """Orders indices: bound ones by number, then free ones by name."""
    return (0, label, "") if isinstance(label, int) else (1, 0, label.name)


@frozen
class Inner(Index):
    """An index of an opened contraction or of a pattern; equal to no index that a person can make."""


_numbers = count()


class Atom:
    """One head with its indices; in a contraction some of them are numbers.

    `heads` tells factors apart that can't be equal at any indices.
    """

    __slots__ = ("_hash", "free", "head", "heads", "indices")

    def __init__(self, head: Head, indices: tuple[Label, ...] = ()) -> None:
        if head.symmetric and len(indices) > 1:
            indices = tuple(sorted(indices, key=index_key))
        self.head = head
        self.indices = indices
        self.free = frozenset([i for i in indices if not isinstance(i, int)])
        own = hash(head)
        self.heads = frozenset((own,))
        self._hash = hash((own, indices))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            type(other) is Atom
            and self._hash == other._hash
            and self.head == other.head
            and self.indices == other.indices
        )

    @property
    def key(self) -> tuple:
        return (self.head.name, tuple(map(index_key, self.indices)), hash(self.head))

    def renamed(self, mapping: Renaming) -> Atom:
        return Atom(self.head, tuple([mapping.get(i, i) for i in self.indices]))

    @property
    def text(self) -> str:
        return f"{self.head.name}[{','.join(map(str, self.indices))}]"


Powers: TypeAlias = tuple[tuple[Atom, int], ...]


class Contraction:
    """The sum of a product of atoms over the indices numbered 0, 1, ..., whose sizes are `sizes`.

    `idle` says that some number occurs in no atom: atoms have cancelled, and that sum is only a size.
    `special` ones may be rewritten without any rule: idle ones, and those with a root or a function.
    """

    __slots__ = ("_hash", "atoms", "free", "heads", "idle", "sizes", "special")

    def __init__(self, atoms: Powers, sizes: tuple[Term, ...]) -> None:
        self.atoms = atoms
        self.sizes = sizes
        self.free = frozenset().union(*[atom.free for atom, _ in atoms])
        self.heads = frozenset().union(*[atom.heads for atom, _ in atoms])
        self.idle = len({i for atom, _ in atoms for i in atom.indices if isinstance(i, int)}) < len(sizes)
        self.special = self.idle or any(isinstance(atom.head, Opaque) for atom, _ in atoms)
        self._hash = hash((atoms, sizes))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            type(other) is Contraction
            and self._hash == other._hash
            and self.sizes == other.sizes
            and self.atoms == other.atoms
        )

    def opened(self) -> tuple[Powers, tuple[Index, ...]]:
        """The product inside, over indices that have never been used before."""
        bound = tuple(Inner(f"?{next(_numbers)}", size) for size in self.sizes)
        mapping: dict[Label, Label] = dict(enumerate(bound))
        return tuple((atom.renamed(mapping), power) for atom, power in self.atoms), bound

    @property
    def text(self) -> str:
        return "S(" + "*".join(f"{atom.text}^{power}" for atom, power in self.atoms) + ")"


Factor: TypeAlias = Atom | Contraction


def contract(atoms: Sequence[tuple[Atom, int]], bound: Sequence[Index]) -> Contraction:
    """The contraction of a connected product over `bound`, canonically numbered."""
    collected: dict[Atom, int] = {}
    for atom, power in atoms:
        collected[atom] = collected.get(atom, 0) + power
    items = tuple((atom, power) for atom, power in collected.items() if power)
    if len(bound) == 1:
        order: Sequence[Index] = bound
    else:
        order = _canonical_order(items, bound)
    return Contraction(_numbered(items, order), tuple(index.size for index in order))


def _numbered(items: Powers, order: Sequence[Index]) -> Powers:
    numbers: dict[Label, Label] = {index: number for number, index in enumerate(order)}
    renamed = [(atom.renamed(numbers), power) for atom, power in items]
    if len(renamed) > 1:
        renamed.sort(key=lambda item: (item[0].key, item[1]))
    return tuple(renamed)


LEAVES = 5040
"""At most so many numberings are compared for one contraction; more symmetric ones are refused."""


def _canonical_order(items: Powers, bound: Sequence[Index]) -> tuple[Index, ...]:
    """The order of `bound` that gives the least numbering: refine by neighbourhoods, then try what stays alike."""
    search = _Search(items, bound)
    leaves = search.explored(_refine(items, dict.fromkeys(bound, 0), bound))
    return leaves[min(leaves)]


class _Search:
    """The numberings of a product that its refinement leaves open, one of each set that a symmetry makes equal."""

    def __init__(self, items: Powers, bound: Sequence[Index]) -> None:
        self.items, self.bound, self.leaves = items, bound, 0

    def explored(self, colours: dict[Index, int]) -> dict[tuple, tuple[Index, ...]]:
        """Orders by their keys. Two equal keys below one node are a symmetry, which makes the two branches alike."""
        alike = _first_alike(colours, self.bound)
        if not alike:
            key, order = self.leaf(colours)
            return {key: order}
        found: dict[tuple, tuple[Index, ...]] = {}
        for index in _without_twins(self.items, alike):
            branch = self.chosen(colours, index)
            if not found or self.leftmost(branch) not in found:
                found.update(self.explored(branch))
        return found

    def leftmost(self, colours: dict[Index, int]) -> tuple:
        while alike := _first_alike(colours, self.bound):
            colours = self.chosen(colours, alike[0])
        return self.leaf(colours)[0]

    def chosen(self, colours: dict[Index, int], index: Index) -> dict[Index, int]:
        return _refine(self.items, {**colours, index: colours[index] - 1}, self.bound)

    def leaf(self, colours: dict[Index, int]) -> tuple[tuple, tuple[Index, ...]]:
        self.leaves += 1
        if self.leaves > LEAVES:
            raise OutsideFragment(f"a product of {len(self.items)} entries with too many interchangeable indices")
        order = tuple(sorted(self.bound, key=colours.__getitem__))
        return tuple((atom.key, power) for atom, power in _numbered(self.items, order)), order


def _first_alike(colours: Mapping[Any, int], bound: Sequence[Index]) -> list[Index]:
    classes: dict[int, list[Index]] = {}
    for index in bound:
        classes.setdefault(colours[index], []).append(index)
    return next((classes[c] for c in sorted(classes) if len(classes[c]) > 1), [])


def _without_twins(items: Powers, alike: list[Index]) -> list[Index]:
    """One of each set of indices that can be swapped without any change to the product."""
    product = frozenset(items)
    kept: list[Index] = []
    for index in alike:
        if not any(
            frozenset((atom.renamed({index: other, other: index}), power) for atom, power in items) == product
            for other in kept
        ):
            kept.append(index)
    return kept


_spelled = lru_cache(maxsize=1024)(str)


def _refine(items: Powers, colours: dict[Any, int], bound: Sequence[Index]) -> dict[Any, int]:
    """Tell indices apart by where they stand, until nothing more can be told."""
    seats = [(atom.head, atom.head.name, hash(atom.head), atom.indices, power) for atom, power in items]
    sizes = {index: _spelled(index.size) for index in bound}
    while True:
        views: dict[Any, list] = {index: [] for index in bound}
        for head, name, hashed, indices, power in seats:
            symmetric = head.symmetric
            seen = [(1, colours[i], "") if i in colours else (0, 0, index_key(i)[2]) for i in indices]
            around = tuple(sorted(seen) if symmetric else seen)
            for place, index in enumerate(indices):
                if index in views:
                    views[index].append((name, 0 if symmetric else place, around, power, hashed))
        signatures = {index: (colours[index], sizes[index], sorted(views[index])) for index in bound}
        ranks = sorted(signatures.values())
        refined = {index: 2 * ranks.index(signature) + 1 for index, signature in signatures.items()}
        if len(set(refined.values())) == len(set(colours.values())):
            return refined
        colours = refined


def orderings(free: Iterable[Index]) -> list[tuple[Index, ...]]:
    """Every order of a few indices, which is refused for many."""
    listed = sorted(free, key=index_key)
    if len(listed) > 4:
        raise OutsideFragment(f"a root or function of an expression with {len(listed)} free indices")
    return list(permutations(listed))
