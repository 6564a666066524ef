"""Gradients that are there already, and functions that are only a backward."""

import pytest
import torch
from torch.nn import functional

import verify
from tests.verify.assertions.layers import Backward, FaultyBackward, layer_norm_backward

X = torch.randn(4, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
G = torch.randn(4, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
W = torch.linspace(-1, 2, 9, dtype=torch.float64)
AT = {"like": "layernorm", "x": X, "grad_output": G, "weight": W, "eps": 1e-5}


def by_autograd(of: str) -> torch.Tensor:
    x, w, b = X.clone().requires_grad_(), W.clone().requires_grad_(), torch.zeros(9, dtype=X.dtype).requires_grad_()
    found = torch.autograd.grad(functional.layer_norm(x, (9,), w, b), (x, w, b), G)
    return dict(zip(("input", "weight", "bias"), found, strict=True))[of]


@pytest.mark.parametrize("of", ["input", "weight", "bias"])
def test_a_gradient_that_was_computed(of: str) -> None:
    assert verify.assert_gradient(by_autograd(of), of=of, **AT).ok
    report = verify.check_gradient(1.001 * by_autograd(of), of=of, **AT)
    assert report.verdict == "wrong" and report.worst is not None and report.worst.quantity == f"{of} gradient"


def test_a_backward_alone() -> None:
    dtypes = ["float64", "float32"]
    assert verify.check_gradient(layer_norm_backward, like="layernorm", dtypes=dtypes, shapes=(5, 12)).ok


def test_a_faulty_backward_alone() -> None:
    def faulty(grad_output, x, weight, eps):
        return FaultyBackward.gradient(x, weight, eps, grad_output)[1]

    with pytest.raises(verify.LayerError, match=r"term -xhat <g\*gamma, xhat>/D"):
        verify.assert_gradient(faulty, like="layernorm", shapes=(5, 12))


def test_a_gradient_by_the_weight() -> None:
    def of_weight(x, dy, eps):
        return (Backward.gradient(x, 1.0, eps, dy)[0] * dy).flatten(0, -2).sum(0)

    assert verify.check_gradient(of_weight, like="layernorm", of="weight", shapes=(5, 12)).ok


def test_vacuous_inputs_of_a_gradient() -> None:
    ones = torch.ones(4, 9, dtype=torch.float64)
    zero = torch.zeros(4, 9, dtype=torch.float64)
    report = verify.check_gradient(zero, like="layernorm", x=X, grad_output=ones, eps=1e-5)
    assert report.verdict == "vacuous" and "zero up to rounding" in str(report)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"like": "layernom"}, "there is no layer 'layernom'"),
        ({"like": "rmsnorm", "of": "bias"}, "rmsnorm has no gradient by 'bias'; choose one of input, weight"),
        ({"like": "layernorm"}, "the gradient was computed at some x; give it: x=..."),
        ({"like": "layernorm", "x": X}, "the gradient was computed at some grad_output"),
        ({"like": "layernorm", "x": X, "grad_output": G, "dtype": "float32"}, "x is in float64"),
    ],
)
def test_wrong_calls(options: dict, message: str) -> None:
    with pytest.raises(verify.VerifyError) as raised:
        verify.check_gradient(G, **options)
    assert message in str(raised.value)


def test_a_gradient_of_another_shape() -> None:
    report = verify.check_gradient(G[:2], **AT)
    assert report.verdict == "ill-posed" and "has the shape (2, 9), and (4, 9) is due" in str(report)
