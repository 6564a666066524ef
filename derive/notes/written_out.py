"""Relations between matrices that are written out, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.language import Claim, Term
from derive.language.binding import walk
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.claims import Claims
from derive.notes.meaning.grids import Grids, Tables
from derive.notes.meaning.instances import Instance
from derive.notes.meaning.order import most_of, written_name
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Reading
from derive.notes.report import PROVED, REFUTED, Relation
from derive.notes.rulings import Rulings


def by_entries(
    claims: Claims,
    rulings: Rulings,
    tables: Tables,
    number: int,
    sides: tuple[tree.Node, tree.Node],
    relation: str,
    sign: tree.Sign,
    reading: Reading,
) -> Relation:
    """Proved where each entry is, refuted where one is. Raises Unclear where a side has no meaning."""
    translation = claims.translation(claims.vocabulary, claims.survey.symbols, number, reading)
    grids = Grids(translation, tables)
    pairs = [*grids.pairs(*sides)]
    translation.check_matrices()
    given = tuple(_given(claims.vocabulary.hypotheses(number), Instance(grids.sizes)))
    found: list[Relation] = []
    for left, right in pairs:
        claim = Claim(left, relation, right, given)
        found.append(rulings.of(claim, sign, sides[0], reading, ""))
        if found[-1].verdict == REFUTED:
            _ask_general(pairs, tables)
            return found[-1]
    open_ = next((each for each in found if each.verdict != PROVED), None)
    if open_ is not None:
        return open_
    return Relation(sign.text, sign.start, PROVED, _at(grids.sizes), None, reading)


def _ask_general(pairs: Sequence[tuple[Term, Term]], tables: Tables) -> None:
    """Raises Unclear where a formula may be about an example: numbers stand on one side, or for a name in it."""
    sides = [[part.tensor for term in side for part in _entries(term)] for side in zip(*pairs, strict=True)]
    if (sides[0] and not sides[1]) or (sides[1] and not sides[0]):
        raise Unclear("numbers on one side, which may be an example")
    used = {tensor for side in sides for tensor in side}
    if any(most_of(tensor.name.partition("[")[0]) is not None for tensor in used):
        raise Unclear("entries of a running maximum, in an array that is written out")
    if any("[" in tensor.name and written_name(tensor) in tables for tensor in used):
        raise Unclear("a name that stands for an example elsewhere")


def _entries(term: Term) -> Iterator[Entry]:
    return (part for part in walk(term) if isinstance(part, Entry))


def _given(hypotheses: tuple[Claim, ...], instance: Instance) -> Iterator[Claim]:
    for each in hypotheses:
        if each.hypotheses:
            raise Unclear("a hypothesis that has hypotheses of its own")
        yield Claim(instance(each.lhs, {}), each.relation, instance(each.rhs, {}))


def _at(sizes: dict[Term, int]) -> str:
    """The sizes at which this was proved, where the matrix says less than the names."""
    return f"at {', '.join(f'{size} = {number}' for size, number in sizes.items())}" if sizes else ""
