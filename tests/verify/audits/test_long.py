"""The bounds for channels of many numbers, and for features: above honest layers of any order, below small faults."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.verify.audits.captured import EPS, watched_run
from verify.arrangement import arrange
from verify.assertions.case import Case
from verify.assertions.expected import Expected, Honesty, expected_of
from verify.assertions.trial import compare
from verify.audits.observation.capture import GRADIENT, OF_BIAS, OF_WEIGHT, OUTPUT
from verify.audits.statistics.features import expected_of_features
from verify.audits.statistics.long import Channels, channels_of, expected_at, expected_total, spots_of, totals_of

M = 6000
FLOAT = torch.float32


def channels(mean: float, spread: float = 1.0) -> Channels:
    generator = torch.Generator().manual_seed(1)
    y = (torch.randn(2, M, generator=generator) * spread + mean).float().double()
    g = (torch.randn(2, M, generator=generator) + 0.2).double()
    return Channels(y, g, torch.tensor([1.5, -0.7]).double(), torch.tensor([0.2, 3.0]).double(), EPS)


def total(terms: np.ndarray) -> np.float32:
    """Added one after another in float32."""
    return np.cumsum(terms.astype(np.float32), dtype=np.float32)[-1]


def two_pass(y, g, gamma, beta):
    m = np.float32(len(y))
    mu = total(y) / m
    s = np.sqrt(total((y - mu) ** 2) / m + np.float32(EPS))
    hat = (y - mu) / s
    db, dw = total(g), total(g * hat)
    return gamma * hat + beta, gamma / s * (g - db / m - hat * (dw / m)), dw, db


def multiplied_out(y, g, gamma, beta):
    """Welford's statistics, y alpha + beta', and sum g y - mu sum g."""
    mu, squares, m = np.float32(0), np.float32(0), np.float32(len(y))
    for count, value in enumerate(y, 1):
        step = value - mu
        mu = mu + step / np.float32(count)
        squares = squares + step * (value - mu)
    s = np.sqrt(squares / m + np.float32(EPS))
    alpha = gamma / s
    db = total(g)
    dw = (total(g * y) - mu * db) / s
    slope = -alpha * dw / (s * m)
    return y * alpha + (beta - mu * alpha), alpha * g + (y * slope + (-alpha * db / m - mu * slope)), dw, db


def judged(own: Channels, values: dict[str, torch.Tensor]):
    """Every quantity beside what is due of it."""
    known = totals_of(own, Honesty().model(FLOAT, second=False))
    found = {}
    for name, value in values.items():
        if name in (OF_WEIGHT, OF_BIAS):
            found[name] = compare(value, expected_total(known, name, FLOAT, Honesty()))
        else:
            spots = spots_of(own, known, name, value.double())
            found[name] = compare(spots.found, expected_at([(own, known, spots)], name, FLOAT, Honesty())[0])
    return found


@pytest.mark.parametrize("layer", [two_pass, multiplied_out])
@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (3.0, 1.0), (100.0, 1.0), (0.01, 3e-3)])
def test_honest_layers_of_any_order_are_within_the_bounds(layer, mean, spread):
    own = channels(mean, spread)
    rows = zip(*(value.numpy().astype(np.float32) for value in (own.y, own.g, own.gamma, own.beta)), strict=True)
    results = [layer(*row) for row in rows]
    values = [torch.from_numpy(np.stack(each)) for each in zip(*results, strict=True)]
    found = judged(own, dict(zip((OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS), values, strict=True)))
    assert all(each.ok and each.known for each in found.values()), found
    assert max(each.ratio for each in found.values()) > 1e-3


def test_a_one_pass_variance_far_from_zero_is_beyond():
    own = channels(1e4)
    y = own.y.float()
    var = y.square().mean(1, keepdim=True) - y.mean(1, keepdim=True).square()
    out = (y - y.mean(1, keepdim=True)) / (var.clamp(min=0) + EPS).sqrt() * own.gamma[:, None].float()
    assert not judged(own, {OUTPUT: out + own.beta[:, None].float()})[OUTPUT].ok


@pytest.mark.parametrize("mean", [0.0, 30.0])
def test_values_are_those_of_the_whole_form_and_the_bounds_of_the_same_size(mean):
    own = channels(mean)
    x, g = own.y.float().movedim(0, 1), own.g.float().movedim(0, 1)
    lay = arrange("batchnorm", (M, 2))
    case = Case(lay, "", x, own.gamma.float(), own.beta.float(), g, None, EPS)
    case_own = channels_of(case)
    known = totals_of(case_own, Honesty().model(FLOAT, second=False))
    for name in (OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS):
        (whole,) = expected_of([case], name)
        value, bound = whole.value, whole.bound
        if name in (OUTPUT, GRADIENT):
            spots = spots_of(case_own, known, name, torch.zeros(2, M, dtype=torch.float64))
            (due,) = expected_at([(case_own, known, spots)], name, FLOAT, Honesty())
            value, bound = (each.movedim(1, 0).gather(1, spots.places) for each in (value, bound))
        else:
            due = expected_total(known, name, FLOAT, Honesty())
        assert bool(((due.value - value).abs() <= 1e-6 * bound).all())
        assert bool((due.bound < 20 * bound).all()) and bool((due.bound > 0.02 * bound).all())


def test_small_faults_are_beyond_the_bounds():
    own = channels(1.0)
    y = own.y.float().requires_grad_()
    out = F.batch_norm(y.T, None, None, own.gamma.float(), own.beta.float(), True).T
    (dx,) = torch.autograd.grad(out, y, own.g.float())
    hat = (own.y - own.y.mean(1, keepdim=True)) / own.y.std(1, correction=0, keepdim=True)
    scale = (own.gamma / own.y.std(1, correction=0))[:, None]
    projection = scale * hat * (own.g * hat).mean(1, keepdim=True)
    assert judged(own, {GRADIENT: dx})[GRADIENT].ok
    for wrong in (dx + projection, dx + scale * own.g.mean(1, keepdim=True), dx * (1 + 1 / M), dx.roll(1, 1), -dx):
        assert not judged(own, {GRADIENT: wrong})[GRADIENT].ok
    spoiled = dx.clone()
    spoiled[1, 4321] *= 1.01
    assert not judged(own, {GRADIENT: spoiled})[GRADIENT].ok
    spoiled[1, 4321] = torch.nan
    assert not judged(own, {GRADIENT: spoiled})[GRADIENT].ok


@pytest.mark.parametrize(
    ("like", "shape", "groups"),
    [
        ("layernorm", (40, 24), None),
        ("rmsnorm", (40, 24), None),
        ("groupnorm", (6, 8, 4, 4), 4),
        ("instancenorm", (6, 8, 4, 4), None),
    ],
)
@pytest.mark.parametrize("mean", [0.0, 50.0])
def test_gradients_by_features_are_those_of_the_whole_form(like, shape, groups, mean):
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(shape, generator=generator) + mean
    watch = watched_run(like, shape, groups, x=x)
    own = watch.columns
    assert own is not None and len(own.chosen) == 8
    generator = torch.Generator().manual_seed(3)
    size = shape[-1] if like in ("layernorm", "rmsnorm") else shape[1]
    weight, bias = torch.randn(size, generator=generator), torch.randn(size, generator=generator)
    g = torch.randn(shape, generator=generator)
    width = shape[-1:] if like in ("layernorm", "rmsnorm") else None
    case = Case(arrange(like, shape, groups, width), "", x, weight, bias, g, None, EPS, groups)
    for name in watch.by_columns:
        (whole,) = expected_of([case], name)
        due = expected_of_features(own, name, FLOAT, Honesty())
        value, bound = (each.reshape(-1)[list(own.chosen)] for each in (whole.value, whole.bound))
        assert bool(((due.value - value).abs() <= 1e-6 * bound).all())
        assert bool((due.bound < 30 * bound).all()) and bool((due.bound > 0.02 * bound).all())
        assert compare(watch.by_columns[name], due).ok
        wrong = Expected(due.value * 1.001 + 0.001 * due.value.abs().max(), due.bound)
        assert not compare(watch.by_columns[name], wrong).ok
