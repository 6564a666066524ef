"""Normalizations by hand in a model are recognized and judged, and nothing of the model stays changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from tests.verify.audits import written
from tests.verify.audits.towers import CHANNELS, IMAGES, WIDTH, Convolutions, Tower, batch, own, shaken
from tests.verify.audits.written import (
    LOOKALIKES,
    BatchNormFunction,
    Called,
    FrozenBatchNorm,
    LayerNorm2d,
    OldLayerNorm,
    RMSNorm,
    ZeroCentredRMSNorm,
)
from verify.audits.audit import audit
from verify.audits.record import FAULT, MODULE, PASS, UNDECIDED
from verify.errors import VerifyError

WIDE = pytest.param(torch.float64, marks=pytest.mark.slow)

ON_TOKENS = {
    "llama": (lambda: RMSNorm(WIDTH), "rmsnorm", 3),
    "gemma": (lambda: ZeroCentredRMSNorm(WIDTH), "rmsnorm", 3),
    "bert": (lambda: OldLayerNorm(WIDTH), "layernorm", 4),
    "annotated": (lambda: written.AnnotatedLayerNorm(WIDTH), "layernorm", 4),
    "sqrt(D) x/|x|": (lambda: written.ScaledUnitNorm(WIDTH), "rmsnorm", 3),
    "x/|x|": (written.UnitNorm, "rmsnorm", 2),
    "torch's, wrapped": (lambda: nn.Sequential(RMSNorm(WIDTH)), "rmsnorm", 3),
}
ON_IMAGES = {
    "convnext": (lambda: LayerNorm2d(CHANNELS), "layernorm", 4),
    "batch": (lambda: written.BatchNormByHand(CHANNELS), "batchnorm", 4),
    "autograd function": (lambda: BatchNormFunction(CHANNELS), "batchnorm", 4),
    "groups": (lambda: written.GroupNormByHand(CHANNELS), "groupnorm", 4),
    "instances": (written.InstanceNormByHand, "instancenorm", 2),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, WIDE])
@pytest.mark.parametrize("kind", ON_TOKENS)
def test_honest_layers_of_tokens_pass(kind: str, dtype: torch.dtype) -> None:
    make, like, quantities = ON_TOKENS[kind]
    found = own(audit(shaken(Tower(make)).to(dtype), batch(dtype=dtype)))
    assert len(found) == 3
    for layer in found.values():
        assert (layer.like, layer.verdict) == (like, PASS), layer.says
        assert len({row.quantity for row in layer.rows}) == quantities


@pytest.mark.parametrize("dtype", [torch.float32, WIDE])
@pytest.mark.parametrize("kind", ON_IMAGES)
def test_honest_layers_of_images_pass(kind: str, dtype: torch.dtype) -> None:
    make, like, quantities = ON_IMAGES[kind]
    found = own(audit(shaken(Convolutions(make)).to(dtype), batch(IMAGES, dtype)))
    assert sorted(found) == ["norm.0", "norm.1"]
    for layer in found.values():
        assert (layer.like, layer.verdict) == (like, PASS), layer.says
        assert len({row.quantity for row in layer.rows}) == quantities


@pytest.mark.parametrize("make", [lambda: nn.LayerNorm(WIDTH), lambda: nn.Sequential(nn.LayerNorm(WIDTH))])
def test_what_is_one_operation_is_left_to_the_operations(make: Callable[[], nn.Module]) -> None:
    report = audit(Tower(make), batch())
    assert len(report.layers) == 3 and not own(report)


def test_lookalikes_are_nothing() -> None:
    functions = iter(LOOKALIKES.values())
    report = audit(Tower(lambda: Called(next(functions)), depth=len(LOOKALIKES)), batch())
    assert not own(report) and not report.faults and not report.undecided


class OddNorm(nn.Module):
    """Named like a normalization, and none of those that are known."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


def test_a_norm_without_siblings_is_undecided_with_its_nearest_layer() -> None:
    def unbiased(x: torch.Tensor) -> torch.Tensor:
        return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True) + 1e-5).sqrt()

    found = own(audit(Tower(lambda: OddNorm(unbiased)), batch()))
    assert [layer.verdict for layer in found.values()] == [UNDECIDED] * 3
    says = found["norm.0"].says
    assert says.startswith("the nearest is layernorm over the last axis, and what it computes differs from that by 0.0")
    assert says.endswith("the variance is divided by m-1 where m is due")


def test_frozen_statistics_normalize_nothing() -> None:
    found = own(audit(Convolutions(lambda: FrozenBatchNorm(CHANNELS)), batch(IMAGES)))
    assert [layer.verdict for layer in found.values()] == [UNDECIDED] * 2
    assert "it does not normalize this batch" in found["norm.0"].says


