"""Monomials that are sums of squares: sum_b u_b^2, (sum_b u_b v_b)^2, and sum_bkj R_bj R_kj u_b u_k."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from derive.language.terms import Index
from derive.normal_form.factors import Atom, Contraction, Factor, Opaque, contract
from derive.normal_form.field import Field
from derive.normal_form.ring import Monomial, Poly, factor_poly, number

NONNEGATIVE = frozenset({0, 1})
MOST = 5
"""Contractions over more indices are not taken apart."""


@dataclass(frozen=True)
class Square:
    """coefficient * sum over `over` of half^2; `half` is one monomial with a coefficient of 1."""

    coefficient: Monomial
    half: Poly
    over: tuple[Index, ...]


def square_of(field: Field, monomial: Monomial, definite: Callable[[Factor], bool]) -> Square | None:
    """A monomial as a square; `definite` says which factors are to stay in the coefficient."""
    coefficient: dict[Factor, int] = {}
    half, over = number(1), ()
    for factor, power in ordered(monomial):
        if definite(factor) and field.power_signs(factor, power) <= NONNEGATIVE:
            coefficient[factor] = power
        elif _opaque(factor) and power < 0:
            if not field.power_signs(factor, power) <= NONNEGATIVE:
                return None
            coefficient[factor] = power
        elif power % 2 == 0:
            half = field.multiply(half, factor_poly(factor, power // 2))
        elif isinstance(factor, Contraction) and power > 0 and (parts := halved(factor)) is not None:
            own, indices = parts
            for piece in own:
                half = field.multiply(half, factor_poly(piece))
            if power > 1:
                half = field.multiply(half, factor_poly(factor, power // 2))
            over = (*over, *indices)
        else:
            return None
    if len(half) != 1 or set(half.values()) != {1}:
        return None
    return Square(frozenset(coefficient.items()), half, over)


def ordered(monomial: Monomial) -> list[tuple[Factor, int]]:
    """The factors of a monomial in an order that is the same in every run."""
    return sorted(monomial, key=lambda item: (item[0].text, item[1]))


def _opaque(factor: Factor) -> bool:
    return isinstance(factor, Atom) and isinstance(factor.head, Opaque)


@lru_cache(maxsize=4096)
def halved(contraction: Contraction) -> tuple[tuple[Factor, ...], tuple[Index, ...]] | None:
    """One half of a contraction that is a sum of squares, and the indices that the halves share."""
    powers, bound = contraction.opened()
    if len(bound) > MOST or any(_opaque(atom) and power < 0 for atom, power in powers):
        return None
    for shared in subsets(bound):
        pieces = Counter(dict(apart(powers, bound, shared)))
        if all(times % 2 == 0 for times in pieces.values()):
            return tuple(piece for piece, times in pieces.items() for _ in range(times // 2)), shared
    return None


def subsets(bound: tuple[Index, ...]) -> Iterator[tuple[Index, ...]]:
    """The choices of at least one index, few first."""
    for count in range(1, len(bound) + 1):
        yield from combinations(bound, count)


def apart(
    powers: Iterable[tuple[Atom, int]], bound: tuple[Index, ...], shared: tuple[Index, ...]
) -> Iterator[tuple[Factor, int]]:
    """The pieces of a product that are joined by shared indices alone, each with its multiplicity.

    The other indices are summed inside the pieces.
    """
    inner = frozenset(bound) - frozenset(shared)
    found: Counter[Factor] = Counter()
    groups: list[tuple[set[Index], list[tuple[Atom, int]]]] = []
    for atom, power in powers:
        own = set(atom.free & inner)
        if not own:
            found[atom] += power
            continue
        joined = [group for group in groups if group[0] & own]
        groups = [group for group in groups if not group[0] & own]
        groups.append((own.union(*(g[0] for g in joined)), [(atom, power), *(item for g in joined for item in g[1])]))
    for own, items in groups:
        found[contract(items, tuple(own))] += 1
    yield from found.items()
