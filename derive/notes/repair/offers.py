"""Edits offered: the formula is read again with each, and one is taken that is proved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from derive.language import Claim, LanguageError
from derive.latex.reader import Unread
from derive.latex.reader import syntax as tree
from derive.notes.meaning.value import Reading
from derive.notes.meaning.vocabulary import Unclear
from derive.notes.relations import RELATIONS
from derive.notes.repair.edit import Edit
from derive.notes.repair.place import Place
from derive.notes.repair.proofs import Proofs
from derive.notes.report import Mending
from derive.notes.values import Values, close, differ
from derive.refute.evaluate import TooLarge

PROOFS = 5
"""So many edits that agree with the numbers are given to the prover."""


class Offers:
    """Proves what is offered instead of one relation."""

    def __init__(self, place: Place) -> None:
        self.place, self.note = place, place.note
        self.proofs = Proofs()

    def first(
        self, found: Iterable[Edit], reading: Reading | None = None, values: Values | None = None
    ) -> Mending | None:
        """The first of some edits that is proved; `reading` is that in which they were found, by `values`."""
        tried = 0
        for edit in found:
            made = self.proved(edit, reading, values)
            if isinstance(made, Mending):
                return made
            tried += made is None
            if tried >= PROOFS:
                break
        return None

    def proved(self, edit: Edit, reading: Reading | None = None, values: Values | None = None) -> Mending | bool | None:
        """The mending that an edit makes, if it is read back and proved; False where it is no other formula."""
        if self._is_in_vain(edit):
            return None
        for claim, own, alike in self._claims(edit, reading, values):
            if alike and edit.texts:
                return False
            if self.proofs.proves(claim, edit.equal):
                return self.place.written(edit, own)
        return None

    def _is_in_vain(self, edit: Edit) -> bool:
        """Whether an edit leaves a bound, and no more of these are looked at."""
        sign = self.place.sign
        kept = all(end <= sign.start or sign.end <= start for start, end, _ in edit.texts)
        return kept and RELATIONS[sign.text] != "=" and not edit.equal and self.proofs.are_spent

    def _claims(
        self, edit: Edit, first: Reading | None, values: Values | None
    ) -> Iterator[tuple[Claim, Reading, bool]]:
        """What the formula claims with an edit, in each reading in which its numbers may agree, beginning with `first`.

        And whether it says of something that it is itself.
        """
        place, claims, latex = self.place, self.note.claims, self.place.with_edit(edit)
        read = self.note.survey.understood(place.number, latex)
        if isinstance(read, Unread) or len(read) <= place.statement:
            return
        chain = read[place.statement].chain
        if not isinstance(chain, tree.Chain) or len(chain.signs) <= place.at:
            return
        left, right = chain.sides[place.at : place.at + 2]
        left = place.left if isinstance(left, tree.Nothing) else left
        sign = RELATIONS.get(chain.signs[place.at].text)
        if sign is None:
            return
        self.note.survey.sizes.read(place.number, chain)
        chains = [statement.chain for statement in read]
        seen: list[Claim] = []
        readings = claims.readings() if first is None else claims.readings(first)
        for reading in readings:
            try:
                with self.note.vocabulary.losses.with_formula(place.number, chains, self.note.survey.symbols):
                    claim, asked = claims.unasked(place.number, left, right, sign, reading)
                    agrees = claim not in seen and (not (edit.equal or sign == "=") or _agree(claim, values))
                    if agrees:
                        claims.ask(place.number, left, right, reading, claim)
            except (Unclear, LanguageError):
                continue
            seen.append(claim)
            if agrees:
                same = claim.lhs == claim.rhs and left is place.left
                yield claim, reading, same or _alike(latex, left, right)
            readings.try_no_like(reading, asked)


def _agree(claim: Claim, values: Values | None) -> bool:
    """Whether the sides have the same values, at the points at which the edit was found where that shows it."""
    try:
        left, right = (values(claim.lhs), values(claim.rhs)) if values is not None else (None, None)
    except TooLarge:
        left = right = None
    if left is not None and right is not None and close(left, right):
        return True
    return not differ(Claim(claim.lhs, "=", claim.rhs, claim.hypotheses))  # what is 0 but for rounding is not close


def _alike(latex: str, left: tree.Node, right: tree.Node) -> bool:
    """Whether two sides are written alike, but for a factor 1."""
    one, other = (re.sub(r"[\s{}]|\\\\", "", latex[node.start : node.end]) for node in (left, right))
    return one == other or other == f"{one}1"  # the fraction that stood behind it is gone, but for its 1
