"""Notes on layers in forms that blogs and code have, a verdict for each formula, and the truth by autograd."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from derive.notes import check

HERE = Path(__file__).parent
EPS = 0.1
Sides = Iterator[tuple[int, Tensor, Tensor]]


def leaf(size: int = 5, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    return torch.randn(size, dtype=torch.float64, requires_grad=True)


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def by(total: Tensor, *nodes: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(total, nodes, retain_graph=True)


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.autograd.functional.jacobian(function, x)  # type: ignore[reportReturnType]


def loss(y: Tensor) -> Tensor:
    return (torch.linspace(-1, 2, y.numel(), dtype=torch.float64) * y).sum() + (y**3).sum() / 5 + y.sum() ** 2 / 7


def excess(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Two sides that are equal if and only if the first is not above the second."""
    return (left - right).clamp(min=0), torch.zeros((), dtype=torch.float64)


def bn_no_epsilon_en() -> Sides:
    x, a, b = leaf(), number(1.7), number(-0.3)
    n, c, v = x.numel(), x - x.mean(), x.var(correction=0)
    hat = c / v.sqrt()
    o = a * hat + b
    g, dx, da, db = by(loss(o), o, x, a, b)
    full, one = jacobian(lambda x: (x - x.mean()) / x.std(correction=0), x), torch.eye(n)
    yield 2, by(v, x)[0], 2 / n * c
    yield 3, full, v**-0.5 * (one - 1 / n) - v**-1.5 / n * torch.outer(c, c)
    yield 4, full, v**-0.5 * (one - 1 / n - torch.outer(hat, hat) / n)
    yield 5, dx, a / v.sqrt() * (g - g.mean() - hat * (g * hat).mean())
    yield 6, torch.stack((dx.sum(), dx @ hat)), torch.zeros(2)
    yield 7, da, n * (g * hat).mean()
    yield 8, db, g.mean()
    yield 9, dx @ dx, a**2 / v * (g @ g - n * g.mean() ** 2 - n * (g * hat).mean() ** 2)
    yield 10, *excess(dx @ dx, a**2 / v * (g @ g))


def weight_norm_steps_en() -> Sides:
    v, g, eta = leaf(), number(-1.3), 0.3
    w = g / v.norm() * v
    dw, dv, dg = by(loss(w), w, v, g)
    u = v / v.norm()
    p = torch.eye(v.numel()) - torch.outer(u, u)
    yield 1, by(v.norm(), v)[0], u
    yield 2, jacobian(lambda v: v / v.norm(), v), p / v.norm()
    yield 3, dg, dw @ u
    yield 4, dv, g / v.norm() * (p @ dw)
    yield 5, dv, g / v.norm() ** 2 * (p @ dw)
    yield 6, v @ dv, torch.zeros(())
    yield 7, torch.stack((p @ p, p.T)), torch.stack((p, p))
    yield 7, p @ u, torch.zeros_like(u)
    yield 8, *excess(dv.norm(), g.abs() / v.norm() * dw.norm())
    yield 9, (v - eta * dv).norm() ** 2, v @ v + eta**2 * (dv @ dv)


def bn_plain_words_en() -> Sides:
    x, gamma, beta = leaf(), number(1.7), number(-0.3)
    n, mu = x.numel(), x.mean()
    xmu = x - mu
    sq = xmu**2
    var = sq.mean()
    std = (var + EPS).sqrt()
    invstd = 1 / std
    hat = xmu * invstd
    scale = gamma * hat
    out = scale + beta
    names = (out, scale, hat, invstd, std, var, sq, xmu, x, gamma, beta)
    dout, dscale, dhat, dinvstd, dstd, dvar, dsq, dxmu, dx, dgamma, dbeta = by(loss(out), *names)
    yield 1, dscale, dout
    yield 2, dbeta, dout.sum()
    yield 3, dgamma, (dscale * hat).sum()
    yield 4, dinvstd, (dhat * xmu).sum()
    yield 5, dstd, dinvstd * -(invstd**2)
    yield 6, dvar, dstd * -0.5 * (var + EPS) ** -0.5
    yield 7, dvar, dstd / (2 * std)
    yield 8, dsq, (dvar / n).expand(n)
    yield 8, dxmu, dhat * invstd + 2 * xmu * dsq
    yield 9, dx, dxmu - dxmu.mean()


def rms_one_plus_w_en() -> Sides:
    x, w = leaf(), leaf(seed=1)
    d, r = x.numel(), (x.square().mean() + EPS) ** -0.5
    y = x * r * (1 + w)
    g, dx, dw = by(loss(y), y, x, w)
    tilde, n = (1 + w) * g, r * x
    full = jacobian(lambda x: x * (x.square().mean() + EPS) ** -0.5 * (1 + w), x)
    yield 2, by(r, x)[0], -(r**3) * x / d
    yield 3, full, (1 + w)[:, None] * (r * torch.eye(d) - r**3 * torch.outer(x, x) / d)
    yield 4, dx, r * tilde - r**3 * x / d * (tilde @ x)
    yield 4, dx, r * (tilde - n / d * (tilde @ n))
    yield 5, dw, g * n
    yield 6, dw, g * n * (1 + w)
    yield 7, dx @ x, r**3 * EPS * (tilde @ x)
    yield 8, dx @ x, torch.zeros(())
    yield 9, n @ n, d * (1 - EPS * r**2)


def scale_free_loss_en() -> Sides:
    w, eta, decay = leaf(), 0.3, 0.2
    hat = w / w.norm()
    g, dw = by(loss(hat), hat, w)
    step, decayed = w - eta * dw, (1 - eta * decay) * w - eta * dw
    yield 1, dw, (g - hat * (hat @ g)) / w.norm()
    yield 2, w @ dw, torch.zeros(())
    yield 3, dw @ dw, (g @ g - (hat @ g) ** 2) / (w @ w)
    yield 4, *excess(dw.norm(), g.norm() / w.norm())
    yield 5, *excess(dw.norm(), g.norm() / w.norm() ** 2)
    yield 6, step @ step, w @ w + eta**2 * (dw @ dw)
    yield 7, decayed @ decayed, (1 - eta * decay) ** 2 * (w @ w) + eta**2 * (dw @ dw)
    yield 8, decayed @ decayed, (1 - 2 * eta * decay) * (w @ w) + eta**2 * (dw @ dw)


NOTES = (bn_no_epsilon_en, weight_norm_steps_en, bn_plain_words_en, rms_one_plus_w_en, scale_free_loss_en)


def place(note: Callable[[], Sides]) -> Path:
    return HERE / f"{note.__name__.replace('_', '-')}.md"


def due(note: Callable[[], Sides]) -> list[str]:
    return place(note).with_suffix(".verdicts").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.__name__)
def test_each_formula_has_its_verdict(note):
    found = [(each.formula.line, each.verdict) for each in check(place(note))]
    assert [verdict for _, verdict in found] == due(note), found


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.__name__)
def test_the_expected_verdicts_are_true(note):
    seen: dict[int, list[bool]] = {}
    for formula, left, right in note():
        same = torch.allclose(left.double(), right.double(), rtol=1e-6, atol=1e-7)
        seen.setdefault(formula, []).append(same)
    holds = {formula: "proved" if all(each) else "refuted" for formula, each in seen.items()}
    assert holds == {at: verdict for at, verdict in enumerate(due(note), 1) if verdict != "definition"}
