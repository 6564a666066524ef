"""Checks: the theorems hold everywhere, planted faults are caught everywhere, and nothing passes unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from derive.language import Claim, Derivative, Eq, Matrix, Ne, Scalar, Sum, exp, inner
from tests.verify.statements.faults import FAULTS
from tests.verify.statements.stated import STATEMENTS, Said, Statement, b, g, gradient, jacobian, k, layer, length, m, y
from verify import Check, Plan, Setting, VerifyError, check_claim, draw, run
from verify.statements.check import worst
from verify.statements.evaluate import Compared
from verify.statements.inputs import DTYPES, EPSILON
from verify.statements.plan import batch_for, fault_of_statement, settings
from verify.statements.point import point_of

(j,) = layer.indices("j")


def checks_of(claim: Claim, plan: Plan) -> list[Check]:
    return list(run([Statement("said", "", layer, (Said(claim),))], plan))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_statements_hold(name: str, dtype: str) -> None:
    found = list(run([STATEMENTS[name]], Plan(dtypes=(dtype,))))
    assert len(found) == 6 * len(STATEMENTS[name].theorems)
    for each in found:
        assert each.ok, f"{each.claim} {each.shape} {each.layout}: {each.reason}"
        assert each.error <= each.bound < float("inf")


@pytest.mark.parametrize("seed", range(1, 6))
def test_they_hold_for_other_numbers(seed: int) -> None:
    plan = Plan(shapes=((5, 7), (2, 3, 4)), seed=seed, eps=0.05)
    assert all(each.ok for each in run(STATEMENTS.values(), plan))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught(fault: str, dtype: str) -> None:
    found = checks_of(FAULTS[fault], Plan(dtypes=(dtype,)))
    failing = [each for each in found if each.outcome == "fails"]
    assert failing
    assert all(each.error > each.bound for each in failing)
    if dtype in ("float64", "float32"):
        assert len(failing) == len(found), "in these formats every shape shows it"


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
def test_layouts(layout: str) -> None:
    plan = Plan(shapes=((4, 3, 2, 2),), dtypes=("float32",))
    assert layout in {setting.layout for setting in settings(gradient, layer, plan)}
    setting = Setting("cpu", "float32", (4, 3, 2, 2), layout, 0)
    found = check_claim("fact-c1", gradient, layer, setting, point_of(batch_for(setting, plan), layer))
    assert (found.ok, found.layout) == (True, layout)


def test_many_features_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(shapes=((6, 10),), dtypes=("float64",))
    whole = checks_of(jacobian, plan)[0]
    monkeypatch.setattr("verify.statements.check.ENTRIES_AT_ONCE", 3 * 36)
    parts = checks_of(jacobian, plan)[0]
    assert parts == whole
    assert parts.entries == 10 * 36


def test_a_matrix_too_large_is_refused() -> None:
    with pytest.raises(VerifyError, match=r"takes 25000000 numbers for each feature of shape \(5000, 2\); choose a"):
        checks_of(jacobian, Plan(shapes=((5000, 2),), dtypes=("float32",)))


def test_out_of_range_is_not_a_pass() -> None:
    setting = Setting("cpu", "float16", (64, 4), "contiguous", 0)
    batch = draw((64, 4), "float16")
    large = replace(batch, upstream=batch.upstream * 100)
    found = check_claim("said", STATEMENTS["theorem-4.1"].theorems[0].claim, layer, setting, point_of(large, layer))
    assert (found.outcome, found.ok) == ("undecided", False)
    assert found.reason == "out of range: a number may exceed 65504, the largest in float16"


def test_a_denominator_that_rounding_may_bring_to_zero_is_not_a_pass() -> None:
    batch = draw((8, 4), "bfloat16")
    near = replace(batch, x=(100 + torch.arange(32).reshape(8, 4) % 3).bfloat16(), eps=1e-5)
    setting = Setting("cpu", "bfloat16", (8, 4), "contiguous", 0)
    found = check_claim("fact-c1", gradient, layer, setting, point_of(near, layer))
    assert found.outcome == "undecided"
    assert found.reason == "a denominator or a root is not known to stay positive when it is rounded to bfloat16"


def test_hypotheses_that_are_not_met_are_not_a_pass() -> None:
    found = checks_of(gradient.given(m >= 9), Plan(shapes=((8, 4), (9, 4)), dtypes=("float32",)))
    assert [each.outcome for each in found] == ["undecided", "holds"]
    assert found[0].reason == "it assumes m >= 9, which these inputs don't satisfy"
    assert found[0].error is None and found[0].bound is None


def test_constant_activations_are_not_a_pass() -> None:
    batch = draw((8, 4), "float32")
    batch.x[:, 2] = 1.0
    found = check_claim(
        "fact-c1", gradient, layer, Setting("cpu", "float32", (8, 4), "contiguous", 0), point_of(batch, layer)
    )
    assert (found.outcome, found.reason) == ("undecided", "feature 2 is constant, so its variance is 0")


def compared(oracle: list[float], tested: list[float], bound: list[float]) -> Compared:
    columns = (torch.tensor([values], dtype=torch.float64) for values in (oracle, tested, bound))
    return Compared(*columns, overflows=False)


def test_the_worst_entry_is_the_one_closest_to_its_bound() -> None:
    found = worst(compared([1.0, 2.0, -9.0], [1.5, 2.1, -9.0], [10.0, 0.2, 1.0]), sign=0, first_instance=4)
    assert (found.error, found.bound, found.scale) == (pytest.approx(0.1), 0.2, 9.0)
    assert found.entry == (4, 1) and found.entries == 3


@pytest.mark.parametrize(("sign", "error"), [(0, 1.0), (1, 0.0), (-1, 1.0)])
def test_an_inequality_errs_to_one_side(sign: int, error: float) -> None:
    assert worst(compared([1.0], [2.0], [0.5]), sign).error == error


def test_nan_is_a_failure() -> None:
    setting = Setting("cpu", "float32", (8, 4), "contiguous", 0)
    batch = draw((8, 4), "float32")
    batch.upstream[3, 1] = float("nan")
    found = check_claim("fact-c1", gradient, layer, setting, point_of(batch, layer))
    assert not found.ok
    assert worst(compared([float("nan"), 1.0], [0.0, 1.0], [1.0, 1.0]), 0).ratio == float("inf")


def test_turned_around_claims() -> None:
    turned = Claim(gradient.rhs, "=", gradient.lhs)
    assert all(each.ok for each in checks_of(turned, Plan(shapes=((6, 4),))))
    above = STATEMENTS["theorem-4.1"].theorems[1].claim
    assert all(each.ok for each in checks_of(above.rhs >= above.lhs, Plan(shapes=((6, 4),))))
    assert not any(each.ok for each in checks_of(above.rhs <= above.lhs, Plan(shapes=((6, 4),), dtypes=("float64",))))


def test_derivatives_on_both_sides_and_on_none() -> None:
    v = gradient.lhs
    none = Eq(Sum(layer.yhat[b], b) + 1, 1)
    both = Eq(v, v * 2 / 2)
    by_parameter = Eq(Derivative(layer.loss, layer.gamma), inner(g, layer.yhat, b))
    for claim in (none, both, by_parameter):
        assert all(each.ok for each in checks_of(claim, Plan(shapes=((6, 4), (2, 3)))))
    assert not any(each.ok for each in checks_of(Eq(v, v * 3 / 2), Plan(shapes=((6, 4),))))


def test_where_the_bound_comes_from() -> None:
    found = checks_of(gradient, Plan(shapes=((6, 4),), dtypes=("bfloat16",)))[0]
    assert found.origin.startswith("running error analysis (Higham 2002, sec. 3.3): ")
    assert "operations in bfloat16, u = 2^-8, sums of 6 in blocks with u = 2^-24; " in found.origin
    assert "; autograd through torch.batch_norm in training in float64: " in found.origin


def test_progress() -> None:
    told: list[tuple[int, int, str]] = []
    plan = Plan(shapes=((6, 4),), dtypes=("float64", "float32"))
    list(run([STATEMENTS["fact-c1"]], plan, progress=lambda *what: told.append(what)))
    assert told == [
        (0, 2, "fact-c1 float64 (6, 4) contiguous, from 0"),
        (1, 2, "fact-c1 float32 (6, 4) contiguous, from 0"),
    ]


def test_an_exact_entry_does_not_hide_a_wrong_one() -> None:
    found = worst(compared([1.0, 2.0], [1.0, 5.0], [0.0, 1.0]), 0)
    assert (found.error, found.bound, found.entry) == (3.0, 1.0, (0, 1))


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (Ne(length, 0), "says that two numbers differ, which rounded numbers can't show"),
        (
            gradient.given(Eq(Sum(layer.yhat[b] ** 4, b), m)),
            "it assumes Sum(yhat[b]**4, b) = m, which rounded numbers can't satisfy exactly",
        ),
        (
            Eq(Derivative(Derivative(layer.loss, y[b]), layer.mu), 0),
            "D(D(L, y[b]), mu) is by a defined name, of a derivative: autograd can't take it",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_evaluated_is_said_beforehand(claim: Claim, message: str) -> None:
    assert message in fault_of_statement(Statement("said", "", layer, (Said(claim),)))


def test_what_is_not_about_the_layer_gets_values_too() -> None:
    H, scale = Matrix("H", m, m), Scalar("scale", positive=True)
    claims = (
        Eq(Sum(H[b, k] * g[k], k) / scale, Sum(H[b, k] / scale * g[k], k)),
        Eq(exp(g[b] + layer.yhat[b]), exp(g[b]) * exp(layer.yhat[b])),
        Eq(Derivative(g[b], y[k]), Sum(layer.gradient.dependence.derivative[b, j] * Derivative(layer.z[j], y[k]), j)),
        Eq(Derivative(layer.loss, layer.mu), -layer.gamma / layer.s * Sum(g[b], b)),
    )
    for claim in claims:
        assert fault_of_statement(Statement("said", "", layer, (Said(claim),))) == ""
        assert all(each.ok for each in checks_of(claim, Plan(shapes=((6, 4),))))
        wrong = Claim(claim.lhs, "=", claim.rhs * 2)
        assert not any(each.ok for each in checks_of(wrong, Plan(shapes=((6, 4),), dtypes=("float32",))))


def test_a_shape_that_cannot_be_decided_is_left_out_of_the_default_ones_only() -> None:
    claim = gradient.given(layer.mu > 50)  # one feature of the larger shapes has its mean there, in two formats
    passed_over: list[Check] = []
    statement = Statement("said", "", layer, (Said(claim),))
    found = list(run([statement], Plan(dtypes=("float64",)), passed_over=passed_over))
    assert all(each.ok for each in found)
    narrow = list(run([statement], Plan(dtypes=("float16",))))
    assert narrow and all(each.outcome == "undecided" for each in narrow)
    assert all(each.outcome == "undecided" for each in passed_over)


@pytest.mark.gpu
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_statements_hold_on_a_gpu(name: str) -> None:
    for each in run([STATEMENTS[name]], Plan(device="cuda")):
        assert each.ok, f"{each.claim} {each.dtype} {each.shape} {each.layout}: {each.reason}"


@pytest.mark.gpu
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_caught_on_a_gpu(fault: str) -> None:
    assert all(not each.ok for each in checks_of(FAULTS[fault], Plan(device="cuda", dtypes=("float64", "float32"))))


def test_defaults_leave_room_in_float16() -> None:
    assert EPSILON["float16"] > EPSILON["float32"]
