"""What is wrong, in a sentence, with the numbers that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verify.assertions.case import Case, Observed
from verify.diagnosis.backward import backward
from verify.diagnosis.blocks import blocks
from verify.diagnosis.constants import constants
from verify.diagnosis.evidence import evidence, of_sizes
from verify.diagnosis.forward import forward
from verify.diagnosis.hypothesis import Hypothesis, merged
from verify.diagnosis.layouts import layouts
from verify.diagnosis.location import places
from verify.diagnosis.patterns import patterns
from verify.diagnosis.point import Point, Run, Variation, point_of
from verify.diagnosis.residual import Expected, Residual, residuals
from verify.diagnosis.rounding import similar
from verify.diagnosis.rows import rows
from verify.diagnosis.search import Explanation, different, explanations, known, parts, second_order, without_almost
from verify.diagnosis.statistics import stale
from verify.diagnosis.tails import tails
from verify.diagnosis.weights import weights
from verify.diagnosis.words import listed

MOST = 3
"""Where more hypotheses fit, the values tell nothing."""


@dataclass(frozen=True)
class Diagnosis:
    """`says` is the sentence, `evidence` the numbers, `explains` the quantities whose values it explains.

    `repaired` is the formula as it should be.
    """

    code: str
    says: str
    evidence: str
    explains: tuple[str, ...]
    repaired: str | None = None

    def __str__(self) -> str:
        return f"{self.says}\n{self.evidence}"


def diagnose(case: Case, observed: Observed, expected: Mapping[str, Expected]) -> Diagnosis | None:
    """The fault that explains every wrong quantity within the bounds; None if nothing is wrong, or no fault does.

    What is not finite is left out; a diagnosis of the rest says nothing about it.
    """
    found = residuals(case, observed, expected)
    point = point_of(case)
    wrong = {name: each for name, each in found.items() if each.wrong and known(point, name) and each.finite}
    if not wrong or ("output" in found and not found["output"].finite) or _blurred(point, wrong):
        return None
    every = list(explanations(point, wrong, merged(hypotheses(case, point, wrong))))
    groups = [without_almost(different(point, group)) for group in parts(every, wrong)]
    if groups and all(len(group) <= MOST for group in groups):
        return _joined([_said(found, wrong, group) for group in groups])
    return _of_rounding(case, point, wrong)


def hypotheses(case: Case, point: Point, wrong: Mapping[str, Residual]) -> Iterator[Hypothesis]:
    """Every hypothesis, the plain ones first."""
    yield from backward(point, wrong)
    if case.weight is not None:
        yield from weights(point)
    yield from forward(point)
    yield from tails(point)
    yield from layouts(case, point)
    yield from rows(point, wrong)
    yield from blocks(point, wrong)
    yield from patterns(point, wrong)
    yield from stale(point, wrong)
    yield from constants(point, wrong)


def _blurred(point: Point, wrong: Mapping[str, Residual]) -> bool:
    """Whether what is wrong is as small as the rounding errors of the predictions."""
    names = [name for name in wrong if not second_order(name)]
    right = Run(point, Variation(), names)
    return any(wrong[name].blurred(right(name)) for name in names)


def locate(case: Case, observed: Observed, expected: Mapping[str, Expected]) -> Diagnosis | None:
    """Where the values are wrong, and no word about the cause; None if nothing is."""
    wrong = {name: each for name, each in residuals(case, observed, expected).items() if each.wrong}
    if not wrong:
        return None
    layer = case.arrangement.layer
    said = [f"the {name} is wrong {places(layer, each.where)}" for name, each in wrong.items()]
    return Diagnosis("location", "; ".join(said), evidence(wrong, None), tuple(wrong))


def _said(found: Mapping[str, Residual], wrong: Mapping[str, Residual], group: list[Explanation]) -> Diagnosis:
    """One fault, or several between which the values can't decide."""
    first = group[0]
    says = [each.hypothesis.says for each in group]
    where = [_where(found, each) for each in group]
    if len(group) == 1:
        sentence = _filled(says[0], first) + where[0]
    elif len(set(where)) == 1:
        sentence = f"either {', or '.join(map(_filled, says, group))}{where[0]} (these values can't tell)"
    else:
        each_said = [_filled(one, each) + at for one, each, at in zip(says, group, where, strict=True)]
        sentence = f"either {', or '.join(each_said)} (these values can't tell)"
    shown = "\n".join(evidence(wrong, each) for each in group)
    return Diagnosis(first.hypothesis.code, sentence, shown, tuple(first.fits), first.hypothesis.repaired)


def _filled(says: str, explanation: Explanation) -> str:
    """The sentence of a hypothesis, with the quantities that it was seen in."""
    names = list(explanation.fits)
    one = len(names) == 1
    return says.format(quantities=_listing(names), lack="lacks" if one else "lack", count="counts" if one else "count")


def _listing(names: list[str]) -> str:
    return listed([f"the {name}" for name in names])


def _where(found: Mapping[str, Residual], explanation: Explanation) -> str:
    """In which quantities, if not in all and if the sentence does not say so."""
    hypothesis = explanation.hypothesis
    names = [name for name in explanation.fits if not second_order(name)] or list(explanation.fits)
    if hypothesis.only or any(name in hypothesis.says for name in found):
        return ""
    right = [name for name in found if not found[name].wrong]
    if "output" in right:
        return f", in {_listing(names)}" if len(names) == 1 else f", in the backward: {_listing(names)}"
    return ", in the output" if names == ["output"] and "input gradient" in right else ""


def _joined(found: list[Diagnosis]) -> Diagnosis:
    """Several faults as one diagnosis."""
    if len(found) == 1:
        return found[0]
    repaired = [each.repaired for each in found if each.repaired]
    return Diagnosis(
        found[0].code,
        "; and ".join(each.says for each in found),
        "\n".join(each.evidence for each in found),
        tuple(dict.fromkeys(name for each in found for name in each.explains)),
        "; ".join(repaired) or None,
    )


def _of_rounding(case: Case, point: Point, wrong: Mapping[str, Residual]) -> Diagnosis | None:
    found = similar(point, wrong, case.x.dtype)
    codes = {each.way.code for each in found}
    if len(codes) != 1:
        return None
    best = min(found, key=lambda each: each.distance)
    names = tuple(name for name in best.sizes if name in wrong)
    return Diagnosis(best.way.code, best.way.says, of_sizes(wrong, best), names)
