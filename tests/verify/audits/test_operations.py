"""Every normalization that runs as one operation of torch is seen once, however it is called, with its own gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from verify.audits.audit import audit
from verify.audits.observation.capture import GRADIENT, INFERENCE, OF_WEIGHT, OUTPUT
from verify.audits.observation.operations import Operations
from verify.audits.observation.paths import Paths
from verify.audits.record import PASS, UNDECIDED

X = torch.randn(4, 6, 5, 5, generator=torch.Generator().manual_seed(0))
W, B = torch.linspace(-1, 2, 6), torch.linspace(1, 3, 6)
ROW = torch.linspace(-1, 2, 5)
ZEROS, ONES = torch.zeros(6), torch.ones(6)
NO_BATCH = (None, None)

CALLS = {
    "F.batch_norm": (lambda x: F.batch_norm(x, None, None, W, B, True, 0.1, 1e-3), "batchnorm", 1e-3),
    "F.batch_norm by name": (
        lambda x: F.batch_norm(eps=1e-3, training=True, input=x, running_mean=None, running_var=None, bias=B, weight=W),
        "batchnorm",
        1e-3,
    ),
    "F.batch_norm in inference": (lambda x: F.batch_norm(x, ZEROS, ONES, W, B), INFERENCE, 1e-5),
    "torch.batch_norm": (lambda x: torch.batch_norm(x, W, B, *NO_BATCH, True, 0.1, 1e-3, False), "batchnorm", 1e-3),
    "torch.native_batch_norm": (
        lambda x: torch.native_batch_norm(x, W, B, *NO_BATCH, True, 0.1, 1e-3)[0],
        "batchnorm",
        1e-3,
    ),
    "F.layer_norm": (lambda x: F.layer_norm(x, (5,), ROW, ROW), "layernorm", 1e-5),
    "F.layer_norm of two axes": (lambda x: F.layer_norm(x, (5, 5), eps=1e-2), "layernorm", 1e-2),
    "torch.layer_norm": (lambda x: torch.layer_norm(x, (5,), ROW, ROW, 1e-3), "layernorm", 1e-3),
    "torch.native_layer_norm": (lambda x: torch.native_layer_norm(x, (5,), ROW, ROW, 1e-3)[0], "layernorm", 1e-3),
    "torch.ops.aten": (lambda x: torch.ops.aten.native_layer_norm(x, [5], ROW, ROW, 1e-3)[0], "layernorm", 1e-3),
    "torch.ops.aten.default": (lambda x: torch.ops.aten.layer_norm.default(x, [5], ROW, ROW, 1e-3), "layernorm", 1e-3),
    "F.group_norm": (lambda x: F.group_norm(x, 3, W, B, 1e-3), "groupnorm", 1e-3),
    "torch.group_norm": (lambda x: torch.group_norm(x, 2, W, B), "groupnorm", 1e-5),
    "torch.native_group_norm": (
        lambda x: torch.native_group_norm(x, W, B, 4, 6, 25, 3, 1e-3)[0],
        "groupnorm",
        1e-3,
    ),
    "F.instance_norm": (lambda x: F.instance_norm(x, weight=W, bias=B, eps=1e-3), "instancenorm", 1e-3),
    "F.instance_norm in inference": (
        lambda x: F.instance_norm(x, ZEROS, ONES, W, B, use_input_stats=False),
        INFERENCE,
        1e-5,
    ),
    "F.rms_norm": (lambda x: F.rms_norm(x, (5,), ROW), "rmsnorm", torch.finfo(torch.float32).eps),
    "torch.rms_norm": (lambda x: torch.rms_norm(x, (5,), ROW, 1e-3), "rmsnorm", 1e-3),
}


class Wrapped(nn.Module):
    """A model whose only parameter scales the input of a function."""

    def __init__(self, function):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.3))
        self.function = function

    def forward(self, x):
        return self.function(x * self.scale)


@pytest.mark.parametrize("name", CALLS)
def test_each_spelling_is_seen_once_and_passes(name):
    function, like, eps = CALLS[name]
    (layer,) = audit(Wrapped(function), X).layers
    assert (layer.like, layer.eps, layer.shape) == (like, eps, tuple(X.shape))
    assert layer.verdict == PASS, layer.says
    assert {OUTPUT, GRADIENT} <= {row.quantity for row in layer.rows}


def test_modules_are_named_by_their_paths_in_the_order_of_execution():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.LayerNorm(5), nn.BatchNorm2d(6)
            self.inside = nn.Sequential(nn.GroupNorm(2, 6), nn.InstanceNorm2d(6, affine=True), nn.RMSNorm(5))

        def forward(self, x):
            return self.last(self.inside(self.first(x)))

    report = audit(Net(), X)
    assert [layer.name for layer in report] == ["first", "inside.0", "inside.1", "inside.2", "last"]
    assert [layer.kind.rpartition(".")[2] for layer in report] == [
        "batch_norm", "group_norm", "instance_norm", "rms_norm", "layer_norm",
    ]  # fmt: skip
    assert report.ok and not report.undecided and not report.unseen


def test_a_fused_wrapper_counts_and_writing_into_its_output_changes_nothing():
    class Fused(nn.BatchNorm2d):
        def forward(self, x):
            y = F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True)
            return F.relu_(y)

    net = nn.Sequential(nn.Conv2d(6, 6, 1), Fused(6), nn.Conv2d(6, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    report = audit(net, X)
    assert [(layer.name, layer.verdict) for layer in report] == [("1", PASS), ("3", PASS)]
    assert all({OUTPUT, GRADIENT, OF_WEIGHT} <= {row.quantity for row in layer.rows} for layer in report)


def test_the_upstream_gradient_is_that_of_the_norm_and_not_of_what_was_written_over_it():
    seen = []
    net = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
    with Paths(net) as paths, Operations(paths) as operations:
        out = net(X)
    (watch,) = operations.watches
    finish = watch.finish
    watch.finish = lambda: seen.append((watch.g, dict(watch.gradients))) or finish()
    upstream = torch.randn_like(out)
    torch.autograd.backward(out, upstream)
    z = F.batch_norm(net[0](X), None, None, training=True).detach().requires_grad_()
    dz = torch.autograd.grad(z.clamp(min=0), z, upstream)[0]
    g, gradients = seen[0]
    assert torch.allclose(g, dz) and torch.allclose(gradients["bias gradient"], dz.sum((0, 2, 3)), atol=1e-5)
    assert watch.g is None


def test_an_input_that_is_used_twice_gives_each_norm_its_own_gradient():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.before, self.one, self.two = nn.Linear(5, 5), nn.LayerNorm(5), nn.LayerNorm(5)

        def forward(self, x):
            x = self.before(x)
            return x + 3 * self.one(x) - self.two(x) * x

    assert [layer.verdict for layer in audit(Residual(), X)] == [PASS, PASS]


def test_a_shared_module_is_one_layer_for_each_time_it_runs():
    norm = nn.LayerNorm(5)
    report = audit(nn.Sequential(nn.Linear(5, 5), norm, nn.Linear(5, 5), norm, nn.Linear(5, 5), norm), X)
    assert [(layer.name, layer.call, layer.verdict) for layer in report] == [("1", n, PASS) for n in range(3)]


def test_what_requires_no_gradient_is_left_out():
    norm = nn.LayerNorm(5)
    norm.weight.requires_grad_(False)
    (layer,) = audit(nn.Sequential(nn.Linear(5, 5), norm), X).layers
    assert layer.verdict == PASS
    assert {row.quantity for row in layer.rows} == {OUTPUT, GRADIENT, "bias gradient"}
    (first,) = audit(nn.Sequential(nn.BatchNorm2d(6)), X).layers
    assert first.verdict == PASS and GRADIENT not in {row.quantity for row in first.rows}


def test_without_gradients_a_layer_is_undecided_and_says_why():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.rest = nn.LayerNorm(5), nn.Linear(5, 5)

        def forward(self, x):
            with torch.no_grad():
                x = self.norm(x)
            return self.rest(x)

    (layer,) = audit(Frozen(), X).layers
    assert layer.verdict == UNDECIDED and "no_grad" in layer.says
    assert [row.quantity for row in layer.rows] == [OUTPUT]


def test_what_the_loss_does_not_depend_on_is_undecided():
    class Aside(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.aside = nn.LayerNorm(5), nn.LayerNorm(5)

        def forward(self, x):
            return self.used(x * self.used.weight), self.aside(x * self.aside.weight)

    used, aside = audit(Aside(), X).layers
    assert used.verdict == PASS
    assert aside.verdict == UNDECIDED and "the loss does not depend on it" in aside.says


@pytest.mark.parametrize("reentrant", [False, True])
def test_recomputed_layers_count_once(reentrant):
    class Checkpointed(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.block = nn.Linear(5, 5), nn.Sequential(nn.LayerNorm(5), nn.Linear(5, 5), nn.RMSNorm(5))

        def forward(self, x):
            return checkpoint(self.block, self.start(x), use_reentrant=reentrant)

    report = audit(Checkpointed(), X)
    assert [(layer.name, layer.call, layer.verdict) for layer in report] == [
        ("block.0", 0, PASS),
        ("block.2", 0, PASS),
    ]
    assert all(GRADIENT in {row.quantity for row in layer.rows} for layer in report)


def test_a_function_with_its_own_backward_is_left_to_the_module_around_it():
    class Halved(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, bias):
            ctx.save_for_backward(x, weight, bias)
            return F.layer_norm(x, (5,), weight, bias)

        @staticmethod
        def backward(ctx, g):
            x, weight, bias = (each.detach().requires_grad_() for each in ctx.saved_tensors)
            with torch.enable_grad():
                y = F.layer_norm(x, (5,), weight, bias)
            dx, dw, db = torch.autograd.grad(y, (x, weight, bias), g)
            return dx * 0.5, dw, db

    class HalvedNorm(nn.LayerNorm):
        def forward(self, x):
            return Halved.apply(x, self.weight, self.bias)

    report = audit(nn.Sequential(nn.Linear(5, 5), HalvedNorm(5), nn.Linear(5, 5), nn.LayerNorm(5)), X)
    assert [layer.name for layer in report.faults] == ["1"]
    assert [layer.name for layer in report] == ["1", "3"]


def test_an_input_that_is_detached_inside_of_a_norm_is_a_fault():
    class Detached(nn.BatchNorm2d):
        def forward(self, x):
            return super().forward(x.detach())

    report = audit(nn.Sequential(nn.Conv2d(6, 6, 1), Detached(6), nn.BatchNorm2d(6)), X)
    assert [layer.name for layer in report.faults] == ["1"]
    assert "detached" in report.faults[0].says


@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight")
def test_under_autocast_nothing_is_a_fault():
    net = nn.Sequential(
        nn.Conv2d(6, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.GroupNorm(2, 6), nn.Flatten(2), nn.Linear(9, 9)
    )
    net.extend([nn.LayerNorm(9), nn.RMSNorm(9)])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        report = audit(net, X)
    assert len(report.layers) == 4 and report.ok
    assert all(layer.rows for layer in report)


@pytest.mark.slow
def test_compiled_parts_run_without_the_compiler_and_the_report_says_so():
    net = nn.Sequential(nn.Linear(5, 5), torch.compile(nn.LayerNorm(5), backend="eager"))
    report = audit(net, X)
    assert report.layers[0].verdict == PASS
    assert any("compiled" in reason for reason in report.unseen.values())


def test_hooks_that_people_put_on_an_output_are_no_fault():
    class Hooked(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.norm = nn.Linear(5, 5), nn.LayerNorm(5)

        def forward(self, x):
            out = self.norm(self.start(x))
            out.register_hook(lambda g: 0.1 * g)
            return out

    (layer,) = audit(Hooked(), X).layers
    assert layer.verdict == PASS, layer.says


@pytest.mark.parametrize("norm", [nn.InstanceNorm2d(6, affine=True), nn.GroupNorm(2, 6), nn.BatchNorm2d(6)])
def test_writing_into_an_output_that_is_a_view_changes_nothing(norm):
    (layer,) = audit(nn.Sequential(nn.Conv2d(6, 6, 1), norm, nn.LeakyReLU(0.3, inplace=True)), X).layers
    assert layer.verdict == PASS, layer.says


def test_what_can_not_be_watched_is_said():
    class Transformed(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.norm = nn.Linear(5, 5), nn.LayerNorm(5)

        def forward(self, x):
            return torch.func.vmap(self.norm)(self.start(x))

    report = audit(Transformed(), X)
    assert not report.layers and "torch.func" in report.unseen["norm"]
    report = audit(nn.Sequential(nn.Linear(5, 5), nn.LayerNorm(5)), X[:0])
    assert report.ok and "empty" in report.unseen["1"]
