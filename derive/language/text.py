"""Terms and claims as one line of plain text."""

from __future__ import annotations

from derive.language.claims import Claim, claim_indices
from derive.language.terms import Add, Delta, Derivative, Div, Entry, Function, Mul, Neg, Number, Pow, Sqrt, Sum, Term

_ADD, _MUL, _UNARY, _POW, _ATOM = range(5)


def text(value: Term) -> str:
    """A term in the notation of Python and SymPy, in the order in which it was written."""
    try:
        return _write(value)[0]
    except RecursionError:
        return "(a formula that is nested too deep to be written)"


def claim_text(claim: Claim) -> str:
    """A claim with its hypotheses: `a <= b for every k, given c = 0`."""
    parts = [f"{text(claim.lhs)} {claim.relation} {text(claim.rhs)}"]
    if indices := claim_indices(claim):
        parts.append(" for every " + ", ".join(index.name for index in indices))
    if claim.hypotheses:
        parts.append(", given " + " and ".join(map(claim_text, claim.hypotheses)))
    return "".join(parts)


def theorem_text(claim: Claim, conditions: tuple[Claim, ...]) -> str:
    """A theorem: its claim, and the conditions under which its formulas have a value."""
    where = ", where " + " and ".join(map(claim_text, conditions)) if conditions else ""
    return claim_text(claim) + where


def _write(value: Term) -> tuple[str, int]:
    match value:
        case Number():
            return str(value.value), _ATOM if value.value >= 0 and value.value == int(value.value) else _ADD
        case Entry():
            return _indexed(value.tensor.name, value.indices), _ATOM
        case Delta():
            return f"delta({value.left}, {value.right})", _ATOM
        case Add():
            head, *tail = value.summands
            return _write(head)[0] + "".join(map(_signed, tail)), _ADD
        case Neg():
            return "-" + _inside(value.arg, _MUL), _ADD
        case Div(numerator=Neg(arg=arg)):
            return _write(Neg(Div(arg, value.denominator)))
        case Mul():
            head, *tail = value.factors
            return "*".join((_inside(head, _MUL), *(_inside(factor, _UNARY) for factor in tail))), _MUL
        case Div():
            return f"{_inside(value.numerator, _MUL)}/{_inside(value.denominator, _POW)}", _MUL
        case Pow():
            exponent = str(value.exponent) if value.exponent >= 0 else f"({value.exponent})"
            return f"{_inside(value.base, _ATOM)}**{exponent}", _POW
        case Sqrt():
            return f"sqrt({text(value.arg)})", _ATOM
        case Function():
            return f"{value.name}({text(value.arg)})", _ATOM
        case Sum():
            return f"Sum({text(value.body)}, {value.index})", _ATOM
        case Derivative():
            return f"D({text(value.body)}, {text(value.by)})", _ATOM
    raise TypeError(f"{type(value).__name__} has no text form")


def _indexed(name: str, indices: tuple) -> str:
    return f"{name}[{', '.join(index.name for index in indices)}]" if indices else name


def _signed(value: Term) -> str:
    if isinstance(value, Div) and isinstance(value.numerator, Neg):
        value = Neg(Div(value.numerator.arg, value.denominator))
    return f" - {_inside(value.arg, _MUL)}" if isinstance(value, Neg) else f" + {_inside(value, _MUL)}"


def _inside(value: Term, level: int) -> str:
    written, own = _write(value)
    return written if own >= level else f"({written})"
