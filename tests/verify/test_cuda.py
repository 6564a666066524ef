"""On a GPU: layers there are checked there, and the functions compute there."""

from __future__ import annotations

import pytest
import torch

import verify
from verify import functional

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("layer", "like"),
    [
        (torch.nn.LayerNorm(20), "layernorm"),
        (torch.nn.RMSNorm(20), "rmsnorm"),
        (torch.nn.GroupNorm(3, 6), "groupnorm"),
        (torch.nn.BatchNorm2d(6), "batchnorm"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_layers_of_torch_pass(layer: torch.nn.Module, like: str, dtype: str) -> None:
    report = verify.check_layer(layer.cuda(), like, device="cuda", dtype=dtype, order=1)
    assert report.ok, str(report)


def test_a_fault_is_found() -> None:
    def layer_norm(x, weight, bias, eps):
        s = (x.var(-1, keepdim=True) + eps).sqrt()
        return weight * (x - x.mean(-1, keepdim=True)) / s + bias

    report = verify.check_layer(layer_norm, "layernorm", device="cuda", order=0)
    assert report.verdict == "wrong"


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "kernels"])
def test_the_functions_compute_there(compiled: bool) -> None:
    """The same numbers as on the CPU, up to some hundred float64 roundings."""
    own = functional.layernorm.compiled() if compiled else functional.layernorm
    x, g, v = torch.randn(3, 16, 33, dtype=torch.float64)
    weight, bias = torch.randn(2, 33, dtype=torch.float64)
    due = functional.layernorm.hvp(x, g, v, weight, bias)
    found = own.hvp(x.cuda(), g.cuda(), v.cuda(), weight.cuda(), bias.cuda())
    assert found.is_cuda
    assert (found.cpu() - due).abs().max() <= 1000 * 2.0**-53 * due.abs().max()
