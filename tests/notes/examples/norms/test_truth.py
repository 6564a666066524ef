"""What the notes beside this file say is so, or is not: by automatic differentiation, formula by formula.

Each function has the two sides of the claims of one note by their numbers, written by hand from the note.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.notes.examples.norms.test_norms import HERE, due

Sides = Iterator[tuple[int, Tensor, Tensor]]

EPS, GAMMA, BETA = 0.1, torch.tensor(1.7), torch.tensor(-0.3)


def leaf(size: int = 5, seed: int = 0) -> Tensor:
    torch.manual_seed(seed)
    return torch.randn(size, dtype=torch.float64, requires_grad=True)


def loss(y: Tensor) -> Tensor:
    """Some function of all entries of the output."""
    weights = torch.linspace(-1, 2, y.numel(), dtype=torch.float64)
    return (weights * y).sum() + (y**3).sum() / 5 + y.sum() ** 2 / 7


def by(total: Tensor, *nodes: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(total, nodes, retain_graph=True)


class Layer:
    """Batch norm of a vector with one gamma, or layer norm with a gamma for each entry, and all gradients."""

    def __init__(self, of_each: bool = False) -> None:
        self.x = leaf()
        self.n = self.x.numel()
        shape = (self.n,) if of_each else ()
        self.gamma = torch.full(shape, 1.7, dtype=torch.float64)
        if of_each:
            self.gamma = self.gamma + torch.linspace(0, 1, self.n, dtype=torch.float64)
        self.gamma.requires_grad_()
        self.beta = torch.full(shape, -0.3, dtype=torch.float64, requires_grad=True)
        self.mu = self.x.mean()
        self.c = self.x - self.mu
        self.s = self.c**2
        self.v = self.s.mean()
        self.r = (self.v + EPS).sqrt()
        self.t = 1 / self.r
        self.z = self.c * self.t
        self.y = self.gamma * self.z + self.beta
        self.L = loss(self.y)
        names = ("x", "mu", "c", "s", "v", "r", "t", "z", "y", "gamma", "beta")
        self.d = dict(zip(names, by(self.L, *(getattr(self, name) for name in names)), strict=True))


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.autograd.functional.jacobian(function, x.detach())


def mean_direct(a: Layer) -> Tensor:
    """The gradient by the mean with the variance held fixed, and through the variance: this is 0."""
    return -a.t * a.d["z"].sum()


def bn_paper_zh() -> Sides:
    a = Layer()
    sigma = -(a.d["z"] * a.c).sum() / 2 * (a.v + EPS) ** -1.5
    yield 5, a.d["z"], a.d["y"] * a.gamma
    yield 6, a.d["v"], sigma
    yield 7, a.d["mu"], a.d["z"].sum() * a.t
    yield 8, a.d["x"], a.d["z"] * a.t + a.d["v"] * 2 * a.c / a.n + a.d["mu"] / a.n
    yield 9, a.d["mu"], -(a.d["z"] * a.t).sum() + a.d["v"] * (-2 * a.c).sum() / a.n
    yield 9, a.d["mu"], mean_direct(a)
    yield 10, (-2 * a.c).mean(), torch.tensor(0.0)


def ln_triton_en() -> Sides:
    a = Layer(of_each=True)
    wdy = a.gamma * a.d["y"]
    c1, c2 = (a.z * wdy).mean(), wdy.mean()
    yield 6, a.d["x"], (wdy - c2 - a.z * c1) * a.t
    yield 7, a.d["x"], (wdy - c1 - a.z * c2) * a.t
    yield 8, a.d["gamma"], a.d["y"] * a.z
    yield 8, a.d["beta"], a.d["y"]


def ln_vjp_vector_en() -> Sides:
    a = Layer(of_each=True)
    wdy = a.d["y"] * a.gamma
    yield 2, a.d["x"], (wdy - (a.z @ wdy) / a.n * a.z - (a.d["y"] @ a.gamma) / a.n) / a.r
    yield 3, a.d["gamma"], a.d["y"] * a.z
    yield 3, a.d["beta"], a.d["y"]


def ln_code_words_en() -> Sides:
    a = Layer(of_each=True)
    dy, gamma, z = a.d["y"], a.gamma, a.z
    yield 1, a.d["x"], a.t * (dy * gamma - (dy * gamma).mean() - z * (dy * gamma * z).mean())
    yield 2, a.d["x"], a.t * gamma * (dy - dy.mean() - z * (dy * z).mean())
    yield 3, a.d["gamma"], dy * z
    yield 4, a.d["beta"], dy


def rms_mean_form_en() -> Sides:
    x, gamma = leaf(), leaf(seed=1)
    d = x.numel()

    def root(x: Tensor) -> Tensor:
        return (x.square().mean() + EPS).rsqrt()

    r = root(x)
    hat = r * x
    y = gamma * hat
    g, dx, dgamma = by(loss(y), y, x, gamma)
    yield 1, dx, r * (gamma * g - hat * (gamma * g * hat).sum() / d)
    yield 2, dgamma, g * hat
    yield 3, jacobian(root, x), -(r**3) * x / d
    yield 4, jacobian(root, x), -(r**2) * x / d
    yield 5, jacobian(lambda x: root(x) * x, x), r * torch.eye(d) - r**3 / d * torch.outer(x, x)
    yield 6, dx, r * (gamma * g - hat * (gamma * g * hat).mean())
    yield 7, dx, r * (gamma * g - (gamma * g * hat).mean())


def bn_inference_fold_en() -> Sides:
    x, mean, variance = leaf(1)[0], torch.tensor(0.4), torch.tensor(2.3)
    root = (variance + EPS).sqrt()
    y = GAMMA * (x - mean) / root + BETA
    yield 2, y, GAMMA / root * x + (BETA - GAMMA * mean / root)
    yield 3, y, GAMMA / root * x + (BETA + GAMMA * mean / root)
    yield 4, by(y, x)[0], GAMMA / root


def bn_running_en() -> Sides:
    x = leaf()
    m, variance = x.numel(), x.var(correction=0)
    one, root = leaf(1, seed=2)[0], torch.tensor(2.3 + EPS).sqrt()
    y = GAMMA * (one - 0.4) / root + BETA
    yield 6, x.var(correction=1), m / (m - 1) * variance
    yield 7, x.var(correction=1), (m - 1) / m * variance
    yield 10, by(y, one)[0], GAMMA / root
    yield 11, by(y, one)[0], GAMMA / root**2


def variance_fr() -> Sides:
    x = leaf()
    n, bar, square = x.numel(), x.mean(), x.var(correction=0)
    c, s = x - bar, square.sqrt()
    yield 1, square, x.square().mean() - bar**2
    yield 2, square, x.square().mean() + bar**2
    yield 3, c.square().sum(), x.square().sum() - n * bar**2
    yield 4, c.square().sum(), x.square().sum() - bar**2
    yield 5, by(square, x)[0], 2 / n * c
    yield 6, by(square, x)[0], 2 / (n - 1) * c
    yield 7, by(bar, x)[0], torch.full((n,), 1 / n)
    yield 8, by(s, x)[0], c / (n * s)


def bn_compgraph_en() -> Sides:
    a = Layer()
    d = a.d
    yield 9, d["z"], a.gamma * d["y"]
    yield 10, d["t"], (d["z"] * a.c).sum()
    yield 11, d["r"], -d["t"] / a.r**2
    yield 12, d["r"], d["t"] / a.r**2
    yield 13, d["v"], d["r"] / 2 / (a.v + EPS).sqrt()
    yield 14, d["s"], (d["v"] / a.n).expand(a.n)
    yield 15, d["s"], d["v"].expand(a.n)
    yield 16, d["c"], d["z"] * a.t + 2 * a.c * d["s"]
    yield 17, d["mu"], -d["c"].sum()
    yield 18, d["x"], d["c"] + d["mu"] / a.n
    yield 19, d["x"], d["c"] + d["mu"]


def bn_gradient_names_en() -> Sides:
    a = Layer()
    d = a.d
    yield 1, d["z"], a.gamma * d["y"]
    yield 2, d["v"], -(a.v + EPS) ** -1.5 / 2 * (d["z"] * a.c).sum()
    yield 3, d["mu"], -d["z"].sum() / a.r
    yield 4, d["x"], d["z"] / a.r + 2 / a.n * a.c * d["v"] + d["mu"] / a.n
    yield 5, d["x"], d["z"] / a.r + 2 / a.n * a.c * d["v"] - d["mu"] / a.n
    yield 6, d["gamma"], (d["y"] * a.z).sum()
    yield 7, d["gamma"], (d["y"] * a.x).sum()
    yield 8, d["beta"], d["y"].sum()


def rms_quot_ru() -> Sides:
    x = leaf()
    n, square = x.numel(), x.square().mean() + EPS
    root = square.sqrt()
    y = x / root
    full = jacobian(lambda x: x / (x.square().mean() + EPS).sqrt(), x)
    delta, outer = torch.eye(n), torch.outer(x, x)
    yield 2, by(square, x)[0], 2 * x / n
    yield 3, full, (delta * root - outer / (n * root)) / square
    yield 4, full, (delta * root - 2 * outer / (n * root)) / square
    yield 5, full, (delta - torch.outer(y, y) / n) / root
    yield 6, full.diagonal(), (1 - y**2 / n) / root
    yield 7, y.square().sum(), n - n * EPS / square
    yield 8, y.square().sum(), torch.tensor(float(n))


def bn_differentials_en() -> Sides:
    x, dx = leaf().detach(), leaf(seed=3).detach()

    def moved(function: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.autograd.functional.jvp(function, x, dx)[1]

    m, c, sigma = x.numel(), x - x.mean(), x.std(correction=0)
    dmu, dvar = moved(lambda x: x.mean()), moved(lambda x: x.var(correction=0))
    dsigma = moved(lambda x: x.std(correction=0))
    dhat = moved(lambda x: (x - x.mean()) / x.std(correction=0))
    yield 1, dmu, dx.mean()
    yield 2, dvar, 2 / m * (c @ dx)
    yield 3, dvar, 1 / m * (c @ dx)
    yield 4, dsigma, dvar / (2 * sigma)
    yield 5, dhat, (dx - dmu) / sigma - c / sigma / sigma * dsigma
    yield 6, dhat, (dx - dmu) / sigma - c / sigma / sigma**2 * dsigma


def bn_invariance_tr() -> Sides:
    x, a, c = leaf(), 1.9, 0.7
    m, mu, sigma = x.numel(), x.mean(), x.std(correction=0)
    z = (x - mu) / sigma
    full = jacobian(lambda x: (x - x.mean()) / x.std(correction=0), x)
    yield 1, (a * x).mean(), a * mu
    yield 2, (a * x - a * mu).square().mean(), a**2 * sigma**2
    yield 3, (a * x - a * mu).square().mean(), a * sigma**2
    yield 4, (a * x - a * mu) / (a * sigma), z
    yield 5, full.sum(1), torch.zeros(m)
    yield 6, full @ x, torch.zeros(m)
    yield 7, z.square().sum(), torch.tensor(float(m))
    yield 8, (x + c).mean(), mu + c


NOTES = (
    *(bn_paper_zh, ln_triton_en, ln_vjp_vector_en, ln_code_words_en, rms_mean_form_en, bn_inference_fold_en),
    *(bn_running_en, variance_fr, bn_compgraph_en, bn_gradient_names_en, rms_quot_ru, bn_differentials_en),
    bn_invariance_tr,
)


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.__name__)
def test_the_expected_verdicts_are_true(note):
    expected = due(Path(HERE / f"{note.__name__.replace('_', '-')}.md"))
    seen: dict[int, list[bool]] = {}
    for number, left, right in note():
        same = torch.allclose(left.double(), right.double(), rtol=1e-6, atol=1e-7)
        seen.setdefault(number, []).append(same)
    holds = {number: "proved" if all(each) else "refuted" for number, each in seen.items()}
    assert holds == {place: verdict for place, verdict in enumerate(expected, 1) if verdict != "definition"}
