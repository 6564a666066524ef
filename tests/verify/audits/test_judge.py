"""One layer at a time: honest runs pass in every dtype and size, and whatever is changed in one is named."""

from __future__ import annotations

import pytest
import torch

from tests.verify.audits.captured import EPS, audited, norm, watched_run
from verify.audits.judging.judge import judge_all
from verify.audits.observation.capture import GRADIENT, INFERENCE, OF_BIAS, OF_WEIGHT, OUTPUT, Capture
from verify.audits.observation.watch import Watch
from verify.audits.record import FAULT, OPERATION, PASS, UNDECIDED

LAYERS = [
    ("batchnorm", (4, 6, 5, 5), None),
    ("batchnorm", (16, 6), None),
    ("batchnorm", (4, 6, 20, 20), None),
    ("layernorm", (4, 7, 32), None),
    ("rmsnorm", (4, 7, 32), None),
    ("groupnorm", (4, 6, 5, 5), 3),
    ("instancenorm", (3, 4, 6, 6), None),
    ("instancenorm", (2, 3, 30, 30), None),
    (INFERENCE, (4, 6, 5, 5), None),
]
NAMES = [f"{like}-{len(shape)}-{shape[-1]}" for like, shape, _ in LAYERS]
EACH = pytest.mark.parametrize(("like", "shape", "groups"), LAYERS, ids=NAMES)
QUANTITIES = (OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS)


def spread(places):
    """Every layer with every quantity; by default each layer with a few of them, the rest are slow."""
    for number, (layer, name) in enumerate(zip(LAYERS, NAMES, strict=True)):
        for place, quantity in enumerate(QUANTITIES):
            if layer[0] == "rmsnorm" and quantity == OF_BIAS:
                continue
            marks = () if (number + place) % places == 0 else pytest.mark.slow
            yield pytest.param(*layer, quantity, id=f"{name}-{quantity}", marks=marks)


SOME = pytest.mark.parametrize(
    ("like", "shape", "groups"),
    [
        pytest.param(*layer, id=name, marks=() if number % 3 == 1 else pytest.mark.slow)
        for number, (layer, name) in enumerate(zip(LAYERS, NAMES, strict=True))
    ],
)


@EACH
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_honest_layers_pass_in_all_quantities(like, shape, groups, dtype):
    layer = audited(like, shape, groups, dtype=dtype)
    assert layer.verdict == PASS, layer.says
    due = {OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS} - ({OF_BIAS} if like == "rmsnorm" else set())
    assert {row.quantity for row in layer.rows} == due
    assert all(0 <= row.ratio < 1 for row in layer.rows) and any(row.ratio > 0 for row in layer.rows)


@EACH
def test_honest_layers_in_bfloat16_are_no_faults(like, shape, groups):
    parameters = torch.bfloat16 if like == "rmsnorm" else torch.float32
    layer = audited(like, shape, groups, dtype=torch.bfloat16, parameters=parameters)
    assert layer.verdict != FAULT, layer.says
    assert {OUTPUT, GRADIENT} <= {row.quantity for row in layer.rows}, layer.says


@pytest.mark.parametrize(("like", "shape", "groups", "quantity"), [*spread(4)])
def test_one_number_that_is_off_is_found(like, shape, groups, quantity):
    def change(value):
        at = value.numel() // 2 + 1
        value.view(-1)[at] += 0.02 * value.abs().max()
        return value

    layer = audited(like, shape, groups, changes={quantity: change})
    assert layer.verdict == FAULT
    assert quantity in layer.says
    assert {row.quantity for row in layer.rows if not row.ok} == {quantity}


@SOME
def test_an_input_gradient_of_the_wrong_sign_is_found(like, shape, groups):
    layer = audited(like, shape, groups, changes={GRADIENT: torch.neg})
    assert layer.verdict == FAULT and "input gradient" in layer.says


@SOME
def test_another_epsilon_is_found(like, shape, groups):
    assert audited(like, shape, groups, eps=3e-2).verdict == FAULT
    assert EPS < 3e-2


