"""Derivatives written with a slash: \\partial L / \\partial x and dL/dx are fractions."""

from __future__ import annotations

from derive.latex.reader import syntax as tree


def with_slashes(factors: list[tree.Node], signs: list[str]) -> tuple[list[tree.Node], list[str]]:
    """The factors of a product, with a fraction in place of each derivative that has a slash."""
    if "/" not in signs:
        return factors, signs
    found: list[tree.Node] = []
    between: list[str] = []
    at = 0
    while at < len(factors):
        above = _above(found, between) if signs[at] == "/" else 0
        below = _below(factors, signs, at, found[-above]) if above else 0
        if above and below:
            over, under = _product(found[-above:]), _product([_bare(each) for each in factors[at : at + below]])
            fraction = tree.Quotient(over.start, factors[at + below - 1].end, over, under)
            found[-above:] = [fraction]
            del between[len(found) :]
            at += below
        else:
            found.append(factors[at])
            between.append(signs[at])
            at += 1
    return found, between


def _above(found: list[tree.Node], between: list[str]) -> int:
    """How many of the last factors are the numerator of a derivative."""
    if found and _order(found[-1]):
        return 1
    return 2 if len(found) > 1 and not between[-1] and _is_d(found[-2]) and _is_name(found[-1]) else 0


def _below(factors: list[tree.Node], signs: list[str], at: int, over: tree.Node) -> int:
    """How many of the factors behind a slash are the denominator: as many as the order above says, at most."""
    if not _order(over):
        return 2 if _is_d(factors[at]) and signs[at + 1 : at + 2] == [""] and _is_name(factors[at + 1]) else 0
    count = 0
    while at + count < len(factors) and _order(factors[at + count]) and (not count or not signs[at + count]):
        count += 1
    return min(count, _order(over))


def _order(node: tree.Node) -> int:
    """The order of a partial differential, and 0 for anything else."""
    inner = _bare(node)
    if isinstance(inner, tree.Product) and all(isinstance(each, tree.Partial) for each in inner.factors):
        return len(inner.factors)
    if not isinstance(inner, tree.Partial):
        return 0
    return int(inner.order.value) if isinstance(inner.order, tree.Number) else 1


def _bare(node: tree.Node) -> tree.Node:
    return _bare(node.body) if isinstance(node, tree.Group) and node.opening in ("", "(") else node


def _is_d(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) and node.sub is None else node
    return isinstance(base, tree.Name) and base.text == "d" and not base.accents


def _is_name(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Name)


def _product(parts: list[tree.Node]) -> tree.Node:
    if len(parts) == 1:
        return _bare(parts[0])
    return tree.Product(parts[0].start, parts[-1].end, tuple(parts), ("",) * len(parts))
