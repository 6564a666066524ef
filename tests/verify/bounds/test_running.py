"""Derived bounds, from both sides: no honest evaluation exceeds them, and they are small."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from derive.language import Abs, Derivative, Scalar, Size, Sum, Vector, exp, indices, log, sign, sqrt, tanh
from tests.verify.statements.exact import Exact, distance, exactly
from tests.verify.statements.points import evaluate
from tests.verify.statements.stated import gradient, jacobian, layer, lengths
from verify import VerifyError, compile_term
from verify.bounds import Bounded, Running, analyse, exact, format_of
from verify.compile import Torch, program_of
from verify.program import aligner, execute, leaf_axes, sizes_of
from verify.statements.adjoint import chain_rule
from verify.statements.inputs import DTYPES, Batch, rows

m = Size("m")
b, k = indices("b k", m)
x, w = Vector("x", m), Vector("w", m)
c = Scalar("c")

RULES = {
    "number": c * 0 + Fraction(1, 3),
    "size": c * m,
    "add": x[b] + w[b],
    "cancellation": (x[b] + w[b]) - x[b],
    "neg": -x[b] - 1,
    "mul": x[b] * w[b] * x[b],
    "div": x[b] / w[b] / 3,
    "div of a difference": (x[b] - w[b]) / (w[b] ** 2 + c**2),
    "sqrt": sqrt(x[b] ** 2 + w[b] ** 2 / 7),
    "abs": Abs(x[b] - w[b] / 3),
    "sum": Sum(x[b] * w[b], b),
    "sum and divide": Sum((x[b] - Sum(x[k], k) / m) ** 2, b) / m,
}


def evaluated(term, values: dict, dtype: torch.dtype) -> tuple[torch.Tensor, Bounded, torch.Tensor, torch.Tensor]:
    """The computed value, its bounds, and the distances of both values from the truth."""
    program = compile_term(term).program
    sizes = sizes_of({leaf: tuple(value.shape) for leaf, value in values.items()})
    found = execute(program, Torch(dtype), values, sizes).double()
    bounds = analyse(program, Running(dtype), {leaf: exact(value) for leaf, value in values.items()}, sizes)
    true = exactly(program, values, sizes)
    return found, bounds, distance(found, true), distance(bounds.value, true)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_holds_and_is_not_vacuous(name: str, dtype: str) -> None:
    generator = torch.Generator().manual_seed(7)
    kind = DTYPES[dtype]
    spread = 10.0 ** torch.linspace(-2, 2, 60, dtype=torch.float64)[:, None]
    values = {
        x: (spread * torch.randn(60, 9, generator=generator, dtype=torch.float64)).to(kind),
        w: (torch.randn(60, 9, generator=generator, dtype=torch.float64) / spread).to(kind),
        c.tensor: torch.randn(60, generator=generator, dtype=torch.float64).to(kind),
    }
    _, bounds, error, drift = evaluated(RULES[name], values, kind)
    assert (error <= bounds.error).all()
    assert (drift <= bounds.drift).all()
    decided = bounds.error.isfinite() & (error > 0)
    if name not in ("neg", "number", "abs"):
        assert decided.any(), "the case is exact, and shows nothing"
        assert (error[decided] / bounds.error[decided]).max() > 0.05, "twenty times smaller would do"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("far", [0.0, 1.0, 1e2, 1e4])
@pytest.mark.parametrize("term", [gradient.rhs, lengths[0].rhs, lengths[1].rhs], ids=["c1", "4.1", "4.1 printed"])
def test_honest_evaluations_of_the_theorems_stay_within(term, far: float, dtype: str) -> None:
    """150 features each: 7200 of them in all, with means of up to 10,000 standard deviations."""
    batch = adversarial(dtype, far, features=150)
    _, bounds, error, drift = evaluated(term, needed(term, batch), DTYPES[dtype])
    assert (error.nan_to_num(nan=0) <= bounds.error).all()
    assert (drift <= bounds.drift).all()
    if far <= 1:
        assert bounds.error.isfinite().double().mean() > 0.5, "a bound that is never finite shows nothing"


@pytest.mark.parametrize("dtype", DTYPES)
def test_honest_evaluations_of_the_jacobian_stay_within(dtype: str) -> None:
    batch = adversarial(dtype, 3.0, features=60)
    _, bounds, error, drift = evaluated(jacobian.rhs, needed(jacobian.rhs, batch), DTYPES[dtype])
    assert (error <= bounds.error).all()
    assert (drift <= bounds.drift).all()


@pytest.mark.parametrize("far", [0.0, 1.0, 1e2, 1e4, 1e6])
@pytest.mark.parametrize("leaf", [gradient.lhs, jacobian.lhs, Derivative(layer.loss, layer.gamma)], ids=str)
def test_autograd_stays_within_the_bound_of_the_chain_rule(leaf: Derivative, far: float) -> None:
    """The assumption about torch's own order of operations, tested against 80 digits."""
    batch = adversarial("float64", far, features=100)
    values = batch.values(layer)
    program = chain_rule(leaf)
    sizes = sizes_of({tensor: tuple(value.shape) for tensor, value in values.items()})
    bounds = analyse(program, Running(torch.float64), {key: exact(values[key]) for key in program.leaves}, sizes)
    to_leaf = aligner(program.axes, leaf_axes(leaf))
    off = distance(evaluate(leaf, layer, batch), exactly_aligned(program, values, sizes, leaf))
    assert (off <= to_leaf(bounds.drift)).all()


