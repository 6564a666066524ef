"""Points that satisfy the hypotheses of a theorem: it says nothing about others.

An equation that says what a tensor is (`epsilon = 0`, `gamma = s`) is met exactly: the tensor gets that number, or its
exact value is taken to be that of the formula, and the rounding of it counts as an error. So is `sum u w = 0`, by
taking from u what it has along w. Inequalities are checked numerically, instance by instance, with certainty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import product

import torch

from derive.kernel import KernelError, by_normal_form
from derive.language import (
    Claim,
    Delta,
    Entry,
    Eq,
    Index,
    LanguageError,
    Number,
    Tensor,
    Term,
    define,
    operator_norm_at_most,
)
from derive.language.binding import free_indices, walk
from derive.language.substitution import substitute
from derive.language.terms import Derivative, Mul, Sqrt, Sum
from verify.compile import whole
from verify.program import length
from verify.statements.evaluate import Evaluation, bounded_sides
from verify.statements.point import Meaning, Point

SMALLEST = 2.0**-14
FACTORS = (0.5, 0.25, 0.25, *[2.0**-4] * 9)
"""How an instance that fails an inequality is changed, again and again."""


def hold(hypothesis: Claim, point: Point) -> torch.Tensor:
    """For each instance, whether the hypothesis certainly holds for its exact numbers."""
    left, right = bounded_sides(hypothesis, Evaluation(point))
    gap = right.value - left.value
    slack = (left.drift + right.drift) * (1 + 2.0**-50)
    slack = torch.where(slack > 0, slack + gap.abs() * 2.0**-50, slack)  # the gap itself is rounded
    verdict = {
        "=": (gap == 0) & (slack == 0),
        "!=": gap.abs() > slack,
        "<=": gap >= slack,
        "<": gap > slack,
        ">=": -gap >= slack,
        ">": -gap > slack,
    }[hypothesis.relation]
    return verdict.reshape(verdict.shape[0], -1).all(1).expand(point.instances)


def meet(claim: Claim, point: Point) -> tuple[Point, str]:
    """The instances that satisfy the hypotheses, with "", or the point as it was with the reason why there are none.

    The inputs of the layer and the upstream gradient stay as they are, but for equations; where an inequality does not
    hold for an instance, the other tensors in it are made smaller until it does.
    """
    rest: list[Claim] = []
    found = point
    for hypothesis in claim.hypotheses:
        solved = next(_solved(hypothesis, found), None) if hypothesis.relation == "=" else None
        if solved is None:
            rest.append(hypothesis)
        else:
            found = solved
    holds, shrunk = _tried(rest, found, 1.0)
    if not holds.all() and shrunk and _would_help(rest, found, holds):
        for factor in FACTORS:
            found = found.put(_tried(rest, found, factor)[1])
            holds, shrunk = _tried(rest, found, 1.0)
            if holds.all():
                break
    if holds.any():
        return (found if holds.all() else found.chosen(holds)), ""
    failing = [str(each) for each in rest if not hold(each, found).any()] or [str(each) for each in rest]
    return point, f"it assumes {' and '.join(failing)}, which these inputs don't satisfy"


def _tried(rest: list[Claim], point: Point, factor: float) -> tuple[torch.Tensor, dict[Tensor, torch.Tensor]]:
    """The instances for which everything holds, and for the others smaller values of what can be made smaller."""
    holds = torch.ones(point.instances, dtype=torch.bool, device=point.device)
    shrunk: dict[Tensor, torch.Tensor] = {}
    for hypothesis in rest:
        fits = hold(hypothesis, point)
        holds = holds & fits
        if not fits.all():
            shrunk.update(_shrunk(hypothesis, point, fits, factor))
    return holds, shrunk


def _would_help(rest: list[Claim], point: Point, holds: torch.Tensor) -> bool:
    """Whether very much smaller values would satisfy more instances."""
    _, shrunk = _tried(rest, point, SMALLEST)
    return bool(_tried(rest, point.put(shrunk), SMALLEST)[0].sum() > holds.sum())


def equation_fault(hypothesis: Claim, layer_inputs: tuple[Tensor, ...]) -> str:
    """Why an equation can't be met by rounded numbers, or ""."""
    if hypothesis.relation != "=" or any(True for _ in _ways(hypothesis, layer_inputs)):
        return ""
    return f"it assumes {hypothesis}, which rounded numbers can't satisfy exactly"


