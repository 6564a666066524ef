"""Formulas that differ from a written one by a slip of the pen: one sign is another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from derive.latex.reader import syntax as tree

MOST = 12
"""No more slips than these are tried."""


def with_other_sign(node: tree.Node) -> Iterator[tree.Node]:
    """The formula with one plus for a minus, or the other way round, for each sign between two terms."""
    if isinstance(node, tree.Terms):
        for place, sign in enumerate(node.signs):
            if sign in "+-" and len(node.terms) > 1:
                other = "-" if sign == "+" else "+"
                yield replace(node, signs=(*node.signs[:place], other, *node.signs[place + 1 :]))
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tree.Node):
            yield from (replace(node, **{field.name: each}) for each in with_other_sign(value))
        elif isinstance(value, tuple):
            for place, inside in enumerate(value):
                if isinstance(inside, tree.Node):
                    for each in with_other_sign(inside):
                        yield replace(node, **{field.name: (*value[:place], each, *value[place + 1 :])})
