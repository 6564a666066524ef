"""Chains of theorems: which relation follows from two, what breaks a chain, and what is never lost on the way."""

import pytest

from derive import Eq, KernelError, Ne, Scalar, Size, Sum, Vector, by_transitivity, indices, prove
from derive.kernel import is_theorem

m = Size("m")
b, k = indices("b k", m)
u = Vector("u", m)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p = Scalar("p", positive=True)

# One theorem for each relation from x to x + something, and on from there.
FIRST = {
    "=": Eq(x, x + 0),
    "<=": (x <= x + y**2),
    ">=": (x >= x - y**2),
    "<": (x < x + p),
    ">": (x > x - p),
    "!=": Ne(x, x + p),
}


def second(relation: str, start):
    return {
        "=": Eq(start, start + 0),
        "<=": start <= start + z**2,
        ">=": start >= start - z**2,
        "<": start < start + p,
        ">": start > start - p,
        "!=": Ne(start, start + p),
    }[relation]


JOINED = {
    ("=", "="): "=", ("=", "<="): "<=", ("=", ">="): ">=", ("=", "<"): "<", ("=", ">"): ">", ("=", "!="): "!=",
    ("<=", "="): "<=", ("<=", "<="): "<=", ("<=", "<"): "<",
    ("<", "="): "<", ("<", "<="): "<", ("<", "<"): "<",
    (">=", "="): ">=", (">=", ">="): ">=", (">=", ">"): ">",
    (">", "="): ">", (">", ">="): ">", (">", ">"): ">",
    ("!=", "="): "!=",
}  # fmt: skip


@pytest.mark.parametrize("left", FIRST)
@pytest.mark.parametrize("right", FIRST)
def test_the_table_of_relations(left, right):
    one = prove(FIRST[left])
    two = prove(second(right, one.claim.rhs))
    if (left, right) not in JOINED:
        with pytest.raises(KernelError, match="nothing follows"):
            by_transitivity(one, two)
        return
    chain = by_transitivity(one, two)
    assert chain.claim.relation == JOINED[left, right]
    assert (chain.claim.lhs, chain.claim.rhs) == (one.claim.lhs, two.claim.rhs)
    assert is_theorem(chain)
    chain.recheck()


def test_a_strict_step_anywhere_makes_the_chain_strict():
    steps = [prove(Eq(x, x + 0)), prove(x + 0 <= x + y**2), prove(x + y**2 < x + y**2 + p)]
    last = steps[-1].claim.rhs
    chain = by_transitivity(*steps, prove(last <= last + z**2), prove(Eq(last + z**2, last + z**2)))
    assert chain.claim.relation == "<"
    assert chain.steps == 6


def test_one_theorem_is_a_chain():
    theorem = prove(Eq(x + y, y + x))
    assert by_transitivity(theorem).claim == theorem.claim


def test_no_theorem_is_no_chain():
    with pytest.raises(KernelError, match="at least one"):
        by_transitivity()


