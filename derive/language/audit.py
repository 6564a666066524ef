"""Is a claim what it seems? Every node and field of it, looked at once, before anything is decided.  [trusted]

Python lets a program make a class that pretends to equal everything, or change a value that was meant to stay. So the
kernel takes exact types alone, repeats every check that construction makes, compares each remembered hash with the
content, and finds the free indices anew. The result lists all names and numbers of the claim; two claims with the same
list are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from derive.language.binding import computed_free_indices
from derive.language.claims import Claim, claim_indices
from derive.language.node import LanguageError, Node
from derive.language.terms import KINDS, Definition, Dependence, Index, Partial, Tensor, Term

DEPTH = 250
"""Formulas nested deeper than this, definitions included, are refused."""

PLAIN = frozenset({str, int, bool, Fraction, type(None)})
NODES = KINDS | {Claim, Index, Tensor, Definition, Dependence, Partial}


def audited(value: Node) -> tuple[Any, ...]:
    """The names and numbers in a claim or term, in order; raises LanguageError if it is not what it seems."""
    found: list[Any] = []
    seen: dict[int, Any] = {}
    _visit(value, 0, found, seen)
    _check_names(node for _, node in seen.values())
    if isinstance(value, Claim):
        _check_indices(claim_indices(value))
    return tuple(found)


def _check_indices(free: list[Index]) -> None:
    for one, other in pairwise(free):
        if one.name == other.name:
            raise LanguageError(f"the index {one.name} runs over {one.size} and over {other.size}")


def _check_names(nodes: Iterable[Node]) -> None:
    """One name, one thing: else `sqrt(x**2) = x` could be proved of two different x."""
    named: dict[str, Tensor] = {}
    for node in nodes:
        if isinstance(node, Tensor) and named.setdefault(node.name, node) != node:
            raise LanguageError(f"two different things are called {node.name}")


def _visit(value: Any, depth: int, found: list[Any], seen: dict[int, Any]) -> None:
    kind = type(value)
    if kind in PLAIN:
        found.append((kind, value))
    elif kind is tuple or kind is frozenset:
        found.append((kind, len(value)))
        for part in sorted(value) if kind is frozenset else value:
            _visit(part, depth, found, seen)
    elif id(value) in seen:
        found.append(seen[id(value)][0])
    elif kind in NODES:
        _visit_node(value, depth, found, seen)
    else:
        raise LanguageError(f"{kind.__name__} is no part of a formula")


def _visit_node(value: Node, depth: int, found: list[Any], seen: dict[int, Any]) -> None:
    if depth > DEPTH:
        raise LanguageError(f"a formula that is nested more than {DEPTH} deep")
    seen[id(value)] = (len(seen), value)
    found.append(type(value))
    for name, part in _fields(value):
        if name == "origin":
            found.append(_origin(part))
        else:
            _visit(part, depth + 1, found, seen)
    check = getattr(value, "__post_init__", None)
    if check is not None:
        check()
    if hash(value) != value.computed_hash():
        raise LanguageError("a formula that was changed after it was made")
    if isinstance(value, Term):
        object.__setattr__(value, "_free", computed_free_indices(value))  # whatever was remembered of them


def _fields(value: Node) -> Iterator[tuple[str, Any]]:
    for name in type(value).__match_args__:
        yield name, getattr(value, name)


def _origin(value: Any) -> int:
    module = type(value).__module__.partition(".")[0]
    if value is not None and type(value) is not Tensor and module != "sympy":
        raise LanguageError(f"a tensor that comes from {value!r}")
    return id(value)
