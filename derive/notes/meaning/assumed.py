"""What the conventions of the field say in the place of a document: which of it formulas rest on."""

from __future__ import annotations

from derive.language import Claim, Term
from derive.language.binding import definitions_of, walk
from derive.language.terms import Entry, Tensor
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.vocabulary import Vocabulary


def assumed(
    vocabulary: Vocabulary, terms: tuple[Term, ...], hypotheses: tuple[Claim, ...]
) -> tuple[tuple[str, str], ...]:
    """The names that terms rest on, and that the document leaves out."""
    inside = [part for claim in hypotheses for term in claim.terms for part in walk(term)]
    used = {*definitions_of(*terms), *(part.tensor for part in inside if isinstance(part, Entry))}
    found = {}
    for key, meaning in vocabulary.conventions.items():
        square = key.endswith("2") and key[:-1] in vocabulary.squares
        if _tensor(vocabulary, key, square) in used:
            found[latex_of(key[:-1] if square else key, square)] = meaning
    return tuple(found.items())


def _tensor(vocabulary: Vocabulary, key: str, square: bool) -> Tensor | None:
    return vocabulary.squares.get(key[:-1]) if square else vocabulary.tensors.get(key)
