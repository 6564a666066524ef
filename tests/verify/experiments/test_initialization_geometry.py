"""Lemma 4.5 at two weight vectors: a search as the oracle, exact numbers, and bounds that are false."""

import math
from fractions import Fraction

import pytest
import torch

from verify import assert_theorem
from verify.errors import VerifyError
from verify.experiments.initialization import geometry
from verify.experiments.initialization.exact import inner_products
from verify.experiments.initialization.geometry import line, measured, nested


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def golden_section(start: torch.Tensor, optimum: torch.Tensor, low: float, high: float) -> float:
    """The c of the ray at which c W* is nearest to the start, by bracketing alone."""
    ratio = (math.sqrt(5) - 1) / 2

    def distance(c: float) -> float:
        return float((start - c * optimum).norm())

    for _ in range(200):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if distance(left) < distance(right) else (left, high)
    return (low + high) / 2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sign", [1, -1])
def test_the_nearest_point_is_where_a_search_finds_it(seed: int, sign: int) -> None:
    optimum, noise = drawn(5, 4, seed=seed), drawn(5, 4, seed=seed + 100)
    start = sign * (optimum + 0.5 * noise)
    found = measured(start, optimum)
    assert found["k"] == pytest.approx(golden_section(start, optimum, -9.0, 9.0), abs=1e-6)
    on_the_ray = golden_section(start, optimum, 0.0, 9.0)
    assert found["nearest"] == pytest.approx(float((start - on_the_ray * optimum).square().sum()), rel=1e-12)
    assert not any(found["violations"].values())
    hypotheses = {"lemma-4.5-other-side", "lemma-4.5-infimum"}
    assert (set(found["violations"]) == hypotheses) == (sign < 0)


def test_numbers_by_hand() -> None:
    found = measured(torch.tensor([3.0, 4.0]), torch.tensor([2.0, 0.0]))
    assert (found["k"], found["apart"], found["nearest"], found["printed"]) == (1.5, 17.0, 16.0, 16.0)
    turned = measured(torch.tensor([-3.0, 4.0]), torch.tensor([2.0, 0.0]))
    assert (turned["k"], turned["nearest"], turned["printed"], turned["start"]) == (-1.5, 25.0, 16.0, 25.0)


def test_it_agrees_with_the_compiled_statements() -> None:
    start, optimum = drawn(30), drawn(30) + drawn(30, seed=1)
    assert measured(start, optimum)["overlap"] > 0
    for name in ("lemma-4.5-printed", "lemma-4.5-on-the-ray"):
        assert assert_theorem(name, {"W0": start, "Wstar": optimum}).verdict == "pass"
    assert_theorem("lemma-4.5-other-side", {"W0": -start, "Wstar": optimum, "c": 0.3})


def test_distances_are_exact() -> None:
    found = line(torch.tensor([0.1, 1e30, -1e-30, 0.0]), torch.tensor([0.3, 1e-30, 5e-324, 1.0]))
    numbers = [(0.1, 0.3), (1e30, 1e-30), (-1e-30, 5e-324), (0.0, 1.0)]
    pairs = [(Fraction(float(torch.tensor(a))), Fraction(float(torch.tensor(b)))) for a, b in numbers]
    c = Fraction(7, 3)
    assert found.to(c) == sum((a - c * b) ** 2 for a, b in pairs)
    assert found.overlap == sum(a * b for a, b in pairs) and found.length == sum(b * b for _, b in pairs)


@pytest.mark.parametrize("kind", ["normal", "wide", "large", "few bits", "float32"])
def test_inner_products_are_exact(kind: str) -> None:
    a, b = drawn(3, 40, seed=1), drawn(3, 40, seed=2)
    if kind == "wide":
        places = torch.randint(-900, 900, a.shape, generator=torch.Generator().manual_seed(3))
        a, b = torch.ldexp(a, places.double()), torch.ldexp(b, (-places.flip(1) // 9).double())
        assert a.isfinite().all() and a.abs().max() > 1e200
    if kind == "large":
        a, b = torch.full((2, 5000), 1 - 2.0**-53, dtype=torch.float64), torch.full((2, 5000), -1 + 2.0**-53).double()
        a[1], b[1] = -a[1], torch.nextafter(b[1], torch.zeros(5000).double())
    if kind == "few bits":
        a, b = a.round(), torch.zeros_like(b)
        b[0, 3], b[2, 5] = 5e-324, -1.7e308
    if kind == "float32":
        a, b = a.float(), b.float()
    found = inner_products(a, b)
    for row_a, row_b, each in zip(a.tolist(), b.tolist(), found, strict=True):
        assert each == sum((Fraction(x) * Fraction(y) for x, y in zip(row_a, row_b, strict=True)), Fraction(0))


def test_the_start_is_the_optimum() -> None:
    found = measured(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]))
    assert found["k"] == 1 and found["nearest"] == found["apart"] == 0
    assert "lemma-4.5-strict" not in found["violations"] and not any(found["violations"].values())


