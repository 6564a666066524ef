"""Names that a person typed: statements and layers, and what was probably meant."""

from __future__ import annotations

from derive.layers import LAYERS, Layer
from derive.naming import no_such
from derive.theorems.registry import Statement, statements


class UnknownName(Exception):
    """A name that nothing has; the message says which names are near."""


def named(id: str) -> Statement:
    """The statement of an id."""
    return looked_up(id, statements(), "statement", "derive list")


def layer_named(name: str) -> Layer:
    """The layer of a name."""
    return looked_up(name, LAYERS, "layer", "derive list")()


def looked_up(name: str, known: dict, kind: str, command: str):
    if name in known:
        return known[name]
    raise UnknownName(no_such(kind, name, known, command))
