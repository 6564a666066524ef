"""A whole model: it is left as it was, memory is dropped layer by layer, and bad input is said in a line."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from verify.audits.audit import audit
from verify.audits.observation.watch import Watch
from verify.errors import VerifyError
from verify.workload import workload_of


class Block(nn.Module):
    """A transformer block, with the norms before."""

    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.RMSNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.up, self.down, self.drop = nn.Linear(width, 2 * width), nn.Linear(2 * width, width), nn.Dropout(0.1)

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.attention(h, h, h, need_weights=False)[0]
        return x + self.drop(self.down(F.gelu(self.up(self.norm2(x)))))


class Net(nn.Module):
    """Convolutions with every kind of norm, and two blocks."""

    def __init__(self, norm=None):
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Sequential(nn.Conv2d(3, 12, 3), nn.BatchNorm2d(12), nn.ReLU(inplace=True))
        self.middle = nn.Sequential(nn.Conv2d(12, 12, 3), norm or nn.BatchNorm2d(12), nn.ReLU(inplace=True))
        self.end = nn.Sequential(nn.Conv2d(12, 16, 3), nn.GroupNorm(4, 16), nn.InstanceNorm2d(16, affine=True))
        self.blocks = nn.Sequential(Block(16), Block(16))
        for parameter in self.parameters():
            if parameter.dim() == 1:
                nn.init.normal_(parameter)

    def forward(self, x):
        return self.blocks(self.end(self.middle(self.stem(x))).flatten(2).transpose(1, 2))


def images(dtype=torch.float32):
    return torch.randn(4, 3, 12, 12, generator=torch.Generator().manual_seed(0)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_an_honest_model_has_no_faults(dtype):
    report = audit(Net().to(dtype), images(dtype))
    assert len(report.layers) == 8
    assert report.ok, [layer.says for layer in report.faults]
    if dtype != torch.bfloat16:
        assert not report.undecided


def test_a_model_in_evaluation_mode_is_audited_as_it_is():
    net = Net()
    net(images())
    report = audit(net.eval(), images())
    assert report.ok and not report.undecided
    assert [layer.like for layer in report][:2] == ["batchnorm-inference"] * 2


class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(factor)
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0], None


class Scaled(nn.BatchNorm2d):
    """Its input gradient is multiplied."""

    factor = torch.tensor(1.01)

    def forward(self, x):
        return super().forward(Scale.apply(x, self.factor))


class OneChannel(Scaled):
    factor = torch.ones(12, 1, 1).index_fill(0, torch.tensor(7), 1.001)


class DetachedStatistics(nn.BatchNorm2d):
    def forward(self, x):
        mu = x.mean((0, 2, 3), keepdim=True).detach()
        s = (x.var((0, 2, 3), correction=0, keepdim=True).detach() + self.eps).sqrt()
        return (x - mu) / s * self.weight[:, None, None] + self.bias[:, None, None]


class WithoutEpsilon(nn.BatchNorm2d):
    def forward(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, True, eps=1e-30)


@pytest.mark.parametrize(
    ("norm", "says"),
    [
        (Scaled, "1.01 times what is due"),
        (OneChannel, "1.001 times what is due"),
        (DetachedStatistics, "lacks the mean term"),
    ],
)
def test_a_planted_fault_is_named_and_no_other_layer(norm, says):
    report = audit(Net(norm(12)), images())
    assert [layer.name for layer in report.faults] == ["middle.1"]
    assert says in report.faults[0].says


def test_a_hook_that_changes_a_gradient_is_named():
    net = Net()
    net.middle[2].inplace = False
    net.middle[1].register_full_backward_hook(lambda module, into, out: (into[0] * 2,))
    assert [layer.name for layer in audit(net, images()).faults] == ["middle.1"]


def _state(net):
    tensors = [*net.state_dict().values(), *(p.grad for p in net.parameters() if p.grad is not None)]
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in net.modules()]
    return [tensor.clone() for tensor in tensors], hooks


def test_the_model_and_the_random_numbers_are_bit_by_bit_as_they_were():
    net, batch = Net(), images().requires_grad_()
    net(batch).square().sum().backward()
    tensors, hooks = _state(net)
    gradient, addresses = batch.grad.clone(), [b.data_ptr() for b in net.buffers()]
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    audit(net, batch)
    after, hooks_after = _state(net)
    assert hooks_after == hooks and [b.data_ptr() for b in net.buffers()] == addresses
    assert all(torch.equal(a, b) for a, b in zip(tensors, after, strict=True)) and torch.equal(batch.grad, gradient)
    assert torch.equal(torch.get_rng_state(), states[0]) and random.getstate() == states[1]
    assert (np.random.get_state()[1] == states[2]).all()


def test_the_step_computes_what_it_would_without_the_audit():
    net, found = Net(), []
    work = workload_of(net, images(), lambda out: found.append(out.detach().clone()) or out.square().mean())
    torch.manual_seed(5)
    audit(work)
    torch.manual_seed(5)
    work.step()
    assert torch.equal(*found)


def test_whole_tensors_are_dropped_layer_by_layer(monkeypatch):
    alive, watches = [], []
    screen, start = Watch._screen_gradients, Watch.__init__

    def counted(self, g):
        alive.append(sum(each.g is not None for each in watches))
        screen(self, g)

    def begun(self, *given):
        start(self, *given)
        watches.append(self)

    monkeypatch.setattr(Watch, "_screen_gradients", counted)
    monkeypatch.setattr(Watch, "__init__", begun)
    audit(Net(), images())
    assert len(alive) == 8 and max(alive) == 1
    assert all(not each.capture.x.numel() and not each.gradients for each in watches)


def test_rows_limits_the_sample_and_all_statistics_are_counted():
    report = audit(Net(), images(), rows=2)
    assert {layer.checked for layer in report} == {2}
    assert report.layers[0].numbers.statistics == 12 and report.layers[-1].numbers.statistics == 4 * 36
    assert all(len(layer.numbers.ratio) == layer.numbers.statistics for layer in report)


def test_the_plain_step_is_timed_if_asked_for():
    assert audit(nn.LayerNorm(5), torch.randn(3, 5)).plain_seconds is None
    report = audit(nn.LayerNorm(5), torch.randn(3, 5), time_plain=True)
    assert 0 < (report.plain_seconds or 0) < report.seconds


def test_bad_input_is_said_in_a_line():
    for wrong, says in (
        (lambda: audit(Net(), torch.randn(2, 5, 12, 12)), "can't be run on the batch"),
        (lambda: audit(Net(), images(), rows=0), "rows is 0"),
        (lambda: audit(Net()), "has no batch"),
        (lambda: audit(3, images()), "expected a torch.nn.Module"),
        (lambda: audit(nn.Identity(), images()), "requires a gradient"),
    ):
        with pytest.raises(VerifyError, match=says):
            wrong()


def test_a_model_without_norms_has_an_empty_report():
    report = audit(nn.Linear(5, 5), torch.randn(3, 5))
    assert report.ok and not report.layers
