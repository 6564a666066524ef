"""Faults of a formula that is written by hand: every row edits the summands of a proved closed form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import combinations

from derive.language import Entry, Index, Term
from derive.language.binding import free_indices, rename
from derive.language.terms import Mul
from derive.layers import Layer
from verify.diagnosis.contractions import Contraction, contraction, factors_of, product
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation, forms_of, term_of
from verify.diagnosis.program import leaf, rewritten
from verify.diagnosis.summands import Summand, common, summands, taken_out, total
from verify.diagnosis.words import count_words, form_words, listed, term_words
from verify.forms import Form

Parts = tuple[Summand, ...]
Edit = Callable[[Form, Parts], Iterator[tuple[str, str, Parts]]]
"""From a form and its summands to (code, sentence, other summands)."""


def words_in(parts: Parts, chosen: Iterable[Summand]) -> str:
    """Summands of a form, in words, without the factor in front of all."""
    front = common(parts)
    return listed([term_words(taken_out(part, front)) for part in chosen])


def named(parts: Parts, chosen: Iterable[Summand]) -> str:
    """Summands of a form with their roles: the mean term, the projection term."""
    front = common(parts)
    return listed([f"the {_role(part)} {term_words(taken_out(part, front))}" for part in chosen])


def _role(part: Summand) -> str:
    if not part.sums:
        return "term"
    hats = any(_is_hat(base) for base, _ in part.powers)
    if _hatless(part) is not None and hats:
        return "projection term"
    return "term" if hats else "mean term"


def lacking(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    for count in (1, 2):
        for chosen in combinations(parts, count):
            if len(chosen) < len(parts) and not (count == 1 and _leading(chosen[0])):
                rest = tuple(part for part in parts if part not in chosen)
                code = "term-missing" if count == 1 else "terms-missing"
                yield code, f"the {form.name} lacks {named(parts, chosen)}", rest


def _leading(part: Summand) -> bool:
    return not part.sums


def twice(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    for chosen in parts:
        if len(parts) > 1:
            other = tuple(part.times(2) if part is chosen else part for part in parts)
            yield "term-twice", f"the {form.name} has {named(parts, [chosen])} twice", other


def wrong_sign(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    for chosen in parts:
        if len(parts) > 1:
            other = tuple(part.times(-1) if part is chosen else part for part in parts)
            yield "term-sign", f"the {form.name} has {named(parts, [chosen])} with the other sign", other


def not_due(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """A summand without its hats, where the form has none like it: the mean term in a layer without a mean."""
    have = {term_words(part) for part in parts}
    for part in parts:
        bare = _hatless(part)
        if bare is not None and term_words(bare) not in have and _hatless_is_sum(bare):
            for times, often in ((1, ""), (2, " twice")):
                other = (*parts, bare.times(times))
                yield (
                    "term-not-due",
                    f"the {form.name} has {named((*parts, bare), [bare])}{often}, which is not due",
                    other,
                )


def _hatless_is_sum(part: Summand) -> bool:
    return bool(part.sums)


def _hatless(part: Summand) -> Summand | None:
    """A summand without the normalized values in front and in its sums."""
    hats = [base for base, _ in part.powers if _is_hat(base)]
    if not hats or not part.sums:
        return None
    bare = part.without(*hats)
    for each in part.sums:
        found = contraction(each)
        if found is not None:
            kept = [factor for factor in factors_of(found.body) if not _is_hat(factor)]
            bare = bare.exchanged(each, Contraction(product(kept), found.over).term())
    return bare


def _is_hat(term: Term) -> bool:
    return isinstance(term, Entry) and term.tensor.name.endswith("hat")


def less_one(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """m - 1 for the m under the contractions: all of them, then each."""
    divided = [part for part in parts if part.sizes]
    if len(parts) == 1:
        return
    for chosen in _all_then_each(divided):
        other = tuple(_divided(part, product(part.sizes) - 1) if part in chosen else part for part in parts)
        where = "" if len(chosen) == len(divided) else f" in the term {words_in(parts, chosen)}"
        m = count_words(chosen[0].sizes)
        said = "" if m == "m" else f" (m = {m})"
        yield "m-1", f"the sums in the {form.name} are divided by m-1 where m is due{where}{said}", other


def undivided(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """Sums for means."""
    divided = [part for part in parts if part.sizes]
    for chosen in _all_then_each(divided):
        other = tuple(part.without(*part.sizes) if part in chosen else part for part in parts)
        m = count_words(chosen[0].sizes)
        yield "m-missing", f"in the {form.name} {words_in(parts, chosen)} is not divided by {m}", other


def _all_then_each(parts: list[Summand]) -> Iterator[list[Summand]]:
    if len(parts) > 1:
        yield parts
    yield from ([part] for part in parts)


def _divided(part: Summand, by: Term) -> Summand:
    return part.without(*part.sizes).with_factor(by, -1)


def spread(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """One 1/s too many or too few, in all summands or in one."""
    scale = next((base for part in parts for base, _ in part.powers if _is_spread(base)), None)
    if scale is None:
        return
    for chosen in _all_then_each(list(parts)):
        term = f"the term {words_in(parts, chosen)} in " if len(chosen) < len(parts) else ""
        for power, said in ((1, "lacks a factor 1/s"), (2, "lacks a factor 1/s^2"), (-1, "has a factor 1/s too much")):
            other = tuple(part.with_factor(scale, power) if part in chosen else part for part in parts)
            yield "scale", f"{term}the {form.name} {said}", other


def _is_spread(term: Term) -> bool:
    return isinstance(term, Entry) and term.tensor.name == "s"


def outside(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """gamma behind the contraction, not in it."""
    moved = [part for part in parts if any(_weight_in(form.layer, each) is not None for each in part.sums)]
    for chosen in _all_then_each(moved):
        other = tuple(_moved_out(form, part) if part in chosen else part for part in parts)
        where = "" if len(chosen) == len(moved) else f", in the term {words_in(parts, chosen)}"
        now = words_in(other, [other[parts.index(chosen[-1])]])
        due = words_in(parts, [chosen[-1]])
        sentence = f"gamma is applied after the reduction in the {form.name}{where}"
        yield "gamma-after-reduction", f"{sentence}: {now} for {due}", other


def _weight_in(layer: Layer, term: Term) -> Entry | None:
    """The weight under a sum over one of its indices."""
    found = contraction(term)
    if found is None or not layer.parameters:
        return None
    weight = leaf(layer.parameters[0])
    entries = [f for f in factors_of(found.body) if isinstance(f, Entry) and f.tensor == weight]
    return next((entry for entry in entries if set(entry.indices) & set(found.over)), None)


def _moved_out(form: Form, part: Summand) -> Summand:
    own = {index.size: index for index in form.axes}
    for each in part.sums:
        found, weight = contraction(each), _weight_in(form.layer, each)
        if found is None or weight is None:
            continue
        kept = [factor for factor in factors_of(found.body) if factor != weight]
        free = Entry(weight.tensor, tuple(own[index.size] for index in weight.indices))
        part = part.exchanged(each, Contraction(product(kept), found.over).term()).with_factor(free)
    return part


def other_axes(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """Contractions over all axes but their own; what varies along these may stand in front of the sum or in it."""
    if form.like != form.layer.inputs[0]:
        return
    found = next((contraction(each) for part in parts for each in part.sums), None)
    over = {index.size for index in found.over} if found else set()
    right = listed([index.name for index in form.axes if index.size in over])
    wrong = [index.name for index in form.axes if index.size not in over]
    for inside in (False, True):
        changed = tuple(_over_others(form, part, inside) for part in parts)
        if wrong and changed != parts:
            sentence = f"the sums in the {form.name} are taken along the wrong axis"
            yield "wrong-axis", f"{sentence}: over {listed(wrong)} instead of {right}", changed


def _over_others(form: Form, part: Summand, inside: bool) -> Summand:
    own = {index.size: index for index in form.axes}
    for each in part.sums:
        found = contraction(each)
        over = {index.size for index in found.over} if found else set()
        others = [index for index in form.axes if index.size not in over]
        if found is None or not others or not over <= set(own):
            continue
        body, divided = rename(found.body, {index: own[index.size] for index in found.over}), part.sizes
        if inside and (weight := _weight_before(form, part)) is not None:
            part, body = part.without(weight), Mul((body, weight))
        bound = {index: Index(f"{index.name}'", index.size) for index in others}
        part = part.exchanged(each, Contraction(rename(body, bound), tuple(bound.values())).term())
        if sorted(map(str, divided)) == sorted(map(str, over)):
            part = part.without(*divided)
            for index in others:
                part = part.with_factor(index.size, -1)
    return part


def _weight_before(form: Form, part: Summand) -> Entry | None:
    weight = leaf(form.layer.parameters[0]) if form.layer.parameters else None
    return next((base for base, _ in part.powers if isinstance(base, Entry) and base.tensor == weight), None)


def unhatted(form: Form, parts: Parts) -> Iterator[tuple[str, str, Parts]]:
    """The gradient of a parameter with the input, or nothing, where the normalized input is due."""
    if len(parts) != 1 or form.like == form.layer.inputs[0]:
        return
    (whole,) = parts
    x = form.layer.inputs[0]
    for each in whole.sums:
        body = contraction(each)
        hat = next((f for f in factors_of(body.body) if _is_hat(f)), None) if body else None
        if body is None or not isinstance(hat, Entry):
            continue
        other = rewritten(each, lambda p, hat=hat: Entry(x, hat.indices) if p == hat else None)
        name = hat.tensor.name
        yield "not-normalized", f"the {form.name} has {x} where {name} is due", (whole.exchanged(each, other),)
        divided = whole
        for index in body.over:
            divided = divided.with_factor(index.size, -1)
        yield "mean-for-sum", f"the {form.name} is a mean where the sum is due", (divided,)


EDITS: tuple[Edit, ...] = (
    lacking, twice, wrong_sign, not_due, outside, less_one, undivided, spread, other_axes, unhatted,
)  # fmt: skip
"""One row for each way in which a formula goes wrong."""


@cache
def of_form(layer: Layer, name: str) -> tuple[Hypothesis, ...]:
    """Every edit of one closed form."""
    form, term = forms_of(layer)[name], term_of(layer, name)
    parts = summands(term)
    found = []
    for edit in EDITS:
        for code, sentence, other in edit(form, parts):
            if not _free(other) <= set(form.axes):
                continue
            variation = Variation(terms={name: total(other)})
            found.append(Hypothesis(code, sentence, (variation,), repaired=form_words(term)))
    return tuple(found)


def _free(parts: Parts) -> set[Index]:
    return {index for part in parts for index in free_indices(part.term)}


def backward(point: Point, wrong: Iterable[str]) -> Iterator[Hypothesis]:
    """Edits of the closed forms of the quantities that are wrong; second derivatives follow from the first ones."""
    known = [name for name in forms_of(point.layer) if name in set(wrong) and name != "output"]
    if "input gradient" in known:
        known = [name for name in known if not name.startswith("JVP")]
    for name in known:
        yield from of_form(point.layer, name)
