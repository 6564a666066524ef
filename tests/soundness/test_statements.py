"""What is true is proved: the statements from which mutants and equivalents are made."""

from __future__ import annotations

import pytest

from tests.long import FOURTH_ORDER, without
from tests.soundness.judgement import judge
from tests.soundness.statements import STATEMENTS

EQUATIONS = [name for name, claim in STATEMENTS.items() if claim.relation == "="]
INEQUALITIES = [name for name in STATEMENTS if name not in EQUATIONS]


@pytest.mark.parametrize("name", without(FOURTH_ORDER, EQUATIONS))
def test_equations_are_proved(name: str) -> None:
    judgement = judge(STATEMENTS[name])
    assert (judgement.truth, judgement.verdict) == ("true", "proved"), str(judgement)


@pytest.mark.parametrize("name", without(FOURTH_ORDER, INEQUALITIES))
def test_inequalities_are_not_refuted(name: str) -> None:
    judgement = judge(STATEMENTS[name])
    assert judgement.truth == "true" and judgement.verdict != "refuted", str(judgement)