def exactly_aligned(program, values: dict, sizes: dict, leaf: Derivative):
    return Exact().reshape(exactly(program, values, sizes), aligner(program.axes, leaf_axes(leaf)))


def adversarial(dtype: str, far: float, features: int) -> Batch:
    """Features of every scale, with weights, gradients and epsilons that make terms cancel."""
    generator = torch.Generator().manual_seed(int(far) + 11)
    kind = DTYPES[dtype]

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    scale = 2.0 ** torch.randint(-4, 5, (features,), generator=generator)
    y = scale * (random(7, features) + far * random(features).sign())
    upstream = random(7, features) * 0.2 + random(features) + random(features) * y / scale / (1 + far)
    batch = Batch(y.to(kind), upstream.to(kind), random(features).to(kind), random(features).to(kind), 2.0**-10)
    spread = (rows(batch.x) != rows(batch.x)[:, :1]).any(1)  # rounding may have made a feature constant
    return batch if spread.all() else kept(batch, spread)


def kept(batch: Batch, which: torch.Tensor) -> Batch:
    return Batch(batch.x[:, which], batch.upstream[:, which], batch.weight[which], batch.bias[which], batch.eps)


def needed(term, batch: Batch) -> dict:
    values = batch.values(layer)
    return {leaf: values[leaf] for leaf in (*program_of(term).leaves, layer.y)}


@pytest.mark.parametrize(
    ("dtype", "unit", "smallest", "sum_unit"),
    [
        ("float64", 2**-53, 2**-1074, 2**-53),
        ("float32", 2**-24, 2**-149, 2**-24),
        ("bfloat16", 2**-8, 2**-133, 2**-24),
        ("float16", 2**-11, 2**-24, 2**-24),
    ],
)
def test_formats(dtype: str, unit: float, smallest: float, sum_unit: float) -> None:
    found = format_of(DTYPES[dtype])
    assert (found.unit, found.smallest, found.sum_unit) == (unit, smallest, sum_unit)


@pytest.mark.parametrize("dtype", DTYPES)
def test_underflow_is_covered(dtype: str) -> None:
    tiny = torch.full((1, 3), torch.finfo(DTYPES[dtype]).smallest_normal, dtype=DTYPES[dtype])
    _, bounds, error, _ = evaluated(x[b] * w[b], {x: tiny, w: tiny * 1.5}, DTYPES[dtype])
    assert (error <= bounds.error).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("term", [x[b] * x[b], x[b] + x[b], x[b] / w[b], Sum(x[b], b)], ids=str)
def test_overflow_leaves_no_bound(term, dtype: str) -> None:
    kind = DTYPES[dtype]
    values = {
        x: torch.full((1, 4), 0.75 * torch.finfo(kind).max, dtype=kind),
        w: torch.full((1, 4), 0.25, dtype=kind),
    }
    program = compile_term(term).program
    running = Running(kind)
    sizes = {m: 4}
    found = analyse(program, running, {leaf: exact(values[leaf]) for leaf in program.leaves}, sizes)
    assert found.error.isinf().all()
    assert running.overflows


def test_a_denominator_that_may_vanish_leaves_no_bound() -> None:
    values = {x: torch.tensor([[1.0, 1 / 3]], dtype=torch.float32)}
    _, bounds, _, _ = evaluated(1 / (x[b] * 3 - 1), values, torch.float32)
    assert bounds.error[0, 0].isfinite()
    assert bounds.error[0, 1].isinf()


