"""Parts of formulas that are written alike, wherever they stand and whatever brackets are around them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields

from derive.language.binding import rename
from derive.language.terms import Entry, Tensor, Term
from derive.latex.reader import syntax as tree


def written(node: tree.Node) -> Hashable:
    """What is the same for two parts that are written alike: the tree without places, and without plain brackets."""
    if isinstance(node, tree.Group) and node.opening in ("", "(", "["):
        return written(node.body)
    own = (field.name for field in fields(node) if field.name not in ("start", "end"))
    return (type(node).__name__, *(_written(getattr(node, name)) for name in own))


def _written(value: object) -> Hashable:
    if isinstance(value, tree.Node):
        return written(value)
    if isinstance(value, tuple):
        return tuple(map(_written, value))
    return value if isinstance(value, Hashable) else repr(value)


def exchanged(term: Term, part: Term, name: Entry) -> Term:
    """The term with a name for every occurrence of a part that has no free indices; definitions are opened for it."""
    if term == part:
        return name
    if isinstance(term, Entry) and term.tensor.definition is not None and _holds(term.tensor, part):
        definition = term.tensor.definition
        body = rename(definition.body, dict(zip(definition.indices, term.indices, strict=True)))
        return exchanged(body, part, name)
    return term.rebuild(tuple(exchanged(each, part, name) for each in term.args)) if term.args else term


def _holds(tensor: Tensor, part: Term) -> bool:
    """Whether a part occurs in the definition of a tensor, or in one that this rests on."""
    if tensor.definition is None:
        return False
    waiting = [tensor.definition.body]
    while waiting:
        term = waiting.pop()
        if term == part or (isinstance(term, Entry) and _holds(term.tensor, part)):
            return True
        waiting.extend(term.args)
    return False
