"""The analysis of one formula: against 80 digits, at the edges of the formats, and in what its bounds depend on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from derive.language import Abs, Scalar, Size, Sum, Vector, exp, indices, log, sign, sqrt, tanh
from derive.layers import layernorm
from tests.verify.bounds.cases import FIRST, allowed, case, exceeds
from tests.verify.bounds.test_honest import quietly
from tests.verify.planted.layers import HONEST
from tests.verify.statements.exact import distance, exactly
from verify import VerifyError, forms
from verify.bounds import Bounded, Model, forward_error
from verify.compile import compile_term, program_of
from verify.program import sizes_of

m = Size("m")
b, k = indices("b k", m)
x, w = Vector("x", m), Vector("w", m)
c = Scalar("c")
layer = layernorm()


def bounded(term, values: dict, model: Model):
    leaves = {leaf: value for leaf, value in values.items() if leaf in program_of(term).leaves}
    return forward_error(term, leaves, model, {m: next(iter(values.values())).shape[-1]})


@pytest.mark.parametrize("ratio", [0.0, 1e2, 1e5])
@pytest.mark.parametrize("shape", [(4, 2), (4, 9), (3, 40)])
def test_float64_against_80_digits(shape: tuple[int, int], ratio: float) -> None:
    """Both the honest value and our own: `drift` has to cover ours, `error` the honest one."""
    given = case("layernorm", shape, "normal", ratio, torch.float64)
    inputs = given.inputs
    values = {"x": inputs.x, "gamma": inputs.weight, "beta": inputs.bias, "g": inputs.upstream}
    values["epsilon"] = torch.tensor(inputs.eps, dtype=torch.float64)
    layers = [each for each in HONEST if each.family == "layernorm"]
    results = [dict(zip(FIRST, quietly(each.call, inputs), strict=True)) for each in layers]
    for name in ("output", "input gradient"):
        form = forms.output(layer) if name == "output" else forms.vjp(layer)
        leaves = {leaf: values[str(leaf)][None] for leaf in program_of(form.term).leaves}
        sizes = sizes_of({leaf: tuple(value.shape) for leaf, value in leaves.items()})
        found = forward_error(form.term, leaves, Model(torch.float64))
        true = exactly(program_of(form.term), leaves, sizes)
        aligned = [
            value if program_of(form.term).axes == form.axes else value.transpose(1, 2)
            for value in (found.error, found.drift)
        ]
        assert (distance(found.value, true) <= found.drift).all()
        turned = true if program_of(form.term).axes == form.axes else true.swapaxes(1, 2)
        for result in results:
            assert (distance(result[name].detach()[None], turned) <= aligned[0]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    "term",
    [
        exp(x[b] - w[b]),
        log(x[b] ** 2 + 1),
        tanh(x[b] * w[b]),
        Abs(x[b] * w[b]) * c,
        sign(x[b] + 2 * w[b]) * x[b],
        sqrt(Sum(x[b] ** 2, b)) / (c**2 + 1),
        exp(x[b]) / Sum(exp(x[k]), k),
        (x[b] - w[b]) ** 3 / 7,
    ],
    ids=str,
)
def test_every_rule_covers_our_own_program(term, dtype: torch.dtype) -> None:
    """Our compiled program is an honest implementation, too."""
    generator = torch.Generator().manual_seed(1)
    values = {each: torch.randn(5, 50, generator=generator).to(dtype) for each in (x, w)}
    values[c.tensor] = torch.randn(5, generator=generator).to(dtype)
    compiled = compile_term(term)
    leaves = {leaf: values[leaf] for leaf in compiled.program.leaves}
    found = forward_error(term, leaves, Model(dtype), {m: 50})
    error = (compiled({**leaves, x: values[x]}).double() - found.value).abs()
    assert (error <= found.tolerance).all()
    finite = found.tolerance.isfinite()
    assert finite.double().mean() > 0.9
    assert found.tolerance[finite].median() < 100 * torch.finfo(dtype).eps * found.value.abs().max()


def test_the_probable_bound_is_below_the_worst_case_and_grows_as_the_probability_falls() -> None:
    given = case("layernorm", (4, 1000), "normal", 30.0, torch.float32)
    models = [Model(torch.float32, probability=p) for p in (1e-3, 1e-9, 1e-15)]
    likely = [allowed(given, "output", each)[1] for each in models]
    worst = allowed(given, "output", Model(torch.float32, worst_case=True))[1]
    assert (likely[0] < likely[1]).all() and (likely[1] < likely[2]).all()
    assert (likely[2] <= worst).all()
    assert (likely[1] * 3 < worst).any()


def test_what_is_known_of_the_order_and_of_the_accumulation_makes_the_bound_smaller() -> None:
    given = case("layernorm", (4, 1000), "normal", 30.0, torch.float32)
    models = [
        Model(torch.float32),
        Model(torch.float32, order="blocked(32)"),
        Model(torch.float32, order="pairwise"),
        Model(torch.float32, accumulate=torch.float64),
    ]
    bounds = [float(allowed(given, "output", each)[1].amax()) for each in models]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[3] < bounds[0] / 50


def test_errors_grow_with_the_mean_once_and_not_twice() -> None:
    bounds = []
    for ratio in (1e2, 1e3, 1e4):
        given = case("layernorm", (4, 64), "normal", ratio, torch.float64)
        bounds.append(float(allowed(given, "output")[1].amax()))
    assert 5 < bounds[1] / bounds[0] < 20 and 5 < bounds[2] / bounds[1] < 20


def test_multiplying_out_may_be_forbidden() -> None:
    """A constant feature is exactly its mean: without x alpha + beta', and with wide sums, its output is exact."""
    given = case("batchnorm", (64, 2), "constant", 0.0, torch.float32)
    inputs = replace(given.inputs, x=torch.full((64, 2), 1e6))
    given = replace(given, inputs=inputs)
    strict = Model(torch.float32, accumulate=torch.float64, affine=False)
    value, tolerance, _ = allowed(given, "output", strict)
    found = torch.nn.functional.batch_norm(inputs.x, None, None, inputs.weight, inputs.bias, True)
    assert exceeds(found, value, tolerance) > 100
    assert exceeds(found, value, allowed(given, "output")[1]) <= 1


