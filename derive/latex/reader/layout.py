"""Cuts a display into statements: rows, cells, commas, wide spaces and arrows between formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from derive.latex.reader.tokens import WIDE, Token

ROWS = frozenset(
    (
        "equation align aligned alignat alignedat gather gathered multline multlined split eqnarray flalign "
        "displaymath math dmath subequations"
    ).split()
)
"""Environments that only put rows under each other."""

RELATIONS = {
    **dict.fromkeys("= < > := ==  <= >= ≡".split()),
    **dict.fromkeys(
        (
            "le leq leqslant lt ge geq geqslant gt ne neq approx equiv propto sim simeq cong in notin subset subseteq "
            "ll gg leftarrow gets rightarrow to mapsto longrightarrow coloneqq triangleq doteq lesssim gtrsim"
        ).split()
    ),
}
"""Signs and commands that stand between two sides."""

ARROWS = frozenset(
    "Rightarrow Longrightarrow implies iff Leftrightarrow Longleftrightarrow impliedby therefore because".split()
)
"""Commands that stand between two statements."""

_OPEN, _CLOSE = ("{", "(", "[", "\\{"), ("}", ")", "]", "\\}")
_OPERATORS = frozenset("+ - * cdot times odot pm mp otimes".split())


@dataclass(frozen=True)
class Part:
    """The tokens of one statement, and those of the remarks behind it."""

    tokens: list[Token]
    remarks: list[list[Token]]


def parts(found: Iterable[Token]) -> list[Part]:
    """The statements of a display, in their order; an expression without a relation is one, too."""
    statements: list[Part] = []
    for row in _joined(_rows(_unwrapped(found))):
        statements += _statements(row)
    return statements


def _unwrapped(found: Iterable[Token]) -> list[Token]:
    """Without the environments that only make rows."""
    return [token for token in found if not (token.kind in ("begin", "end") and token.text in ROWS)]


def depths(row: list[Token]) -> Iterator[tuple[Token, int]]:
    """Each token with the number of braces, brackets and environments that it is in."""
    depth = 0
    for token in row:
        depth -= token.kind == "end" or token.is_sign(*_CLOSE) or token.is_command("rangle")
        yield token, depth
        depth += token.kind == "begin" or token.is_sign(*_OPEN) or token.is_command("langle")


def _rows(found: list[Token]) -> list[list[Token]]:
    rows: list[list[Token]] = [[]]
    for token, depth in depths(found):
        if token.kind == "row" and depth <= 0:
            rows.append([])
        else:
            rows[-1].append(token)
    return [row for row in rows if any(token.kind not in ("cell", "space") for token in row)]


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
        return seen[0].kind == "cell" or not any(is_relation(token) and depth <= 0 for token, depth in depths(content))
    return False


def _ends_open(row: list[Token]) -> bool:
    """Whether a row ends in an operator or a relation."""
    content = [token for token in row if token.kind not in ("cell", "space")]
    last = content[-1]
    return is_relation(last) or (last.kind in ("sign", "command") and last.text in _OPERATORS)


def is_relation(token: Token) -> bool:
    return token.kind in ("sign", "command") and token.text in RELATIONS


def _statements(row: list[Token]) -> list[Part]:
    found: list[Part] = []
    waiting: list[Token] = []
    before: list[list[Token]] = []
    for piece in _pieces(row):
        if _is_remark(piece):
            (found[-1].remarks if found else before).append(piece)
        elif any(is_relation(token) and depth <= 0 for token, depth in depths(piece)):
            found.append(Part([*waiting, *piece], before))
            waiting, before = [], []
        elif found:
            found[-1].remarks.append(piece)
        else:
            waiting += [*piece, _COMMA]
    if waiting and not found:
        found.append(Part([token for token in waiting if token is not _COMMA], before))
    return found


_COMMA = Token("sign", ",", 0, 0)


def _is_remark(piece: list[Token]) -> bool:
    """Text, a quantifier, or a label before a colon."""
    return piece[0].kind == "text" or piece[0].is_command("forall") or piece[-1].is_sign(":")


def _pieces(row: list[Token]) -> Iterator[list[Token]]:
    """A row cut at commas, wide spaces, arrows and text that stand in no bracket."""
    for cell in _pairs(row):
        piece: list[Token] = []
        for (token, depth), after in zip(depths(cell), [*cell[1:], None], strict=True):
            if depth > 0 or not _cuts(token, after, piece):
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


def _cuts(token: Token, after: Token | None, piece: list[Token]) -> bool:
    """Whether one formula ends here. A colon ends a label, where nothing but a name stands before it."""
    if token.kind == "space":
        goes_on = after is not None and (is_relation(after) or after.text in _OPERATORS)
        return token.text in WIDE and not goes_on
    if token.kind == "text":
        return True
    if token.is_sign(":"):
        return bool(piece) and not any(map(is_relation, piece)) and not (after is not None and after.is_sign("="))
    return token.is_sign(",", ";") or token.is_command("forall", *ARROWS)


def _trimmed(piece: list[Token]) -> list[Token]:
    """Without a full stop at the end."""
    while piece and piece[-1].is_sign(".", ",", ";"):
        piece = piece[:-1]
    return piece


def _pairs(row: list[Token]) -> list[list[Token]]:
    """The equations of a row that has several columns: a &= b & c &= d."""
    cells: list[list[Token]] = [[]]
    for token, depth in depths(row):
        if token.kind == "cell" and depth <= 0:
            cells.append([])
        elif token.kind != "cell" or depth > 0:
            cells[-1].append(token)
    pairs = [cells[place : place + 2] for place in range(0, len(cells), 2)]
    if len(cells) < 4 or not all(len(pair) == 2 and pair[1] and is_relation(pair[1][0]) for pair in pairs):
        return [[token for cell in cells for token in cell]]
    return [[*left, *right] for left, right in pairs]