BROKEN = {
    "it goes on elsewhere": lambda: (prove(Eq(x, x + 0)), prove(Eq(y, y + 0))),
    "it goes on at an equal formula written otherwise": lambda: (prove(Eq(x, 0 + x)), prove(Eq(x + 0, x))),
    "it goes on at another index": lambda: (prove(Eq(u[b], u[b] + 0)), prove(Eq(u[k] + 0, u[k]))),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_chains(name):
    with pytest.raises(KernelError, match="chain breaks"):
        by_transitivity(*BROKEN[name]())


def test_a_chain_does_not_go_on_at_another_thing_of_that_name():
    nonnegative = Scalar("x", nonnegative=True)
    with pytest.raises(KernelError):
        by_transitivity(prove(Eq(x + 0, x)), prove(Eq(nonnegative, nonnegative)))


def test_two_things_of_one_name_do_not_meet_in_a_chain():
    """x = z and z = x', which is written x too, would read x = x."""
    other = Scalar("x", nonnegative=True)
    one, two = prove(Eq(x, z).given(Eq(x, z))), prove(Eq(z, other).given(Eq(z, other)))
    with pytest.raises(KernelError, match="two different things are called x"):
        by_transitivity(one, two)


def test_hypotheses_are_joined():
    one = prove(Eq(x, y).given(Eq(x, y)))
    two = prove((y <= z).given(y <= z))
    chain = by_transitivity(one, two)
    assert chain.claim.hypotheses == (Eq(x, y), y <= z)
    assert chain.claim.relation == "<="
    chain.recheck()


def test_a_hypothesis_of_any_link_is_kept():
    links = [prove(Eq(x, y).given(Eq(x, y))), prove(Eq(y, y + 0)), prove(Eq(y + 0, y))]
    for places in ((0, 1), (0, 1, 2)):
        assert by_transitivity(*(links[i] for i in places)).claim.hypotheses == (Eq(x, y),)


def test_conditions_of_every_link_are_kept():
    one = prove(Eq(x / x, y / y))
    two = prove(Eq(y / y, 1))
    three = prove(Eq(1, z / z))
    chain = by_transitivity(by_transitivity(one, two), three)
    assert set(chain.conditions) == {Ne(x, 0), Ne(y, 0), Ne(z, 0)}
    assert len(chain.conditions) == 3


def test_a_condition_in_the_middle_is_kept():
    """x = x*y/y = x: the ends say nothing of y, the theorem does."""
    chain = by_transitivity(prove(Eq(x, x * y / y)), prove(Eq(x * y / y, x)))
    assert chain.claim == Eq(x, x)
    assert chain.conditions == (Ne(y, 0),)


def test_conditions_with_an_index_are_kept():
    chain = by_transitivity(prove(Eq(m, Sum(u[b] / u[b], b))), prove(Eq(Sum(u[b] / u[b], b), m)))
    assert chain.conditions == (Ne(u[b], 0),)


def test_conditions_changed_by_hand_do_not_travel():
    theorem = prove(Eq(x / x, 1))
    object.__setattr__(theorem.conditions[0], "rhs", y)
    with pytest.raises(KernelError):
        by_transitivity(theorem)


def test_premises_resting_on_each_other_prove_nothing():
    from derive import Theorem

    one, two = object.__new__(Theorem), object.__new__(Theorem)
    for made, other in ((one, two), (two, one)):
        fields = {"claim": Eq(x, y), "conditions": (), "rule": "transitivity", "premises": (other,), "evidence": None}
        for name, value in fields.items():
            object.__setattr__(made, name, value)
    with pytest.raises(KernelError):
        one.recheck()


def test_a_chain_of_many_links():
    """x <= x + y^2 <= x + 2y^2 <= ... and back to a formula that is x + 60 y^2 in one step."""
    links, at = [], x
    for _ in range(60):
        links.append(prove(at <= at + y**2))
        at = at + y**2
    chain = by_transitivity(*links, prove(Eq(at, x + 60 * y**2)))
    assert chain.claim == (x <= x + 60 * y**2)
    assert chain.steps == 62
    chain.recheck()


def test_a_proof_that_shares_its_parts_is_rechecked_quickly():
    theorem = prove(Eq(x, x))
    for _ in range(60):
        theorem = by_transitivity(theorem, theorem)
    assert theorem.steps == 61
    theorem.recheck()


def test_a_deep_proof_is_rechecked():
    theorem = prove(Eq(x, x))
    for _ in range(3000):
        theorem = by_transitivity(theorem)
    assert theorem.steps == 3001
    theorem.recheck()


def test_a_flaw_at_the_bottom_of_a_deep_proof_is_found():
    theorem = bottom = prove(Eq(x, x))
    for _ in range(500):
        theorem = by_transitivity(theorem)
    object.__setattr__(bottom, "rule", "certificate")
    with pytest.raises(KernelError):
        theorem.recheck()