def test_a_second_tensor_is_said() -> None:
    class GatedNorm(RMSNorm):
        def forward(self, hidden: torch.Tensor, gate: torch.Tensor | None = None) -> torch.Tensor:
            return super().forward(hidden * F.silu(hidden if gate is None else gate))

    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.norm = nn.Linear(WIDTH, 2 * WIDTH), GatedNorm(WIDTH)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm(*self.linear(x).chunk(2, -1))

    (layer,) = own(audit(Gated(), batch())).values()
    assert layer.verdict == UNDECIDED
    assert layer.says == "it takes 2 tensors, and what it computes is near to no normalization of its first"


class Scaled(nn.Module):
    """A layer whose gradient somebody has scaled."""

    def __init__(self, inner: nn.Module, how: str) -> None:
        super().__init__()
        self.inner, self.how = inner, how
        if how == "full backward hook":
            self.register_full_backward_hook(lambda module, into, out: (2 * into[0],))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.how == "input" and x.requires_grad:
            x = x * 1
            x.register_hook(lambda g: 2 * g)
        found = self.inner(x)
        if self.how == "output":
            found.register_hook(lambda g: 2 * g)
        return found


@pytest.mark.parametrize("how", ["input", "output", "full backward hook"])
@pytest.mark.parametrize("make", [lambda: nn.LayerNorm(WIDTH), lambda: RMSNorm(WIDTH)])
def test_a_gradient_that_is_changed_around_a_layer(make: Callable[[], nn.Module], how: str) -> None:
    model: Any = shaken(Tower(make))
    model.norm[1] = Scaled(model.norm[1], how)
    report = audit(model, batch())
    assert {layer.name for layer in report.faults} & {"norm.1"}
    assert {layer.name for layer in report.faults} <= {"norm.1", "norm.1.inner"}


def test_hooks_that_come_after_a_layer_are_no_fault_of_it() -> None:
    class Clipped(Tower):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found = self.norm[0](self.linear[0](x))
            found.register_hook(lambda g: g * 0.1)
            found.retain_grad()
            return found

    report = audit(Clipped(lambda: RMSNorm(WIDTH), depth=1), batch())
    assert [layer.verdict for layer in own(report).values()] == [PASS]


def test_the_operation_inside_of_a_function_has_its_module() -> None:
    class Inner(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, fault: bool) -> torch.Tensor:
            ctx.save_for_backward(x)
            ctx.fault = fault
            return F.layer_norm(x, x.shape[-1:])

        @staticmethod
        def backward(ctx: Any, *grads: torch.Tensor) -> Any:
            (x,) = ctx.saved_tensors
            with torch.enable_grad():
                x = x.detach().requires_grad_()
                (dx,) = torch.autograd.grad(F.layer_norm(x, x.shape[-1:]), x, grads[0])
            return dx * (1.001 if ctx.fault else 1), None

    report = audit(Tower(lambda: Called(lambda x: Inner.apply(x, False))), batch())
    assert [(layer.level, layer.verdict) for layer in report] == [(MODULE, PASS)] * 3
    report = audit(Tower(lambda: Called(lambda x: Inner.apply(x, True))), batch())
    assert [(layer.level, layer.verdict) for layer in report] == [(MODULE, FAULT)] * 3


def test_one_module_that_is_called_twice() -> None:
    class Twice(Tower):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.norm[0](self.linear[0](self.norm[0](x)))

    report = audit(shaken(Twice(lambda: RMSNorm(WIDTH), depth=1)), batch().requires_grad_())
    assert [(layer.name, layer.call, layer.verdict, len(layer.rows)) for layer in report] == [
        ("norm.0", 0, PASS, 3),
        ("norm.0", 1, PASS, 3),
    ]


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoints(reentrant: bool) -> None:
    class Checkpointed(Tower):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return checkpoint(super().forward, x.requires_grad_(), use_reentrant=reentrant)

    report = audit(shaken(Checkpointed(lambda: RMSNorm(WIDTH))), batch())
    assert [(layer.name, layer.verdict) for layer in report] == [(f"norm.{place}", PASS) for place in range(3)]


def test_without_gradients_it_is_said() -> None:
    class Frozen(Tower):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                x = self.norm[0](x)
            return self.linear[0](x)

    report = audit(Frozen(lambda: RMSNorm(WIDTH), depth=2), batch())
    assert not report.layers
    assert "gradients are off" in report.unseen["norm.0"]
    assert report.unseen["norm.1"] == "it did not run"