@pytest.mark.parametrize("place", [0, 2047])
def test_one_channel_of_2048_that_is_off_by_a_thousandth_is_named(place):
    def change(value):
        value[:, place] *= 1.001
        return value

    watch = watched_run("batchnorm", (8, 2048, 3, 3), changes={GRADIENT: change})
    (layer,) = judge_all([watch])
    assert layer.verdict == FAULT and layer.says.endswith(f"(channel {place})")


@pytest.mark.parametrize("place", [0, 1535])
def test_one_row_and_one_feature_are_found(place):
    def row(value):
        value.view(1536, 16)[place] *= 1.001
        return value

    def feature(value):
        value[place % 16] *= 1.01
        return value

    assert "input gradient" in audited("layernorm", (24, 64, 16), changes={GRADIENT: row}).says
    assert "weight gradient" in audited("layernorm", (24, 64, 16), changes={OF_WEIGHT: feature}).says


def test_one_long_channel_is_named_with_the_factor():
    def change(value):
        value[:, 5] *= 1.001
        return value

    layer = audited("batchnorm", (4, 9, 40, 40), changes={GRADIENT: change})
    assert layer.says == "input gradient: it is 1.001 times what is due (channel 5)"


def test_a_missing_projection_is_said_so():
    def without(x, weight, bias):
        mu, s = x.mean((0, 2, 3), keepdim=True), (x.var((0, 2, 3), correction=0, keepdim=True) + EPS).sqrt().detach()
        return (x - mu) / s * weight[:, None, None] + bias[:, None, None]

    layer = audited("batchnorm", (4, 6, 5, 5), run=without)
    assert layer.says.startswith("the input gradient lacks the projection term")
    layer = audited("batchnorm", (4, 6, 20, 20), run=without)
    assert layer.says.startswith("the input gradient lacks the projection term")


def test_group_norm_of_channels_last_input_far_from_zero_is_torch_own_fault():
    x = torch.randn(2, 6, 8, 8).contiguous(memory_format=torch.channels_last) + 1000
    layer = audited("groupnorm", (2, 6, 8, 8), 3, x=x)
    assert layer.verdict == FAULT
    assert "E[y^2] - E[y]^2" in layer.says and "wrong from mean/std" in layer.says
    assert audited("groupnorm", (2, 6, 8, 8), 3, x=x.contiguous()).verdict == PASS


def test_layers_far_from_zero_pass_and_say_so():
    x = torch.randn(4, 6, 5, 5) + 300
    layer = audited("batchnorm", (4, 6, 5, 5), x=x)
    assert layer.verdict == PASS
    assert min(layer.numbers.mean_by_std) > 200


def test_a_statistic_over_one_number_is_undecided():
    layer = audited("layernorm", (5, 1))
    assert layer.verdict == UNDECIDED and "m = 1" in layer.says


def test_statistics_over_two_numbers_pass():
    assert audited("layernorm", (5, 2)).verdict == PASS
    assert audited("batchnorm", (2, 5)).verdict == PASS


def test_constant_channels_pass_and_are_listed():
    x = torch.randn(4, 6, 5, 5)
    x[:, 2] = 0.75
    layer = audited("batchnorm", (4, 6, 5, 5), x=x)
    assert layer.verdict == PASS and layer.near_constant == (2,)


def test_numbers_that_are_not_finite_are_undecided():
    x = torch.randn(4, 6, 5, 5)
    x[1, 2, 3, 3] = float("nan")
    layer = audited("batchnorm", (4, 6, 5, 5), x=x)
    assert layer.verdict == UNDECIDED and "NaN" in layer.says


def test_without_weights_only_what_is_there_is_compared():
    layer = audited("batchnorm", (4, 6, 5, 5), affine=False)
    assert layer.verdict == PASS and {row.quantity for row in layer.rows} == {OUTPUT, GRADIENT}


