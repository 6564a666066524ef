"""Which claims numbers show to be false: those that fail by more than rounding explains."""

from __future__ import annotations

import pytest

from derive import Eq, Index, Scalar, Size, Sum, Vector
from derive.language import Claim
from derive.notes.decision import is_false
from derive.notes.values import differ, exceeds

m = Size("m")
i = Index("i", m)
x, a, b = Vector("x", m), Scalar("a"), Scalar("b")
square, opened = (a + b) ** 2, a**2 + 2 * a * b + b**2
length = Sum(x[i] ** 2, i)


@pytest.mark.parametrize("relation", ["<=", ">=", "<", ">", "="])
def test_equal_sides_fail_by_no_more_than_rounding(relation):
    claim = Claim(square, relation, opened)
    assert not is_false(claim) and not exceeds(claim) and not differ(claim)


@pytest.mark.parametrize(
    ("claim", "fails"),
    [
        (length <= Sum(x[i], i) ** 2 + length, False),
        (length + 1 <= length, True),
        (length < 0, True),
        (length > 0, False),
        (-length >= 0, True),
        (length >= x[i] ** 2, False),
        (x[i] ** 2 >= length, True),
        (Eq(length, length + a), True),
    ],
    ids=str,
)
def test_bounds(claim, fails):
    assert is_false(claim) is fails
