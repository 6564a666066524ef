"""What torch does right passes; what it does wrong is found, on inputs that the tool chooses."""

import math

import pytest
from torch import nn
from torch.nn import functional

import verify
from tests.verify.assertions.layers import slow

RIGHT = {
    "LayerNorm": ("layernorm", lambda: nn.LayerNorm(20), {}),
    "LayerNorm of images": ("layernorm", lambda: nn.LayerNorm((4, 5)), {"order": 1}),
    "RMSNorm": ("rmsnorm", lambda: nn.RMSNorm(20), {}),
    "BatchNorm1d": ("batchnorm", lambda: nn.BatchNorm1d(6), {"order": 1}),
    "BatchNorm2d": ("batchnorm", lambda: nn.BatchNorm2d(6), {"order": 1}),
    "BatchNorm3d": ("batchnorm", lambda: nn.BatchNorm3d(4), {"order": 1}),
    "GroupNorm": ("groupnorm", lambda: nn.GroupNorm(3, 6), {"shapes": (3, 6, 4), "order": 1}),
    "InstanceNorm1d": ("instancenorm", lambda: nn.InstanceNorm1d(6, affine=True), {"order": 1}),
    "InstanceNorm2d": ("instancenorm", lambda: nn.InstanceNorm2d(6), {"order": 1}),
}
QUICK = ("LayerNorm", "RMSNorm", "BatchNorm2d", "GroupNorm", "InstanceNorm1d")


@pytest.mark.parametrize("dtype", [*slow("float64"), "float32"])
@pytest.mark.parametrize("name", [*QUICK, *slow(*(name for name in RIGHT if name not in QUICK))])
def test_silent_where_torch_is_right(name: str, dtype: str) -> None:
    like, make, options = RIGHT[name]
    report = verify.check_layer(make(), like, dtype=dtype, **options)
    assert report.ok, report


@pytest.mark.parametrize("dtype", ["bfloat16", *slow("float16")])
@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm", "BatchNorm1d", "GroupNorm", "InstanceNorm1d"])
def test_sixteen_bits_with_float32_parameters(name: str, dtype: str) -> None:
    like, make, options = RIGHT[name]
    options = {"shapes": (4, 20) if like in ("layernorm", "rmsnorm") else (4, 6, 11), **options, "order": 0}
    report = verify.check_layer(make(), like, dtype=dtype, parameter_dtype="float32", **options)
    assert report.ok, report


@pytest.mark.parametrize("dtype", [*slow("float64"), "float32"])
def test_group_norm_channels_last(dtype: str) -> None:
    options = {"num_groups": 3, "dtype": dtype, "shapes": (2, 6, 5, 7), "order": 0}
    report = verify.check_layer(functional.group_norm, "groupnorm", **options)
    assert report.verdict == "unstable"
    assert all(row.ok for row in report.rows if row.layout == "contiguous")
    assert not all(row.ok for row in report.rows if row.layout == "channels_last")
    assert "E[y^2] - E[y]^2" in str(report) and "wrong from mean/std = " in str(report)


@pytest.mark.slow
def test_batch_norm_backward_in_float16() -> None:
    report = verify.check_layer(
        functional.batch_norm, "batchnorm", dtype="float16", parameter_dtype="float32", shapes=(4, 2, 16, 16), order=1
    )
    assert report.verdict == "unstable"
    shown = [row for row in report.rows if "65504" in row.says]
    assert {row.quantity for row in shown} == {"input gradient"} and shown[0].as_json()["error"] is None


@pytest.mark.parametrize("layer", [functional.batch_norm, *slow(functional.instance_norm)])
def test_constant_features(layer) -> None:
    like = layer.__name__.replace("_", "")
    report = verify.check_layer(layer, like, shapes=(5, 4) if like == "batchnorm" else (2, 4, 5), order=0, stress=True)
    assert report.verdict == "unstable" and "a constant input of 1e+06 comes out" in str(report)


def test_layer_norm_is_silent_on_constant_features() -> None:
    assert verify.check_layer(functional.layer_norm, "layernorm", shapes=(4, 5), order=0, stress=True).ok


@pytest.mark.slow
@pytest.mark.parametrize("like, wrong", [("batchnorm", True), ("layernorm", True), ("rmsnorm", False)])
def test_nested_forward_mode(like: str, wrong: bool) -> None:
    layer = getattr(functional, like.replace("norm", "_norm"))
    report = verify.check_layer(layer, like, shapes=(4, 3), dtype="float64", stress=True)
    bad = {row.quantity for row in report.rows if not row.ok} - {"input gradient"}
    assert bad == ({"second derivative by input, along input, nested forward mode"} if wrong else set())


@pytest.mark.slow
def test_layer_norm_adds_up_in_sixteen_bits() -> None:
    report = verify.check_layer(functional.layer_norm, "layernorm", dtype="bfloat16", shapes=(64, 8), order=1)
    assert report.verdict == "precision" and "bias gradient" in " ".join(report.said)


@pytest.mark.parametrize("dtype", ["bfloat16", *slow("float16")])
def test_statistics_in_sixteen_bits_pass_where_they_are_allowed(dtype: str) -> None:
    assert verify.check_layer(nn.LayerNorm(20), "layernorm", dtype=dtype, order=1).verdict == "precision"
    report = verify.check_layer(nn.LayerNorm(20), "layernorm", dtype=dtype, accumulate=dtype)
    assert report.ok and any("any amount" in reason for _, reason in report.skipped)


WIDE = {
    "layernorm": (lambda: nn.LayerNorm(4096), "many rows, some with far larger gradients"),
    "batchnorm": (lambda: nn.BatchNorm2d(512), "sums beyond 65504"),
    "groupnorm": (lambda: nn.GroupNorm(32, 512), "sums beyond 65504"),
}


@pytest.mark.parametrize("like", ["layernorm", *slow("batchnorm", "groupnorm")])
def test_wide_layers_are_tried_on_few_rows(like: str) -> None:
    make, purpose = WIDE[like]
    report = verify.check_layer(make(), like, dtype="bfloat16", parameter_dtype="float32", order=1)
    assert purpose in {row.case for row in report.rows}
    assert max(math.prod(row.shape) for row in report.rows) <= 2**17
    assert report.verdict == {"layernorm": "precision", "batchnorm": "precision", "groupnorm": "unstable"}[like], report
