"""The mistakes that people make in formulas: each row makes one kind of it, in every way, to one term."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

from derive.language import Delta, Derivative, Entry, Index, Number, Tensor, Term
from derive.language.binding import rename
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from tests.soundness.draws import reach
from tests.soundness.evaluation import free
from tests.soundness.sites import Words

Scope = tuple[Index, ...]
Operator = Callable[[Term, Scope, Words], Iterator[Term]]

COMPOUND = (Mul, Div, Sum, Derivative)


def sign(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Neg):
        yield term.arg
    elif isinstance(term, Add):
        for place, part in enumerate(term.args):
            yield _at(term, place, part.arg if isinstance(part, Neg) else Neg(part))
    elif isinstance(term, COMPOUND):
        yield Neg(term)


def factor_of_size(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, COMPOUND):
        for size in words.sizes:
            yield Mul((size, term))
            yield Div(term, size)


def size_less_one(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if term in words.sizes:
        yield term - 1
        yield term + 1
        yield from (size for size in words.sizes if size != term)


def factor_of_scalar(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, COMPOUND):
        for scalar in words.scalars:
            yield Mul((scalar, term))
            yield Div(term, scalar)


def other_scalar(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if term in words.scalars:
        yield from (scalar for scalar in words.scalars if scalar != term)
        yield Number(1)


def power(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Pow():
            yield from (Pow(term.base, term.exponent + step) for step in (-1, 1))
        case Entry() | Sum() | Delta() | Derivative():
            yield Pow(term, 2)
        case Sqrt():
            yield term.arg


def hat(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Entry) and term.indices:
        for tensor in _alike(term.tensor, words):
            yield Entry(tensor, term.indices)


def dropped_term(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Add):
        for place in range(len(term.args)):
            yield _joined(Add, term.args[:place] + term.args[place + 1 :])


def doubled_term(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Add):
        for place, part in enumerate(term.args):
            yield _at(term, place, Mul((Number(2), part)))
            yield Add((*term.args, part))
    elif isinstance(term, Sum):
        yield Mul((Number(2), term))


def dropped_factor(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Mul):
        for place in range(len(term.args)):
            yield _joined(Mul, term.args[:place] + term.args[place + 1 :])
    elif isinstance(term, Div):
        yield term.numerator
        yield Mul(term.args)


def doubled_factor(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Mul):
        yield from (Mul((*term.args, factor)) for factor in term.args)
    elif isinstance(term, Div):
        yield Div(term, term.denominator)


def number(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Number):
        yield from (Number(term.value + step) for step in (-1, 1))
        if term.value not in (0, 1, -1):
            yield Number(Fraction(1) / term.value)


def swapped_index(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Entry():
            for indices in _other_indices(term.indices, scope):
                yield Entry(term.tensor, indices)
        case Delta():
            for left, right in _other_indices((term.left, term.right), scope):
                yield Delta(left, right)
        case Derivative():
            for indices in _other_indices(term.by.indices, scope):
                yield Derivative(term.body, Entry(term.by.tensor, indices))


def captured_index(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Sum):
        for index in _same_size(term.index, scope):
            yield Sum(term.body, index)
            if index in free(term.body):
                yield Sum(rename(term.body, {term.index: index}), index)


def no_epsilon(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Entry) and any(map(_is_epsilon, reach(term))):
        yield _without_epsilon(term)


def sum_of_factors(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """Sum(a*b) for Sum(a)*Sum(b), the other way, and the square of a sum for the sum of squares."""
    match term:
        case Sum(Mul(factors), index):
            yield Mul((Sum(factors[0], index), Sum(_joined(Mul, factors[1:]), index)))
        case Mul(factors):
            for place, factor in enumerate(factors):
                if isinstance(factor, Sum):
                    yield Sum(_at(term, place, factor.body), factor.index)
        case Pow(Sum(body, index), exponent):
            yield Sum(Pow(body, exponent), index)
        case Sum(Pow(base, exponent), index):
            yield Pow(Sum(base, index), exponent)


def moved_sum(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """A sum that has lost its sign, or that stands around too much."""
    if isinstance(term, Sum):
        yield term.body
        for index in _same_size(term.index, scope):
            yield rename(term.body, {term.index: index})
    if isinstance(term, (Entry, Mul, Div)):
        yield from (Sum(term, index) for index in scope if index in free(term))


def delta(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Delta):
        yield Number(1)
    if isinstance(term, Entry):
        for index in term.indices:
            yield from (Mul((Delta(index, other), term)) for other in _same_size(index, scope))


def function(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Function):
        yield term.arg
        yield from (Function(name, term.arg) for name in ("exp", "abs", "tanh") if name != term.name)


def upside_down(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Div):
        yield Div(term.denominator, term.numerator)


def variable(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Derivative):
        for tensor in _alike(term.by.tensor, words):
            if not (tensor.integer or tensor.dependence):
                yield Derivative(term.body, Entry(tensor, term.by.indices))


OPERATORS: dict[str, Operator] = {
    "sign": sign,
    "factor m": factor_of_size,
    "m less one": size_less_one,
    "factor of a scalar": factor_of_scalar,
    "other scalar": other_scalar,
    "power": power,
    "hat": hat,
    "dropped term": dropped_term,
    "doubled term": doubled_term,
    "dropped factor": dropped_factor,
    "doubled factor": doubled_factor,
    "number": number,
    "swapped index": swapped_index,
    "captured index": captured_index,
    "no epsilon": no_epsilon,
    "sum of factors": sum_of_factors,
    "moved sum": moved_sum,
    "delta": delta,
    "function": function,
    "upside down": upside_down,
    "variable of a derivative": variable,
}


def _at(term: Term, place: int, part: Term) -> Term:
    return term.rebuild((*term.args[:place], part, *term.args[place + 1 :]))


def _joined(node: type[Add] | type[Mul], parts: tuple[Term, ...]) -> Term:
    if not parts:
        return Number(0 if node is Add else 1)
    return parts[0] if len(parts) == 1 else node(parts)


def _alike(tensor: Tensor, words: Words) -> Iterator[Tensor]:
    yield from (other for other in words.tensors if other.sizes == tensor.sizes and other != tensor)


def _same_size(index: Index, scope: Scope) -> Iterator[Index]:
    yield from (other for other in scope if other.size == index.size and other != index)


def _other_indices(indices: tuple[Index, ...], scope: Scope) -> Iterator[tuple[Index, ...]]:
    for place, index in enumerate(indices):
        for other in _same_size(index, scope):
            yield (*indices[:place], other, *indices[place + 1 :])
    for first, second in combinations(range(len(indices)), 2):
        if indices[first] != indices[second] and indices[first].size == indices[second].size:
            swapped = list(indices)
            swapped[first], swapped[second] = indices[second], indices[first]
            yield tuple(swapped)


def _is_epsilon(node: Term) -> bool:
    return isinstance(node, Entry) and node.tensor.name == "epsilon"


def _without_epsilon(term: Term) -> Term:
    if _is_epsilon(term):
        return Number(0)
    if isinstance(term, Entry) and any(map(_is_epsilon, reach(term))):
        definition = term.tensor.definition
        return _without_epsilon(rename(definition.body, dict(zip(definition.indices, term.indices, strict=True))))
    return term.rebuild(tuple(map(_without_epsilon, term.args)))
