"""The reason why something has no meaning, and the declaration that would give it one."""

from __future__ import annotations


class Unclear(ValueError):
    """A formula that can be read, and has no meaning that is known here; the reason, and where.

    `help` is the smallest declaration that would lead further, or empty; `declare` writes it.
    """

    def __init__(self, reason: str, start: int = 0, end: int = 0, help: str = "") -> None:
        super().__init__(reason)
        self.reason, self.start, self.end, self.help = reason, start, end, help


def declare(key: str, value: str) -> str:
    """What to write in a comment of the document, or below `normproof:` in its front matter."""
    return f"declare: normproof: {key}: {value}"


OPERATORS = {
    **dict.fromkeys(("int", "iint", "oint"), "an integral; integrals are not computed"),
    **dict.fromkeys(("lim", "limsup", "liminf"), "a limit; limits are not taken"),
    **dict.fromkeys(("argmax", "argmin"), "where something is largest or smallest; such places are not computed"),
    **dict.fromkeys(("max", "min", "sup", "inf"), "the largest or smallest of many; it is not computed"),
    **dict.fromkeys(("bigcup", "bigcap"), "it is about sets, which are not decided"),
    "prod": "a product over a range; such products are not computed",
}
"""What an operator with limits says that has no value here."""

FUNCTIONS = {
    **dict.fromkeys(("P", "Pr", "Prob", "prob"), "{} is a probability; what is random is not decided"),
    **dict.fromkeys(("argmax", "argmin"), "{}: where something is largest or smallest is not computed"),
    **dict.fromkeys(("KL", "D_KL", "JS", "D"), "{} compares distributions; write the sum that it is"),
    **dict.fromkeys(("det", "rank", "dim", "ker", "deg", "gcd", "hom"), "{} is not computed here"),
    **dict.fromkeys(("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "coth"), "{} has no rules here"),
    **dict.fromkeys(("max", "min"), "{} of several things is not computed"),
}
"""What a function says that has no value here; its name stands in the place of the braces."""


def operator_without_value(operator: str) -> str:
    """Why an operator with limits has no value."""
    return OPERATORS.get(operator, f"the operator {operator} has no meaning here")


def function_without_value(name: str, declared: str, start: int = 0, end: int = 0) -> Unclear:
    """The error for a function of which a document doesn't say what it computes; `declared` shows how that is said."""
    known = FUNCTIONS.get(name) or FUNCTIONS.get(name.partition("_")[0] if name.startswith(("P_", "D_")) else "")
    if known is not None:
        return Unclear(known.format(name), start, end)
    helped = f"say what it computes, as in normproof: define: {declared}"
    return Unclear(f"{name} is not defined; write what it computes", start, end, helped)


def help_of(error: ValueError) -> str:
    """The declaration that would lead further, where the error knows one."""
    return error.help if isinstance(error, Unclear) else ""
