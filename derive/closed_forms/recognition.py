"""Derivatives carried out, and what they are made of recognized: `exp(x[k])` where the program has a name for it."""

from __future__ import annotations

from collections.abc import Iterable

from derive.calculus import derivative
from derive.language.terms import Delta, Derivative, Div, Entry, Function, Index, Sqrt, Tensor, Term


class Recognition:
    """Carries out derivatives; |x|/x becomes sign(x), and roots and functions get the names of their steps."""

    def __init__(self, steps: Iterable[Tensor]) -> None:
        self._named = [
            step for step in steps if step.definition is not None and isinstance(step.definition.body, Function | Sqrt)
        ]

    def __call__(self, term: Term) -> Term:
        match term:
            case Derivative():
                return self(derivative(self(term.body), term.by))
            case Div(numerator=Function(name="abs", arg=arg), denominator=below) if arg == below:
                return Function("sign", self(arg))
            case Function() | Sqrt():
                return self._named_step(term)
        return term.rebuild(tuple(map(self, term.args))) if term.args else term

    def _named_step(self, term: Function | Sqrt) -> Term:
        for step in self._named:
            mapping: dict[Index, Index] = {}
            definition = step.definition
            if definition and _same(definition.body, term, mapping) and set(definition.indices) <= set(mapping):
                return Entry(step, tuple(mapping[index] for index in definition.indices))
        return term.rebuild((self(term.arg),))


def _same(pattern: Term, term: Term, mapping: dict[Index, Index]) -> bool:
    """Whether a term is the pattern at other indices, which `mapping` collects; sums are not looked into."""
    if type(pattern) is not type(term):
        return False
    match pattern, term:
        case Entry(), Entry():
            pairs = zip(pattern.indices, term.indices, strict=False)
            return pattern.tensor == term.tensor and all(mapping.setdefault(i, j) == j for i, j in pairs)
        case Delta(), Delta():
            return False
    if pattern.args:
        own = [getattr(pattern, name, None) for name in ("name", "exponent")]
        other = [getattr(term, name, None) for name in ("name", "exponent")]
        pairs = zip(pattern.args, term.args, strict=False)
        alike = own == other and len(pattern.args) == len(term.args)
        return alike and not hasattr(pattern, "index") and all(_same(p, t, mapping) for p, t in pairs)
    return pattern == term
