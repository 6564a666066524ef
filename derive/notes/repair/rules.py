"""How the values of a part of a formula follow from those of what it is put together from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from operator import add, mul, neg, sub, truediv

from derive.latex.reader import syntax as tree
from derive.notes.meaning.symbols import Symbols
from derive.notes.meaning.value import constant
from derive.notes.repair.wrong import is_derivative
from derive.notes.vectors import Known, Slots, Vectors

TIMES = {"": mul, "\\cdot": mul, "\\times": mul, "*": mul, "\\odot": mul, "/": truediv, "\\div": truediv}

BARS = ("|", "\\|")


def below(node: tree.Node, symbols: Symbols) -> tuple[tree.Node, ...]:
    """The parts whose values those of a part may follow from; none for a name, and where there is no rule."""
    match node:
        case tree.Terms(terms=terms) if {*node.signs} <= {"+", "-"}:
            return terms
        case tree.Product(factors=factors) if {*node.signs} <= TIMES.keys() and symbols.symbol(node) is None:
            return factors
        case tree.Quotient() if not is_derivative(node):
            return node.over, node.under
        case tree.Group(body=body) if node.opening in ("", "(", "[", "\\{", *BARS):
            return (body,)
        case tree.Scripted(primes=0, base=tree.Group(opening="|" | "\\|", body=body)) if not symbols.symbol(node):
            return (body,)
        case tree.Scripted(primes=0, base=base, sub=None) if not symbols.symbol(node):
            return (base,)
        case tree.Root(degree=None, body=body) | tree.Labelled(body=body):
            return (body,)
        case tree.Big(operator="sum", body=body):
            return (body,)
    return ()


def fits(node: tree.Node, like: tree.Node) -> bool:
    """Whether the rule for one part is that for another of the same kind: they differ in what is below, or in signs."""
    match node, like:
        case (tree.Terms(), tree.Terms()) | (tree.Product(), tree.Product()) | (tree.Quotient(), tree.Quotient()):
            return True
        case (tree.Root(), tree.Root()) | (tree.Labelled(), tree.Labelled()):
            return True
        case tree.Group(), tree.Group():
            return node.opening == like.opening
        case tree.Big(), tree.Big():
            return node.lower is like.lower and node.upper is like.upper
        case tree.Scripted(), tree.Scripted():
            return _is_norm(node.base) == _is_norm(like.base) and node.sub is like.sub
    return False


def put_together(at: Vectors, node: tree.Node, parts: Sequence[Known], over: Slots) -> Known | None:
    """The values of a part from those of the parts below it; `over` are the indices that a sum or a norm is over."""
    match node:
        case tree.Terms():
            return _chained(at, parts, [sub if sign == "-" else add for sign in node.signs], node.signs[0] == "-")
        case tree.Product():
            return _chained(at, parts, [TIMES[sign] for sign in node.signs], False)
        case tree.Quotient():
            return _chained(at, parts, [mul, truediv], False)
        case tree.Group():
            return _norm(at, parts[0], over) if node.opening in BARS else parts[0]
        case tree.Root():
            return _mapped(parts[0], sqrt)
        case tree.Labelled():
            return parts[0]
        case tree.Big():
            return _summed(at, parts[0], over)
        case tree.Scripted():
            base = _norm(at, parts[0], over) if _is_norm(node.base) else parts[0]
            power = constant(node.sup) if node.sup is not None else 1
            return None if power is None else _mapped(base, lambda value: _raised(value, float(power)))
    return None


def _is_norm(node: tree.Node) -> bool:
    return isinstance(node, tree.Group) and node.opening in BARS


def _raised(value: float, power: float) -> float:
    """A power of a number, of a negative one only if it is a whole one."""
    if value < 0 and not power.is_integer():
        raise ValueError("the root of a negative number")
    return value**power


def _mapped(known: Known, by: Callable[[float], float]) -> Known:
    slots, values = known
    return slots, list(map(by, values))


def _chained(
    at: Vectors, parts: Sequence[Known], by: Sequence[Callable[[float, float], float]], negative: bool
) -> Known:
    first = parts[0][0]
    slots = first if all(own == first for own, _ in parts) else tuple(dict.fromkeys(s for own, _ in parts for s in own))
    total, *others = [at.onto(part, slots) for part in parts]
    total = list(map(neg, total)) if negative else total
    for operation, other in zip(by[1:], others, strict=True):
        total = list(map(operation, total, other))
    return slots, total


def _summed(at: Vectors, known: Known, over: Slots) -> Known:
    for slot in over:
        known = at.summed(known, slot)
    return known


def _norm(at: Vectors, known: Known, over: Slots) -> Known:
    slots, values = known
    return _mapped(_summed(at, (slots, list(map(mul, values, values))), over), sqrt)
