"""Faults of the forward program: every row edits its lines in one way that people get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations

from derive.language import Entry, Index, Number, Tensor, Term
from derive.language.terms import Add, Pow, Sqrt
from derive.layers import Layer
from verify.diagnosis.contractions import Contraction, contractions_in, each_contraction, uses
from verify.diagnosis.hypothesis import Hypothesis
from verify.diagnosis.point import Point, Variation, term_of
from verify.diagnosis.program import Line, Lines, lines_of, rewritten
from verify.diagnosis.words import listed

FACTORS = (10, Fraction(1, 10), 100, Fraction(1, 100), 1000, Fraction(1, 1000), 2, Fraction(1, 2))
SAID = {
    Fraction(10): "ten times too large",
    Fraction(1, 10): "ten times too small",
    Fraction(2): "twice too large",
    Fraction(1, 2): "half of what it should be",
}


def both(lines: Lines) -> tuple[Variation, ...]:
    """A faulty forward with the gradients that belong to it, and with the right closed form at its values."""
    return (Variation(lines, autograd=True), Variation(lines))


def edited(layer: Layer, rule: Callable[[Line], Term | None]) -> Lines:
    """The lines with other right sides where the rule gives one."""
    return tuple(line.at(body) if (body := rule(line)) is not None else line for line in lines_of(layer))


def replaced(body: Term, old: Tensor, new: Callable[[Entry], Term]) -> Term:
    """A term with every entry of a tensor replaced."""
    return rewritten(body, lambda part: new(part) if isinstance(part, Entry) and part.tensor == old else None)


def statistics(layer: Layer) -> Lines:
    """The lines that have fewer axes than the input: mean, variance, s."""
    return tuple(line for line in lines_of(layer) if len(line.indices) < len(layer.inputs[0].sizes))


def means(layer: Layer) -> Iterator[tuple[Line, Contraction]]:
    """The means in the program, with the lines they stand in."""
    for line in lines_of(layer):
        yield from ((line, found) for found in contractions_in(line.body) if found.is_mean)


def each_and_all(layer: Layer) -> list[tuple[str, frozenset[str]]]:
    """The lines with a mean: all of them, then each by itself."""
    names = list(dict.fromkeys(line.tensor.name for line, _ in means(layer)))
    single = [(said(layer, name), frozenset({name})) for name in names]
    return single if len(single) == 1 else [("the statistics", frozenset(names)), *single]


def said(layer: Layer, name: str) -> str:
    """What a statistic is called."""
    if name == "s":
        return "the mean square" if layer.name == "rmsnorm" else "the standard deviation"
    return {"mu": "the mean", "var": "the variance"}.get(name, name)


@cache
def one_less(layer: Layer) -> tuple[Hypothesis, ...]:
    """The divisor m - 1 in a mean or in the variance."""
    found = []
    for subject, names in each_and_all(layer):
        if names == {"mu"}:
            continue

        def rule(line: Line, names: frozenset[str] = names) -> Term | None:
            if line.tensor.name not in names or line.tensor.name == "mu":
                return None
            return each_contraction(line.body, lambda each: each.term(each.count - 1))

        subject = subject if len(names) == 1 else "the variance"
        found.append(Hypothesis("m-1", f"{subject} is divided by m-1 where m is due", both(edited(layer, rule))))
    return tuple(found)


@cache
def epsilon(layer: Layer) -> tuple[Hypothesis, ...]:
    """Epsilon dropped, scaled, squared, or outside the root."""
    (eps,) = (tensor for tensor in layer.constants if tensor.name == "epsilon")

    def changed(new: Callable[[Entry], Term]) -> tuple[Variation, ...]:
        return both(edited(layer, lambda line: replaced(line.body, eps, new)))

    dropped = "epsilon-dropped"
    found = [Hypothesis(dropped, "epsilon is dropped", changed(lambda e: Number(0)))]
    for factor in FACTORS:
        ratio = Fraction(factor)
        size = f"{ratio} times too large" if ratio > 1 else f"{1 / ratio} times too small"
        sentence = f"epsilon is {SAID.get(ratio, size)}"
        scaled, almost = changed(lambda e, r=ratio: Number(r) * e), dropped if ratio < Fraction(1, 9) else ""
        found.append(Hypothesis("epsilon-scaled", sentence, scaled, almost=almost))
    found.append(Hypothesis("epsilon-squared", "epsilon is squared", changed(lambda e: Pow(e, 2)), almost=dropped))

    def outside(line: Line) -> Term | None:
        def rule(part: Term) -> Term | None:
            if isinstance(part, Sqrt) and isinstance(part.arg, Add) and uses(part.arg, eps):
                rest, added = part.arg.summands[0], part.arg.summands[1]
                return Sqrt(rest) + added
            return None

        return rewritten(line.body, rule)

    sentence = "epsilon is added to the standard deviation, outside the root"
    found.append(Hypothesis("epsilon-outside-root", sentence, both(edited(layer, outside)), almost=dropped))
    return tuple(found)


@cache
def root(layer: Layer) -> tuple[Hypothesis, ...]:
    """Division by the variance and not by its root."""

    def rule(line: Line) -> Term | None:
        return rewritten(line.body, lambda part: part.arg if isinstance(part, Sqrt) else None)

    sentence = "the square root is missing: it divides by s^2, not by s"
    return (Hypothesis("root-missing", sentence, both(edited(layer, rule))),)


@cache
def mean_not_subtracted(layer: Layer) -> tuple[Hypothesis, ...]:
    """The mean missing in the variance, in the normalized values, or in both."""
    users = [line for line in lines_of(layer) for tensor in _leaves(line.body) if tensor.name == "mu"]
    names = [line.tensor.name for line in users]
    found = []
    for chosen in [frozenset(names), *(frozenset({name}) for name in names)]:
        if not chosen:
            continue

        def rule(line: Line, chosen: frozenset[str] = chosen) -> Term | None:
            if line.tensor.name not in chosen:
                return None
            return rewritten(line.body, lambda p: Number(0) if isinstance(p, Entry) and p.tensor.name == "mu" else None)

        where = "" if len(chosen) > 1 else " in the variance" if "var" in chosen else f" in {next(iter(chosen))}"
        found.append(Hypothesis("mean-not-subtracted", f"the mean is not subtracted{where}", both(edited(layer, rule))))
    return tuple(found)


def _leaves(body: Term) -> set[Tensor]:
    if isinstance(body, Entry):
        return {body.tensor}
    return set().union(*map(_leaves, body.args)) if body.args else set()


@cache
def wrong_axes(layer: Layer, short: frozenset[Term] = frozenset()) -> tuple[Hypothesis, ...]:
    """Statistics over other axes: every set of axes but the right one; an axis of length 1, in `short`, is none."""
    lines = statistics(layer)
    all_axes = next(line.indices for line in lines_of(layer) if len(line.indices) == len(layer.inputs[0].sizes))
    each = tuple(index for index in all_axes if index.size not in short)
    right = {index.size for line, mean in means(layer) for index in mean.over} - short
    own = tuple(index for index in each if index.size in right)
    complement = tuple(index for index in each if index.size not in right)
    choices = [over for count in range(1, len(each) + 1) for over in combinations(each, count) if over != own]
    names, found = frozenset(line.tensor.name for line in lines), []
    for over in sorted(choices, key=lambda over: over != complement):
        where = f"over {_axes(over)} instead of {_axes(own)}" if own else f"over {_axes(over)}"
        sentence = f"the statistics are taken along the wrong axis: {where}"
        found.append(Hypothesis("wrong-axis", sentence, _over(layer, names, all_axes, over)))
        if over == complement and "mu" in names:
            sentence = f"the mean is taken along the wrong axis: {where}"
            found.append(Hypothesis("wrong-axis", sentence, _over(layer, frozenset({"mu"}), all_axes, over)))
    return tuple(found)


def _axes(over: tuple[Index, ...]) -> str:
    return listed([index.name for index in over])


def _over(
    layer: Layer, names: frozenset[str], each: tuple[Index, ...], over: tuple[Index, ...]
) -> tuple[Variation, ...]:
    """The statistics of these names over other axes."""
    sizes = tuple(index.size for index in over)
    kept = tuple(index for index in each if index not in over)
    new = {name: Tensor(name, tuple(index.size for index in kept)) for name in names}

    def moved(body: Term) -> Term:
        def rule(part: Term) -> Term | None:
            if isinstance(part, Entry) and part.tensor.name in new and len(part.indices) < len(each):
                return Entry(new[part.tensor.name], kept)
            return None

        return rewritten(body, rule)

    lines = []
    for line in lines_of(layer):
        if line.tensor.name in names and len(line.indices) < len(each):
            body = each_contraction(line.body, lambda c: Contraction(moved(c.body), over, sizes).term())
            body = moved(body) if body == line.body else body
            lines.append(Line(new[line.tensor.name], kept, body))
        else:
            lines.append(line.at(moved(line.body)))
    term = term_of(layer, "input gradient")
    return (Variation(tuple(lines), autograd=True), Variation(tuple(lines), terms={"input gradient": moved(term)}))


FORWARD: tuple[Callable[[Layer], tuple[Hypothesis, ...]], ...] = (
    epsilon,
    one_less,
    mean_not_subtracted,
    root,
)
"""One row for each kind of fault that is an edit of the program."""


def forward(point: Point) -> Iterator[Hypothesis]:
    for family in FORWARD:
        if family is epsilon and not any(tensor.name == "epsilon" for tensor in point.layer.constants):
            continue
        yield from family(point.layer)
    if any(True for _ in means(point.layer)):
        yield from wrong_axes(point.layer, frozenset(size for size, count in point.sizes.items() if count == 1))
