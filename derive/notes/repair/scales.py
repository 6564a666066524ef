"""What is missing, found by its values: the factor at a summand, or the summand itself, that makes both sides equal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit, Text
from derive.notes.repair.kinds.factors import BIASED
from derive.notes.repair.kinds.names import DELTA, delta
from derive.notes.repair.kinds.signs import flipped
from derive.notes.repair.wrong import Wrong, is_derivative
from derive.notes.values import Values, Vector, close

FACTOR, TERM = "missing-factor", "missing-term"

DEAREST = 1.0
"""Scales that cost more are not looked at."""


@dataclass(frozen=True)
class Scale:
    """A factor: its sign, and the names above and below the bar, as the document writes them."""

    values: Vector
    minus: bool = False
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    cost: float = 0.0

    def times(self, values: Vector, over: str, under: str, cost: float) -> Scale:
        product = tuple(a * b for a, b in zip(self.values, values, strict=True))
        above = (*self.over, over) if over else self.over
        below = (*self.under, under) if under else self.under
        return Scale(product, self.minus, above, below, self.cost + cost)

    @property
    def text(self) -> str:
        """The factor in LaTeX, without its sign."""
        over = _joined(self.over) or "1"
        return rf"\frac{{{over}}}{{{_joined(self.under)}}}" if self.under else over

    @property
    def code(self) -> str:
        return BIASED if any("-1" in part for part in (*self.over, *self.under)) else FACTOR


def _key(value: float) -> int:
    """A number for values that are near each other, whatever their sign."""
    return round(1e5 * math.log(abs(value))) if value and math.isfinite(value) else 0


def _joined(parts: tuple[str, ...]) -> str:
    bare = [part.removeprefix("(").removesuffix(")") if len(parts) == 1 and _is_count(part) else part for part in parts]
    return " ".join(bare)


def _is_count(part: str) -> bool:
    return part.startswith("(") and part.endswith("-1)")


class Scales:
    """The factors that may be missing in formulas of one document, at the points of `values`."""

    def __init__(self, wrong: Wrong, values: Values) -> None:
        self.wrong, self.values = wrong, values
        one = tuple(1.0 for _ in values.places)
        self.one = one
        found = [Scale(one)]
        for text, vector, cost, square in self._atoms():
            inverse = tuple(1 / value if value else 0.0 for value in vector)
            powers = [(vector, text, "", cost), (inverse, "", text, cost)]
            if square:
                squared = f"{text}^2"
                powers.append((tuple(v * v for v in vector), squared, "", 1.5 * cost))
                powers.append((tuple(v * v for v in inverse), "", squared, 1.5 * cost))
            found += [
                each.times(by, over, under, price)
                for each in found
                for by, over, under, price in powers
                if each.cost + price <= DEAREST
            ]
        self.table = sorted(found, key=lambda each: each.cost)
        self.places: dict[int, list[Scale]] = {}
        for each in self.table:
            self.places.setdefault(_key(each.values[0]), []).append(each)
        self.blocks = list(self._blocks())

    def _atoms(self) -> Iterator[tuple[str, Vector, float, bool]]:
        """The single factors: numbers, sizes, gamma, sigma, with what they cost, and whether squares are tried."""
        yield "2", tuple(2.0 for _ in self.one), 0.2, False
        style = self.wrong.style
        letters = style.survey.sizes.letters() or [style.survey.sizes.usual()]
        for letter in letters:
            if (vector := self._vector(letter)) is not None:
                yield letter, vector, 0.2, False
                yield f"({letter}-1)", tuple(value - 1 for value in vector), 0.3, False
        for text in self._scalars():
            if (vector := self._vector(text)) is not None and all(vector):
                yield text, vector, 0.35, not text.startswith(r"\sqrt") and "^" not in text

    def _scalars(self) -> Iterator[str]:
        """The names of numbers in the document: the root with epsilon first."""
        style = self.wrong.style
        if style.root is not None:
            yield style.root
        sizes = style.survey.sizes
        known = [key for key in sorted(style.keys) if not sizes.axes.get(key, 0) and key.partition("_")[0] in SCALARS]
        yield from (style.name(key) for key in known)
        indexed = [key for key in sorted(style.keys) if sizes.axes.get(key, 0) == 1 and key in ("gamma", "g", "w")]
        yield from (style.name(key, (letter,)) for key in indexed for letter in self.wrong.free)

    def _vector(self, text: str) -> Vector | None:
        term = self.wrong.meaning(text)
        return None if term is None else self.values(term)

    def _blocks(self) -> Iterator[tuple[str, Vector]]:
        """Summands and factors with indices: delta, and the names that have the free indices."""
        wrong, style = self.wrong, self.wrong.style
        if len(wrong.free) == 2 and (vector := self._vector(delta(wrong))) is not None:
            yield delta(wrong), vector
        keys = [key for key in sorted(style.keys) if style.survey.sizes.axes.get(key, 0) == 1]
        for letter in wrong.free:
            for key in keys:
                text = style.name(key, (letter,))
                if (vector := self._vector(text)) is not None and any(vector):
                    yield text, vector
            for mean in ("mu", "u", "mu_B"):
                for base in ("x", "a", "z"):
                    if mean in style.keys and base in keys:
                        text = f"({style.name(base, (letter,))} - {style.name(mean)})"
                        if (vector := self._vector(text)) is not None:
                            yield text, vector

    def lookup(self, wanted: Vector) -> Iterator[Scale]:
        """The factors that have these values, the plain ones first."""
        near = [_key(wanted[0]) + step for step in (-1, 0, 1)]
        opposite = tuple(-value for value in wanted)
        for each in sorted((each for key in near for each in self.places.get(key, ())), key=lambda each: each.cost):
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
                for each in self.table:
                    own = [v for v, b in zip(each.values, vector, strict=True) if b]
                    for minus in (False, True):
                        sign = -1 if minus else 1
                        if all(abs(a - sign * b) <= 1e-6 * abs(b) for a, b in zip(rest, own, strict=True)):
                            yield replace(each, minus=minus, over=(*each.over, text), cost=each.cost + 0.2)


SCALARS = ("gamma", "sigma", "s", "r", "rms", "RMS", "std", "sigma.hat", "epsilon", "lambda", "eta", "alpha", "k", "c")


class Summands:
    """The summands in which a side is linear, each with the values that the side has without it."""

    def __init__(self, wrong: Wrong, side: tree.Node, value: Callable[[Edit], Vector | None]) -> None:
        """`value` says what values the side has with an edit."""
        self.wrong, self.side, self.value = wrong, side, value
        found = [each.node for each in wrong.operands(side) if each.linear]
        self.terms = [node for node in found if isinstance(node, tree.Terms)]
        self.others = [node for node in found if node is side or isinstance(node, tree.Big | tree.Group)]
        self.rests = list(self._rests())

    def _rests(self) -> Iterator[tuple[tree.Terms, int, Vector]]:
        for node in self.terms:
            for place, term in enumerate(node.terms):
                nothing = tree.Number(term.start, term.end, _ZERO)
                rest = self.value(Edit(None, 0.0, ((term, nothing),), ()))
                if rest is not None:
                    yield node, place, rest

    def signs(self, right: Vector) -> Iterator[tuple[Edit, Vector]]:
        """Each with the other sign."""
        for node, place, rest in self.rests:
            for edit in flipped(self.wrong, node, place):
                yield edit, tuple(2 * a - b for a, b in zip(rest, right, strict=True))

    def missing(self, left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """A factor at one summand, or at the whole side, or a summand, by which both sides become equal."""
        if not isinstance(self.side, tree.Terms) or len(self.side.terms) > 1:
            for scale in _some(scales, _quotient(left, right)):
                yield from scaled(self.wrong, self.side, None, 0, scale)
        for node, place, rest in self.rests:
            for scale in _some(scales, _quotient(_minus(left, rest), _minus(right, rest))):
                yield from scaled(self.wrong, self.side, node, place, scale)
        for node in (*self.terms, *self.others):
            yield from self._added(node, left, right, scales)

    def beside(self, tried: list[tuple[Edit, Vector]], left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """An edit, and a factor at a summand or at the side; or an edit, and the sign of the summand that it is in."""
        for edit, vector in tried:
            for node, place, rest in self.rests:
                if _is_in(edit, node.terms[place]):
                    other = tuple(2 * a - b for a, b in zip(rest, vector, strict=True))
                    found = flipped(self.wrong, node, place) if close(other, left) else ()
                else:
                    ratio = _quotient(_minus(left, vector), _minus(right, rest))
                    wanted = tuple(1 + value for value in ratio) if ratio is not None else None
                    found = self._scaled(node, place, wanted, scales)
                yield from (both for each in found if (both := edit.with_(each)) is not None)
            whole = None if isinstance(self.side, tree.Terms) else _quotient(left, vector)
            for each in self._scaled(None, 0, whole, scales):
                if (both := edit.with_(each)) is not None:
                    yield both

    def _scaled(self, node: tree.Terms | None, place: int, wanted: Vector | None, scales: Scales) -> Iterator[Edit]:
        for scale in list(scales.lookup(wanted))[:1] if wanted is not None and all(wanted) else ():
            yield from scaled(self.wrong, self.side, node, place, scale)

    def _added(self, node: tree.Node, left: Vector, right: Vector, scales: Scales) -> Iterator[Edit]:
        """A summand more."""
        one = tree.Number(node.end, node.end, _ONE)
        if isinstance(node, tree.Terms):
            new: tree.Node = replace(node, terms=(*node.terms, one), signs=(*node.signs, "+"))
        else:
            new = tree.Terms(node.start, node.end, (node, one), ("+", "+"))
        more = self.value(Edit(None, 0.0, ((node, new),), ()))
        if more is None or (wanted := _quotient(_minus(left, right), _minus(more, right))) is None:
            return
        for scale in (*list(scales.lookup(wanted))[:1], *list(scales.block(wanted))[:1]):
            yield self._with(node, scale)

    def _with(self, node: tree.Node, scale: Scale) -> Edit:
        start, end = self.wrong.span(node)
        if not delta_in(self.wrong, scale) or scale.minus:
            return Edit(TERM, 1.5 + scale.cost, (), ((end, end, f" {'-' if scale.minus else '+'} {scale.text}"),))
        between = " " if isinstance(node, tree.Terms) and node.signs[0] == "-" else " + "
        return Edit(DELTA, 1.3 + scale.cost, (), ((start, start, f"{scale.text}{between}"),))


def _is_in(edit: Edit, node: tree.Node) -> bool:
    return all(node.start <= start and end <= node.end for start, end, _ in edit.texts)


def _some(scales: Scales, wanted: Vector | None) -> Iterator[Scale]:
    """The first few factors with these values, that are more than a sign."""
    if wanted is None:
        return
    plain = [scale for scale in scales.lookup(wanted) if scale.over or scale.under]
    if not plain and not scales.values.free:
        return
    yield from plain[:2] or list(scales.block(wanted))[:1]


def _quotient(over: Vector, under: Vector) -> Vector | None:
    if any(abs(value) < 1e-12 for value in under):
        return None
    return tuple(a / b for a, b in zip(over, under, strict=True))


def delta_in(wrong: Wrong, scale: Scale) -> bool:
    return len(wrong.free) == 2 and delta(wrong) in scale.over


def _minus(left: Vector, right: Vector) -> Vector:
    return tuple(a - b for a, b in zip(left, right, strict=True))


def scaled(wrong: Wrong, side: tree.Node, above: tree.Terms | None, place: int, scale: Scale) -> Iterator[Edit]:
    """The edit that writes a factor before a summand, into its fraction where it begins with one."""
    node = side if above is None else above.terms[place]
    texts = list(_put(wrong, node, scale))
    if scale.minus:
        if above is None and not isinstance(side, tree.Terms):
            texts.append((node.start, node.start, "-"))
        elif above is not None:
            texts += [text for edit in flipped(wrong, above, place) for text in edit.texts]
        else:
            return
    merged = _merged(texts)
    code = DELTA if delta_in(wrong, scale) else scale.code
    wrapped = 0.3 * isinstance(node, tree.Terms)
    yield Edit(code, 1.1 + scale.cost + 0.5 * scale.minus + wrapped, (), merged)


def _merged(texts: list[Text]) -> tuple[Text, ...]:
    """Insertions at the same place as one: the sign first."""
    found: dict[tuple[int, int], str] = {}
    for start, end, text in reversed(texts):
        found[start, end] = found.get((start, end), "") + text
    return tuple((start, end, text) for (start, end), text in found.items())


def _put(wrong: Wrong, node: tree.Node, scale: Scale) -> Iterator[Text]:
    start, end = wrong.span(node)
    first = node.factors[0] if isinstance(node, tree.Product) else node
    if isinstance(node, tree.Terms):
        yield start, start, f"{scale.text} \\left("
        yield end, end, r"\right)"
    elif isinstance(node, tree.Number) and node.value == 1 and scale.text:
        yield start, end, scale.text
    elif isinstance(first, tree.Quotient) and not is_derivative(first):
        yield from _into(wrong, first, scale)
    else:
        yield start, start, f"{scale.text} "


def _is_short(wrong: Wrong, node: tree.Quotient) -> bool:
    """Whether a fraction is written without braces: \\frac12."""
    return not wrong.latex[node.start : node.over.start].rstrip().endswith("{")


def _into(wrong: Wrong, node: tree.Quotient, scale: Scale) -> Iterator[Text]:
    """A factor written into a fraction, in which what then stands above and below is left out."""
    over, under = _factors(wrong, node.over), _factors(wrong, node.under)
    common = [part for part in scale.over if part in under] + [part for part in scale.under if part in over]
    if common or _is_short(wrong, node):
        above, below = _reduced([*scale.over, *over], [*scale.under, *under])
        start, end = wrong.span(node)
        yield start, end, rf"\frac{{{_joined(above) or '1'}}}{{{_joined(below)}}}" if below else _joined(above) or "1"
        return
    for half, parts in ((node.over, scale.over), (node.under, scale.under)):
        start, end = wrong.span(half)
        if not parts:
            continue
        text = " ".join(parts)
        if isinstance(half, tree.Number) and half.value == 1:
            yield start, end, _joined(parts)
        elif isinstance(half, tree.Terms):
            yield start, start, f"{text}("
            yield end, end, ")"
        else:
            yield start, start, f"{text} "


def _factors(wrong: Wrong, node: tree.Node) -> list[str]:
    if isinstance(node, tree.Product) and not any(node.signs) and wrong.symbol(node) is None:
        return [wrong.text(factor) for factor in node.factors]
    if isinstance(node, tree.Number) and node.value == 1:
        return []
    text = wrong.text(node)
    return [f"({text})" if isinstance(node, tree.Terms) else text]


def _reduced(over: list[str], under: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    left = list(under)
    above = []
    for part in over:
        if part in left:
            left.remove(part)
        else:
            above.append(part)
    return tuple(above), tuple(left)


_ZERO, _ONE = Fraction(0), Fraction(1)
