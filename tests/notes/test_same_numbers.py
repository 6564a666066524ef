"""What refutes one claim is tried on another: exactly, and only where it is about the same names."""

from fractions import Fraction

import pytest

from derive import Eq, Refuted, Scalar, Size, Sum, Vector, decide, indices
from derive.notes.same_numbers import refuted_by

m = Size("m")
b, k = indices("b k", m)
y = Vector("y", m)
c = Scalar("c")


@pytest.fixture
def known() -> Refuted:
    found = decide(Eq(Sum(y[b], b), 2 * y[k]))
    assert isinstance(found, Refuted)
    return found


def test_the_same_numbers_refute_another_claim_with_its_own_sides(known: Refuted) -> None:
    found = refuted_by(known, Eq(3 * Sum(y[b], b), 5 * y[k] + 7))
    assert found is not None
    shown = found.counterexample
    entries = [shown.point.values[y][place,] for place in range(shown.sizes["m"])]
    assert shown.left == 3 * sum(entries, Fraction(0))
    assert shown.left != shown.right
    assert shown.recheck()


def test_what_holds_is_not_refuted(known: Refuted) -> None:
    assert refuted_by(known, Eq(Sum(2 * y[b], b), 2 * Sum(y[b], b))) is None


def test_names_and_hypotheses_of_its_own_need_numbers_of_its_own(known: Refuted) -> None:
    assert refuted_by(known, Eq(c * y[k], y[k] + 1)) is None
    assert refuted_by(known, Eq(3 * Sum(y[b], b), 5 * y[k] + 7).given(Sum(y[b], b) > 0)) is None
