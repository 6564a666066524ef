"""Two rules with premises: from squares to what was squared, and a hypothesis that is a theorem itself."""

import pytest

from derive import Abs, Eq, KernelError, Ne, Scalar, Size, Sum, Theorem, Vector, by_certificate, indices, prove, sqrt
from derive.kernel import by_lemmas, by_normal_form, by_square, by_transitivity, is_theorem
from derive.language import Claim, Number
from derive.language.terms import Add, Pow

m = Size("m")
b, k = indices("b k", m)
u, v = Vector("u", m), Vector("v", m)
x, y, z = Scalar("x"), Scalar("y"), Scalar("z")
p, q = Scalar("p", positive=True), Scalar("q", nonnegative=True)


def square_of(claim: Claim, certificate) -> Theorem:
    squares = Claim(Pow(claim.lhs, 2), claim.relation, Pow(claim.rhs, 2), claim.hypotheses)
    return by_certificate(squares, certificate)


inner = Sum(u[b] * v[b], b)
norms = sqrt(Sum(u[b] ** 2, b)) * sqrt(Sum(v[b] ** 2, b))
lagrange = Sum(Sum((u[b] * v[k] - u[k] * v[b]) ** 2, b), k) / 2

SQUARES = {
    "Cauchy-Schwarz": (inner <= norms, lagrange),
    "Cauchy-Schwarz for an absolute value": (Abs(inner) <= norms, lagrange),
    "a number": (Number(1) <= Number(2), Number(3)),
    "strictly": (Number(1) < Number(2), Number(3)),
    "x <= |x|": (x <= Abs(x), Number(0)),
    "an assumption": ((x <= q).given(x**2 <= q**2), q**2 - x**2),
    "a hypothesis": ((x <= y).given(x**2 <= y**2, y >= 0), y**2 - x**2),
    "a negative left side": (-p <= p, Number(0)),
    "with an index": (u[b] <= Abs(u[b]), Number(0)),
}


@pytest.mark.parametrize("name", SQUARES)
def test_squares(name):
    claim, certificate = SQUARES[name]
    theorem = by_square(square_of(claim, certificate))
    assert theorem.claim == claim
    assert theorem.rule == "square"
    assert is_theorem(theorem)
    theorem.recheck()


NO_SQUARES = {
    "b of unknown sign": lambda: by_square(square_of(x <= Abs(x) * 0 + x, Number(0))),
    "b of unknown sign, false": lambda: by_square(by_certificate((x**2 <= y**2).given(x**2 <= y**2), y**2 - x**2)),
    "b negative": lambda: by_square(square_of(Number(1) <= Number(-2), Number(3))),
    "b not positive": lambda: by_square(square_of(p <= -p, Number(0))),
    "b without a sign at all": lambda: by_square(square_of((x <= y).given(x**2 <= y**2, y < 0), y**2 - x**2)),
    "contradictory signs": lambda: by_square(square_of((x <= y).given(x**2 <= y**2, y < 0, y > 0), y**2 - x**2)),
    "a fact about another": lambda: by_square(square_of((x <= y).given(x**2 <= y**2, z >= 0), y**2 - x**2)),
    "cubes": lambda: by_square(by_certificate((x**3 <= q**3).given(x**3 <= q**3), q**3 - x**3)),
    "fourth powers": lambda: by_square(by_certificate(x**4 <= x**4 + 1, Number(1))),
    "a product": lambda: by_square(by_certificate(x * x <= Abs(x) * Abs(x), Number(0))),
    "an equation": lambda: by_square(prove(Eq(x**2, Abs(x) ** 2))),
    "the other direction": lambda: by_square(by_certificate(Abs(x) ** 2 >= x**2, Number(0))),
    "not equal": lambda: by_square(by_certificate(Ne((p + 1) ** 2, p**2), 2 * p + 1)),
    "a claim": lambda: by_square(x**2 <= y**2),
    "nothing": lambda: by_square(None),
}


@pytest.mark.parametrize("name", NO_SQUARES)
def test_what_squares_do_not_show(name):
    with pytest.raises(KernelError):
        NO_SQUARES[name]()