def _shrunk(hypothesis: Claim, point: Point, fits: torch.Tensor, factor: float) -> dict[Tensor, torch.Tensor]:
    kept = set(point.layer.inputs) if point.layer else set()
    found = {}
    for tensor in leaves_of(hypothesis.lhs) | leaves_of(hypothesis.rhs):
        if tensor in kept or tensor.partial or tensor.name == "epsilon" or tensor not in point.values:
            continue
        value = point.values[tensor].expand(point.instances, *point.values[tensor].shape[1:])
        where = fits.reshape(-1, *[1] * (value.dim() - 1))
        found[tensor] = torch.where(where, value, value * factor)
    return found


def _solved(hypothesis: Claim, point: Point) -> Iterator[Point]:
    """The point changed so that an equation holds, for each way to do that."""
    for way in _ways(hypothesis, point.layer.inputs if point.layer else ()):
        if any(tensor in point.meant or tensor not in point.values for tensor in way):
            continue
        numbers = {tensor: _number(meaning, tensor, point) for tensor, meaning in way.items()}
        meant = {tensor: meaning for tensor, meaning in way.items() if numbers[tensor] is None}
        values = {tensor: value for tensor, value in numbers.items() if value is not None}
        kept = {each.drawn: point.values[tensor] for tensor, each in meant.items() if each.drawn is not None}
        yield point.put({**values, **kept}, meant)


def _number(meaning: Meaning, tensor: Tensor, point: Point) -> torch.Tensor | None:
    """The value of a number, if the format of the point has it."""
    if not isinstance(meaning.term, Number):
        return None
    shape = (1, *(length(size, dict(point.sizes)) for size in tensor.sizes))
    wide = torch.full(shape, float(meaning.term.value), dtype=torch.float64, device=point.device)
    own = wide.to(point.dtype)
    return own if torch.equal(own.double(), wide) and float(meaning.term.value) == meaning.term.value else None


Way = Mapping[Tensor, Meaning]
"""What tensors have to be for an equation to hold, for all values of everything else."""


def _ways(hypothesis: Claim, inputs: tuple[Tensor, ...]) -> Iterator[Way]:
    """The ways to satisfy an equation by saying what some of its tensors are."""
    yield from _of_bounded_norm(hypothesis, inputs)
    for side, other in ((hypothesis.lhs, hypothesis.rhs), (hypothesis.rhs, hypothesis.lhs)):
        if isinstance(side, Entry) and _is_free(side, inputs) and _says(side, other):
            yield {side.tensor: Meaning(side.indices, other)}
        if isinstance(side, Sum) and isinstance(other, Number):
            yield from _orthogonal(side, inputs) if other.value == 0 else _scaled(side, other, inputs)
    yield from _affine(hypothesis, inputs)


def _says(entry: Entry, value: Term) -> bool:
    """Whether a value is one for every entry of a tensor, does not depend on it, and may have the sign of a number."""
    own = entry.indices
    if entry.tensor in leaves_of(value) or len(set(own)) != len(own) or not free_indices(value) <= set(own):
        return False
    return not isinstance(value, Number) or (value.value > 0) - (value.value < 0) in entry.tensor.signs


def _orthogonal(total: Sum, inputs: tuple[Tensor, ...]) -> Iterator[Way]:
    """`sum u w = 0` for u less what it has along w; w is 1 where there is none."""
    index = total.index
    factors = total.body.factors if isinstance(total.body, Mul) else (total.body,)
    for place, factor in enumerate(factors):
        rest = [each for number, each in enumerate(factors) if number != place]
        if not (_is_free(factor, inputs) and isinstance(factor, Entry) and factor.indices == (index,)):
            continue
        if any(factor.tensor in leaves_of(each) for each in rest) or any(free_indices(each) - {index} for each in rest):
            continue
        if not {-1, 1} <= factor.tensor.signs:
            continue
        w: Term = Mul(tuple(rest)) if len(rest) > 1 else rest[0] if rest else Number(1)
        drawn = Tensor(f"{factor.tensor.name} as drawn", factor.tensor.sizes)
        along = Sum(drawn[index] * w, index) / Sum(w * w, index)
        yield {factor.tensor: Meaning((index,), drawn[index] - along * w, drawn)}


def _scaled(total: Sum, value: Number, inputs: tuple[Tensor, ...]) -> Iterator[Way]:
    """`sum u = c` for c times u over its sum."""
    body = total.body
    if _is_free(body, inputs) and isinstance(body, Entry) and len(set(body.indices)) == len(body.indices):
        drawn = replace(body.tensor, name=f"{body.tensor.name} as drawn")
        one = Entry(drawn, body.indices)
        yield {body.tensor: Meaning(body.indices, value * one / Sum(one, total.index), drawn)}


