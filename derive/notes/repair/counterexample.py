"""A counterexample as plain text, by the names that a document uses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from derive.language.terms import Entry, Index, Tensor, Term
from derive.notes.report import Relation
from derive.refute.search import Counterexample
from derive.verdicts import Refuted

DIGITS = 6
"""What is not rational is shown with so many digits."""

_ACCENT = re.compile(r"\\(hat|bar|tilde|check|dot|ddot|vec|acute|grave|breve|widehat|widetilde|overline)\{([^{}]*)\}")
_FONT = re.compile(r"\\(?:mathrm|mathbf|boldsymbol|text|operatorname|mathcal|mathit|mathsf)\{([^{}]*)\}")
_AXIS = re.compile(r"e\d+'*")


def shown(relation: Relation) -> list[str]:
    """The counterexample of a refuted relation in a few lines; none where there is no counterexample.

    First the numbers that were chosen, then what follows from them, then the two sides:
    `at m = 2, x = (0, 1), gamma = 1`, `so mu = 1/2`, `for i = 1: left -3/8, right -3/4`.
    """
    if not isinstance(relation.decision, Refuted):
        return []
    found = relation.decision.counterexample
    names = {tensor.name: name_of(tensor) for tensor in _tensors(found)}
    gradients = {tensor.name for tensor in found.point.values if tensor.partial is not None}
    values = sorted(found.values.items(), key=lambda item: item[0] in gradients)
    given = [f"{names.get(key, key)} = {value}" for key, value in (*found.sizes.items(), *values)]
    derived = [f"{names.get(key, key)} = {_numbers(value)}" for key, value in found.derived.items()]
    lines = [f"at {', '.join(given)}"] if given else []
    lines += [f"so {', '.join(derived)}"] if derived else []
    return [*lines, _sides(found)]


def name_of(tensor: Tensor) -> str:
    """The name of a tensor in plain text: dL/dy for a gradient, xhat for what has a hat, sigma_B^2."""
    if tensor.partial is not None:
        power = "" if tensor.partial.order == 1 else f"^{tensor.partial.order}"
        return f"d{power}{plain(tensor.partial.function)}/d{name_of(tensor.partial.by)}{power}"
    return plain(tensor.latex) if tensor.latex else tensor.name


def plain(latex: str) -> str:
    """A name in LaTeX as plain text.

    >>> plain(r"\\hat{x}"), plain(r"\\sigma_{B}^2"), plain(r"\\mathrm{RMS}")
    ('xhat', 'sigma_B^2', 'RMS')
    """
    before = ""
    while before != latex:
        before = latex
        latex = _FONT.sub(r"\1", latex)
        latex = _ACCENT.sub(lambda found: found[2].lstrip("\\") + _SHORT.get(found[1], found[1]), latex)
    latex = re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", latex)
    return re.sub(r"[\\{}\s]", "", latex)


_SHORT = {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}


def _tensors(found: Counterexample) -> Iterable[Tensor]:
    """Everything that a counterexample gives a value to; what is defined comes with what it is made of."""
    seen: dict[Tensor, None] = dict.fromkeys((*found.point.sizes, *found.point.values))

    def visit(term: Term) -> None:
        if isinstance(term, Entry) and term.tensor.definition is not None and term.tensor not in seen:
            seen[term.tensor] = None
            visit(term.tensor.definition.body)
        for below in term.args:
            visit(below)

    for term in found.claim.terms:
        visit(term)
    for tensor in list(seen):
        by = tensor.partial.by if tensor.partial is not None else None
        if by is not None and by.definition is not None and by not in seen:
            seen[by] = None
            visit(by.definition.body)
    return seen


def _sides(found: Counterexample) -> str:
    left, right = (_number(text, found.exact) for text in (found.left_text, found.right_text))
    place = _place(found.where)
    return f"{place}left {left}, right {right}"


def _place(where: dict[Index, int]) -> str:
    """The entry at which the sides differ, by the letters of the document, or by its number where it writes none."""
    named = [f"{index.name} = {place + 1}" for index, place in where.items() if not _AXIS.fullmatch(index.name)]
    numbers = [str(place + 1) for index, place in where.items() if _AXIS.fullmatch(index.name)]
    if numbers:
        named.append(f"entry {numbers[0] if len(numbers) == 1 else '(' + ', '.join(numbers) + ')'}")
    return f"for {', '.join(named)}: " if named else ""


def _number(text: str, exact: bool) -> str:
    if exact:
        return text
    short = _short(text)
    return short if short in ("0", text) and len(short) < DIGITS else f"about {short}"


def _numbers(text: str) -> str:
    """Values of a definition, those that are not rational with fewer digits."""
    return re.sub(r"-?\d+\.\d+(e[-+]?\d+)?", lambda found: _short(found[0]), text)


def _short(text: str) -> str:
    value = Decimal(text)
    if abs(value) < Decimal(10) ** -30:
        return "0"
    return format(float(value), f".{DIGITS}g")
