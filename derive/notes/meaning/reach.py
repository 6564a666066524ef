"""What tensors rest on, through their definitions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from derive.language import Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Entry


def below(term: Term) -> Iterator[Tensor]:
    """The tensors in a formula, and those in the definitions of these, each once."""
    seen: set[Tensor] = set()
    waiting = [term]
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Entry) and part.tensor not in seen:
                seen.add(part.tensor)
                yield part.tensor
                waiting += [part.tensor.definition.body] if part.tensor.definition is not None else []


@lru_cache(1024)
def used_by(tensor: Tensor) -> frozenset[Tensor]:
    """The tensors in the definition of one."""
    if tensor.definition is None:
        return frozenset()
    return frozenset(part.tensor for part in walk(tensor.definition.body) if isinstance(part, Entry))


@lru_cache(1024)
def _inside(tensor: Tensor) -> frozenset[Tensor]:
    """A tensor, and all that it rests on."""
    return frozenset([tensor]).union(*map(_inside, used_by(tensor)))


def reaches(tensor: Tensor, source: Tensor) -> bool:
    """Whether a tensor is, or rests on, another one."""
    return source in _inside(tensor)