def _of_bounded_norm(hypothesis: Claim, inputs: tuple[Tensor, ...]) -> Iterator[Way]:
    """`|X| <= lambda`, said by a slack R: X = 3/5 lambda x w'/(|x||w|) and R = lambda (I - xx'/(5 |x|^2)).

    x are the sums of the rows of X as it was drawn, and w those of its columns.
    """
    free = [each for each in leaves_of(hypothesis.lhs) | leaves_of(hypothesis.rhs) if each.definition is None]
    matrices = [each for each in free if len(each.sizes) == 2 and {-1, 1} <= each.signs and each not in inputs]
    bounds = [Entry(each) for each in free if not each.sizes and not each.integer]
    for X, R, bound in product(matrices, matrices, bounds):
        if R.sizes != (X.sizes[0], X.sizes[0]) or operator_norm_at_most(X, bound, R) != hypothesis:
            continue
        drawn = replace(X, name=f"{X.name} as drawn")
        b, j, k = (Index(name, X.sizes[0]) for name in "bjk")
        i, l = (Index(name, X.sizes[1]) for name in "il")
        rows = define("rows", Sum(drawn[b, i], i), b)
        columns = define("columns", Sum(drawn[b, i], b), i)
        length, width = Sum(rows[k] ** 2, k), Sum(columns[l] ** 2, l)
        unit = rows[b] * columns[i] / (Sqrt(length) * Sqrt(width))
        yield {
            X: Meaning((b, i), Fraction(3, 5) * bound * unit, drawn),
            R: Meaning((b, j), bound * (Delta(b, j) - rows[b] * rows[j] / (5 * length))),
        }


@lru_cache(maxsize=256)
def _affine(hypothesis: Claim, inputs: tuple[Tensor, ...]) -> tuple[Way, ...]:
    """`E = 0` for a multiple of u, where E is affine and not linear in u: derive proves that it is a way."""
    value = hypothesis.lhs - hypothesis.rhs
    free = (each for each in leaves_of(value) if _is_free(whole(each), inputs) and {-1, 1} <= each.signs)
    if free_indices(value):
        return ()
    for tensor in sorted(free, key=lambda each: each.name):
        if tensor.dependence is not None or tensor.symmetric:
            continue
        drawn = replace(tensor, name=f"{tensor.name} as drawn")
        one = Entry(drawn, whole(tensor).indices)

        def at(factor: Term, mark: str, tensor: Tensor = tensor, one: Entry = one) -> Term:
            put = factor * one
            return substitute(value, {tensor: (one.indices, put) if one.indices else put}, mark=mark)

        once, twice = at(Number(1), " once"), at(Number(2), " twice")
        factor = 1 - once / (twice - once)
        if _is_proved(Eq(at(factor, " so"), 0)) and not _is_proved(Eq(2 * once, twice)):
            meaning = factor * one
            return ({tensor: Meaning(one.indices, meaning, drawn)},)
    return ()


def _is_proved(equation: Claim) -> bool:
    try:
        by_normal_form(equation)
    except (KernelError, LanguageError):
        return False
    return True


def _is_free(term: Term, inputs: tuple[Tensor, ...]) -> bool:
    """Whether a term is an entry of a tensor that can be chosen."""
    if not isinstance(term, Entry) or term.tensor.integer or term.tensor in inputs:
        return False
    return term.tensor.definition is None


@lru_cache(maxsize=4096)
def leaves_of(term: Term) -> frozenset[Tensor]:
    """The tensors that a term is made of, through definitions; of unknown functions, their argument and derivatives."""
    found: set[Tensor] = set()
    pending: list[Term] = [term]
    while pending:
        for part in walk(pending.pop()):
            if isinstance(part, Derivative):
                pending.append(part.by)
            if not isinstance(part, Entry) or part.tensor in found:
                continue
            found.add(part.tensor)
            if part.tensor.definition is not None:
                pending.append(part.tensor.definition.body)
            if part.tensor.dependence is not None:
                pending.append(whole(part.tensor.dependence.on))
                if part.tensor.dependence.derivative is not None:
                    pending.append(whole(part.tensor.dependence.derivative))
    return frozenset(found)


def is_about_sizes(claim: Claim) -> bool:
    """Whether a claim compares nothing but sizes."""
    return all(tensor.integer for side in (claim.lhs, claim.rhs) for tensor in leaves_of(side))
