"""How a factor is written before a summand, or into its fraction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.latex.reader import syntax as tree
from derive.notes.repair.edit import Edit, Text
from derive.notes.repair.kinds.names import DELTA, delta
from derive.notes.repair.kinds.signs import flipped
from derive.notes.repair.scales import Scale, joined
from derive.notes.repair.wrong import Wrong, is_derivative


def delta_in(wrong: Wrong, scale: Scale) -> bool:
    return len(wrong.free) == 2 and delta(wrong) in scale.over


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
    if common or _is_short(wrong, node) or _powers((*scale.under, *under)) != (*scale.under, *under):
        above, below = map(_powers, _reduced([*scale.over, *over], [*scale.under, *under]))
        start, end = wrong.span(node)
        yield start, end, rf"\frac{{{joined(above) or '1'}}}{{{joined(below)}}}" if below else joined(above) or "1"
        return
    for half, parts in ((node.over, scale.over), (node.under, scale.under)):
        start, end = wrong.span(half)
        if not parts:
            continue
        text = " ".join(parts)
        if isinstance(half, tree.Number) and half.value == 1:
            yield start, end, joined(parts)
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


_POWER = re.compile(r"(?P<base>[^^]+)(?:\^(?P<power>[2-9]))?")


def _powers(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Factors with those that are the same as one power, 2 s^3 for s^2 2 s; others as they are."""
    found: dict[str, int] = {}
    for part in parts:
        match = _POWER.fullmatch(part)
        base, power = (match["base"], int(match["power"] or 1)) if match is not None else (part, 1)
        found[base] = found.get(base, 0) + power
    if len(found) == len(parts):
        return parts
    numbers = sorted(found, key=lambda base: not base.isdigit())
    return tuple(base if found[base] == 1 else f"{base}^{found[base]}" for base in numbers)
