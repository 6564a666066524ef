"""The commands that a note defines, as LaTeX that a converter can put in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.latex.reader.expand import Macro
from derive.latex.reader.tokens import Token

_COMMAND = re.compile(r"\\([A-Za-z]+)")


def used(latex: str, macros: Mapping[str, Macro]) -> tuple[tuple[str, str], ...]:
    """The commands of a document that a formula uses, also by way of others, each with what it stands for."""
    found: dict[str, str] = {}
    names = set(_COMMAND.findall(latex)) & set(macros) if macros else set()
    while names:
        name = names.pop()
        found[name] = "".join(map(_written, macros[name].body))
        names |= {each for each in _COMMAND.findall(found[name]) if each in macros and each not in found}
    return tuple(sorted(found.items()))


def _written(token: Token) -> str:
    if token.kind == "command":
        return f"\\{token.text} "
    if token.kind == "parameter":
        return f"#{token.text}"
    if token.kind == "text":
        return f"\\{token.font}{{{token.text}}}"
    if token.kind in ("begin", "end"):
        return f"\\{token.kind}{{{token.text}}}"
    return r"\," if token.kind == "space" else token.text
