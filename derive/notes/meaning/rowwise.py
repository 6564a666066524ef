"""Cases whose rows are chains of their own: L = {a = b if i = j; c = d if i != j} is L = {a; c} = {b; d}."""

from __future__ import annotations

from dataclasses import replace

from derive.latex.reader import syntax as tree
from derive.notes.meaning.cases import KINDS


def row_by_row(chain: tree.Node) -> tree.Node:
    """A chain in which cases of which the rows are equations stand once for each of their sides."""
    if not isinstance(chain, tree.Chain) or not any(map(_has_chains, chain.sides)):
        return chain
    sides, signs = [], []
    for place, side in enumerate(chain.sides):
        made, between = _apart(side) if _has_chains(side) else ([side], [])
        signs += [*([chain.signs[place - 1]] if place else []), *between]
        sides += made
    return replace(chain, sides=tuple(sides), signs=tuple(signs))


def _has_chains(node: tree.Node) -> bool:
    """Whether these are cases, and a row of them says that something is equal to something else."""
    if not isinstance(node, tree.Table) or node.kind not in KINDS or not all(node.rows):
        return False
    chains = [row[0] for row in node.rows if isinstance(row[0], tree.Chain)]
    return bool(chains) and all(sign.text == "=" for chain in chains for sign in chain.signs)


def _apart(node: tree.Node) -> tuple[list[tree.Node], list[tree.Sign]]:
    """The cases of the first sides of all rows, of the second ones, ...; a row with fewer keeps its last."""
    if not isinstance(node, tree.Table):
        return [node], []
    rows = [row[0].sides if isinstance(row[0], tree.Chain) else (row[0],) for row in node.rows]
    longest = max(node.rows, key=lambda row: len(row[0].sides) if isinstance(row[0], tree.Chain) else 1)[0]
    made: list[tree.Node] = []
    for place in range(max(map(len, rows))):
        cells = [sides[min(place, len(sides) - 1)] for sides in rows]
        made.append(replace(node, rows=tuple((cell, *row[1:]) for cell, row in zip(cells, node.rows, strict=True))))
    return made, [*longest.signs] if isinstance(longest, tree.Chain) else []
