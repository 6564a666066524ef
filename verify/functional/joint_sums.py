"""Sums that one pass can take together: those of some arrays, and of products of what these are less their means."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.language import Entry, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Add, Div, Mul, Neg, Pow, Sum
from verify.functional.polynomial import opened
from verify.functional.vector_form import VectorForm


@dataclass
class JointSums:
    """Sums over the same axes: `places` says at which place of the results of `moments` each of them is."""

    arrays: list[Tensor] = field(default_factory=list)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    places: dict[Term, int] = field(default_factory=dict)


def joint_sums(form: VectorForm) -> dict[Term, JointSums]:
    """The group of every sum that can be taken together with others."""
    bodies = [step.definition.body for step in form.steps if step.definition]
    sums = [part for body in bodies for part in walk(body) if isinstance(part, Sum)]
    means = {step: each for step in form.steps if (each := _mean(step))}
    off = {step: means[mean] for step in form.steps if (mean := _taken_off(step)) and mean in means}
    centred = {step: value for step, (value, _) in off.items()}
    over = {step: axes for step, (_, axes) in off.items()}
    groups: dict[frozenset, JointSums] = {}
    products: list[tuple[Sum, list[Tensor]]] = []
    for each in dict.fromkeys(sums):
        factors = _factors(each)
        axes = opened(each)[1]
        if len(factors) == 2 and all(over.get(factor) == axes for factor in factors):
            products.append((each, [centred[factor].tensor for factor in factors]))
    for each, tensors in products:
        group = groups.setdefault(opened(each)[1], JointSums())
        group.arrays += [tensor for tensor in dict.fromkeys(tensors) if tensor not in group.arrays]
    found: dict[Term, JointSums] = {}
    for axes, group in groups.items():
        for value, own in means.values():
            if own == axes and value.tensor in group.arrays:
                term = next(each for each in sums if opened(each) == (value, axes))
                group.places[term] = group.arrays.index(value.tensor)
        for each, tensors in products:
            if opened(each)[1] == axes:
                group.places[each] = len(group.arrays) + len(group.pairs)
                group.pairs.append((group.arrays.index(tensors[0]), group.arrays.index(tensors[-1])))
        found.update(dict.fromkeys(group.places, group))
    return found


def _mean(step: Tensor) -> tuple[Entry, frozenset] | None:
    """What a step is the mean of, and over which axes."""
    body = step.definition.body if step.definition else None
    if isinstance(body, Div) and isinstance(body.numerator, Sum):
        value, over = opened(body.numerator)
        return (value, over) if isinstance(value, Entry) else None
    return None


def _taken_off(step: Tensor) -> Tensor | None:
    """The mean that a step is less than its array by."""
    match step.definition.body if step.definition else None:
        case Add(summands=(Entry(), Neg(arg=Entry() as mean))):
            return mean.tensor
    return None


def _factors(value: Sum) -> list[Tensor]:
    """The tensors of a product of entries, one for each power."""
    body, _ = opened(value)
    parts = body.factors if isinstance(body, Mul) else (body,)
    found: list[Tensor] = []
    for part in parts:
        if isinstance(part, Pow) and isinstance(part.base, Entry) and part.exponent > 0:
            found += [part.base.tensor] * part.exponent
        elif isinstance(part, Entry):
            found.append(part.tensor)
        else:
            return []
    return found