def test_conditions_and_hypotheses_stay():
    premise = by_certificate(((x / y) ** 2 <= (Abs(x) / Abs(y)) ** 2).given(z >= 1), Number(0))
    theorem = by_square(premise)
    assert theorem.conditions == premise.conditions == (Ne(y, 0),)
    assert theorem.claim.hypotheses == (z >= 1,)


def test_the_root_of_what_is_squared_stays_a_condition():
    premise = by_certificate(sqrt(x) ** 2 <= sqrt(x + 1) ** 2, Number(1))
    assert by_square(premise).conditions == premise.conditions
    assert (x >= 0) in premise.conditions


# Lemmas

given_order = by_certificate((x <= z).given(x <= y, y <= z), Add((y - x, z - y)))
square_is_more = by_certificate(y <= y + x**2, x**2)


def test_a_lemma_takes_a_hypothesis_away():
    claim = (x <= y + x**2).given(x <= y, y <= y + x**2)
    theorem = by_lemmas(by_certificate(claim, Add((y - x, y + x**2 - y))), square_is_more)
    assert theorem.claim == (x <= y + x**2).given(x <= y)
    theorem.recheck()


def test_the_hypotheses_and_conditions_of_a_lemma_are_assumed_instead():
    lemma = by_certificate((y * x / x <= z).given(y <= z), z - y)
    claim = (y <= z + q).given(y * x / x <= z)
    theorem = by_lemmas(by_certificate(claim, Add((z - y * x / x, q))), lemma)
    assert theorem.claim == (y <= z + q).given(y <= z)
    assert theorem.conditions == (Ne(x, 0),)
    theorem.recheck()


def test_a_lemma_may_have_an_index():
    lemma = by_certificate(u[b] ** 2 + 1 > 0, u[b] ** 2 + 1)
    theorem = by_lemmas(by_certificate((Sum(u[b] ** 2 + 1, b) > 0).given(lemma.claim), Sum(u[b] ** 2 + 1, b)), lemma)
    assert theorem.claim == (Sum(u[b] ** 2 + 1, b) > 0)


def test_a_lemma_that_is_not_used_adds_only_its_hypotheses():
    lemma = by_certificate((x <= z).given(x <= z), z - x)
    assert by_lemmas(square_is_more, lemma).claim == (y <= y + x**2).given(x <= z)
    assert by_lemmas(square_is_more).claim == square_is_more.claim


def test_a_lemma_about_other_hypotheses_takes_nothing_away():
    theorem = by_lemmas(given_order, square_is_more)
    assert theorem.claim == given_order.claim


def test_a_lemma_with_the_hypothesis_that_it_shows_keeps_it():
    circular = by_certificate((x <= y).given(x <= y), y - x)
    theorem = by_lemmas(given_order, circular)
    assert set(theorem.claim.hypotheses) == {x <= y, y <= z}


@pytest.mark.parametrize("premises", [(None,), (x <= y,), (square_is_more, None), (square_is_more, y <= y + x**2)])
def test_lemmas_are_theorems(premises):
    with pytest.raises(KernelError, match="premise is not a theorem"):
        by_lemmas(*premises)


# Forgery


def forged(**fields) -> Theorem:
    made = object.__new__(Theorem)
    for name, value in ({"conditions": (), "evidence": None} | fields).items():
        object.__setattr__(made, name, value)
    return made


