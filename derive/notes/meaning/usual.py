"""Functions that everybody knows by their name, for documents that use them without a definition."""

from __future__ import annotations

from derive.latex.reader import parse
from derive.latex.reader import syntax as tree
from derive.notes.meaning.calls import with_calls

_LOGISTIC = r"\frac{1}{1 + e^{-\varpi}}"

FUNCTIONS = {
    **dict.fromkeys(("sigma", "sigmoid", "Sigmoid", "logistic", "expit"), _LOGISTIC),
    **dict.fromkeys(("softplus", "Softplus", "SoftPlus"), r"\log(1 + e^{\varpi})"),
    **dict.fromkeys(("SiLU", "silu", "swish", "Swish"), r"\frac{\varpi}{1 + e^{-\varpi}}"),
}
"""What each computes from one number; sigma is one of them only where brackets make it a function."""

FORMULA = -1
"""The number of the formula that these stand in."""


def usual(key: str) -> tuple[tree.Node, tree.Node, tree.Sign] | None:
    """The definition of a function that everybody knows: its left side, its right side and the sign, or None."""
    body = FUNCTIONS.get(key)
    if body is None:
        return None
    name = r"\sigma" if key == "sigma" else rf"\operatorname{{{key}}}"
    (statement,) = parse(rf"{name}(\varpi) = {body}")
    chain = with_calls(statement.chain, letters=frozenset(("sigma",)))
    if not isinstance(chain, tree.Chain):
        raise TypeError(f"the definition of {key} is no equation")
    return chain.sides[0], chain.sides[1], chain.signs[0]
