"""Two letters for one thing: two names with one definition, and two limits of the sums over one index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.language import Index, Tensor, Term
from derive.language.binding import rename
from derive.language.terms import Entry, Sum
from derive.latex.reader import syntax as tree
from derive.notes.candidates import Key
from derive.notes.definitions import Definitions
from derive.notes.meaning.sizes import binders
from derive.notes.meaning.symbols import latex_of
from derive.notes.survey import Survey


class TwoLetters:
    """The names and the limits of sums that a document has used so far, section by section."""

    def __init__(self, survey: Survey, definitions: Definitions) -> None:
        self.survey = survey
        self.definitions = definitions
        self.bodies: dict[tuple[int, Term, tuple[Index, ...]], Key] = {}
        self.limits: dict[tuple[int, object], str] = {}

    def of(self, number: int, statements: tuple[tree.Statement, ...], named: Sequence[Key]) -> Iterator[str]:
        """Warnings at a formula with the second letter; `named` are the names that it defines."""
        section = self.survey.formulas[number].section
        for key in dict.fromkeys(named):
            before = self._same(section, key)
            if before is not None and not self._are_equated(before[0], key[0]):
                yield f"{latex_of(*key)} is defined as {latex_of(*before)} is: two names for one thing"
        for first, second in dict.fromkeys(self._limits(section, statements)):
            yield f"the same index runs up to {second} here, and up to {first} elsewhere"

    def _same(self, section: int, key: Key) -> Key | None:
        """The name of another letter that has been defined by the same formula."""
        tensor = self.definitions.meaning(key)
        if tensor is None or tensor.definition is None or not _is_composed(tensor):
            return None
        own = tuple(Index(f"#{n}", index.size) for n, index in enumerate(tensor.definition.indices))
        body = _plain(rename(tensor.definition.body, dict(zip(tensor.definition.indices, own, strict=True))), 0)
        before = self.bodies.setdefault((section, body, own), key)
        return before if _letter(before) != _letter(key) else None

    def _are_equated(self, one: str, other: str) -> bool:
        """Whether a formula of the document says that two names are the same."""
        for chain in self.survey.chains():
            if isinstance(chain, tree.Chain):
                symbols = filter(None, map(self.survey.symbols.symbol, chain.sides))
                if {one, other} <= {symbol.key for symbol in symbols}:
                    return True
        return False

    def _limits(self, section: int, statements: tuple[tree.Statement, ...]) -> Iterator[tuple[str, str]]:
        """The limits of sums over what is computed, or over gradients, that differ from those over the same before."""
        for part in (part for each in statements for part in each.chain.walk() if isinstance(part, tree.Big)):
            if part.operator != "sum" or not isinstance(part.upper, tree.Name):
                continue
            letter = part.upper.text
            for root, computed in self._axes(part):
                before = self.limits.setdefault((section, root), letter)
                if before != letter and computed:
                    yield before, letter

    def _axes(self, node: tree.Big) -> Iterator[tuple[object, bool]]:
        """What a sum runs over, and whether it is over what the document computes."""
        letters = set(binders(node, self.survey.symbols))
        for symbol in self.survey.outermost(node.body):
            computed = (symbol.key, False) in self.definitions.first
            for place, letter in enumerate(symbol.indices):
                if letter in letters:
                    yield self.survey.sizes.root(("axis", symbol.key, place)), computed


def _is_composed(tensor: Tensor) -> bool:
    """Whether a definition says more than that a name is another one."""
    body = tensor.definition.body if tensor.definition is not None else None
    return body is not None and not isinstance(body, Entry) and len(list(body.args)) > 0


def _letter(key: Key) -> str:
    return key[0].partition("_")[0].partition(".")[0].rstrip("'").lower()


def _plain(term: Term, depth: int) -> Term:
    """The same term with numbers for the indices of its sums."""
    if isinstance(term, Sum):
        index = Index(f"#s{depth}", term.index.size)
        return Sum(_plain(rename(term.args[0], {term.index: index}), depth + 1), index)
    return term.rebuild(tuple(_plain(each, depth) for each in term.args)) if term.args else term