true_square = square_of(x <= Abs(x), Number(0))
FORGED = {
    "a square of another claim": {"claim": x <= y, "rule": "square", "premises": (true_square,)},
    "a square without a premise": {"claim": x <= y, "rule": "square", "premises": ()},
    "a square with two": {"claim": x <= Abs(x), "rule": "square", "premises": (true_square, true_square)},
    "a square with evidence": {"claim": x <= Abs(x), "rule": "square", "premises": (true_square,), "evidence": x},
    "a square turned strict": {"claim": x < Abs(x), "rule": "square", "premises": (true_square,)},
    "a square turned into an equation": {"claim": Eq(x, Abs(x)), "rule": "square", "premises": (true_square,)},
    "a square turned round": {"claim": x >= Abs(x), "rule": "square", "premises": (true_square,)},
    "a square under another hypothesis": {
        "claim": (x <= y).given(y >= 0),
        "rule": "square",
        "premises": (by_certificate((x**2 <= y**2).given(x**2 <= y**2), y**2 - x**2),),
    },
    "a hypothesis lost": {"claim": x <= z, "rule": "lemmas", "premises": (given_order,)},
    "one of two hypotheses lost": {"claim": (x <= z).given(x <= y), "rule": "lemmas", "premises": (given_order,)},
    "a hypothesis of the lemma lost": {
        "claim": (x <= z).given(y <= z),
        "rule": "lemmas",
        "premises": (given_order, by_certificate((x <= y).given(x <= y), y - x)),
    },
    "a lemma for itself": {"claim": x <= y, "rule": "lemmas", "premises": ()},
    "another claim": {"claim": x <= y, "rule": "lemmas", "premises": (square_is_more,)},
    "lemmas with evidence": {
        "claim": square_is_more.claim, "rule": "lemmas", "premises": (square_is_more,), "evidence": x
    },
    "a lemma that is strict where it was not": {
        "claim": Number(0) < x**2,
        "rule": "lemmas",
        "premises": (
            by_certificate((Number(0) < x**2).given(Number(0) < x**2), x**2 - 0),
            by_certificate(Number(0) <= x**2, x**2),
        ),
    },
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_and_found(name):
    made = forged(**FORGED[name])
    assert not is_theorem(made)
    with pytest.raises(KernelError):
        made.recheck()
    for rule in (by_square, by_lemmas, by_transitivity):
        with pytest.raises(KernelError, match="premise is not a theorem"):
            rule(made)


@pytest.mark.parametrize("rule", [by_square, by_lemmas])
@pytest.mark.parametrize("change", ["claim", "conditions", "rule", "premises", "evidence"])
def test_an_altered_premise_is_refused(rule, change):
    premise = square_of((x / y <= Abs(x / y)), Number(0))
    object.__setattr__(premise, change, {"claim": x**2 <= y**2, "rule": "normal form", "evidence": x}.get(change, ()))
    if change == "premises":  # they were (), and are
        object.__setattr__(premise, change, (premise,))
    with pytest.raises(KernelError, match="premise is not a theorem"):
        rule(premise)


def test_conditions_dropped_by_hand_are_found():
    premise = square_of(x / y <= Abs(x / y), Number(0))
    for rule in (by_square, by_lemmas):
        theorem = rule(premise)
        assert theorem.conditions == (Ne(y, 0),)
        with pytest.raises(KernelError, match="other conditions"):
            forged(claim=theorem.claim, rule=theorem.rule, premises=(premise,)).recheck()


def test_a_premise_changed_in_place_is_found():
    premise = square_of(x <= Abs(x), Number(0))
    theorem = by_square(premise)
    object.__setattr__(theorem.claim.rhs, "name", "exp")
    assert not is_theorem(theorem)
    with pytest.raises(KernelError):
        theorem.recheck()


def test_two_things_of_one_name_do_not_meet_in_lemmas():
    """Given x' <= z, which is written x <= z too, and x' not negative, the conclusion would read 0 <= z."""
    other = Scalar("x", nonnegative=True)
    theorem = by_certificate((y <= y + x**2).given(z >= 0), x**2)
    lemma = by_normal_form(Eq(z, other).given(Eq(z, other)))
    with pytest.raises(KernelError, match="two different things are called x"):
        by_lemmas(theorem, lemma)


def test_deep_formulas():
    deep = x
    for _ in range(248):
        deep = Pow(deep, 1)
    with pytest.raises(KernelError):
        by_square(square_of(deep <= Abs(deep), Number(0)))


def test_long_proofs():
    theorem = by_square(true_square)
    for _ in range(300):
        theorem = by_lemmas(theorem, theorem)
    assert theorem.steps == 302
    theorem.recheck()