@pytest.mark.parametrize("start", [[0.0, 3.0], [0.0, 0.0]])
def test_no_overlap(start: list[float]) -> None:
    found = measured(torch.tensor(start), torch.tensor([2.0, 0.0]))
    assert found["k"] == 0 and found["nearest"] == found["start"]
    assert found["violations"] == {"lemma-4.5-other-side": 0, "lemma-4.5-infimum": 0}


def test_an_optimum_that_is_zero_has_no_ray() -> None:
    with pytest.raises(VerifyError, match=r"W\* is zero"):
        measured(torch.ones(3), torch.zeros(3))
    assert line(torch.ones(3), torch.zeros(3)).infimum == 3


@pytest.mark.parametrize(
    ("start", "optimum", "message"),
    [
        (torch.ones(3), torch.ones(4), "they need the same"),
        (torch.ones(3), torch.tensor([1.0, math.nan, 0.0]), "finite"),
        (torch.tensor([math.inf]), torch.ones(1), "finite"),
        (torch.ones(0), torch.ones(0), "at least one number"),
        (torch.ones(0, 3), torch.ones(0, 3), "at least one number"),
    ],
)
def test_what_is_no_pair_of_weights(start: torch.Tensor, optimum: torch.Tensor, message: str) -> None:
    with pytest.raises(VerifyError, match=message):
        line(start, optimum)


FALSE_BOUNDS = {
    "plus": lambda self: self.to(Fraction(1)) + (self.length - self.overlap) ** 2 / self.length,
    "no square": lambda self: self.to(Fraction(1)) - (self.length - self.overlap) / self.length,
    "|W0| for |W*|": lambda self: self.to(Fraction(1)) - (self.length - self.overlap) ** 2 / self.from_zero,
    "a part in 2^60": lambda self: self.to(self.k) * (1 + Fraction(1, 2**60)),
}


@pytest.mark.parametrize("fault", FALSE_BOUNDS)
def test_a_false_bound_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry.Line, "printed", property(FALSE_BOUNDS[fault]))
    found = measured(drawn(9) + drawn(9, seed=1), drawn(9))
    assert found["violations"]["lemma-4.5-printed"] == 1


@pytest.mark.parametrize("factor", [1 + Fraction(1, 2**30), Fraction(-1), Fraction(2)])
def test_a_false_k_is_seen(factor: Fraction, monkeypatch: pytest.MonkeyPatch) -> None:
    """A point next to the nearest one, and the one of the other side."""
    monkeypatch.setattr(geometry.Line, "k", property(lambda self: factor * self.overlap / self.length))
    start = drawn(9) + drawn(9, seed=1)
    for sign in (1, -1):
        violations = measured(sign * start, drawn(9))["violations"]
        if factor > 0 and sign > 0:
            assert violations["lemma-4.5-printed"] and violations["lemma-4.5-nearest"]
        if factor < 0:
            assert any(violations.values())


def test_factors_for_layers_and_filters() -> None:
    pairs = [(drawn(3, 4, seed=seed) + drawn(3, 4, seed=seed + 9), drawn(3, 4, seed=seed)) for seed in range(3)]
    pairs.append((-pairs[0][0], pairs[0][1]))
    found = nested(pairs)
    assert found["ordered"] and found["filters"] == 12 and 3 <= found["turned"]
    by_filter = 0.0
    for start, optimum in pairs:
        for w0, w in zip(start, optimum, strict=True):
            by_filter += float((w0 - max(0.0, float(w0 @ w / (w @ w))) * w).square().sum())
    assert found["by_filter"] == pytest.approx(by_filter, rel=1e-12)
    assert found["apart"] > found["together"] > found["by_layer"] > found["by_filter"]
    assert found["apart"] == pytest.approx(sum(float((a - b).square().sum()) for a, b in pairs), rel=1e-12)
