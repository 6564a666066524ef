"""Commands of packages that stand for longer LaTeX: \\norm{x}, \\abs{x}, \\pdv[2]{L}{x}, \\dv{y}{x}, \\eval{f}_{x}."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.errors import Unread
from derive.latex.reader.tokens import Token

DERIVATIVES = {
    **dict.fromkeys("dv deriv derivative odv".split(), "d"),
    **dict.fromkeys("pdv pderiv pderivative partialderivative".split(), "partial"),
}
"""Derivatives as fractions in the packages physics and derivative, and the sign they are made of."""

SIGNS = {**dict.fromkeys("od diff".split(), "d"), **dict.fromkeys("pd diffp".split(), "partial")}
"""Those of commath and diffcoeff, which many documents have for the sign alone: with one argument they are that."""

PAIRS = {
    **dict.fromkeys(("norm", "Norm"), ("lVert", "rVert")),
    **dict.fromkeys(("abs", "Abs", "vqty", "absolutevalue"), ("lvert", "rvert")),
    **dict.fromkeys(("expval", "ev", "expectationvalue"), ("langle", "rangle")),
    **dict.fromkeys(("ceil",), ("lceil", "rceil")),
    **dict.fromkeys(("floor",), ("lfloor", "rfloor")),
    "pqty": ("lparen", "rparen"),
    "bqty": ("lbrack", "rbrack"),
    "Bqty": ("lparen", "rparen"),
}
"""Commands that put their argument between two marks."""

SHORTHANDS = {
    **dict.fromkeys(PAIRS, 1),
    **{"inner": 2, "innerproduct": 2, "innerp": 2, "dd": 1, "flatfrac": 2, "eval": 1, "evaluated": 1},
}
"""What packages such as `physics` define, and with how many arguments; derivatives have from one to three."""

LETTERS = {"R": "R", "N": "N", "Z": "Z", "E": "E"}
"""Letters with a double stroke that people define for themselves."""


def spelled_out(call: Token, given: Sequence[Sequence[Token]]) -> list[Token]:
    """What a shorthand stands for, with its arguments."""
    name = call.text
    if name in PAIRS:
        first, last = PAIRS[name]
        return [_command(call, first), *given[0], _command(call, last)]
    if name in ("eval", "evaluated"):
        return [*_braced(call, given[0]), _sign(call, "|")]
    if name == "flatfrac":
        return [_command(call, "frac"), *_braced(call, given[0]), *_braced(call, given[1])]
    if name == "dd":
        return [Token("letter", "d", call.start, call.end), *given[0]]
    return [_command(call, "langle"), *given[0], _sign(call, ","), *given[1], _command(call, "rangle")]


def derivative(call: Token, order: Sequence[Token], given: Sequence[Sequence[Token]]) -> list[Token]:
    """A derivative as a fraction: of the first argument by the others, or an operator where there is one alone.

    Raises Unread for an order beside several variables that is not their number.
    """
    d = sign_of(call)
    of, by = (given[0], given[1:]) if len(given) > 1 else ([], given)
    if len(by) == 1 and any(token.is_sign(",") for token in by[0]):
        by = _between_commas(by[0])
    written = "".join(token.text for token in order)
    power = written or (str(len(by)) if len(by) > 1 else "")
    if len(by) > 1 and power != str(len(by)):
        raise Unread(f"\\{call.text} of order {power} by {len(by)} variables", call.start, call.end)
    above = [d, *(_script(call, power, order) if power else []), *of]
    again = _script(call, power, order) if power and len(by) == 1 else []
    below = [token for each in by for token in (d, *each, *again)]
    return [_command(call, "frac"), *_braced(call, above), *_braced(call, below)]


def sign_of(call: Token) -> Token:
    """The d or the \\partial that a derivative is made of."""
    kind = (DERIVATIVES | SIGNS)[call.text]
    return Token("letter", "d", call.start, call.end) if kind == "d" else _command(call, kind)


def _between_commas(found: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.is_sign(","):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _script(call: Token, power: str, order: Sequence[Token]) -> list[Token]:
    """The order as a power, from what is written or as a number."""
    body = [*order] or [Token("number", power, call.start, call.end)]
    return [_sign(call, "^"), *_braced(call, body)]


def _braced(call: Token, inside: Sequence[Token]) -> list[Token]:
    return [_sign(call, "{"), *inside, _sign(call, "}")]


def _sign(call: Token, text: str) -> Token:
    return Token("sign", text, call.start, call.end)


def _command(call: Token, text: str) -> Token:
    return Token("command", text, call.start, call.end)
