"""What is not said of the names in a formula: then it may be proved, and is not refuted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.language import Derivative, Tensor, Term
from derive.language.binding import walk
from derive.language.substitution import reached
from derive.language.terms import Entry, Neg, Pow
from derive.notes.meaning.focus import BATCH_LABELS
from derive.notes.meaning.order import written_name
from derive.notes.meaning.reach import below
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear, declare
from derive.notes.meaning.usage import INPUTS

if TYPE_CHECKING:
    from derive.notes.meaning.vocabulary import Vocabulary

USUAL = frozenset("x y z gamma beta epsilon g mu sigma m N n d D H K".split())
"""Names that everybody knows: a false formula about them is refuted without a definition."""

STATISTICS = frozenset("s r v S R rstd std var rms RMS inv invstd inv_std inv_rms istd denom tau nu".split())
"""Names that notes have for a mean square or its root, where they don't say so in a formula."""


ENTRIES = frozenset("nmduvgf")
"""Labels that may be an index, or the last one: x_n beside x_i."""


def unknown(vocabulary: Vocabulary, *terms: Term) -> list[str]:
    """The names in formulas of which nothing is said anywhere.

    Of those in definitions only the names count that stand for something computed: 1/r is no number times x.
    """
    free = ((key, tensor) for key, tensor in vocabulary.tensors.items() if tensor.definition is None)
    names = {written_name(tensor): key for key, tensor in free}
    found: dict[str, None] = {}
    for term in terms:
        here = {part.tensor for part in walk(term) if isinstance(part, Entry)}
        for tensor in below(term):
            key = names.get(written_name(tensor))
            told = tensor in here or key in vocabulary.recurrent or (key and is_open_statistic(vocabulary, key, tensor))
            if key is None or not told:
                continue
            open_ = key not in vocabulary.anchored | vocabulary.signed and not _is_usual(key)
            if open_ or key in vocabulary.computed | vocabulary.recurrent:
                found[key.partition(" along ")[0]] = None
    assumed = vocabulary.attention & vocabulary.conventions.keys()
    guessed = {vocabulary.tensors.get(key): key for key in ("p", "P", "O") if key in assumed}
    for tensor in reached(terms) & guessed.keys() if guessed else ():
        found[guessed[tensor]] = None  # of attention nothing is said: what holds for it is proved, no more
    return list(found)


def opaque(vocabulary: Vocabulary, *terms: Term) -> list[str]:
    """The names below formulas that the document defines by what is not understood."""
    free = ((key, tensor) for key, tensor in vocabulary.tensors.items() if tensor.definition is None)
    keys = {tensor: key for key, tensor in free if key in vocabulary.unread}
    return [keys[tensor] for tensor in reached(terms) if tensor in keys] if keys else []


def limited(vocabulary: Vocabulary, *terms: Term) -> list[str]:
    """Those of which it is not known that they can be anything."""
    x = vocabulary.input() if vocabulary.unread else None
    bound = (key for key in opaque(vocabulary, *terms) if not vocabulary.unread[key].is_free)
    return [key for key in bound if vocabulary.tensors[key] != x]


def constants(vocabulary: Vocabulary, *terms: Term) -> list[str]:
    """What derivatives in formulas rest on, and the document takes to be constant."""
    if not vocabulary.held or not any(isinstance(part, Derivative) for term in terms for part in walk(term)):
        return []
    below = reached(terms)
    known = (each.get(key) for each in (vocabulary.tensors, vocabulary.squares) for key in sorted(vocabulary.held))
    return [tensor.name for tensor in known if tensor in below and tensor is not None]


def ask_understood(vocabulary: Vocabulary, term: Term, by: Tensor) -> None:
    """Raises Unclear for a derivative of what rests on a name that may depend in a way that is not understood."""
    if not vocabulary.unread:
        return
    own = {key for each in (vocabulary.tensors, vocabulary.squares) for key, tensor in each.items() if tensor == by}
    for key in opaque(vocabulary, term):
        if vocabulary.unread[key].names & own and vocabulary.tensors[key] != by:
            raise Unclear(f"how {vocabulary.tensors[key].name} depends on {by.name} is not understood")


def ask_computed(vocabulary: Vocabulary, term: Term, by: Tensor) -> None:
    """Raises Unclear for a gradient by the input through numbers that may be computed from it: (x - c)/s."""
    lost = term.tensor.dependence if isinstance(term, Entry) else None
    if lost is None or by.definition is not None or not by.sizes:
        return
    open_ = {tensor: key for key, tensor in vocabulary.tensors.items() if _is_open(vocabulary, key, tensor)}
    if not open_ or by not in [vocabulary.tensors.get(key) for key in INPUTS]:
        return
    inside = _within(lost.on)
    found = sorted(key for tensor, key in open_.items() if tensor in inside and _may_be_of(tensor, by, inside))
    if found:
        names = ", ".join(map(latex_of, found))
        raise Unclear(f"nothing is said of how {names} depends on {by.name}", help=declare("free", names))


def _is_open(vocabulary: Vocabulary, key: str, tensor: Tensor) -> bool:
    """Whether nothing is said of a number that is likely computed."""
    if tensor.definition is not None or tensor.sizes or key in vocabulary.anchored or key in vocabulary.signed:
        return False
    return is_open_statistic(vocabulary, key, tensor)


def _within(tensor: Tensor) -> set[Tensor]:
    """A tensor, and all that its definition rests on."""
    return {tensor} | (reached([tensor.definition.body]) if tensor.definition is not None else set())


def _may_be_of(number: Tensor, by: Tensor, inside: set[Tensor]) -> bool:
    """Whether something with entries of an array in it is divided by a number, or shifted by it before a division."""
    bodies = (each.definition.body for each in inside if each.definition is not None)
    parts = ((body, [*walk(body)]) for body in bodies)
    own = [parts for _, parts in parts if any(isinstance(part, Entry) and part.tensor == by for part in parts)]
    below_ = (part.base for parts in own for part in parts if isinstance(part, Pow) and part.exponent < 0)
    shifts = (part for parts in own for part in parts if isinstance(part, Neg))
    return any(number in reached([part]) for part in (*below_, *shifts))


def ask_related(vocabulary: Vocabulary, term: Term, by: Tensor) -> None:
    """Raises Unclear for a derivative of what is computed by a number that stands nowhere else, and may be in it."""
    if by.definition is not None or by.sizes:
        return
    key = next((key for key, tensor in vocabulary.tensors.items() if tensor == by), None)
    if key is None or _is_usual(key) or key in vocabulary.anchored | vocabulary.signed:
        return
    inside = [*below(term)]
    of = next((each.name for each in inside if each.definition is not None), None)
    if of is not None and by not in inside:
        raise Unclear(f"nothing is said of how {of} depends on {by.name}", help=declare("free", latex_of(key)))


def _is_usual(key: str) -> bool:
    base, _, label = key.partition("_")
    return base in USUAL and label in BATCH_LABELS


def is_open_statistic(vocabulary: Vocabulary, key: str, tensor: Tensor) -> bool:
    """Whether a number of which nothing is said is likely computed: s, r, rstd, s_B, and c of (x - c)/s."""
    base, _, label = key.partition("_")
    known = key in vocabulary.middles or key in STATISTICS or (base in STATISTICS and label in BATCH_LABELS)
    known = known or (label in ENTRIES and bool(vocabulary.sizes.axes.get(base)))
    return tensor.definition is None and not tensor.sizes and known
