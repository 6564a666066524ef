"""The factors that may be missing somewhere, by their values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter, mul

from derive.language import Tensor
from derive.language.substitution import reached
from derive.notes.repair.kinds.factors import BIASED
from derive.notes.repair.kinds.names import delta
from derive.notes.repair.wrong import Wrong
from derive.notes.values import Vector, close

FACTOR = "missing-factor"

DEAREST = 1.0
"""Scales that cost more are not looked at."""

SCALARS = ("gamma", "sigma", "s", "r", "rms", "RMS", "std", "sigma.hat", "epsilon", "lambda", "eta", "alpha", "k", "c")


@dataclass(frozen=True)
class Scale:
    """A factor: its sign, and the names above and below the bar, as the document writes them."""

    values: Vector
    minus: bool = False
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    cost: float = 0.0

    @property
    def text(self) -> str:
        """The factor in LaTeX, without its sign."""
        over = joined(self.over) or "1"
        return rf"\frac{{{over}}}{{{joined(self.under)}}}" if self.under else over

    @property
    def code(self) -> str:
        return BIASED if any("-1" in part for part in (*self.over, *self.under)) else FACTOR


def joined(parts: tuple[str, ...]) -> str:
    bare = [part.removeprefix("(").removesuffix(")") if len(parts) == 1 and _is_count(part) else part for part in parts]
    return " ".join(bare)


def _is_count(part: str) -> bool:
    return part.startswith("(") and part.endswith("-1)")


class _Power:
    """A name above or below the bar."""

    def __init__(self, values: Vector, over: str, under: str, cost: float) -> None:
        self.values, self.over, self.under, self.cost = values, over, under, cost
        self.log = _log(values[0])


Entry = tuple[float, float, tuple[_Power, ...]]
"""What a factor costs, the logarithm of its first value, and of what it is put together."""


def _log(value: float) -> float:
    """The logarithm of a number without its sign, of 0 as if it were too large."""
    return math.log(abs(value)) if value and math.isfinite(value) else math.inf


def _key(log: float) -> int:
    """A number for values that are near each other."""
    return round(1e5 * log) if math.isfinite(log) else 0


class Scales:
    """The factors that may be missing in a formula of one document; `value` gives a name its values."""

    def __init__(self, wrong: Wrong, value: Callable[[str], Vector | None], places: int) -> None:
        self.wrong, self.value = wrong, value
        self.one = (1.0,) * places
        found: list[Entry] = [(0.0, 0.0, ())]
        for powers in self._powers():
            found += [
                (cost + power.cost, log + power.log, (*parts, power))
                for cost, log, parts in found
                for power in powers
                if cost + power.cost <= DEAREST
            ]
        self.table = sorted(found, key=itemgetter(0))
        self.places: dict[int, list[Entry]] = {}
        for entry in self.table:
            self.places.setdefault(_key(entry[1]), []).append(entry)

    def _powers(self) -> Iterator[list[_Power]]:
        """The powers of each single factor."""
        for text, vector, cost, square in self._atoms():
            inverse = tuple(1 / value if value else 0.0 for value in vector)
            powers = [_Power(vector, text, "", cost), _Power(inverse, "", text, cost)]
            if square:
                squared = f"{text}^2"
                powers.append(_Power(tuple(map(mul, vector, vector)), squared, "", 1.5 * cost))
                powers.append(_Power(tuple(map(mul, inverse, inverse)), "", squared, 1.5 * cost))
            yield powers

    def _scale(self, entry: Entry) -> Scale:
        cost, _, powers = entry
        values = self.one
        for power in powers:
            values = tuple(map(mul, values, power.values))
        over = tuple(power.over for power in powers if power.over)
        return Scale(values, False, over, tuple(power.under for power in powers if power.under), cost)

    def _atoms(self) -> Iterator[tuple[str, Vector, float, bool]]:
        """The single factors: numbers, sizes, gamma, sigma, with what they cost, and whether squares are tried."""
        yield "2", tuple(2.0 for _ in self.one), 0.2, False
        style = self.wrong.style
        letters = style.survey.sizes.letters() or [style.survey.sizes.usual()]
        for letter in letters:
            if (vector := self.value(letter)) is not None:
                yield letter, vector, 0.2, False
                yield f"({letter}-1)", tuple(value - 1 for value in vector), 0.3, False
                if style.has_root_of(letter):
                    yield rf"\sqrt{{{letter}}}", tuple(math.sqrt(value) for value in vector), 0.3, False
        for text in self._scalars():
            if (vector := self.value(text)) is not None and all(vector):
                yield text, vector, 0.35, not text.startswith(r"\sqrt") and "^" not in text

    def _scalars(self) -> Iterator[str]:
        """The names of numbers in the document: the root with epsilon first."""
        style = self.wrong.style
        if style.root is not None:
            yield style.root
        sizes = style.survey.sizes
        known = [key for key in sorted(style.keys) if not sizes.axes.get(key, 0) and key.partition("_")[0] in SCALARS]
        parameters = self.wrong.translation().vocabulary.parameters
        functions = {key for key, of in parameters.items() if not of.sizes}
        yield from (style.name(key) for key in dict.fromkeys((*known, *self._own())) if key not in functions)
        indexed = [key for key in sorted(style.keys) if sizes.axes.get(key, 0) == 1 and key in ("gamma", "g", "w")]
        yield from (style.name(key, (letter,)) for key in indexed for letter in self.wrong.free)

    def _own(self) -> list[str]:
        """The names of the numbers that the claim rests on, and that it has no definition of: w in a gradient by x."""
        names = {tensor.name for tensor in reached(self.wrong.claim.terms) if _is_free_number(tensor)}
        return sorted(self.wrong.style.keys & names - SHIFTS)[:MOST_OWN]

    @cached_property
    def blocks(self) -> list[tuple[str, Vector]]:
        """Summands and factors with indices: delta, and the names that have the free indices."""
        return list(self._blocks())

    def _blocks(self) -> Iterator[tuple[str, Vector]]:
        wrong, style = self.wrong, self.wrong.style
        if len(wrong.free) == 2 and (vector := self.value(delta(wrong))) is not None:
            yield delta(wrong), vector
        keys = [key for key in sorted(style.keys) if style.survey.sizes.axes.get(key, 0) == 1]
        for letter in wrong.free:
            for key in keys:
                text = style.name(key, (letter,))
                if (vector := self.value(text)) is not None and any(vector):
                    yield text, vector
            for mean in ("mu", "u", "mu_B"):
                for base in ("x", "a", "z"):
                    if mean in style.keys and base in keys:
                        text = f"({style.name(base, (letter,))} - {style.name(mean)})"
                        if (vector := self.value(text)) is not None:
                            yield text, vector

    def lookup(self, wanted: Vector) -> Iterator[Scale]:
        """The factors that have these values, the plain ones first."""
        near = [_key(_log(wanted[0])) + step for step in (-1, 0, 1)]
        opposite = tuple(-value for value in wanted)
        for entry in sorted((entry for key in near for entry in self.places.get(key, ())), key=itemgetter(0)):
            each = self._scale(entry)
            if close(each.values, wanted):
                yield each
            elif close(each.values, opposite):
                yield replace(each, minus=True)

    def block(self, wanted: Vector) -> Iterator[Scale]:
        """The factors with one name that has an index."""
        for text, vector in self.blocks:
            if all(vector):
                quotient = tuple(a / b for a, b in zip(wanted, vector, strict=True))
                for scale in self.lookup(quotient):
                    yield replace(scale, over=(*scale.over, text), cost=scale.cost + 0.4)
            elif len(self.wrong.free) > 1 and text == delta(self.wrong):
                if any(abs(a) > 1e-9 for a, b in zip(wanted, vector, strict=True) if not b):
                    continue
                rest = [a for a, b in zip(wanted, vector, strict=True) if b]
                for each in map(self._scale, self.table):
                    own = [v for v, b in zip(each.values, vector, strict=True) if b]
                    for minus in (False, True):
                        sign = -1 if minus else 1
                        if all(abs(a - sign * b) <= 1e-6 * abs(b) for a, b in zip(rest, own, strict=True)):
                            yield replace(each, minus=minus, over=(*each.over, text), cost=each.cost + 0.2)


SHIFTS = frozenset(("beta", "b"))
"""Names that are added, and no factors."""

MOST_OWN = 3
"""So many other names of numbers are tried."""


def _is_free_number(tensor: Tensor) -> bool:
    return not tensor.sizes and not tensor.integer and tensor.definition is None and tensor.dependence is None
