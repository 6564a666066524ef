"""What an operator runs over: ranges that are written in many ways are read as i = 1 below it and m above it."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from derive.latex.reader import syntax as tree

UP_TO = ("\\le", "\\leq", "\\leqslant", "<=")
BELOW = "<"
OTHER = ("\\ne", "\\neq")

COUNTING = ("sum", "prod")
"""Operators that run over numbers."""


class Range(NamedTuple):
    """The limits of an operator, as it has them after this."""

    lower: tree.Node | None
    upper: tree.Node | None


def over_ranges(operator: tree.Big) -> tree.Big:
    """The same operator with its ranges in the usual form; one over several letters is one within another."""
    if operator.operator not in COUNTING or not isinstance(operator.lower, tree.Chain | tree.Items | tree.Slice):
        return operator
    body: tree.Node = operator.body
    for each in reversed(list(_ranges(operator.lower, operator.upper))):
        body = tree.Big(operator.start, operator.end, operator.operator, each.lower, each.upper, body)
    return body if isinstance(body, tree.Big) else operator


def _ranges(lower: tree.Node, upper: tree.Node | None) -> list[Range]:
    match lower:
        case tree.Slice(lower=tree.Name() as letter, upper=tree.Chain() as condition) if _is_of(condition, letter):
            return [Range(condition, upper)]  # i: i \ne k
    if upper is None and (whole := _with_end(lower)) is not None:
        return [whole]
    if isinstance(lower, tree.Items) and any(isinstance(item, tree.Chain) for item in lower.items):
        return _listed(lower, upper) or [Range(lower, upper)]
    return [Range(lower, upper)]


def _with_end(lower: tree.Node) -> Range | None:
    """A range of which the last value stands below, too."""
    match lower:
        case tree.Items(items=[tree.Chain(sides=[_, begin]) as first, *between, last]) if _counts_on(begin, between):
            return Range(first, last)
        case tree.Slice(lower=tree.Chain() as first, upper=tree.Node() as last) if _signs(first) == ["="]:
            return Range(first, last)
        case tree.Chain(sides=[letter, tree.Product(factors=[tree.Number() as begin, tree.Dots(), last])]):
            return Range(_from(lower, letter, begin), last)
        case tree.Chain(sides=[letter, tree.Group() as numbers]) if _signs(lower) == ["\\in"]:
            return _of_set(lower, letter, numbers)
        case tree.Chain(sides=[tree.Number() as begin, tree.Name() as letter, last]) if _signs(lower)[0] in UP_TO:
            if (sign := _signs(lower)[1]) in (*UP_TO, BELOW):
                return Range(_from(lower, letter, begin), _one_less(last) if sign == BELOW else last)
    return None


def _of_set(lower: tree.Chain, letter: tree.Node, numbers: tree.Group) -> Range | None:
    """The range of [m] and of {1, ..., m}."""
    match numbers:
        case tree.Group(opening="[", closing="]", body=tree.Name() as size):
            return Range(_from(lower, letter, tree.Number(size.start, size.start, Fraction(1))), size)
        case tree.Group(opening="\\{", body=tree.Items(items=[tree.Number() as begin, *between, last])):
            return Range(_from(lower, letter, begin), last) if _counts_on(begin, between) else None
    return None


def _signs(chain: tree.Chain) -> list[str]:
    return [sign.text for sign in chain.signs]


def _counts_on(first: tree.Node, between: list[tree.Node]) -> bool:
    """Whether dots stand behind the first number, and before them no other numbers than the next ones."""
    if not between or not isinstance(between[-1], tree.Dots) or not isinstance(first, tree.Number):
        return False
    numbers = [each.value for each in between[:-1] if isinstance(each, tree.Number)]
    return numbers == [first.value + 1 + place for place in range(len(between) - 1)]


def _listed(lower: tree.Items, upper: tree.Node | None) -> list[Range]:
    """The range of each of several letters, i = 1, j = 1; none where something else stands there."""
    found: list[Range] = []
    waiting: list[tree.Node] = []
    for item in lower.items:
        if not isinstance(item, tree.Chain):
            waiting.append(item)
        elif _signs(item) == ["="] and isinstance(item.sides[1], tree.Number):
            found += [Range(_from(item, letter, item.sides[1]), upper) for letter in (*waiting, item.sides[0])]
            waiting = []
        elif len(found) == 1 and _leaves_out(item, found[0]) and not waiting:
            found = [Range(item, upper)]
        else:
            return []
    return [] if waiting else found


def _leaves_out(item: tree.Chain, whole: Range) -> bool:
    """Whether a condition leaves a place out of a range that begins with 1: i = 1, i \\ne k."""
    first = whole.lower
    if not isinstance(first, tree.Chain) or len(item.signs) != 1 or item.signs[0].text not in OTHER:
        return False
    letter, begin = first.sides[0], first.sides[1]
    return _is_of(item, letter) and isinstance(begin, tree.Number) and begin.value == 1


def _is_of(condition: tree.Chain, letter: tree.Node) -> bool:
    """Whether a condition begins with a letter."""
    head = condition.sides[0]
    return isinstance(letter, tree.Name) and isinstance(head, tree.Name) and letter.text == head.text


def _from(lower: tree.Node, letter: tree.Node, first: tree.Node) -> tree.Chain:
    return tree.Chain(lower.start, lower.end, (letter, first), (tree.Sign(letter.end, letter.end, "="),))


def _one_less(last: tree.Node) -> tree.Node:
    return tree.Terms(last.start, last.end, (last, tree.Number(last.end, last.end, Fraction(1))), ("+", "-"))
