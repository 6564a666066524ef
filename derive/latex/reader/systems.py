"""Tables that are no matrices: columns around an equals sign, and several statements behind one brace."""

from __future__ import annotations

from derive.latex.reader.arguments import argument
from derive.latex.reader.depth import depths, outside, rows_of, split
from derive.latex.reader.relations import is_relation
from derive.latex.reader.tokens import Token

TABLES = frozenset("array matrix cases dcases".split())
_ROWS = TABLES | frozenset("aligned gathered split align".split())


def unboxed(found: list[Token]) -> list[Token]:
    """The tokens of a display without the table that holds all of it, where its rows are statements."""
    bare = [token for token in found if token.kind != "space" and not token.is_sign(".", ",")]
    if len(bare) > 3 and bare[0].is_command("left") and bare[1].is_sign("\\{", "{"):
        bare = bare[2:]
        if bare[-1].is_command("right"):
            bare = bare[:-1]
    elif bare and bare[0].is_sign("\\{"):
        bare = bare[1:]
    if not bare or bare[0].kind != "begin" or bare[0].text not in _ROWS or bare[-1].kind != "end":
        return found
    if any(depth <= 0 for depth in depths(bare)[1:-1]):
        return found
    start = 1
    if bare[0].text == "array":
        _, start = argument(bare, 1)
    inside = _between(found, bare[start], bare[-1])
    rows = rows_of(inside)
    return inside if rows and all(map(_is_statement, rows)) else found


def _between(found: list[Token], first: Token, end: Token) -> list[Token]:
    start = next(place for place, token in enumerate(found) if token is first)
    stop = next(place for place, token in enumerate(found) if token is end)
    return found[start:stop]


def _is_statement(row: list[Token]) -> bool:
    """Whether there is a relation in the first cell, or it is that of a column of its own."""
    cells = split(outside(row), "cell")
    first = any(map(is_relation, cells[0]))
    columns = [cell for cell in cells[1:] if any(token.kind != "space" for token in cell)]
    return first or any(is_relation(next(token for token in cell if token.kind != "space")) for cell in columns)
