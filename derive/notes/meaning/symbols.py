"""What a name with its scripts says: which symbol it is, and which indices and which power stand at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from derive.latex.reader import syntax as tree
from derive.latex.reader.fonts import GREEK
from derive.notes.meaning.positions import Moved, Positions, moved
from derive.notes.meaning.subscripts import computed_in, key_of, label_latex, label_of

LETTERS = frozenset("abchijklpqrstw")
"""Letters that are indices wherever they stand in a subscript; `n`, `d` and others are where a sum says so."""

TRANSPOSES = frozenset(("T", "top", "intercal"))


@dataclass(frozen=True)
class Symbol:
    """A name in a formula. `key` tells symbols apart: letters, accents, primes, and subscripts that are no indices.

    `indices` are the letters of its indices, with their primes. `power` is an exponent, None where there is none.
    `argument` is what stands in brackets behind the name of a function: RMS(x). `computed` has the letters of a
    subscript that is computed: t of h_{t-1}.
    """

    key: str
    indices: tuple[str, ...] = ()
    power: tree.Node | None = None
    transposed: bool = False
    argument: tree.Node | None = None
    computed: frozenset[str] = frozenset()


Named: TypeAlias = tuple[tree.Node, Symbol]
"""A part of a formula, and the symbol that it is."""

_NAMED = (tree.Name, tree.Scripted, tree.Product, tree.Group, tree.Labelled)
"""What can be a symbol."""


class Symbols:
    """Reads symbols; `letters` are those that are indices in this document.

    `features` says where an index tells of which feature everything is, and is left out: "above" in brackets, x^{(k)},
    or "below".
    """

    def __init__(
        self,
        letters: frozenset[str] = LETTERS,
        features: str = "",
        hidden: Mapping[str, tuple[str, ...]] | None = None,
        positions: Positions | None = None,
        above: frozenset[str] = frozenset(),
    ) -> None:
        """`hidden` has the indices of names that are written without them, `above` the names of x^{(i)}."""
        self.letters = letters
        self.features = features
        self.hidden = hidden or {}
        self.positions = positions or Positions()
        self.above = above
        self._known: dict[int, tuple[tree.Node, Symbol | None]] = {}
        self._named: dict[int, tuple[tree.Node, tuple[Named, ...]]] = {}

    def with_letters(self, letters: frozenset[str]) -> Symbols:
        """The same for other letters; itself where these are the same, with all that it has read."""
        return self if letters == self.letters else Symbols(letters)

    def knowing(
        self, features: str, hidden: Mapping[str, tuple[str, ...]], positions: Positions, above: frozenset[str]
    ) -> Symbols:
        """The same letters, where more is known of a document."""
        made = Symbols(self.letters, features, hidden, positions, above)
        if not (features or hidden or above):
            made._known, made._named = self._known, self._named  # where names are moved from changes no symbol
        return made

    def named_in(self, node: tree.Node) -> tuple[Named, ...]:
        """The parts of a formula that are symbols, with these; they are looked for once."""
        known = self._named.get(id(node))
        if known is None:
            parts = (part for part in node.walk() if isinstance(part, _NAMED))
            found = ((part, symbol) for part in parts if (symbol := self.symbol(part)) is not None)
            known = self._named[id(node)] = node, tuple(found)  # with the node, as above
        return known[1]

    def moved(self, node: tree.Node) -> Moved | None:
        """What a name at i-1 is moved from, where the document has the name at i, too."""
        found = moved(node)
        own = self.symbol(found.plain) if found is not None else None
        if found is None or own is None or own.key not in self.positions.movable:
            return None
        return found if all(letter in own.indices for letter, _ in found.by) else None

    def symbol(self, node: tree.Node) -> Symbol | None:
        """The symbol that a node is, or None."""
        if not isinstance(node, _NAMED):
            return None
        known = self._known.get(id(node))
        if known is None:
            known = node, self._symbol(node)
            self._known[id(node)] = known  # with the node, so that its number is given to no other
        return known[1]

    def _symbol(self, node: tree.Node) -> Symbol | None:
        if isinstance(node, tree.Name):
            key = key_of(node)
            return Symbol(key, self.hidden.get(key, ()))
        if isinstance(node, tree.Labelled) or (isinstance(node, tree.Group) and not (node.opening or node.closing)):
            return self.symbol(node.body)
        if isinstance(node, tree.Product):
            return self._call(node)
        if not isinstance(node, tree.Scripted):
            return None
        if not isinstance(node.base, tree.Name):
            inner = self.symbol(node.base) if isinstance(node.base, tree.Group) and not node.base.opening else None
            return None if inner is None else self._scripted(inner, node)
        return self._scripted(Symbol(key_of(node.base)), node)

    def _call(self, node: tree.Product) -> Symbol | None:
        """A word and brackets behind it, with scripts at either: RMS(x)^2, LN(x)_i, softmax(x_i)."""
        if len(node.factors) != 2 or any(node.signs):
            return None
        name, group = node.factors
        own = self.symbol(name)
        inside = group.base if isinstance(group, tree.Scripted) else group
        if (
            own is None
            or own.argument is not None
            or not (is_word(own.key) or _is_marked(name))
            or is_entry_of_matrix(name)
            or not isinstance(inside, tree.Group)
            or inside.opening not in ("(", "[")
        ):
            return None
        found = self._scripted(own, group) if isinstance(group, tree.Scripted) else own
        if found is None:
            return None
        argument = self.symbol(inside.body)
        indices = found.indices or (argument.indices if argument is not None else ())
        return Symbol(found.key, indices, found.power, found.transposed, inside.body, found.computed)

    def _scripted(self, base: Symbol, node: tree.Scripted) -> Symbol | None:
        key = base.key + "'" * node.primes
        indices, label, computed = base.indices, "", base.computed
        power, transposed = base.power, base.transposed
        if node.sub is not None:
            own = None if _is_bold_label(node) else self.indices(_without_brackets(node.sub, key in self.above))
            if own is None:
                label, computed = f"_{label_of(node.sub)}", computed | computed_in(node.sub)
            elif self.features != "below" or len({*own}) > 1 or isinstance(node.sub, tree.Group):
                indices = (*indices, *own)
        if node.sup is not None:
            if isinstance(node.sup, tree.Name) and node.sup.text in TRANSPOSES and not node.sup.accents:
                transposed = True
            elif isinstance(node.sup, tree.Group) and node.sup.opening == "(":
                own = self.indices(node.sup.body)
                if own is None:
                    return None
                indices = indices if self.features == "above" else (*own, *indices)
            elif _is_label(key, node.sup):
                label, computed = f"{label}^{label_of(node.sup)}", computed | computed_in(node.sup)
            else:
                power = node.sup
        return Symbol(key + label, indices, power, transposed, computed=computed)

    def indices(self, node: tree.Node) -> tuple[str, ...] | None:
        """The letters of a subscript that is made of indices: `ij`, `i,j`, `n'c'h'w'`; None for a label."""
        if isinstance(node, tree.Group) and node.opening and isinstance(node.body, tree.Name):
            return None  # x_{(i)} is the entry at place i in order
        parts = list(_parts(node))
        if len(parts) == 1 and isinstance(parts[0], tree.Name) and parts[0].text == "ln" and not parts[0].font:
            parts = _letters(parts[0]) if {"l", "n"} <= self.letters else parts  # no logarithm stands below a name
        found = [self._index(part, len(parts) > 1) for part in parts]
        return tuple(name for name in found if name) if found and all(found) else None

    def _index(self, node: tree.Node, among_others: bool) -> str | None:
        primes = 0
        if isinstance(node, tree.Scripted) and node.sub is None and node.sup is None:
            node, primes = node.base, node.primes
        if not isinstance(node, tree.Name) or node.accents:
            return None
        if len(node.text) > 1 or not node.text.islower():
            return None
        known = node.text in self.letters or (among_others and node.text in "ndmg")
        return node.text + "'" * primes if known else None


def _without_brackets(sub: tree.Node, above: bool) -> tree.Node:
    """A subscript in brackets is an index, x_{(i)}, where the document has x^{(i)}, too."""
    return sub.body if above and isinstance(sub, tree.Group) and sub.opening == "(" else sub


def names_above(nodes: Iterable[tree.Node], symbols: Symbols) -> Iterator[str]:
    """The keys of names with an index above, in brackets: x^{(i)}."""
    for node in nodes:
        for part in node.walk():
            if isinstance(part, tree.Scripted) and isinstance(part.sup, tree.Group) and part.sub is None:
                symbol = symbols.symbol(part)
                if symbol is not None and symbol.indices:
                    yield symbol.key


def _is_label(key: str, sup: tree.Node) -> bool:
    """Whether a superscript is a part of the name: it holds a name, and the base is not the number e."""
    named = any(isinstance(part, tree.Name) for part in sup.walk())
    return named and key != "e"


def _is_bold_label(node: tree.Scripted) -> bool:
    """Whether a subscript is a vector, at a name that is not bold itself: it says of what the name is, and no index."""
    base, sub = node.base, node.sub
    plain = isinstance(base, tree.Name) and base.font not in BOLD
    return plain and isinstance(sub, tree.Name) and sub.font in BOLD


FUNCTION = "function"
"""The font that marks a letter as a function where brackets follow."""


def _is_marked(node: tree.Node) -> bool:
    base = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(base, tree.Name) and base.font == FUNCTION


def is_entry_of_matrix(node: tree.Node) -> bool:
    """Whether this is one letter with two indices, P_{ij}, which is no function, whatever stands behind it."""
    if not isinstance(node, tree.Scripted) or not isinstance(node.base, tree.Name) or len(node.base.text) > 1:
        return False
    sub = node.sub
    several = sub.factors if isinstance(sub, tree.Product) else sub.items if isinstance(sub, tree.Items) else ()
    return len(several) > 1


WORDS = frozenset("f F P E BN LN".split())
"""Letters that are functions where brackets follow."""


def is_word(key: str) -> bool:
    """Whether a name is that of a function when brackets follow: a word, and no Greek letter."""
    plain = key.partition("_")[0].partition(".")[0].rstrip("'")
    return (len(plain) > 1 and plain not in GREEK) or plain in WORDS


def _parts(node: tree.Node) -> Iterator[tree.Node]:
    if isinstance(node, tree.Items):
        for item in node.items:
            yield from _parts(item)
    elif isinstance(node, tree.Product) and not any(node.signs):
        for factor in node.factors:
            yield from _parts(factor)
    elif isinstance(node, tree.Group) and node.opening == "(":
        yield from _parts(node.body)
    else:
        yield node


def _letters(word: tree.Name) -> list[tree.Node]:
    """The letters of a word, each by itself."""
    return [tree.Name(word.start + at, word.start + at + 1, letter) for at, letter in enumerate(word.text)]


def latex_of(key: str, square: bool = False) -> str:
    """A key as LaTeX: the accents over the letter, the label below it, and the square."""
    name, _, label = key.partition("_")
    label, _, above = label.partition("^")
    name, _, raised = name.partition("^")
    base, *accents = name.rstrip("'").split(".")
    primes = "'" * (len(name) - len(name.rstrip("'")))
    written = f"\\{base}" if base in GREEK else base if len(base) == 1 else rf"\mathrm{{{base}}}"
    for accent in accents:
        written = rf"\{accent}{{{written}}}"
    written += primes
    if label:
        written += f"_{{{label_latex(label)}}}"
    if square or above or raised:
        written += "^2" if square else f"^{{{label_latex(above or raised)}}}"
    return written


def is_differential(node: tree.Node) -> bool:
    """Whether this is a d right before something."""
    if not isinstance(node, tree.Product) or len(node.factors) != 2 or any(node.signs):
        return False
    return is_d_before(*node.factors)


def differentials_in(node: tree.Node) -> list[tree.Node]:
    """The differentials in a formula; d and c below w_{dc} are indices."""
    found: list[tree.Node] = [part for part in node.walk() if is_differential(part)]
    if not found:
        return found
    subs = (part.sub for part in node.walk() if isinstance(part, tree.Scripted) and part.sub is not None)
    below = {id(inside) for sub in subs for inside in sub.walk()}
    return [part for part in found if id(part) not in below]


def is_d_before(first: tree.Node, second: tree.Node) -> bool:
    """Whether the first is a d, and the second stands right behind it and is no number."""
    is_d = isinstance(first, tree.Name) and first.text == "d" and not first.accents
    return is_d and not isinstance(second, tree.Number) and second.start - first.end <= 1


def bold_in(node: tree.Node) -> Iterator[str]:
    """The keys of the small letters in bold."""
    for part in node.walk():
        if isinstance(part, tree.Name) and part.font in BOLD and _is_small(part):
            yield key_of(part)


def plain_in(node: tree.Node) -> Iterator[str]:
    """The keys of the names that are not in bold."""
    for part in node.walk():
        if isinstance(part, tree.Name) and part.font not in BOLD:
            yield key_of(part)


BOLD = ("mathbf", "boldsymbol", "bm")


def _summands_in(items: Iterable[tree.Node], symbols: Symbols, capitals: bool) -> Iterator[str]:
    """The names that stand alone, or as a summand, in a norm or an inner product; capital ones in the latter only."""
    for item in items:
        for term in item.terms if isinstance(item, tree.Terms) else (item,):
            symbol = symbols.symbol(term) if isinstance(term, tree.Name | tree.Scripted) else None
            if symbol is None or symbol.indices or symbol.power is not None or symbol.argument is not None:
                continue
            if capitals or symbol.key[:1].islower():
                yield symbol.key


def vectors_in(node: tree.Node, symbols: Symbols) -> Iterator[str]:
    """The keys of what is treated as a vector without an index: transposed, or multiplied entry by entry."""
    for part in node.walk():
        if isinstance(part, tree.Scripted) and (symbol := symbols.symbol(part)) is not None and symbol.transposed:
            yield symbol.key
        elif isinstance(part, tree.Product) and "\\odot" in part.signs:
            for place, factor in enumerate(part.factors):
                beside = part.signs[place] == "\\odot" or part.signs[place + 1 : place + 2] == ("\\odot",)
                if beside and isinstance(factor, tree.Name):
                    yield key_of(factor)
        elif isinstance(part, tree.Group) and part.opening in ("\\|", "\\langle"):
            items = part.body.items if isinstance(part.body, tree.Items) else (part.body,)
            yield from (key_of(item) for item in items if isinstance(item, tree.Name) and _is_small(item))
            yield from _summands_in(items, symbols, part.opening == "\\langle")
        elif isinstance(part, tree.Product) and (argument := _averaged(part, symbols)) is not None:
            yield from _inputs_in(argument)


AVERAGED = frozenset("E Var var mean Mean std Std Cov cov".split())
"""Functions of an array: their argument is one."""

NUMBERS = frozenset("abckst")
"""Letters that are numbers beside what is averaged."""


def _averaged(node: tree.Product, symbols: Symbols) -> tree.Node | None:
    """The argument of a mean or a variance, or None."""
    called = symbols.symbol(node)
    return called.argument if called is not None and called.key.partition("_")[0] in AVERAGED else None


def _inputs_in(node: tree.Node) -> Iterator[str]:
    """The Latin letters in the argument of a mean, but for those of numbers beside others: x in Var(a x + b)."""
    names = [part for part in node.walk() if isinstance(part, tree.Name) and len(part.text) == 1 and _is_small(part)]
    inputs = [name for name in names if name.text not in NUMBERS]
    yield from map(key_of, inputs or names)


def _is_small(name: tree.Name) -> bool:
    return name.text.islower() and not name.text.isdigit()


def bound_letters(node: tree.Node) -> Iterator[str]:
    """The letters that the sums in a formula run over."""
    for part in node.walk():
        if isinstance(part, tree.Big) and part.lower is not None:
            lower = part.lower.sides[0] if isinstance(part.lower, tree.Chain) else part.lower
            for each in _parts(lower):
                base = each.base if isinstance(each, tree.Scripted) else each
                if isinstance(base, tree.Name) and len(base.text) == 1 and base.text.islower():
                    yield base.text


def centred_in(node: tree.Terms, symbols: Symbols) -> str | None:
    """The key of the name that a mean is subtracted from, where it has one index or none: x in x_i - \\mu."""
    if node.signs != ("+", "-"):
        return None
    name, middle = symbols.symbol(node.terms[0]), symbols.symbol(_without_ones(node.terms[1]))
    if name is None or middle is None or len(name.indices) > 1 or middle.indices or "_" in name.key:
        return None
    plain = name.argument is None and name.power is None and middle.power is None
    is_mean = middle.key.partition("_")[0] in ("mu", f"{name.key}.bar")
    return name.key if plain and is_mean else None


def divided_in(node: tree.Node) -> Iterator[tree.Node]:
    """What is divided by something else: the half of a fraction, or what stands in brackets beside a divisor."""
    if isinstance(node, tree.Quotient):
        yield node.over
    elif isinstance(node, tree.Product) and ("/" in node.signs or any(map(_divides, node.factors))):
        yield from (factor for factor in node.factors if isinstance(factor, tree.Group))


def _divides(node: tree.Node) -> bool:
    """Whether this is a fraction, or has a negative power."""
    power = node.sup if isinstance(node, tree.Scripted) else None
    return isinstance(node, tree.Quotient) or (isinstance(power, tree.Terms) and power.signs[0] == "-")


def shift_in(node: tree.Node, symbols: Symbols) -> str | None:
    """The key of the number that is subtracted from a name with an index, where it is no usual mean: c in x_i - c."""
    match node:
        case tree.Group(body=body):
            return shift_in(body, symbols)
        case tree.Terms(terms=[first, second], signs=["+", "-"]):
            name, shift = symbols.symbol(first), symbols.symbol(second)
            known = name is None or shift is None or shift.key.partition("_")[0] in ("mu", f"{name.key}.bar")
            if name is not None and shift is not None and not known and name.indices and not shift.indices:
                return shift.key
    return None


def _without_ones(node: tree.Node) -> tree.Node:
    """What stands before a vector of ones: mu of mu 1."""
    match node:
        case tree.Product(factors=[number, tree.Name(text="1") | tree.Name(text="e")], signs=["", ""]):
            return number
    return node
