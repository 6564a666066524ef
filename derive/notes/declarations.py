"""What a note may declare: formulas that are read as if they stood there, and words about names and hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derive.latex.reader import Unread, parse
from derive.latex.reader import syntax as tree
from derive.notes.conventions import PREAMBLES
from derive.notes.find.comments import Declared, declared_in
from derive.notes.find.formula import Formula, NoteError

MARK = "normproof"
"""The mark of formulas that are declared; with a colon and a key behind it they say something else than themselves."""

LOSS, POSITIVE, ASSUME, FREE, SAMPLES, VECTORS, SCOPE, IGNORE = (
    f"{MARK}: {key}" for key in ("loss", "positive", "assume", "free", "samples", "vectors", "scope", "ignore")
)
SILENT = frozenset((LOSS, FREE, SAMPLES, VECTORS, SCOPE, IGNORE))
"""What is no formula."""


def declarations(text: str, ending: str = ".md") -> list[Formula]:
    """What a document declares, as formulas with marks, in its order.

    Raises NoteError with the line for a key that is not known, and for a value that can't be read.
    """
    return [formula for each in declared_in(text, ending) for formula in _formulas(each)]


def _formulas(said: Declared) -> Iterator[Formula]:
    make = KEYS.get(said.key)
    if make is None:
        known = ", ".join(key for key in KEYS)
        raise NoteError(f"line {said.line}: normproof has no key `{said.key}`; it has {known}")
    yield from make(said)


def _at(said: Declared, latex: str, mark: str = MARK) -> Formula:
    return Formula(latex, mark, False, ((said.line, said.column),))


def _layer(said: Declared) -> Iterator[Formula]:
    if said.value not in PREAMBLES:
        raise NoteError(f"line {said.line}: there is no layer `{said.value}`; there is {', '.join(PREAMBLES)}")
    return (_at(said, latex) for latex in PREAMBLES[said.value])


def _define(said: Declared) -> Iterator[Formula]:
    if not any(isinstance(each.chain, tree.Chain | tree.Items) for each in _read(said, said.value)):
        raise NoteError(f"line {said.line}: `{said.key}` takes a formula such as y = g x + b, not `{said.value}`")
    yield _at(said, said.value)


def _names(mark: str) -> Callable[[Declared], Iterator[Formula]]:
    """Names between commas; `positive` says of each that it is above 0."""

    def made(said: Declared) -> Iterator[Formula]:
        for name in filter(None, (part.strip() for part in said.value.split(","))):
            latex = f"{name} > 0" if mark == POSITIVE else name
            _read(said, latex)
            yield _at(said, latex, mark)

    return made


def _assume(said: Declared) -> Iterator[Formula]:
    if not all(isinstance(each.chain, tree.Chain) for each in _read(said, said.value)):
        raise NoteError(f"line {said.line}: `assume` takes a relation such as k > 0, not `{said.value}`")
    yield _at(said, said.value, ASSUME)


def _word(mark: str, *allowed: str) -> Callable[[Declared], Iterator[Formula]]:
    def made(said: Declared) -> Iterator[Formula]:
        if allowed and said.value not in allowed:
            raise NoteError(f"line {said.line}: `{said.key}` is {' or '.join(allowed)}, not `{said.value}`")
        yield _at(said, said.value, mark)

    return made


def _read(said: Declared, latex: str) -> tuple[tree.Statement, ...]:
    try:
        return parse(latex)
    except Unread as error:
        raise NoteError(f"line {said.line}: `{latex}` can't be read: {error.reason}") from None


KEYS: dict[str, Callable[[Declared], Iterator[Formula]]] = {
    "layer": _layer,
    "loss": _names(LOSS),
    "define": _define,
    "shapes": _define,
    "positive": _names(POSITIVE),
    "free": _names(FREE),
    "samples": _names(SAMPLES),
    "assume": _assume,
    "vectors": _word(VECTORS, "rows", "columns"),
    "scope": _word(SCOPE, "new"),
    "ignore": _word(IGNORE),
}
"""What can be declared."""
