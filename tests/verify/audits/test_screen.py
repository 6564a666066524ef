"""The screening sees every statistic: its numbers against plain formulas, and the worst place first."""

from __future__ import annotations

import pytest
import torch

from tests.verify.audits.captured import EPS, watched_run
from verify.audits.observation.capture import GRADIENT, OUTPUT, Capture
from verify.audits.statistics import frame as frames
from verify.audits.statistics.frame import frame_of
from verify.audits.statistics.sample import affordable, choose
from verify.audits.statistics.screen import gradient_residual, moments, output_residual, slopes

LAYERS = [
    ("batchnorm", (5, 6, 4, 4), None, (0, 2, 3)),
    ("layernorm", (5, 7, 32), None, (2,)),
    ("rmsnorm", (5, 7, 32), None, (2,)),
    ("groupnorm", (5, 6, 4, 4), 3, (2, 3)),
    ("instancenorm", (5, 6, 4, 4), None, (2, 3)),
]
EACH = pytest.mark.parametrize(("like", "shape", "groups", "axes"), LAYERS, ids=[each[0] for each in LAYERS])
NO_GRAD = torch.no_grad()


def numbers(like, shape, groups, pieces, monkeypatch):
    """The inputs of a layer, its exact gradients by autograd in float64, and its screening in small pieces."""
    monkeypatch.setitem(frames.PART, "cpu", pieces)
    generator = torch.Generator().manual_seed(0)
    x, g = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    size = shape[-1] if like in ("layernorm", "rmsnorm") else shape[1]
    weight, bias = (torch.randn(size, generator=generator, dtype=torch.float64) for _ in range(2))
    width = shape[-1:] if like in ("layernorm", "rmsnorm") else None
    capture = Capture("", like, like, "", x + 2, x, weight, bias, EPS, groups, width)
    frame = frame_of(capture)
    return frame, frame.inward(capture.x), frame.inward(g), frame.weights(weight, x.dtype), frame.weights(bias, x.dtype)


@EACH
@pytest.mark.parametrize("pieces", [40, 2**18])
def test_moments_sums_and_ratios_are_those_of_plain_formulas(like, shape, groups, axes, pieces, monkeypatch):
    frame, x, g, weight, bias = numbers(like, shape, groups, pieces, monkeypatch)
    known = moments(frame, x, EPS, x.dtype)
    dims = frame.axes
    mu = x.mean(dims, keepdim=True) if like != "rmsnorm" else torch.zeros((), dtype=x.dtype)
    var = (x - mu).square().mean(dims, keepdim=True)
    s = (var + EPS).sqrt()
    assert torch.allclose(known.mu, mu.expand_as(known.mu)) and torch.allclose(known.var, var)
    assert torch.allclose(known.inverse, 1 / s) and len(axes) + (like == "groupnorm") >= len(dims) - 1

    leaf = x.clone().requires_grad_()
    middle = leaf - leaf.mean(dims, keepdim=True) if like != "rmsnorm" else leaf
    hat = middle / (middle.square().mean(dims, keepdim=True) + EPS).sqrt()
    out = hat * weight + bias
    (dx,) = torch.autograd.grad(out, leaf, g)
    hat, up = hat.detach(), slopes(frame, x, g, known, weight)
    assert torch.allclose(up.weight, (g * hat).sum(frame.along, keepdim=True))
    assert torch.allclose(up.bias, g.sum(frame.along, keepdim=True))
    assert torch.allclose(up.squares, g.square().sum(frame.along, keepdim=True))
    a = g * weight
    assert torch.allclose(up.size, a.square().sum(dims, keepdim=True).expand_as(up.size))
    found = gradient_residual(frame, x, g, dx, known, up, weight)
    due = dx.square().sum(dims, keepdim=True) / (a.square().sum(dims, keepdim=True) / s.square())
    assert torch.allclose(found.ratio, due) and float(found.ratio.max()) <= 1 + 1e-12
    assert float(found.residual.max()) < 1e-12
    assert float(output_residual(frame, x, out.detach(), known, weight, bias).max()) < 1e-12


def test_the_ratio_is_theorem_4_1():
    """|dx|^2 by gamma^2/s^2 |g|^2 is 1 - (<1,g>^2 + (2 - rho) <g,yhat>^2) / (m |g|^2)."""
    watch = watched_run("batchnorm", (8, 3, 5, 5), dtype=torch.float64)
    generator = torch.Generator().manual_seed(3)
    x = (torch.randn((8, 3, 5, 5), generator=generator) + 0.3).double()
    torch.randn(3, generator=generator), torch.randn(3, generator=generator)
    g = torch.randn((8, 3, 5, 5), generator=generator).double()
    x, g = (value.movedim(1, 0).flatten(1) for value in (x, g))
    m, var = x.shape[1], x.var(1, correction=0)
    hat = (x - x.mean(1, keepdim=True)) / (var + EPS).sqrt()[:, None]
    rho = var / (var + EPS)
    due = 1 - (g.sum(1) ** 2 + (2 - rho) * (g * hat).sum(1) ** 2) / (m * g.square().sum(1))
    assert torch.allclose(torch.tensor(watch.numbers.ratio, dtype=torch.float64), due)


@EACH
def test_any_statistic_that_is_off_is_the_first_of_the_sample(like, shape, groups, axes):
    watch = watched_run(like, shape, groups)
    statistics, total = watch.frame.statistics, torch.Size(watch.frame.statistics).numel()
    for place in range(0, total, max(1, total // 7)):
        mask = torch.zeros(statistics)
        mask.view(-1)[place] = 1e-3

        def change(value, mask=mask, frame=watch.frame):
            return (value.reshape(frame.shape) * (1 + mask)).reshape(value.shape)

        for quantity in (OUTPUT, GRADIENT):
            found = watched_run(like, shape, groups, changes={quantity: change}, rows=1)
            sample = found.forward if quantity == OUTPUT else found.backward
            assert sample is not None and sample.chosen == (place,)


def test_dead_and_nearly_constant_channels_are_listed():
    x = torch.randn(4, 6, 5, 5)
    x[:, 1] *= 1e-4
    watch = watched_run("batchnorm", (4, 6, 5, 5), x=x)
    assert watch.near_constant == (1,) and watch.dead == ()
    assert watch.numbers.tightness[1] < 1 < watch.numbers.tightness[0]
    watch = watched_run("batchnorm", (4, 6, 5, 5))
    assert watch.capture.weight is not None
    weight = watch.capture.weight.detach().clone()
    weight[4] = 0.0
    capture = Capture("", "", "batchnorm", "", x, x, weight, None, EPS)
    other = type(watch)(capture)
    g = torch.randn(4, 6, 5, 5)
    g[:, 3] = 0.0
    other.grad_output(g)
    other.finish()
    assert other.dead == (3, 4)


def test_the_choice_takes_the_highest_of_each_score_and_a_spread():
    first, second = torch.zeros(100), torch.zeros(100)
    first[40], second[60] = 1.0, 1.0
    assert {40, 60, 0} <= set(choose(6, [first, second])) and len(choose(6, [first, second])) == 6
    assert choose(1, [first, second]) == [40]
    assert choose(9, [torch.arange(4.0)]) == [0, 1, 2, 3]


def test_long_statistics_get_smaller_samples_but_one_at_least():
    assert affordable(8, 100, 10) == 8 and affordable(8, 3, 10) == 3
    assert affordable(8, 100, 10**7) == affordable(8, 100, 10**7, "batchnorm") == 1
    assert affordable(8, 100, 20_000, "batchnorm") > affordable(8, 100, 20_000, "layernorm")
