"""Each verdict, on a layer that earns it, with the sentence that says why."""

import pytest
import torch
from torch import nn

import verify
from tests.verify.assertions.layers import (
    FaultyBackward,
    bessel,
    contiguous_only,
    in_half,
    layer_norm,
    one_pass,
    slow,
    small,
)

WIDE = torch.randn(4, 9, generator=torch.Generator().manual_seed(0))


def test_pass() -> None:
    report = verify.assert_layer(layer_norm, "layernorm", **small())
    assert report.verdict == "pass" and report.ok and report.said == ()
    assert all(0 <= row.ratio <= 1 for row in report.rows)


@pytest.mark.parametrize("dtype", ["float32", *slow("float64", "float16")])
def test_wrong_with_the_term_that_is_missing(dtype: str) -> None:
    report = verify.check_layer(FaultyBackward, "layernorm", dtype=dtype, **small())
    assert report.verdict == "wrong"
    assert any("lacks the" in says and "term -xhat <g*gamma, xhat>/D" in says for says in report.said)
    assert all(row.verdict != "wrong" for row in report.rows if row.quantity != "input gradient")


def test_wrong_everywhere_with_the_sentence() -> None:
    report = verify.check_layer(bessel, "layernorm", **small())
    assert report.verdict == "wrong" and any("m-1" in says for says in report.said)


def test_wrong_only_in_one_layout() -> None:
    report = verify.check_layer(contiguous_only, "layernorm", shapes=(5, 12), order=0)
    assert report.verdict == "wrong" and all("contiguous inputs are right" in says for says in report.said)


@pytest.mark.parametrize("dtype", ["float32", *slow("float64")])
def test_unstable_with_the_ratio(dtype: str) -> None:
    report = verify.check_layer(one_pass, "layernorm", dtype=dtype, **small())
    assert report.verdict == "unstable"
    assert "right where the mean is near zero, wrong from mean/std = " in str(report)


def test_precision() -> None:
    report = verify.check_layer(in_half, "layernorm", **small())
    assert report.verdict == "precision", report
    assert "bfloat16" in str(report)


def test_no_gradient_is_wrong() -> None:
    report = verify.check_layer(lambda x, w, b, eps: layer_norm(x, w.detach(), b, eps), "layernorm", **small())
    assert report.verdict == "wrong" and "does not depend" in str(report)


GIVEN = {"x": WIDE, "order": 1}
VACUOUS = {
    "weights of 1": ({"weight": torch.ones(9)}, "the weight is 1 everywhere"),
    "a .sum() loss": ({"weight": torch.ones(9), "grad_output": torch.ones(4, 9)}, "as that of a .sum() loss"),
    "no bias": ({"bias": torch.zeros(9)}, "the bias is 0 everywhere"),
    "no projection": (
        {"weight": torch.linspace(1, 2, 9), "grad_output": 1 / torch.linspace(1, 2, 9).expand(4, 9)},
        "zero",
    ),
}


@pytest.mark.parametrize("name", VACUOUS)
def test_vacuous_inputs(name: str) -> None:
    options, says = VACUOUS[name]
    report = verify.check_layer(nn.LayerNorm(9), "layernorm", **GIVEN, **options)
    assert report.verdict == "vacuous" and says in str(report)


def test_inputs_that_tell_are_not_vacuous() -> None:
    assert verify.check_layer(nn.LayerNorm(9), "layernorm", **GIVEN).ok


def test_a_failure_on_vacuous_inputs_is_a_failure() -> None:
    report = verify.check_layer(bessel, "layernorm", weight=torch.ones(9), **GIVEN)
    assert report.verdict == "wrong"


ILL_POSED = {
    "one number": (nn.LayerNorm(1), {"x": torch.randn(4, 1)}, "m = 1"),
    "a NaN": (nn.LayerNorm(2), {"x": torch.full((4, 2), torch.nan)}, "x has 8 entries that are NaN or infinite"),
    "nothing": (nn.LayerNorm(2), {"x": torch.ones(0, 2)}, "is empty"),
    "an exception": (lambda x: x.nothing, {"x": WIDE}, "AttributeError: 'Tensor' object has no attribute 'nothing'"),
    "another shape": (lambda x: x.sum(), {"x": WIDE}, "the output has the shape (), not that of the input (4, 9)"),
    "no tensor": (lambda x: None, {"x": WIDE}, "the layer returned NoneType, not a tensor"),
}


@pytest.mark.parametrize("name", ILL_POSED)
def test_ill_posed(name: str) -> None:
    layer, options, says = ILL_POSED[name]
    report = verify.check_layer(layer, "layernorm", **options)
    assert report.verdict == "ill-posed" and not report.ok and says in str(report)


def test_the_error_carries_the_report() -> None:
    with pytest.raises(verify.LayerError) as raised:
        verify.assert_layer(bessel, "layernorm", **small())
    assert isinstance(raised.value, AssertionError)
    assert raised.value.report.verdict == "wrong" and str(raised.value) == str(raised.value.report)


@pytest.mark.slow
def test_a_verdict_does_not_hang_on_the_seed() -> None:
    for seed in range(2):
        assert verify.check_layer(FaultyBackward, "layernorm", seed=seed, **small()).verdict == "wrong"
        assert verify.check_layer(layer_norm, "layernorm", seed=seed, **small()).verdict == "pass"


def test_json_has_no_infinities() -> None:
    report = verify.check_layer(lambda x, w, b, eps: x * torch.inf, "layernorm", **small())
    found = report.as_json()
    assert found["verdict"] == "wrong" and not found["ok"]
    assert {"case", "dtype", "shape", "quantity", "verdict", "error", "bound", "ratio", "says"} <= set(found["rows"][0])
    numbers = [row[name] for row in found["rows"] for name in ("error", "bound", "ratio", "scale")]
    assert None in numbers and all(value is None or abs(value) < float("inf") for value in numbers)
