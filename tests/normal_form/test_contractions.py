"""Canonical labels: two products of tensors, summed, are one normal form if and only if they are one function.

The oracle evaluates both at random tensors of integers, exactly.
"""

from itertools import permutations, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import Index, Matrix, Size, Sum, Vector
from derive.language import Number
from derive.normal_form import OutsideFragment, Reducer
from derive.normal_form.factors import Atom, Contraction, contract

m = Size("m")
u, v = Vector("u", m), Vector("v", m)
A, S = Matrix("A", m, m), Matrix("S", m, m, symmetric=True)
TENSORS = {"u": u, "v": v, "A": A, "S": S}
PLACES = {"u": 1, "v": 1, "A": 2, "S": 2}
SIZE = 3


def index(number: int, names: str = "abcdefgh") -> Index:
    return Index(names[number], m)


def term(network, free: int = 0, names: str = "abcdefgh"):
    """The product of a network's entries, summed over every index from `free` on."""
    factors = [TENSORS[name][tuple(index(i, names) for i in places)] for name, places in network]
    result = Number(1)
    for factor in factors:
        result = result * factor
    bound = sorted({i for _, places in network for i in places if i >= free})
    return Sum(result, *(index(i, names) for i in bound))


def values(seed: int) -> dict:
    rng = Random(seed)
    found: dict = {}
    for name, axes in PLACES.items():
        found[name] = {place: rng.randint(-9, 9) for place in product(range(SIZE), repeat=axes)}
    found["S"] = {place: found["S"][tuple(sorted(place))] for place in found["S"]}
    return found


POINTS = [values(seed) for seed in range(3)]


def evaluated(network, free: int = 0) -> tuple[int, ...]:
    bound = sorted({i for _, places in network for i in places if i >= free})
    found = []
    for point in POINTS:
        for outside in product(range(SIZE), repeat=free):
            total = 0
            for inside in product(range(SIZE), repeat=len(bound)):
                where = {**dict(enumerate(outside)), **dict(zip(bound, inside, strict=True))}
                value = 1
                for name, places in network:
                    value *= point[name][tuple(where[i] for i in places)]
                total += value
            found.append(total)
    return tuple(found)


def networks(free: int = 0):
    entry = st.sampled_from("uvASS").flatmap(
        lambda name: st.tuples(st.just(name), st.tuples(*[st.integers(0, 3)] * PLACES[name]))
    )
    return st.lists(entry, min_size=1, max_size=4)


