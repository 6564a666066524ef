"""Softmax, log-softmax and reparametrized weights: faults are found, honest ones pass, in every dtype."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import verify
from tests.verify.assertions.layers import slow

DTYPES = ("float64", "float32", "float16", "bfloat16")


def wide(layer):
    """The layer with statistics and sums in float32, where the inputs have 16 bits."""

    def upcast(x):
        return layer(x.float() if x.dtype.itemsize == 2 else x).to(x.dtype)

    return upcast


def shifted(x):
    e = (x - x.max(-1, keepdim=True).values).exp()
    return e / e.sum(-1, keepdim=True)


def plain(x):
    return x.exp() / x.exp().sum(-1, keepdim=True)


def online(x):
    """In blocks, rescaled whenever the maximum rises."""
    top, total = torch.full_like(x[..., :1], -torch.inf), torch.zeros_like(x[..., :1])
    for block in x.split(7 + x.shape[-1] // 8, -1):
        new = torch.maximum(top, block.amax(-1, keepdim=True))
        total = total * (top - new).exp() + (block - new).exp().sum(-1, keepdim=True)
        top = new
    return (x - top).exp() / total


def without_tail(x):
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e[..., :-1].sum(-1, keepdim=True)


def logs(x):
    return x - x.logsumexp(-1, keepdim=True)


class Unprojected(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        p = torch.softmax(x, -1)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return p * g


HONEST = {
    "Softmax": ("softmax", nn.Softmax(dim=-1)),
    "torch.softmax": ("softmax", torch.softmax),
    "by the maximum": ("softmax", wide(shifted)),
    "online": ("softmax", wide(online)),
    "by logsumexp": ("softmax", wide(lambda x: logs(x).exp())),
    "LogSoftmax": ("log-softmax", nn.LogSoftmax(dim=-1)),
    "functional": ("log-softmax", functional.log_softmax),
    "logsumexp": ("log-softmax", wide(logs)),
}
QUICK = ("Softmax", "by the maximum", "LogSoftmax", "no maximum", "projection", "another axis", "the last element")
"""The others run with `-m slow`."""
FAULTY = {
    "no maximum": ("softmax", plain, "unstable", "right where the logits are small, wrong from logits of"),
    "logarithm of softmax": ("log-softmax", lambda x: torch.softmax(x, -1).log(), "unstable", "logits"),
    "no maximum in the logarithm": ("log-softmax", lambda x: x - x.exp().sum(-1, keepdim=True).log(), "unstable", ""),
    "projection": ("softmax", Unprojected, "wrong", "input gradient: 185 of 185 entries are off"),
    "another axis": ("softmax", lambda x: torch.softmax(x, 0), "wrong", "output"),
    "the last element": ("softmax", without_tail, "wrong", "entries are off"),
    "constant factor": ("log-softmax", lambda x: 1.01 * torch.log_softmax(x, -1), "wrong", ""),
}


def chosen(layers):
    return [name for name in layers if name in QUICK] + slow(*(name for name in layers if name not in QUICK))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", *slow("float64", "float16")])
@pytest.mark.parametrize("name", chosen(HONEST))
def test_honest_ones_pass(name: str, dtype: str) -> None:
    like, layer = HONEST[name]
    report = verify.check_layer(layer, like, dtype=dtype, stress=dtype == "float64")
    assert report.ok, report


@pytest.mark.parametrize("dtype", ["float32", *slow("float64", "float16", "bfloat16")])
@pytest.mark.parametrize("name", chosen(FAULTY))
def test_faults_are_found(name: str, dtype: str) -> None:
    like, layer, verdict, says = FAULTY[name]
    report = verify.check_layer(layer, like, dtype=dtype)
    assert report.verdict == verdict, report
    assert dtype != "float32" or says in str(report), report


def test_sums_in_sixteen_bits_lack_precision() -> None:
    assert verify.check_layer(shifted, "softmax", dtype="bfloat16").verdict == "precision"
    assert verify.check_layer(shifted, "softmax", dtype="bfloat16", accumulate="bfloat16").ok


def test_a_backward_from_the_output() -> None:
    def right(dy, y):
        return y * (dy - (y * dy).sum(-1, keepdim=True))

    assert verify.check_gradient(right, like="softmax", dtypes=DTYPES).ok
    assert verify.check_gradient(lambda g, output: output * g, like="softmax").verdict == "wrong"
    assert verify.check_gradient(lambda g, output: g - output.exp() * g.sum(-1, keepdim=True), like="log-softmax").ok


def test_vacuous_inputs() -> None:
    x = torch.randn(3, 5)
    report = verify.check_layer(nn.Softmax(-1), "softmax", x=x, grad_output=torch.ones(3, 5))
    assert report.verdict == "vacuous" and ".sum() loss" in str(report)
    report = verify.check_layer(nn.Softmax(-1), "softmax", x=torch.zeros(1, 2), grad_output=torch.tensor([[1.0, -1.0]]))
    assert report.verdict == "vacuous" and "without its sum over the row" in str(report)


def norms(v):
    return v.flatten(1).square().sum(1).sqrt().reshape(-1, *[1] * (v.dim() - 1))


def column(gain, v):
    return gain.reshape(-1, *[1] * (v.dim() - 1))


def weight_norm(v, gain):
    kind = torch.promote_types(v.dtype, torch.float32)
    once = v.to(kind)
    return (once * (column(gain, v).to(kind) / norms(once))).to(v.dtype)


def standardized(v, gain, eps):
    kind = torch.promote_types(v.dtype, torch.float32)
    once = v.to(kind)
    centred = once - column(once.flatten(1).mean(1), v)
    s = column((centred.flatten(1).square().mean(1) + eps).sqrt(), v)
    return (column(gain, v).to(kind) * centred / s).to(v.dtype)


class UnprojectedWeights(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v, gain):
        ctx.save_for_backward(v, gain)
        return weight_norm(v, gain)

    @staticmethod
    def backward(ctx, g):
        v, gain = ctx.saved_tensors
        return g * column(gain, v) / norms(v), (g * v / norms(v)).flatten(1).sum(1)


@pytest.mark.parametrize("dtype", ["float32", *slow("float64", "float16", "bfloat16")])
def test_weights(dtype: str) -> None:
    assert verify.check_layer(weight_norm, "weightnorm", dtype=dtype, order=1).ok
    assert verify.check_layer(standardized, "weight-standardization", dtype=dtype, order=1).ok
    for faulty in (UnprojectedWeights, lambda v, gain: weight_norm(v, gain / gain.detach())):
        assert verify.check_layer(faulty, "weightnorm", dtype=dtype, order=1).verdict == "wrong"


def test_weights_to_the_second_order() -> None:
    shapes = [(5, 12), (3, 2, 2, 3)]
    assert verify.check_layer(weight_norm, "weightnorm", shapes=shapes, stress=True).ok
    report = verify.check_layer(lambda v, g: torch._weight_norm(v, g[:, None], 0), "weightnorm", shapes=(5, 12))
    wrong = {row.quantity for row in report.rows if not row.ok}
    assert report.verdict == "wrong" and wrong == {"second derivative by input, along input"}


WRONG_CALLS = [
    (lambda: verify.check_layer(nn.Softmax(dim=1), "softmax"), "softmax is checked over the last axis"),
    (
        lambda: verify.check_layer(lambda x, temperature: x, "softmax"),
        "takes an argument 'temperature' that is none of dim",
    ),
    (lambda: verify.check_layer(nn.Linear(3, 4), "weightnorm"), "is checked as a function of the weights"),
    (lambda: verify.check_gradient(shifted, like="softmax", of="weight"), "softmax has no gradient by 'weight'"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", accumulate="bfloat16"), "sums of float32 can't be kept"),
]


@pytest.mark.parametrize("number", range(len(WRONG_CALLS)))
def test_wrong_calls(number: int) -> None:
    call, message = WRONG_CALLS[number]
    with pytest.raises(verify.VerifyError) as raised:
        call()
    assert message in str(raised.value)
