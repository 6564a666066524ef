"""The values that a hypothesis predicts are explained by it, and by no other one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from tests.verify.diagnosis.runs import case_of, due, predicted
from tests.verify.planted.arrangement import FAMILIES
from tests.verify.planted.inputs import usual
from verify.assertions.case import Case, Observed
from verify.assertions.expected import Expected
from verify.diagnosis import diagnose
from verify.diagnosis.diagnosis import hypotheses
from verify.diagnosis.hypothesis import Hypothesis, merged
from verify.diagnosis.point import Variation, point_of
from verify.diagnosis.residual import residuals

EPSILON = 0.3
"""As large as the variance, so that it matters."""


def setting(family: str) -> tuple[Case, dict[str, Expected]]:
    case = case_of(replace(usual(family, torch.float64), eps=EPSILON))
    return case, due(case)


def each_fault(case: Case, expected: dict[str, Expected]) -> Iterator[tuple[Hypothesis, Variation, Observed]]:
    """Every variation of every hypothesis that does not come from what was observed, where it changes something."""
    off = Observed({name: each.value + 0.1 for name, each in expected.items()})
    for hypothesis in merged(hypotheses(case, point_of(case), residuals(case, off, expected))):
        if hypothesis.parameters or "{quantities}" in hypothesis.says:
            continue
        for variation in hypothesis.variations:
            seen = predicted(case, variation, tuple(expected))
            if any(each.wrong for each in residuals(case, seen, expected).values()):
                yield hypothesis, variation, seen


def confusions(family: str, step: int, start: int = 0) -> list[str]:
    case, expected = setting(family)
    found, count = [], 0
    for place, (hypothesis, _, seen) in enumerate(each_fault(case, expected)):
        if place % step == start:
            count += 1
            said = diagnose(case, seen, expected)
            if said is None or not said.says.startswith(hypothesis.says) or "either" in said.says:
                found.append(f"{hypothesis.says} -> {said and said.says}")
    assert count
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_some_hypotheses_explain_their_own_values(family: str) -> None:
    assert confusions(family, step=61, start=FAMILIES.index(family)) == []


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_hypothesis_explains_its_own_values(family: str) -> None:
    assert confusions(family, step=1) == []
