"""The identity matrix and the arrays of ones and zeros, also where their size stands below: I_n, I_{n x n}, 1_n."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.language import Delta, Index, Number
from derive.notes.meaning.symbols import Symbol
from derive.notes.meaning.value import Value
from derive.notes.meaning.vocabulary import Vocabulary

_SIZED = re.compile(r"(?P<base>[I01])(?:_\{?(?P<size>\w)(?:\s*(?:\\times|,)?\s*(?P=size))?\}?)?")


def constant_array(symbol: Symbol, vocabulary: Vocabulary) -> Value | None:
    """What I, 1 or 0 stands for where it is an array; None for every other name.

    Where nothing is said of its size it fits what stands beside it.
    """
    found = _SIZED.fullmatch(symbol.key)
    if found is None or symbol.indices or symbol.key in vocabulary.tensors or vocabulary.is_defined(symbol.key, False):
        return None
    size = found["size"]
    if size is not None and not (vocabulary.is_size(size) or _may_be_size(size, vocabulary)):
        return None
    if found["base"] == "I":
        made = _identity(size, vocabulary)
    elif symbol.power is not None:
        return None
    else:
        made = Value(Number(0)) if found["base"] == "0" else ones(size, vocabulary)
    return replace(made, transposed=symbol.transposed and len(made.axes) == 1)


def ones(size: str | None, vocabulary: Vocabulary) -> Value:
    """A vector of ones, as long as what stands beside it where its size is not known."""
    known = size is not None and vocabulary.is_size(size)
    axis = Index("e0", vocabulary.size(size if known else vocabulary.default_size))
    return Value(Number(1), (axis,), any_size=not known)


def _identity(size: str | None, vocabulary: Vocabulary) -> Value:
    known = size is not None and vocabulary.is_size(size)
    axes = tuple(Index(name, vocabulary.size(size if known else vocabulary.default_size)) for name in ("e0", "e1"))
    return Value(Delta(*axes), axes, any_size=not known)


def _may_be_size(letter: str, vocabulary: Vocabulary) -> bool:
    """Whether a letter is usual for a size, and is nothing else in the document."""
    return letter in vocabulary.sizes.size_letters() and letter not in vocabulary.tensors
