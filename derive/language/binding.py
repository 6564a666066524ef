"""Free and bound indices: which stand in a term, and how they are renamed without capturing each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from derive.language.terms import Delta, Derivative, Entry, Index, Sum, Tensor, Term


def indices_of(value: Term) -> tuple[Index, ...]:
    """The indices that stand in this node itself, bound ones excepted."""
    match value:
        case Entry():
            return value.indices
        case Delta():
            return (value.left, value.right)
        case Derivative():
            return value.by.indices
    return ()


def free_indices(value: Term) -> frozenset[Index]:
    """The indices of a term that no sum in it binds. They are found once; `audited` finds them anew."""
    try:
        return value._free
    except AttributeError:
        object.__setattr__(value, "_free", computed_free_indices(value))
        return value._free


def computed_free_indices(value: Term) -> frozenset[Index]:
    """The free indices of the content as it is now."""
    free = frozenset(indices_of(value))
    for arg in value.args:
        own = free_indices(arg)
        free = free | own if free else own  # mostly one and the same set, which is not copied then
    return free - {value.index} if isinstance(value, Sum) else free


def appearing(value: Term) -> dict[Index, None]:
    """The free indices of a term, in the order in which they appear."""
    found = dict.fromkeys(indices_of(value))
    for arg in value.args:
        found.update(appearing(arg))
    if isinstance(value, Sum):
        found.pop(value.index, None)
    return found


def nameless(value: Term) -> Term:
    """A term whose free indices are numbered: the same for all terms that differ in the names of free indices alone."""
    return rename(value, {index: Index(f"#{n}", index.size) for n, index in enumerate(appearing(value))})


def fresh(index: Index, taken: Iterable[Index]) -> Index:
    """An index over the same size, whose name none of `taken` has."""
    names = {other.name for other in taken}
    name = index.name
    while name in names:
        name += "'"
    return Index(name, index.size)


def rename(value: Term, mapping: Mapping[Index, Index]) -> Term:
    """`value` with its free indices replaced; a bound index that would capture one is renamed first."""
    mapping = {old: new for old, new in mapping.items() if old != new}
    if not mapping:
        return value

    def new(index: Index) -> Index:
        return mapping.get(index, index)

    match value:
        case Entry():
            return Entry(value.tensor, tuple(map(new, value.indices)))
        case Delta():
            return Delta(new(value.left), new(value.right))
        case Derivative():
            return Derivative(rename(value.body, mapping), Entry(value.by.tensor, tuple(map(new, value.by.indices))))
        case Sum():
            free = free_indices(value)
            mapping = {old: mapping[old] for old in mapping if old in free}
            index, body = value.index, value.body
            if index in mapping.values():
                index = fresh(index, [*mapping.values(), *free])
                body = rename(body, {value.index: index})
            return Sum(rename(body, mapping), index)
    return value.rebuild(tuple(rename(arg, mapping) for arg in value.args))


def is_size(tensor: Tensor) -> bool:
    """Whether an index can run over a tensor."""
    return tensor.integer and not tensor.sizes and tensor.signs == frozenset({1})


def walk(value: Term) -> Iterator[Term]:
    """Every node of a term, definitions not unfolded, from the top."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed(part.args)


def definitions_of(*terms: Term) -> list[Tensor]:
    """The defined names that terms rest on, each after those that it is made of."""
    found: list[Tensor] = []

    def visit(value: Term) -> None:
        for part in walk(value):
            if isinstance(part, Entry):
                visit_tensor(part.tensor)
            elif isinstance(part, Derivative):
                visit_tensor(part.by.tensor)

    def visit_tensor(tensor: Tensor) -> None:
        if tensor.definition and tensor not in found:
            visit(tensor.definition.body)
            found.append(tensor)
        elif tensor.dependence:
            visit_tensor(tensor.dependence.on)

    for value in terms:
        visit(value)
    return found


def letters(tensors: Iterable[Tensor]) -> dict[Term, str]:
    """What definitions call the index over each size: the first name on a left side, else the first one under a sum."""
    definitions = [tensor.definition for tensor in tensors if tensor.definition]
    own = [index for definition in definitions for index in definition.indices]
    bound = [part.index for definition in definitions for part in walk(definition.body) if isinstance(part, Sum)]
    return {index.size: index.name for index in reversed((*own, *bound))}
