"""A part that has a name is that name wherever it is written out: x - mu is c, where c = x - mu is defined.

So are a root, r = sqrt(v + eps), and a quotient that is called x.hat.
"""

from __future__ import annotations

from collections.abc import Iterable

from derive.language.binding import appearing, rename
from derive.language.terms import Add, Div, Entry, Mul, Sqrt, Tensor, Term


def folded(term: Term, names: Iterable[Tensor]) -> Term:
    """The term with the bodies of these definitions replaced by their names."""
    own = [name for name in names if name.definition is not None and isinstance(name.definition.body, PARTS)]
    return _folded(term, own) if own else term


PARTS = (Add, Sqrt, Div, Mul)
"""What a part that has a name can be."""


def _folded(term: Term, names: list[Tensor]) -> Term:
    term = term.rebuild(tuple(_folded(each, names) for each in term.args))
    if not isinstance(term, PARTS):
        return term
    for name in names:
        definition = name.definition
        free = tuple(appearing(term))
        if definition is None or type(definition.body) is not type(term) or len(free) != len(definition.indices):
            continue
        if [index.size for index in free] != [index.size for index in definition.indices]:
            continue
        if rename(definition.body, dict(zip(definition.indices, free, strict=True))) == term:
            return Entry(name, free)
    return term
