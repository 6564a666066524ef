"""Layers of every kind are found their parameters, run, and left as they were."""

import copy
import functools
import warnings

import pytest
import torch
from torch import nn

import verify
from tests.verify.assertions.layers import (
    Backward,
    Counting,
    LlamaNorm,
    OnceOnly,
    TextbookNorm,
    layer_norm,
    small,
)


def reversed_names(inp, gamma, beta, epsilon=1e-5):
    return layer_norm(inp, gamma, beta, epsilon)


def by_order(a, p, q):
    return layer_norm(a, p, q, 1e-5)


def keywords(x, *, b, w, eps):
    return layer_norm(x, w, b, eps)


def starred(*args):
    return layer_norm(*args)


def scripted(layer):
    """TorchScript, which torch deprecates and people still have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(layer)


LAYERNORMS = {
    "lambda": lambda x, weight, bias, eps: layer_norm(x, weight, bias, eps),
    "usual names": reversed_names,
    "by order": by_order,
    "keywords": keywords,
    "starred": starred,
    "functional": torch.nn.functional.layer_norm,
    "operator": torch.ops.aten.layer_norm,
    "partial": functools.partial(layer_norm, eps=1e-5),
    "autograd function": Backward,
    "applied": Backward.apply,
    "scripted function": scripted(torch.nn.functional.layer_norm),
    "module": nn.LayerNorm(12),
    "scripted module": scripted(nn.LayerNorm(12)),
    "sequence": nn.Sequential(nn.LayerNorm(12)),
    "without parameters": nn.LayerNorm(12, elementwise_affine=False),
    "without a bias": nn.LayerNorm(12, bias=False),
    "frozen": nn.LayerNorm(12).requires_grad_(False),
    "a_2 and b_2": TextbookNorm(12),
    "input alone": lambda x: torch.nn.functional.layer_norm(x, (12,)),
    "a tuple": lambda x, w, b, eps: (layer_norm(x, w, b, eps), None),
}


@pytest.mark.parametrize("name", LAYERNORMS)
def test_kinds_of_layers(name: str) -> None:
    report = verify.check_layer(LAYERNORMS[name], "layernorm", **small())
    assert report.ok, report
    assert {row.quantity for row in report.rows} >= {"output", "input gradient"}


def test_quantities_follow_the_parameters() -> None:
    names = {row.quantity for row in verify.check_layer(nn.LayerNorm(12, bias=False), "layernorm", **small()).rows}
    assert names == {"output", "input gradient", "weight gradient"}


def test_eps_is_read_from_the_layer() -> None:
    assert verify.check_layer(TextbookNorm(12, eps=1e-3), "layernorm", **small()).eps == 1e-3
    assert verify.check_layer(LlamaNorm(12), "rmsnorm", **small()).eps == 1e-6
    assert verify.check_layer(reversed_names, "layernorm", **small()).eps == 1e-5
    report = verify.check_layer(TextbookNorm(12, eps=1e-3), "layernorm", eps=1e-4, **small())
    assert report.verdict == "wrong" and "epsilon" in str(report)


def test_rms_norm_without_eps_takes_the_machine_epsilon() -> None:
    assert verify.check_layer(nn.RMSNorm(12), "rmsnorm", dtype="bfloat16", **small()).eps == 2.0**-23
    assert verify.check_layer(nn.RMSNorm(12), "rmsnorm", dtype="float64", **small()).eps == 2.0**-52


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
def test_dtypes_of_a_module(dtype: str) -> None:
    module = LlamaNorm(12)
    assert verify.check_layer(module, "rmsnorm", dtype=dtype, **small()).ok
    assert module.weight.dtype is torch.float32


def test_everything_is_left_as_it_was() -> None:
    module = Counting(12)
    with torch.no_grad():
        module.weight.uniform_()
    module.weight.grad = torch.ones(12)
    module.bias.requires_grad_(False)
    before, weight, data = copy.deepcopy(module.state_dict()), module.weight, module.weight.data_ptr()
    verify.check_layer(module, "layernorm", dtypes=["float32", "float64"], **small())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert module.weight is weight and weight.data_ptr() == data and weight.dtype is torch.float32
    assert torch.equal(weight.grad, torch.ones(12)) and not module.bias.requires_grad
    assert module.calls == 0 and module.seen == []


def test_running_statistics_are_left_as_they_were() -> None:
    module = nn.BatchNorm1d(4)
    module(torch.randn(6, 4))
    before = copy.deepcopy(module.state_dict())
    assert verify.check_layer(module, "batchnorm", shapes=(5, 4), order=1).ok
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_state_is_restored_after_an_exception() -> None:
    class Broken(Counting):
        def forward(self, x):
            super().forward(x)
            raise RuntimeError("no")

    module = Broken(12)
    report = verify.check_layer(module, "layernorm", **small())
    assert report.verdict == "ill-posed" and "RuntimeError: no (test_subjects.py:" in str(report)
    assert module.calls == 0 and module.weight.eq(1).all() and module.total == 0


def test_a_frozen_input_and_no_grad_mode() -> None:
    with torch.no_grad():
        assert verify.check_layer(nn.LayerNorm(12), "layernorm", **small()).ok


def test_a_layer_that_writes_into_its_input_does_not_fool_us() -> None:
    def careless(x, weight, bias, eps):
        found = layer_norm(x, weight, bias, eps)
        x.data.zero_()
        return found

    report = verify.check_layer(careless, "layernorm", shapes=(5, 12), order=0)
    assert report.ok and ("the input afterwards", "the layer writes into its input") in report.skipped


def test_second_order_that_is_not_supported_is_no_failure() -> None:
    report = verify.check_layer(OnceOnly, "layernorm", shapes=(5, 12))
    assert report.ok
    assert any("second order is not supported" in reason for _, reason in report.skipped)


def test_groups_are_read_from_the_module() -> None:
    assert verify.check_layer(nn.GroupNorm(2, 4), "groupnorm", shapes=(3, 4, 2), order=1).ok


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_modules(backend: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = verify.check_layer(torch.compile(nn.LayerNorm(12), backend=backend), "layernorm", shapes=(5, 12))
    assert report.ok and report.layer == "LayerNorm", report


def unknown(x, weight, bias, eps, temperature):
    return x


ONES = torch.ones(2, 4)
WRONG_CALLS = [
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernom"), "there is no layer 'layernom'; did you mean layernorm"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", order=3), "order is 3; give 0 for the output"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", dtype="float8"), "there is no dtype 'float8'"),
    (lambda: verify.check_layer(nn.LayerNorm, "layernorm"), "LayerNorm is a class; give an instance of it"),
    (lambda: verify.check_layer(3, "layernorm"), "a layer is a module or a function, not int"),
    (lambda: verify.check_layer(nn.BatchNorm1d(4).eval(), "batchnorm"), "is in eval mode"),
    (lambda: verify.check_layer(unknown, "layernorm"), "takes an argument 'temperature' that is none of"),
    (lambda: verify.check_layer(lambda: 3, "layernorm"), "takes no arguments"),
    (lambda: verify.check_layer(nn.Bilinear(2, 2, 2), "rmsnorm"), "has the parameters weight, bias, and it is not"),
    (lambda: verify.check_layer(torch.nn.functional.group_norm, "groupnorm"), "give num_groups=..."),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", weight="gamma"), "has no parameter 'gamma'; it has"),
    (lambda: verify.check_layer(nn.MultiheadAttention(4, 2), "layernorm"), "name them: weight='...', bias='...'"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", device="nowhere"), "there is no device 'nowhere' here"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", eps=-1), "epsilon is -1"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", shapes=(3, 5)), "doesn't end in the normalized shape"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", shapes=(0, 4)), "the shape (0, 4) is none"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", x=[1.0]), "x is list; give a tensor"),
    (lambda: verify.check_layer(nn.LayerNorm(4), "layernorm", x=torch.ones(2, 4).long()), "x is a tensor of int64"),
    (lambda: verify.check_layer(layer_norm, "layernorm", x=ONES, weight=torch.ones(3)), "weight has the shape (3,)"),
    (lambda: verify.check_layer(layer_norm, "layernorm", x=ONES, grad_output=ONES[0]), "grad_output has the shape"),
]


@pytest.mark.parametrize("number", range(len(WRONG_CALLS)))
def test_wrong_calls_say_what_to_do(number: int) -> None:
    call, message = WRONG_CALLS[number]
    with pytest.raises(verify.VerifyError) as raised:
        call()
    assert message in str(raised.value)
