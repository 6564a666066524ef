"""Inner products of floating-point numbers without rounding: they are whole numbers times powers of two.

A float64 is m 2^e with |m| < 2^53, and m is cut in two, h 2^27 + l. The four products of two such halves are at most
2^54, and are cut in two again before they are added up, for each exponent in a sum of its own: no sum leaves 64 bits,
and only the last steps, one for each exponent, need longer numbers.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import torch

BITS = 27
MASK = 2**BITS - 1


def inner_products(a: torch.Tensor, b: torch.Tensor) -> list[Fraction]:
    """<a_i, b_i> for each row i of two matrices of finite numbers, exactly.

    >>> inner_products(torch.tensor([[0.5, 3.0]]), torch.tensor([[0.25, 2.0]]))
    [Fraction(49, 8)]
    """
    (high_a, low_a, places_a), (high_b, low_b, places_b) = _halves(a), _halves(b)
    places = places_a + places_b
    lowest = int(places.min())
    width = int(places.max()) - lowest + 1
    keys = (np.arange(len(places))[:, None] * width + places - lowest).ravel()
    totals = np.zeros((len(places), width), dtype=object)
    for product, shift in ((high_a * high_b, 2), (high_a * low_b + low_a * high_b, 1), (low_a * low_b, 0)):
        for part, more in ((product >> BITS, 1), (product & MASK, 0)):
            sums = np.zeros(len(places) * width, dtype=np.int64)
            np.add.at(sums, keys, part.ravel())
            totals += sums.reshape(totals.shape).astype(object) * 2 ** (BITS * (shift + more))
    unit = Fraction(2) ** lowest
    return [unit * sum(int(total) << place for place, total in enumerate(row) if total) for row in totals]


def _halves(values: torch.Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """h, l and e, with the value (h 2^27 + l) 2^e."""
    fractions, exponents = torch.frexp(values.detach().double().cpu())
    whole = (fractions * 2.0**53).long().numpy()
    places = np.where(whole == 0, int(exponents.min()), exponents.long().numpy()) - 53
    return whole >> BITS, whole & MASK, places
