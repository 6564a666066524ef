"""Relations between matrices that are written out, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

from derive.language import Claim, Tensor, Term
from derive.language.binding import walk
from derive.language.terms import Entry
from derive.latex.reader import syntax as tree
from derive.notes.claims import Claims
from derive.notes.meaning.grids import Grids, Tables
from derive.notes.meaning.instances import Instance
from derive.notes.meaning.order import most_of
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
            if any(is_bound(part.tensor) for term in claim.terms for part in walk(term) if isinstance(part, Entry)):
                raise Unclear("entries of a running maximum, in an array that is written out")
            return found[-1]
    open_ = next((each for each in found if each.verdict != PROVED), None)
    if open_ is not None:
        return open_
    return Relation(sign.text, sign.start, PROVED, _at(grids.sizes), None, reading)


def is_bound(tensor: Tensor) -> bool:
    """Whether this is an entry of a running maximum, which is not free."""
    return most_of(tensor.name.partition("[")[0]) is not None


def _given(hypotheses: tuple[Claim, ...], instance: Instance) -> Iterator[Claim]:
    for each in hypotheses:
        if each.hypotheses:
            raise Unclear("a hypothesis that has hypotheses of its own")
        yield Claim(instance(each.lhs, {}), each.relation, instance(each.rhs, {}))


def _at(sizes: dict[Term, int]) -> str:
    """The sizes at which this was proved, where the matrix says less than the names."""
    return f"at {', '.join(f'{size} = {number}' for size, number in sizes.items())}" if sizes else ""