def test_a_value_that_may_overflow_has_no_bound() -> None:
    values = {x: torch.full((1, 4), 300.0).half(), w: torch.full((1, 4), 0.001).half()}
    found = bounded(x[b] * x[b] * w[b], values, Model(torch.float16))
    assert found.error.isinf().all()
    found = bounded(x[b] * x[b], values, Model(torch.float16))
    assert found.error.isinf().all() and found.overflows.all()
    found = bounded(Sum(x[b] * x[b], b) / 1000, values, Model(torch.float16))
    assert found.error.isfinite().all(), "the terms of a sum are in the accumulation format"
    found = bounded(x[b] * x[b] * w[b], values, Model(torch.float32))
    assert found.error.isfinite().all()


def test_a_factor_of_the_size_is_no_value_that_overflows() -> None:
    values = {x: torch.full((1, 4000), 30.0).half()}
    found = bounded(m * x[b] / m, values, Model(torch.float16))
    assert found.error.isfinite().all()


@pytest.mark.parametrize("seed", range(20))
def test_a_known_order_of_several_axes_is_any_order_of_the_axes(seed: int) -> None:
    """A sum over (n, l) that is exact one axis after the other may not be exact at once."""
    given = case("groupnorm", (2, 6, 3, 1), "normal", 0.0, torch.float64, seed)
    value, tolerance, _ = allowed(given, "bias gradient", Model(torch.float64, order="sequential"))
    assert exceeds(given.inputs.upstream.sum((0, 2, 3)), value, tolerance) <= 1
    assert exceeds(given.inputs.upstream.sum((2, 3)).sum(0), value, tolerance) <= 1


