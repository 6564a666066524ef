"""Ways to write the same thing differently: each row keeps the value of a term at every point where it has one.

Rows of `ALGEBRA` hold anywhere. Rows of `MEANING` use what the names stand for, so they don't hold inside of
a derivative by a defined name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.language import Delta, Derivative, Entry, Index, Number, Tensor, Term
from derive.language.binding import fresh, rename
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from tests.soundness.evaluation import free
from tests.soundness.sites import Words

Scope = tuple[Index, ...]
Rewrite = Callable[[Term, Scope, Words], Iterator[Term]]


def reorder(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Add | Mul):
        yield term.rebuild(term.args[::-1])
        yield term.rebuild((*term.args[1:], term.args[0]))


def regroup(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Add | Mul) and len(term.args) > 2:
        node = type(term)
        yield node((node(term.args[:2]), *term.args[2:]))
        yield node((term.args[0], node(term.args[1:])))


def expand(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Mul(factors):
            for place, factor in enumerate(factors):
                if isinstance(factor, Add):
                    yield Add(tuple(_at(term, place, part) for part in factor.summands))
        case Div(Add(summands), denominator):
            yield Add(tuple(Div(part, denominator) for part in summands))
        case Neg(Add(summands)):
            yield Add(tuple(map(Neg, summands)))
        case Pow(Add((first, *rest)), 2):
            other = _joined(Add, tuple(rest))
            yield Add((Pow(first, 2), Mul((Number(2), first, other)), Pow(other, 2)))


def factor(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """Takes out of a sum a factor of its first summand; what lacks it is divided by it if it is a size."""
    if not isinstance(term, Add):
        return
    common = [part for part in _factors(term.summands[0]) if all(part in _factors(t) for t in term.summands)]
    for part in common[:2]:
        yield Mul((part, Add(tuple(_left_over(t, part) for t in term.summands))))
    for size in words.sizes:
        yield Div(Add(tuple(Mul((size, t)) for t in term.summands)), size)


def quotient(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Div(above, below):
            yield Mul((above, Div(Number(1), below)))
            yield Mul((above, Pow(below, -1)))
            yield Neg(Div(Neg(above), below))
            if isinstance(below, Mul):
                yield Div(Div(above, below.factors[0]), _joined(Mul, below.factors[1:]))
        case Mul((Div(above, below), *rest)):
            yield Div(Mul((above, *rest)), below)
        case Mul((first, Div(above, below))):
            yield Div(Mul((first, above)), below)


def powers(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Pow(base, exponent) if exponent > 1:
            yield Mul((base,) * exponent)
            yield Mul((base, Pow(base, exponent - 1)))
        case Pow(base, exponent) if exponent < 0:
            yield Div(Number(1), Pow(base, -exponent))
        case Mul((first, second)) if first == second:
            yield Pow(first, 2)
        case Sqrt(arg):
            yield Sqrt(Add((arg, Number(0))))


def signs(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Add(summands):
            yield Neg(Add(tuple(t.arg if isinstance(t, Neg) else Neg(t) for t in summands)))
        case Neg(arg):
            yield Mul((Number(-1), arg))
        case Pow(base, 2):
            yield Pow(Neg(base), 2)
        case Mul((first, *rest)):
            yield Neg(Mul((Neg(first), *rest)))


def numbers(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Number(value):
            yield Add((Number(value - 1), Number(1)))
            yield Div(Number(3 * value), Number(3))
        case Entry() | Sum() | Derivative():
            yield Mul((Number(1), term))
            yield Add((Mul((Number(Fraction(1, 3)), term)), Mul((Number(Fraction(2, 3)), term))))


def zero(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """Adds something, and takes it away again."""
    if isinstance(term, Mul | Div | Sum):
        for scalar in words.scalars[:2]:
            yield Add((term, scalar, Neg(scalar)))


def bound_name(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """Another name for a bound index: one that is free elsewhere, or a new one."""
    if isinstance(term, Sum):
        new = [index for index in (*words.indices, *scope) if index.size == term.index.size]
        new.append(Index("t", term.index.size))
        for index in new:
            if index not in free(term.body):
                yield Sum(rename(term.body, {term.index: index}), index)


def split_sum(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Sum(Add(summands), index):
            yield Add(tuple(Sum(part, index) for part in summands))
        case Sum(Neg(arg), index):
            yield Neg(Sum(arg, index))
        case Add((Sum(left, index), Sum(right, other))) if (
            index not in free(right) - {other} and index.size == other.size
        ):
            yield Sum(Add((left, rename(right, {other: index}))), index)


def pull_out(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Sum(Mul(factors), index):
            outer = tuple(part for part in factors if index not in free(part))
            if outer and len(outer) < len(factors):
                inside = tuple(part for part in factors if index in free(part))
                yield Mul((*outer, Sum(_joined(Mul, inside), index)))
        case Sum(Div(above, below), index) if index not in free(below):
            yield Div(Sum(above, index), below)


def push_in(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Mul(factors):
            for place, part in enumerate(factors):
                if isinstance(part, Sum):
                    index, body = _apart(part, [*_free(term), *scope])
                    yield Sum(_at(term, place, body), index)
        case Div(Sum() as part, below):
            index, body = _apart(part, [*_free(term), *scope])
            yield Sum(Div(body, below), index)


def double_sum(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """The square of a sum as a sum over two indices; two sums in the other order."""
    match term:
        case Pow(Sum(body, index), 2):
            other = fresh(index, [*free(body), *scope])
            yield Sum(Sum(Mul((body, rename(body, {index: other}))), index), other)
        case Sum(Sum(body, inner), outer):
            yield Sum(Sum(body, outer), inner)


def delta(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """f(k) as the sum of delta(a, k) f(a) over a."""
    match term:
        case Entry() | Mul() | Derivative() if free(term):
            index = min(free(term), key=str)
            other = fresh(index, [*_free(term), *scope])
            yield Sum(Mul((Delta(other, index), rename(term, {index: other}))), other)
        case Delta(left, right):
            yield Delta(right, left)
            other = fresh(left, [left, right, *scope])
            yield Sum(Mul((Delta(left, other), Delta(other, right))), other)


def mean(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Sum):
        yield Mul((term.index.size, Div(term, term.index.size)))
        yield Mul((term.index.size, Sum(Div(term.body, term.index.size), term.index)))
    if term in words.sizes:
        yield Sum(Number(1), Index("t", term))


def unity(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Mul | Div | Sum):
        for size in words.sizes:
            yield Mul((Div(size, size), term))


def transpose(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Entry) and term.tensor.symmetric and len(term.indices) == 2:
        yield Entry(term.tensor, term.indices[::-1])


def absolute(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    match term:
        case Pow(Function("abs", arg), 2):
            yield Pow(arg, 2)
        case Pow(base, 2):
            yield Pow(Function("abs", base), 2)


def unfold(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    if isinstance(term, Entry) and term.tensor.definition is not None:
        definition = term.tensor.definition
        yield rename(definition.body, dict(zip(definition.indices, term.indices, strict=True)))


def solved(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """y[k] as mu + s*yhat[k], whichever way those are called."""
    if isinstance(term, Entry):
        for tensor in words.tensors:
            definition = tensor.definition
            match definition and definition.body:
                case Div(Add((Entry(same, indices), Neg(shift))), scale) if same == term.tensor:
                    if set(indices) == set(definition.indices):
                        here = dict(zip(indices, term.indices, strict=True))
                        whole = Add((shift, Mul((scale, Entry(tensor, definition.indices)))))
                        yield rename(whole, here)


def vanishing(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """Adds a multiple of the sum of a normalized batch, which is zero."""
    for tensor in words.tensors:
        if isinstance(term, Mul | Div | Entry) and _of_a_batch(tensor):
            index = Index("t", tensor.sizes[0])
            yield Add((term, Sum(Entry(tensor, (index,)), index)))
            yield Add((term, Neg(Mul((term, Sum(Entry(tensor, (index,)), index))))))


def _of_a_batch(tensor: Tensor) -> bool:
    """Whether a vector is a batch that its own mean was taken from."""
    match tensor.definition and tensor.definition.body:
        case Div(Add((Entry(_, (_,)), Neg(Entry(mu, ()))))):
            return tensor.name == "yhat" and mu.definition is not None
    return False


def root(term: Term, scope: Scope, words: Words) -> Iterator[Term]:
    """s as (var + epsilon)/s, s**2 as var + epsilon."""
    match term:
        case Entry() | Pow(Entry(), 2):
            entry = term if isinstance(term, Entry) else term.base
            match entry.tensor.definition:
                case None:
                    return
                case definition if isinstance(definition.body, Sqrt):
                    arg = rename(definition.body.arg, dict(zip(definition.indices, entry.indices, strict=True)))
                    yield arg if isinstance(term, Pow) else Div(arg, entry)


ALGEBRA: dict[str, Rewrite] = {
    "reorder": reorder,
    "regroup": regroup,
    "expand": expand,
    "factor": factor,
    "quotient": quotient,
    "powers": powers,
    "signs": signs,
    "numbers": numbers,
    "zero": zero,
    "bound name": bound_name,
    "split sum": split_sum,
    "pull out": pull_out,
    "push in": push_in,
    "double sum": double_sum,
    "delta": delta,
    "mean": mean,
    "unity": unity,
    "transpose": transpose,
    "absolute": absolute,
}

MEANING: dict[str, Rewrite] = {"unfold": unfold, "solved": solved, "vanishing": vanishing, "root": root}


def _at(term: Term, place: int, part: Term) -> Term:
    return term.rebuild((*term.args[:place], part, *term.args[place + 1 :]))


def _joined(node: type[Add] | type[Mul], parts: tuple[Term, ...]) -> Term:
    return parts[0] if len(parts) == 1 else node(parts)


def _factors(term: Term) -> tuple[Term, ...]:
    if isinstance(term, Neg):
        return _factors(term.arg)
    return term.factors if isinstance(term, Mul) else (term,)


def _left_over(term: Term, part: Term) -> Term:
    if isinstance(term, Neg):
        return Neg(_left_over(term.arg, part))
    rest = list(_factors(term))
    rest.remove(part)
    return _joined(Mul, tuple(rest)) if rest else Number(1)


def _free(term: Term) -> tuple[Index, ...]:
    """The free indices of a term and of everything in it."""
    return tuple(free(term).union(*(_free(arg) for arg in term.args)))


def _apart(part: Sum, taken: list[Index]) -> tuple[Index, Term]:
    """The index and body of a sum, renamed away from these indices."""
    index = fresh(part.index, taken)
    return index, rename(part.body, {part.index: index})
