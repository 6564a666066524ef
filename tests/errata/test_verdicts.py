"""What is said of each formula: found out anew, and always the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from derive.errata import Erratum, all_errata
from derive.language import Claim, LanguageError
from derive.verdicts import Proved, Refuted, decide
from tests.soundness.oracle import oracle

PROVED: Sequence[str] = "yhat-sum yhat-norm c2 c1 4.1 4.1-epsilon 4.2 4.3 4.4-sums 4.5".split()
REFUTED: Sequence[str] = (
    "yhat-norm-epsilon yhat-norm-hat c2-epsilon c1-epsilon c1-plus c1-hat 4.1-equality 4.1-sqrt 4.1-square 4.1-sigma "
    "4.1-loss 4.1-hat 4.1-shorter 4.1-contraction 4.2-epsilon 4.2-second 4.2-second-norms 4.2-bracket 4.2-factor "
    "4.2-smoother 4.3-epsilon 4.3-beta 4.3-gradient 4.4 4.4-g 4.4-gamma 4.5-condition 4.5-square 4.5-scale "
    "4.5-scale-epsilon"
).split()
VERDICTS: dict[str, str] = {**dict.fromkeys(PROVED, "proved"), **dict.fromkeys(REFUTED, "refuted")}

EQUALITIES = "4.1 4.2 4.5".split()
"""The printed inequalities that hold with = as well."""

SEARCHED = [id for id, entry in all_errata().items() if VERDICTS.get(id) == "refuted" and not entry.point]

every = pytest.mark.parametrize("id", all_errata())


def test_each_entry_is_pinned() -> None:
    assert set(all_errata()) == set(VERDICTS)


@every
def test_verdict(id: str) -> None:
    assert all_errata()[id].verdict.verdict == VERDICTS[id]


@pytest.mark.parametrize("id", PROVED)
def test_what_is_proved_can_be_replayed(id: str) -> None:
    verdict = all_errata()[id].verdict
    assert isinstance(verdict, Proved)
    verdict.theorem.recheck()


@pytest.mark.parametrize("id", sorted(set(PROVED) - {"4.3"}))
def test_what_is_proved_holds_at_generic_points(id: str) -> None:
    assert oracle(all_errata()[id].claim) == "true"


@pytest.mark.parametrize("id", EQUALITIES)
def test_the_two_sides_are_equal_where_the_remark_says_so(id: str) -> None:
    entry = all_errata()[id]
    assert entry.claim.relation == "<=" and "both sides are equal" in entry.remark
    assert decide(Claim(entry.claim.lhs, "=", entry.claim.rhs, entry.claim.hypotheses)).verdict == "proved"


def test_the_bound_of_the_paper_is_strict_above_zero() -> None:
    claim = all_errata()["4.1-epsilon"].claim
    assert decide(Claim(claim.lhs, "=", claim.rhs)).verdict == "refuted"


@pytest.mark.parametrize("id", SEARCHED)
def test_a_counterexample_is_found_where_none_is_given(id: str) -> None:
    assert isinstance(decide(all_errata()[id].claim), Refuted)


@pytest.mark.slow
@pytest.mark.parametrize("id", REFUTED)
def test_nothing_that_is_refuted_at_a_point_is_proved(id: str) -> None:
    assert decide(all_errata()[id].claim).verdict in ("refuted", "undecided")


@every
def test_replacement_is_proved(id: str) -> None:
    entry = all_errata()[id]
    assert entry.replacement is not None
    for theorem in entry.replacement.theorems:
        theorem.recheck()


@every
def test_what_is_said_in_words(id: str) -> None:
    entry = all_errata()[id]
    for words in (entry.title, entry.where, entry.seen, entry.reading, entry.remark):
        assert words and words.strip() == words and "\n" not in words
    assert entry.remark.startswith("true") == (VERDICTS[id] == "proved")
    assert str(entry) == f"{id}: {entry.where}, {entry.title}"


def test_the_point_counts_only_if_the_claim_fails_there() -> None:
    true = all_errata()["4.1"]
    point = ({"m": 4}, {"y": (1, 1, -1, -1), "epsilon": 0, "gamma": 1, "g": (3, 1, 0, 0)})
    same = Erratum("here", "", "", "", "", "", "", true.build, None, point)
    assert same.verdict.verdict == "proved" and same.counterexample is None


def test_a_point_outside_of_the_hypotheses_is_refused() -> None:
    true = all_errata()["4.1"]
    point = ({"m": 4}, {"y": (1, 1, -1, -1), "epsilon": 3, "gamma": 1, "g": (3, 1, 0, 0)})
    with pytest.raises(LanguageError, match="the hypothesis 'epsilon = 0' does not hold at this point"):
        _ = Erratum("here", "", "", "", "", "", "", true.build, None, point).verdict


def test_a_verdict_is_not_stored() -> None:
    assert not any(isinstance(value, Proved | Refuted) for e in all_errata().values() for value in _fields(e))


def _fields(entry: Erratum) -> list[object]:
    return [getattr(entry, name) for name in entry.__dataclass_fields__]