def agree(one, two, free: int = 0) -> None:
    same = Reducer().equal(term(one, free), term(two, free))
    assert same == (evaluated(one, free) == evaluated(two, free)), (one, two)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(networks(), st.permutations(range(4)), st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(network, order, rng):
    renamed = [(name, tuple(order[i] for i in places)) for name, places in network]
    turned = [(name, places[::-1] if name == "S" and rng.random() < 0.5 else places) for name, places in renamed]
    rng.shuffle(turned)
    assert Reducer().equal(term(network), term(turned))
    assert Reducer().equal(term(network), term(turned, names="zyxwvuts"))


@settings(deadline=None, derandomize=True, max_examples=150)
@given(networks(), networks())
def test_equal_exactly_if_equal_as_functions(one, two):
    agree(one, two)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(networks(), st.data())
def test_one_index_moved(network, data):
    """Networks that differ in a single place are the hardest to tell apart."""
    at = data.draw(st.integers(0, len(network) - 1))
    name, places = network[at]
    place = data.draw(st.integers(0, len(places) - 1))
    moved = (*places[:place], data.draw(st.integers(0, 3)), *places[place + 1 :])
    agree(network, [*network[:at], (name, moved), *network[at + 1 :]])


@settings(deadline=None, derandomize=True, max_examples=80)
@given(networks(), networks())
def test_with_two_free_indices(one, two):
    if {i for _, places in one for i in places if i < 2} != {0, 1}:
        one = [*one, ("u", (0,)), ("v", (1,))]
    if {i for _, places in two for i in places if i < 2} != {0, 1}:
        two = [*two, ("u", (0,)), ("v", (1,))]
    agree(one, two, free=2)


TRIANGLE = [("A", (0, 1)), ("A", (1, 2)), ("A", (2, 0))]
KNOWN_DIFFERENT = {
    "a triangle turned the other way in part": (TRIANGLE, [("A", (0, 1)), ("A", (1, 2)), ("A", (0, 2))]),
    "a path and its middle": (
        [("A", (0, 1)), ("A", (1, 2)), ("u", (0,))], [("A", (0, 1)), ("A", (1, 2)), ("u", (1,))]
    ),
    "two loops and a two-cycle": ([("A", (0, 0)), ("A", (1, 1))], [("A", (0, 1)), ("A", (1, 0))]),
    "a square and two edges doubled": (
        [("S", (0, 1)), ("S", (1, 2)), ("S", (2, 3)), ("S", (3, 0))],
        [("S", (0, 1)), ("S", (0, 1)), ("S", (2, 3)), ("S", (2, 3))],
    ),
    "A and its transpose": ([("A", (0, 1)), ("u", (0,))], [("A", (0, 1)), ("u", (1,))]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN_DIFFERENT)
def test_known_different(name):
    one, two = KNOWN_DIFFERENT[name]
    assert evaluated(one) != evaluated(two)
    assert not Reducer().equal(term(one), term(two))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_permutation_of_one_network(order):
    network = [("A", (0, 1)), ("A", (1, 2)), ("S", (2, 3)), ("S", (3, 0)), ("u", (1,))]
    renamed = [(name, tuple(order[i] for i in places)) for name, places in network]
    assert Reducer().equal(term(network), term(renamed))
    assert Reducer()(term(network)) == Reducer()(term(renamed[::-1]))


def test_graphs_that_colour_refinement_cannot_tell_apart():
    """A ring of six and two rings of three are alike to every index, and not equal."""
    six = [("S", (i, (i + 1) % 6)) for i in range(6)]
    three = [("S", (i, (i + 1) % 3)) for i in range(3)] + [("S", (3 + i, 3 + (i + 1) % 3)) for i in range(3)]
    assert not Reducer().equal(term(six), term(three))
    prism = [*three, *(("S", (i, i + 3)) for i in range(3))]
    bipartite = [("S", (i, j)) for i in range(3) for j in range(3, 6)]
    assert not Reducer().equal(term(prism), term(bipartite))
    shuffled = [(name, tuple((5 * i + 2) % 6 for i in places)) for name, places in bipartite]
    assert Reducer().equal(term(bipartite), term(shuffled))


def test_powers_count():
    assert not Reducer().equal(term([("A", (0, 1))] * 2), term([("A", (0, 1)), ("A", (1, 0))]))
    assert Reducer().equal(term([("S", (0, 1))] * 2), term([("S", (0, 1)), ("S", (1, 0))]))


def test_two_matrices_of_one_name():
    one, two = Matrix("M", m, m), Matrix("M", m, m, symmetric=True)
    a, b = index(0), index(1)
    assert not Reducer().equal(Sum(one[a, b] * u[a], a), Sum(one[b, a] * u[a], a))
    assert Reducer().equal(Sum(two[a, b] * u[a], a), Sum(two[b, a] * u[a], a))
    assert not Reducer().equal(Sum(one[a, b] * two[b, a], a, b), Sum(one[a, b] * one[b, a], a, b))
    assert Reducer().equal(Sum(one[a, b] * two[b, a], a, b), Sum(one[b, a] * two[b, a], a, b))


def test_too_many_interchangeable_indices_are_refused(monkeypatch):
    from derive.normal_form import factors

    monkeypatch.setattr(factors, "LEAVES", 3)
    ring = [("S", (i, (i + 1) % 7)) for i in range(7)]
    with pytest.raises(OutsideFragment, match="too many interchangeable"):
        Reducer()(term(ring))


def test_what_cancels_when_indices_meet_leaves_a_size():
    """A[a,c]/A[b,c] summed over c is m where a = b: a contraction may lose all its atoms."""
    from derive import Delta, Eq, decide

    a, b, c, d = (index(i) for i in range(4))
    assert decide(Eq(Sum(Delta(a, b) * Sum(A[a, c] / A[b, c], c), b), m))
    summed = Sum(A[a, c] / A[b, c] * u[d] * S[c, d] / S[c, d], c, d)
    assert decide(Eq(Sum(Delta(a, b) * summed, b), m * Sum(u[d], d)))


def test_contract_numbers_its_indices():
    one, two = index(0), index(1)
    atoms = [(Atom(A, (one, two)), 1), (Atom(u, (two,)), 2)]
    made = contract(atoms, [one, two])
    assert isinstance(made, Contraction)
    assert made == contract(atoms[::-1], [two, one])
    assert made.free == frozenset()
    assert contract([(Atom(A, (one, two)), 1)], [one]).free == {two}