def test_a_gradient_that_never_comes_is_undecided():
    watch = watched_run("batchnorm", (4, 6, 5, 5))
    other = watched_run("layernorm", (4, 7, 32))
    other.done, other.awaited = False, {GRADIENT}
    other.finish()
    verdicts = [layer.verdict for layer in judge_all([watch, other])]
    assert verdicts == [PASS, UNDECIDED]


def test_the_worst_case_bound_is_wider_and_still_finds_faults():
    watches = [watched_run("batchnorm", (4, 6, 5, 5)) for _ in range(2)]
    (likely,), (worst,) = judge_all(watches[:1]), judge_all(watches[1:], worst_case=True)
    assert worst.verdict == PASS
    assert (worst.error_by_bound or 1) <= (likely.error_by_bound or 0)
    wrong = watched_run("batchnorm", (4, 6, 5, 5), changes={GRADIENT: lambda value: value * 1.01})
    assert judge_all([wrong], worst_case=True)[0].verdict == FAULT


def test_a_layer_in_a_wider_dtype_than_its_input_is_bounded_for_both():
    """As under autocast on a GPU: 16-bit input, computed in float32, its gradient rounded to 16 bits."""

    def wide(x, weight, bias):
        return norm("layernorm", (4, 7, 32))(x.float(), weight, bias)

    given = {"dtype": torch.bfloat16, "parameters": torch.float32, "run": wide}
    assert audited("layernorm", (4, 7, 32), **given).verdict == PASS
    changes = {GRADIENT: lambda value: value * 1.02}
    assert audited("layernorm", (4, 7, 32), changes=changes, **given).verdict == FAULT


def test_layers_of_one_shape_are_judged_as_each_alone():
    shapes = [("batchnorm", (4, 6, 5, 5)), ("batchnorm", (4, 9, 5, 5)), ("layernorm", (4, 7, 32))]
    wrong = {GRADIENT: lambda value: value * 1.01}
    runs = [(like, shape, changes) for like, shape in shapes for changes in ({}, wrong)]
    together = judge_all([watched_run(like, shape, changes=changes) for like, shape, changes in runs])
    assert [layer.verdict for layer in together] == [PASS, FAULT] * len(shapes)
    assert all(layer.shape == run[1] for layer, run in zip(together, runs, strict=True))


def test_an_input_that_is_written_into_afterwards_is_undecided():
    x = torch.randn(4, 6, 5, 5)
    output = norm("batchnorm", (4, 6, 5, 5))(x, None, None)
    watch = Watch(Capture("net.norm", "batchnorm", "batchnorm", OPERATION, x, output, None, None, EPS))
    watch.awaited = {GRADIENT}
    x.add_(1)
    watch.grad_output(torch.randn(4, 6, 5, 5))
    watch.grad_input(torch.randn(4, 6, 5, 5))
    (layer,) = judge_all([watch])
    assert layer.verdict == UNDECIDED and "written into" in layer.says
    assert [row.quantity for row in layer.rows] == [OUTPUT]


def test_a_long_channel_that_is_computed_in_more_bits_than_its_input_has():
    """The fault in the weight gradient sends the channel to be judged as a whole; its rounded gradient is none."""

    def wide(x, weight, bias):
        return norm("batchnorm", (4, 6, 20, 20))(x.float(), weight, bias)

    def change(value):
        value[2] *= 1.05
        return value

    given = {"dtype": torch.bfloat16, "parameters": torch.float32, "run": wide}
    assert audited("batchnorm", (4, 6, 20, 20), **given).verdict == PASS
    layer = audited("batchnorm", (4, 6, 20, 20), changes={OF_WEIGHT: change}, **given)
    assert layer.verdict == FAULT and layer.says.startswith("weight gradient: it is off, by up to")
    assert layer.says.endswith("(channel 2)")
    assert [row.quantity for row in layer.rows if not row.ok] == [OF_WEIGHT]
    assert sorted(row.quantity for row in layer.rows) == sorted([OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS])