def test_a_root_that_may_be_negative_leaves_no_bound() -> None:
    values = {x: torch.tensor([[1.0, 1 / 3]], dtype=torch.float32)}
    _, bounds, _, _ = evaluated(sqrt(x[b] * 3 - 1), values, torch.float32)
    assert bounds.error[0, 0].isfinite()
    assert bounds.error[0, 1].isinf()


def test_numbers_that_a_format_lacks_cost_their_rounding() -> None:
    third = Running(torch.bfloat16).number(Fraction(1, 3))
    off = abs(Fraction(float(torch.tensor(1 / 3).bfloat16())) - Fraction(1, 3))
    assert off <= Fraction(third.error.item()) <= off * Fraction(101, 100)
    assert Running(torch.bfloat16).number(Fraction(3)).error.item() == 0
    assert Running(torch.float16).number(Fraction(70000)).error.isinf().all()


def test_bounds_grow_with_the_sum_and_with_the_unit() -> None:
    sums = [
        evaluated(Sum(x[b] * x[b], b), {x: torch.ones(1, count)}, torch.float32)[1].error.item() / count
        for count in (10, 100, 1000)
    ]
    assert sums == sorted(sums)
    units = [evaluated(x[b] * x[b], {x: torch.ones(1, 1, dtype=t)}, t)[1].error.item() for t in DTYPES.values()]
    assert units[0] < units[1] < units[3] < units[2]


FAR = torch.linspace(-20, 20, 400, dtype=torch.float64)
ENTRYWISE = {
    "exp": (exp(x[b]), FAR / 3),
    "exp of a difference": (exp(x[b] - w[b]), FAR / 3),
    "log": (log(x[b]), torch.cat([2.0 ** (FAR / 1.5), 1 + 2.0 ** -torch.arange(1.0, 11)])),
    "log of a sum": (log(x[b] + w[b]), FAR.abs() + 0.01),
    "tanh": (tanh(x[b] * w[b]), FAR / 4),
    "abs": (Abs(x[b] * 3 - w[b]), FAR),
    "sign": (sign(x[b] * 3 - w[b]), FAR),
    "softmax": (exp(x[b]) / Sum(exp(x[b]), b), FAR / 4),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ENTRYWISE)
def test_functions_stay_within(name: str, dtype: str) -> None:
    term, values = ENTRYWISE[name]
    kind = DTYPES[dtype]
    data = {x: values[None].to(kind), w: (values.abs() * 0.3 + 0.1)[None].to(kind)}
    _, bounds, error, drift = evaluated(term, data, kind)
    assert (error <= bounds.error).all() and (drift <= bounds.drift).all()
    assert bounds.error.isfinite().double().mean() > 0.9, "the bounds say something"


def test_a_sign_that_rounding_may_change_has_no_bound() -> None:
    _, bounds, _, _ = evaluated(sign(x[b] * 3 - 1), {x: torch.tensor([[1.0, 1 / 3, -1.0]])}, torch.float32)
    assert bounds.error.tolist() == [[0.0, float("inf"), 0.0]]


def test_a_shifted_softmax_stays_within_the_drift() -> None:
    values = torch.linspace(-300, 300, 50, dtype=torch.float64)[None]
    term = exp(x[b]) / Sum(exp(x[b]), b)
    program = compile_term(term).program
    found = analyse(program, Running(None), {x: exact(values)}, {m: 50})
    true = exactly(program, {x: values}, {m: 50})
    assert (distance(torch.softmax(values, 1), true) <= found.drift).all()


def test_without_a_format_under_test_the_drift_is_the_same() -> None:
    values = {x: torch.linspace(-1, 2, 9, dtype=torch.float64)[None]}
    program = compile_term(sqrt(exp(x[b]) / Sum(x[b] ** 2, b)) * x[b]).program
    leaves = {leaf: exact(values[leaf]) for leaf in program.leaves}
    both = [analyse(program, Running(kind), leaves, {m: 9}) for kind in (None, torch.float32)]
    assert torch.equal(both[0].drift, both[1].drift) and torch.equal(both[0].error, both[0].drift)


def test_a_function_without_a_known_error_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.bounds.running.FUNCTIONS", ("abs",))
    with pytest.raises(VerifyError, match=r"^no error bound is known for exp in torch"):
        evaluated(exp(x[b]), {x: torch.ones(1, 2)}, torch.float32)