@pytest.mark.parametrize(
    "shape, says",
    [
        ((WIDTH,), ""),
        ((0, WIDTH), "its input is empty"),
        ((1, 1, WIDTH), ""),
    ],
)
def test_odd_shapes(shape: tuple[int, ...], says: str) -> None:
    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), RMSNorm(WIDTH))
    (layer,) = audit(model, torch.randn(shape)).layers
    assert (layer.verdict, layer.says) == (UNDECIDED if says else PASS, says)


def test_rows_of_one_number_tell_nothing() -> None:
    model = nn.Sequential(nn.Linear(WIDTH, 1), OldLayerNorm(1))
    (layer,) = audit(model, torch.randn(5, WIDTH)).layers
    says = "on inputs of the shape (5, 1) its output does not depend on the input"
    assert (layer.verdict, layer.says) == (UNDECIDED, says)


class NormAndActivation(nn.Module):
    """As in timm: a normalization, and behind it an activation that writes into its output."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(CHANNELS)), nn.Parameter(torch.zeros(CHANNELS))
        self.drop, self.act, self.eps, self.how = nn.Identity(), nn.ReLU(inplace=True), 1e-5, (how,)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.how == ("operation",):
            x = F.batch_norm(x, None, None, self.weight, self.bias, True, 0.0, self.eps)
        else:
            centred = x - x.mean((0, 2, 3), keepdim=True)
            correction = int(self.how == ("unbiased",))
            s = (x.var((0, 2, 3), keepdim=True, correction=correction) + self.eps).sqrt()
            xhat = centred / (s.detach() if self.how == ("detached",) else s)
            x = xhat * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)
        return self.act(self.drop(x))


@pytest.mark.parametrize("how, says", [("by hand", ""), ("detached", "lacks the projection term"), ("unbiased", "m-1")])
def test_what_is_handed_to_an_activation_inside(how: str, says: str) -> None:
    kinds = iter(("operation", how, "operation"))
    model: Any = shaken(Convolutions(lambda: NormAndActivation(next(kinds)), depth=3))
    model.act = nn.Identity()
    report = audit(model, batch(IMAGES))
    assert len(report.layers) == 3
    found = own(report)
    assert list(found) == ["norm.1"]
    assert found["norm.1"].verdict == (FAULT if says else PASS)
    assert says in found["norm.1"].says


def test_a_dummy_weight_is_not_taken_for_one() -> None:
    class Weightless(nn.Module):
        weight: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("weight", torch.ones(WIDTH))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * (x.square().mean(-1, keepdim=True) + 1e-6).rsqrt()

    found = own(audit(Tower(Weightless), batch()))
    assert {len(layer.rows) for layer in found.values()} == {2}


def test_inside_of_a_transform_it_is_not_looked_at() -> None:
    class Mapped(Tower):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.func.vmap(self.norm[0])(self.linear[0](x))

    report = audit(Mapped(lambda: RMSNorm(WIDTH), depth=1), batch())
    assert not report.layers
    assert report.unseen == {"norm.0": "it ran, and no normalization was seen in it"}


def test_the_rest_of_the_model_gets_the_same_numbers() -> None:
    model: Any = shaken(Tower(lambda: OddNorm(lambda x: x / (x.std(-1, keepdim=True) + 0.1)), depth=2))
    model.norm[0] = RMSNorm(WIDTH)
    x, given = batch(), []
    plain = model(x).sum()
    plain.backward()
    due = [parameter.grad.clone() for parameter in model.parameters()]
    for parameter in model.parameters():
        parameter.grad = None
        parameter.register_hook(lambda g: given.append(g.clone()))
    audit(model, x, lambda output: output.sum())
    assert len(given) == len(due)
    for each in given:  # in another order of summation: what goes into a module is added up before the rest
        assert any(each.shape == own.shape and torch.allclose(each, own, rtol=1e-4, atol=1e-6) for own in due)


def test_writing_into_the_input_is_said() -> None:
    class InPlaceNorm(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.div_(x.detach().square().mean(-1, keepdim=True).sqrt())

    (layer,) = own(audit(nn.Sequential(nn.Linear(WIDTH, WIDTH), InPlaceNorm()), batch())).values()
    assert (layer.verdict, layer.says) == (UNDECIDED, "it writes into its input")


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_of_the_model_stays_changed(fails: bool) -> None:
    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if fails:
                raise RuntimeError("on purpose")
            return x

    model = nn.Sequential(nn.Linear(WIDTH, WIDTH), RMSNorm(WIDTH), nn.Sequential(RMSNorm(WIDTH), Fails()))
    plain = [dict(vars(module)) for module in model.modules()]
    if fails:
        with pytest.raises(VerifyError, match="on purpose"):
            audit(model, batch())
    else:
        assert len(audit(model, batch()).layers) == 2
    assert [dict(vars(module)) for module in model.modules()] == plain
    for module in model.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
