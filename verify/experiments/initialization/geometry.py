"""Lemma 4.5 at two weight vectors, in exact arithmetic: floating-point numbers are fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import torch

from verify.errors import VerifyError
from verify.experiments.initialization.exact import inner_products

AROUND = tuple(1 + sign * Fraction(1, 2**place) for place in (1, 10, 40) for sign in (1, -1))
"""Points of the ray around the nearest one, as multiples of it."""
ANYWHERE = (Fraction(1, 2**40), Fraction(1, 2**10), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(2**10))
"""Points c W* of the ray."""
CLOSE = (Fraction(1, 2), Fraction(1, 2**20), Fraction(1, 2**40))
"""How close to the infimum a point is looked for, in units of |W0|^2 + |W*|^2."""


@dataclass(frozen=True)
class Line:
    """A start W0 and an optimum W*, by the three numbers that distances along the line depend on."""

    from_zero: Fraction
    """|W0|^2."""
    overlap: Fraction
    """<W0, W*>."""
    length: Fraction
    """|W*|^2."""

    @property
    def k(self) -> Fraction:
        """<W0, W*> / |W*|^2. Raises VerifyError where W* = 0."""
        if not self.length:
            raise VerifyError("W* is zero: its multiples are no ray, and none of them is nearest to W0")
        return self.overlap / self.length

    def to(self, c: Fraction) -> Fraction:
        """|W0 - c W*|^2, multiplied out."""
        return self.from_zero - 2 * c * self.overlap + c * c * self.length

    @property
    def printed(self) -> Fraction:
        """|W0 - W*|^2 - (|W*|^2 - <W*, W0>)^2 / |W*|^2, the bound as the lemma has it."""
        return self.to(Fraction(1)) - (self.length - self.overlap) ** 2 / self.length

    @property
    def infimum(self) -> Fraction:
        """How near the ray {c W* : c > 0} comes to W0, squared: at k W* if that is on it, else towards 0."""
        return self.to(self.k) if self.length and self.overlap > 0 else self.from_zero


def line(start: torch.Tensor, optimum: torch.Tensor) -> Line:
    """The line of two weight tensors of one shape. Raises VerifyError where they are not, or have no finite numbers.

    >>> line(torch.tensor([3.0, 4.0]), torch.tensor([2.0, 0.0])).k
    Fraction(3, 2)
    """
    return _sum(lines(start[None], optimum[None]))


def lines(start: torch.Tensor, optimum: torch.Tensor) -> list[Line]:
    """The same for each filter: each entry of the first axis."""
    if start.shape != optimum.shape:
        raise VerifyError(f"W0 has the shape {tuple(start.shape)} and W* {tuple(optimum.shape)}; they need the same")
    if not start.numel() or not start.isfinite().all() or not optimum.isfinite().all():
        raise VerifyError("W0 and W* need at least one number, and finite ones")
    w0, w = start.reshape(len(start), -1), optimum.reshape(len(optimum), -1)
    products = (inner_products(*pair) for pair in ((w0, w0), (w0, w), (w, w)))
    return [Line(*numbers) for numbers in zip(*products, strict=True)]


def _sum(parts: Sequence[Line]) -> Line:
    """The line of the tensors of all parts together."""
    kinds = ((part.from_zero, part.overlap, part.length) for part in parts)
    return Line(*(sum(each, Fraction(0)) for each in zip(*kinds, strict=True)))


def measured(start: torch.Tensor, optimum: torch.Tensor) -> dict:
    """The lemma's numbers for one layer, and whether each part of it holds, exactly.

    `violations` counts, by the statement's name, the points at which it does not hold; statements whose hypotheses
    are not met are left out. Raises VerifyError where W* = 0.
    """
    found = line(start, optimum)
    k, apart = found.k, found.to(Fraction(1))
    violations = _where_positive(found) if k > 0 else _where_not(found)
    return {
        "k": float(k),
        "overlap": float(found.overlap),
        "cosine": float(found.overlap) / max(float(found.from_zero * found.length) ** 0.5, 1e-300),
        "start": float(found.from_zero),
        "optimum": float(found.length),
        "apart": float(apart),
        "nearest": float(found.infimum),
        "printed": float(found.printed),
        "violations": violations,
        "points": len(AROUND) + len(ANYWHERE),
    }


def _where_positive(found: Line) -> dict[str, int]:
    nearest, printed = found.to(found.k), found.printed
    others = [found.to(c) for c in (*(found.k * factor for factor in AROUND), *ANYWHERE) if c != found.k]
    violations = {
        "lemma-4.5-printed": int(nearest != printed),
        "lemma-4.5-nearest": sum(other <= nearest for other in others),
        "lemma-4.5-on-the-ray": int(found.k <= 0),
    }
    if found.k != 1:
        violations["lemma-4.5-strict"] = int(nearest >= found.to(Fraction(1)))
    return violations


def _where_not(found: Line) -> dict[str, int]:
    on_the_ray = [found.to(c) for c in ANYWHERE]
    total = found.from_zero + found.length
    missed = 0
    for part in CLOSE:
        eta = part * total
        missed += found.to(eta / (eta + found.length - 2 * found.overlap)) >= found.from_zero + eta
    return {
        "lemma-4.5-other-side": sum(each <= found.printed or each <= found.from_zero for each in on_the_ray),
        "lemma-4.5-infimum": missed,
    }


def nested(pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> dict:
    """How near the optima are that share one factor, have one for each layer, or one for each filter (squared).

    Each of these sets holds the one before it, so the distances may not grow; `ordered` says whether they don't.
    """
    filters = [lines(start, end) for start, end in pairs]
    rows = [row for each in filters for row in each]
    layers, joined = [_sum(each) for each in filters], _sum(rows)
    by_layer, by_filter = (sum((each.infimum for each in parts), Fraction(0)) for parts in (layers, rows))
    distances = [joined.to(Fraction(1)), joined.infimum, by_layer, by_filter]
    return {
        "apart": float(joined.to(Fraction(1))),
        "together": float(joined.infimum),
        "by_layer": float(by_layer),
        "by_filter": float(by_filter),
        "filters": len(rows),
        "turned": sum(row.overlap <= 0 for row in rows),
        "ordered": all(after <= before for before, after in pairwise(distances)),
    }
