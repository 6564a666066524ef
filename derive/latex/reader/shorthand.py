"""Commands of packages that stand for longer LaTeX: \\norm{x}, \\abs{x}, \\pdv{L}{x}, \\dv{y}{x}, \\dd{x}."""

from __future__ import annotations

from collections.abc import Sequence

from derive.latex.reader.tokens import Token

SHORTHANDS = {"norm": 1, "abs": 1, "inner": 2, "innerproduct": 2, "dd": 1, "pdv": 2, "dv": 2, "pderiv": 2, "deriv": 2}
"""What packages such as `physics` define, and with how many arguments."""

LETTERS = {"R": "R", "N": "N", "Z": "Z", "E": "E"}
"""Letters with a double stroke that people define for themselves."""


def spelled_out(call: Token, given: Sequence[Sequence[Token]]) -> list[Token]:
    """What a shorthand stands for, with its arguments."""

    def sign(text: str) -> Token:
        return Token("sign", text, call.start, call.end)

    def command(text: str) -> Token:
        return Token("command", text, call.start, call.end)

    name = call.text
    if name in ("norm", "abs"):
        marks = (command("lVert"), command("rVert")) if name == "norm" else (command("lvert"), command("rvert"))
        return [marks[0], *given[0], marks[1]]
    if name in ("inner", "innerproduct"):
        return [command("langle"), *given[0], sign(","), *given[1], command("rangle")]
    if name == "dd":
        return [Token("letter", "d", call.start, call.end), *given[0]]
    d = command("partial") if name in ("pdv", "pderiv") else Token("letter", "d", call.start, call.end)
    return [command("frac"), sign("{"), d, *given[0], sign("}"), sign("{"), d, *given[1], sign("}")]
