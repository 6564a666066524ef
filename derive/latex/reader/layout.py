"""Cuts a display into statements: rows, cells, commas, wide spaces and arrows between formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from derive.latex.reader.conditions import follows_a_word, is_bound, is_condition
from derive.latex.reader.depth import depths, outside, rows_of, split
from derive.latex.reader.relations import RELATIONS, is_relation
from derive.latex.reader.systems import unboxed
from derive.latex.reader.tokens import KIND, TEXT, WIDE, Token
from derive.latex.reader.words import CONDITIONAL

ROWS = frozenset(
    (
        "equation align aligned alignat alignedat gather gathered multline multlined split eqnarray flalign "
        "displaymath math dmath subequations IEEEeqnarray empheq"
    ).split()
)
"""Environments that only put rows under each other."""

ARROWS = frozenset(
    (
        "Rightarrow Longrightarrow Leftarrow Longleftarrow implies impliedby iff Leftrightarrow Longleftrightarrow "
        "therefore because"
    ).split()
)
"""Commands that stand between two statements."""

TURNS = frozenset("to rightarrow longrightarrow leadsto".split())
"""Commands that stand between two formulas, or else say where something goes: x \\to 0."""

_OPERATORS = frozenset("+ - * cdot times odot pm mp otimes".split())


@dataclass(frozen=True)
class Part:
    """The tokens of one statement, and those of the remarks behind it."""

    tokens: list[Token]
    remarks: list[list[Token]]


def parts(found: list[Token]) -> list[Part]:
    """The statements of a display, in their order; an expression without a relation is one, too.

    A condition such as `i = j` is a remark to the statement that it stands beside, and one alone is a statement.
    """
    statements: list[Part] = []
    waiting: list[list[Token]] = []
    for row in _joined(rows_of(_unwrapped(found))):
        own, left = _statements(row, waiting)
        if not own and left and statements and not left[-1][-1].is_sign(":"):
            statements[-1].remarks.extend(left)
            left = []
        statements += own
        waiting = left
    if statements:
        statements[-1].remarks.extend(waiting)
    else:
        statements = [Part(each, []) for each in waiting]
    return [Part(_bare(each.tokens), [*map(_bare, each.remarks)]) for each in statements]


def _unwrapped(found: list[Token]) -> list[Token]:
    """Without the environments that only make rows, and the table around them."""
    if _ENDS_OF_ROWS.isdisjoint(map(KIND, found)):
        return found
    return [token for token in unboxed(found) if not (token.kind in _ENDS_OF_ROWS and token.text in ROWS)]


_ENDS_OF_ROWS = frozenset(("begin", "end"))


def _joined(rows: list[list[Token]]) -> list[list[Token]]:
    """Rows that go on with the one above are joined to it."""
    out: list[list[Token]] = []
    for row in rows:
        if out and (_goes_on(row) or _ends_open(out[-1])):
            out[-1] = [*out[-1], *row]
        else:
            out.append(row)
    return out


def _goes_on(row: list[Token]) -> bool:
    seen = [token for token in row if token.kind != "space"]
    content = [token for token in seen if token.kind != "cell"]
    first = content[0]
    if is_relation(first):
        return True
    if first.text in _OPERATORS and first.kind in ("sign", "command"):
        return seen[0].kind == "cell" or not _relates(content)
    return False


def _relates(piece: list[Token]) -> bool:
    """Whether a relation stands in no brackets."""
    return not RELATIONS.isdisjoint(map(TEXT, piece)) and any(map(is_relation, outside(piece)))


def _ends_open(row: list[Token]) -> bool:
    """Whether a row ends in an operator or a relation."""
    content = [token for token in row if token.kind not in ("cell", "space")]
    last = content[-1]
    return is_relation(last) or (last.kind in ("sign", "command") and last.text in _OPERATORS)


def _statements(row: list[Token], waiting: list[list[Token]]) -> tuple[list[Part], list[list[Token]]]:
    """The statements of a row, and the remarks that wait for one; those that wait from above go to the first."""
    found: list[Part] = []
    names: list[list[Token]] = []
    before = list(waiting)
    after_if = False
    for piece in _pieces(row):
        said = piece[0].kind == "text" and CONDITIONAL.search(piece[0].text) is not None
        under = after_if and bool(found) and not said
        after_if = said
        bound = bool(found) and (is_bound(piece) or follows_a_word(piece, found[-1].remarks))
        if under or bound or _is_remark(piece):
            waits = not found or piece[-1].is_sign(":")
            (before if waits else found[-1].remarks).append(piece)
        elif _relates(piece):
            found.append(Part([*_listed(names), *piece], before))
            names, before = [], []
        elif found:
            found[-1].remarks.append(piece)
        else:
            names.append(piece)
    if names and not found:
        found.append(Part([token for name in names for token in name], before))
        before = []
    return found, before


def _listed(names: list[list[Token]]) -> list[Token]:
    """Each with a comma behind it."""
    return [token for name in names for token in (*name, Token("sign", ",", name[-1].end, name[-1].end))]


def _is_remark(piece: list[Token]) -> bool:
    """Text, a quantifier, a label before a colon, or a condition on indices."""
    if all(token.kind == "number" or token.is_sign("(", ")") for token in piece):
        return True
    return piece[0].kind == "text" or piece[0].is_command("forall") or piece[-1].is_sign(":") or is_condition(piece)


def _bare(piece: list[Token]) -> list[Token]:
    """A remark without its quantifier and its colon, where something else is left."""
    start, end = piece[0].is_command("forall"), piece[-1].is_sign(":")
    return piece[start : len(piece) - end] or piece


def _pieces(row: list[Token]) -> Iterator[list[Token]]:
    """A row cut at commas, wide spaces, arrows and text that stand in no bracket."""
    for cell in _pairs(row):
        piece: list[Token] = []
        turns = _turns(cell)
        for token, depth, after in zip(cell, depths(cell), [*cell[1:], None], strict=True):
            ends = depth <= 0 and token.kind in _CUTTING and (token in turns or _cuts(token, after, piece))
            if not ends:
                if depth > 0 or token.kind not in ("cell", "space"):
                    piece.append(token)
                continue
            if token.is_sign(":"):
                piece.append(token)
            if trimmed := _trimmed(piece):
                yield trimmed
            if token.kind == "text":
                yield [token]
            piece = [token] if token.is_command("forall") else []
        if trimmed := _trimmed(piece):
            yield trimmed


_CUTTING = frozenset(("sign", "command", "space", "text", "cell"))


def _turns(cell: list[Token]) -> frozenset[Token]:
    """The arrows of a row of which each part has an equality in it, and the one that the row begins with."""
    if TURNS.isdisjoint(map(TEXT, cell)):
        return frozenset()
    flat = [token for token in outside(cell) if token.kind != "space"]
    places = [place for place, token in enumerate(flat) if token.is_command(*TURNS)]
    ends = [-1, *places, len(flat)]
    spans = [flat[start + 1 : end] for start, end in pairwise(ends)]
    full = [any(token.is_sign("=") for token in span) for span in spans]
    whole = all(full[1:]) and (full[0] or not spans[0])
    return frozenset(flat[place] for place in places if whole)


def _cuts(token: Token, after: Token | None, piece: list[Token]) -> bool:
    """Whether one formula ends here. A colon ends a label, where nothing but a name stands before it."""
    if token.kind == "space":
        beside = (after, piece[-1] if piece else None)
        goes_on = any(each is not None and (is_relation(each) or each.text in _OPERATORS) for each in beside)
        return token.text in WIDE and not goes_on
    if token.kind == "text":
        return True
    if token.is_sign(":"):
        label = not any(map(is_relation, piece)) or is_condition(piece)
        return bool(piece) and label and not (after is not None and after.is_sign("="))
    return _ENDS.get(token.text) == token.kind


_ENDS = {**dict.fromkeys((",", ";"), "sign"), **dict.fromkeys(("forall", *ARROWS), "command")}
"""What a formula ends at, and its kind of token."""


def _trimmed(piece: list[Token]) -> list[Token]:
    """Without a full stop at the end."""
    while piece and piece[-1].is_sign(".", ",", ";") and not (len(piece) > 1 and piece[-2].is_command("right")):
        piece = piece[:-1]
    return piece


def _pairs(row: list[Token]) -> list[list[Token]]:
    """The equations of a row that has several columns: a &= b & c &= d."""
    cells = split(row, "cell")
    if len(cells) == 1:
        return cells
    full = [cell for cell in cells if any(token.kind != "space" for token in cell)]
    if len(full) > 1 and all(_is_equation(cell) for cell in full):  # each column is a formula by itself
        return full
    pairs = [cells[place : place + 2] for place in range(0, len(cells), 2)]
    if len(cells) < 4 or not all(len(pair) == 2 and pair[1] and is_relation(pair[1][0]) for pair in pairs):
        return [[token for cell in cells for token in cell]]
    return [[*left, *right] for left, right in pairs]


def _is_equation(cell: list[Token]) -> bool:
    """Whether a cell has a relation between two sides."""
    seen = [(token, depth) for token, depth in zip(cell, depths(cell), strict=True) if token.kind != "space"]
    places = [place for place, (token, depth) in enumerate(seen) if depth <= 0 and is_relation(token)]
    return bool(places) and places[0] > 0 and places[-1] < len(seen) - 1