@pytest.mark.parametrize("data", ["nan", "infinite", "one element", "constant", "too large"])
def test_data_of_which_nothing_can_be_said(data: str) -> None:
    rows = {
        "nan": torch.tensor([[1.0, math.nan, 2.0]]),
        "infinite": torch.tensor([[1.0, math.inf, 2.0]]),
        "one element": torch.ones(2, 1),
        "constant": torch.ones(2, 3),
        "too large": torch.tensor([[1e30, -1e30, 3e30]]),
    }[data]
    given = {"x": rows, "gamma": rows[0] * 0 + 1, "g": rows, "epsilon": torch.zeros(())}
    program = program_of(forms.vjp(layer).term)
    found = forward_error(program, {leaf: given[str(leaf)][None] for leaf in program.leaves}, Model(torch.float32))
    assert found.tolerance.isinf().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_underflow_is_covered(dtype: torch.dtype) -> None:
    tiny = torch.tensor([[1.5, 2.5, 3.3]]) * torch.finfo(dtype).smallest_normal
    values = {x: tiny.to(dtype), w: torch.tensor([[0.3, 0.01, 1e-3]]).to(dtype)}
    found = bounded(x[b] * w[b], values, Model(dtype))
    assert ((values[x] * values[w]).double() - found.value).abs().le(found.tolerance).all()


def test_where_nothing_can_be_said_the_bound_is_infinite() -> None:
    third = torch.tensor([[1.0, 1 / 3]])
    found = bounded(1 / (x[b] * 3 - 1), {x: third}, Model(torch.float32))
    assert found.error[0, 0].isfinite() and found.error[0, 1].isinf()
    found = bounded(sqrt(x[b] * 3 - 1), {x: third}, Model(torch.float32))
    assert found.error[0, 0].isfinite() and found.error[0, 1].isinf()
    found = bounded(x[b] / (w[b] - w[b]), {x: third, w: third}, Model(torch.float32))
    assert found.error.isinf().all()


def test_data_that_are_off_themselves_add_to_the_error() -> None:
    value = torch.tensor([[1.0, 2.0, 4.0]], dtype=torch.float64)
    off = Bounded(value, torch.zeros_like(value), 0.01 * value)
    plain = forward_error(2 * x[b], {x: value}, Model(torch.float32))
    found = forward_error(2 * x[b], {x: off}, Model(torch.float32))
    assert torch.allclose(found.error - plain.error, 0.02 * value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dtype": torch.int32}, "torch.int32 has no rounding"),
        ({"dtype": torch.float32, "order": "tree"}, "no order of summation is called tree"),
        ({"dtype": torch.float32, "probability": 1.0}, "a probability of failure of 1.0"),
        ({"dtype": torch.float32, "probability": 0.1, "worst_case": True}, "give worst_case or probability"),
        ({"dtype": torch.float32, "accumulate": torch.float16}, "sums need a format as wide"),
    ],
)
def test_models_that_say_nothing_are_refused(options: dict, said: str) -> None:
    with pytest.raises(VerifyError, match=said):
        Model(**options)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(VerifyError, match="the formula needs w, and there is no value for it"):
        forward_error(x[b] + w[b], {x: torch.ones(1, 3)}, Model(torch.float32))


def test_a_function_without_a_known_error_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.bounds.forward.FUNCTIONS", ("abs",))
    with pytest.raises(VerifyError, match="no error bound is known for exp"):
        forward_error(exp(x[b]), {x: torch.ones(1, 3)}, Model(torch.float32))


def test_models_say_what_they_allow() -> None:
    assert str(Model(torch.bfloat16)) == (
        "bfloat16, sums in float32, unknown order of summation, fails with probability at most 1e-09"
    )
    assert str(Model(torch.float32, order="pairwise", worst_case=True)) == (
        "float32, pairwise order of summation, worst case"
    )
    assert math.isinf(Model(torch.float32, worst_case=True).sums(10).quantile)
