"""Derivations and whole documents as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Add, Mul, Neg, Sum, Term
from derive.latex.names import escape
from derive.latex.writer import RELATIONS, claim_latex, latex

ENVIRONMENTS = ("align*", "aligned")

PREAMBLE = r"""\documentclass{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{amsmath}
\usepackage{amssymb}
\allowdisplaybreaks
"""

_MATH = re.compile(r"(\$[^$]+\$)")

Line = tuple[Term | None, str, Term, str]
"""One line of a derivation: the left side where it is written out, the relation, the right side, and the reason."""


def align(lines: Iterable[Line], environment: str = "align*", products: bool = True) -> str:
    r"""A derivation, one relation below the other, with the reason of each step beside it.

    `environment="aligned"` is for display mathematics that is already open, as in Markdown. Of a reason, what is
    between dollar signs is mathematics and stays as it is; all else is text.

    >>> from derive.language import *
    >>> x = Scalar("x")
    >>> print(align([(x + x, "=", 2 * x, "like terms")]))
    \begin{align*}
    x + x &= 2 x && \text{(like terms)}
    \end{align*}
    """
    if environment not in ENVIRONMENTS:
        raise LanguageError(f"{environment} is not an environment for a derivation; use {' or '.join(ENVIRONMENTS)}")
    rows = [_row(*line, products) for line in lines]
    return "\n".join((rf"\begin{{{environment}}}", " \\\\\n".join(rows), rf"\end{{{environment}}}"))


def theorem_latex(claim: Claim, conditions: Iterable[Claim], products: bool = True) -> str:
    """A theorem as LaTeX: its claim, and the conditions under which its formulas have a value."""
    where = r" \text{ and } ".join(claim_latex(condition, products=products) for condition in conditions)
    return claim_latex(claim, products=products) + (rf", \quad \text{{where }} {where}" if where else "")


def broken(claim: Claim, longest: int = 400, products: bool = True) -> str:
    """An equation as LaTeX; a long one with one summand of its right side on each line."""
    whole = claim_latex(claim, products=products)
    front, inside = _front(claim.rhs)
    if len(whole) <= longest or claim.hypotheses or not isinstance(inside, Add):
        return whole
    rows = [_summand(each, products) for each in inside.summands]
    head = f"{latex(claim.lhs, products)} &{RELATIONS[claim.relation]} "
    if front is not None:
        head += latex(front, products) + r" \Bigl( "
        rows[-1] += r" \Bigr)"
    first = rows[0].removeprefix("+ ")
    following = [rf"&\qquad {row}" for row in rows[1:]]
    return "\n".join((r"\begin{aligned}", " \\\\\n".join([head + first, *following]), r"\end{aligned}"))


def _front(value: Term) -> tuple[Term | None, Term]:
    """A product with a sum at its end as what stands before the sum, and the sum."""
    if isinstance(value, Neg):
        front, inside = _front(value.arg)
        return (Neg(front), inside) if front is not None else (None, value)
    if isinstance(value, Mul) and isinstance(value.factors[-1], Add):
        before = value.factors[:-1]
        if any(isinstance(part, Add | Sum) for factor in before for part in (factor, *factor.args)):
            return None, value
        return before[0] if len(before) == 1 else Mul(before), value.factors[-1]
    return None, value


def _summand(value: Term, products: bool) -> str:
    written = latex(value, products)
    return f"- {written[1:].lstrip()}" if written.startswith("-") else f"+ {written}"


def document(parts: Iterable[str], title: str) -> str:
    """A complete document for pdflatex: paragraphs and displays of LaTeX under a title, which is plain text."""
    head = rf"{PREAMBLE}\title{{{escape(title)}}}" + "\n\\author{}\n\\date{}\n\\begin{document}\n\\maketitle"
    return "\n\n".join((head, *parts, "\\end{document}\n"))


def _row(lhs: Term | None, relation: str, rhs: Term, reason: str, products: bool) -> str:
    if relation not in RELATIONS:
        raise LanguageError(f"{relation} is not a relation; use one of {' '.join(RELATIONS)}")
    left = latex(lhs, products) + " " if lhs is not None else ""
    beside = rf" && \text{{({_reason(reason)})}}" if reason else ""
    return f"{left}&{RELATIONS[relation]} {latex(rhs, products)}{beside}"


def _reason(words: str) -> str:
    return "".join(part if _MATH.fullmatch(part) else escape(part) for part in _MATH.split(words))
