"""The tree that LaTeX is read into. It says what was written and where, and nothing of what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from operator import is_not
from typing import Any, ClassVar, Self


class Kept:
    """What a node has found out about itself."""

    __slots__ = ("_all_below", "_below")


@dataclass(frozen=True, slots=True)
class Node(Kept):
    """`start` and `end` are offsets in the LaTeX."""

    _parts: ClassVar[tuple[str, ...]] = ()
    start: int
    end: int

    def __init_subclass__(cls) -> None:
        """Finds the fields of a kind of nodes in which there are nodes."""
        cls._parts = tuple(name for name, kind in cls.__annotations__.items() if kind not in _PLAIN)

    def children(self) -> Iterator[Node]:
        """The nodes directly below."""
        return iter(self.below())

    def below(self) -> tuple[Node, ...]:
        """The same; they are looked for once."""
        if not self._parts:
            return ()
        try:
            return self._below
        except AttributeError:
            object.__setattr__(self, "_below", tuple(self._found()))
            return self._below

    def _found(self) -> list[Node]:
        found: list[Node] = []
        for name in self._parts:
            value = getattr(self, name)
            if isinstance(value, Node):
                found.append(value)
            elif isinstance(value, tuple):
                _collect(value, found)
        return found

    def mapped(self, change: Callable[[Node], Node]) -> Self:
        """The same node, with each node directly below it changed; itself where none is."""
        changed = {}
        for name in self._parts:
            value = getattr(self, name)
            new = _mapped(value, change)
            if new is not value:
                changed[name] = new
        return self.with_(changed) if changed else self

    def with_(self, changed: dict[str, Any]) -> Self:
        """The same node with other fields."""
        return type(self)(*[changed[name] if name in changed else getattr(self, name) for name in self.__match_args__])

    def walk(self) -> Iterator[Node]:
        """This node and all below, each before what is below it; they are looked for once, without recursion."""
        try:
            return chain((self,), self._all_below)
        except AttributeError:
            found: list[Node] = []
            stack = [*self.below()[::-1]]
            while stack:
                node = stack.pop()
                found.append(node)
                if below := node.below():
                    stack += below[::-1]
            object.__setattr__(self, "_all_below", tuple(found))
            return chain((self,), found)


_PLAIN = frozenset(("str", "int", "Fraction", "tuple[str, ...]"))
"""Types of fields in which there are no nodes."""


def _collect(values: tuple[Any, ...], found: list[Node]) -> None:
    for each in values:
        if isinstance(each, Node):
            found.append(each)
        elif isinstance(each, tuple):
            found += [inner for inner in each if isinstance(inner, Node)]


def _mapped(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return change(value)
    if not isinstance(value, tuple):
        return value
    news = [_mapped(each, change) for each in value]
    return tuple(news) if any(map(is_not, news, value)) else value


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A decimal, exactly."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A letter, a Greek letter or a word, with its accents (the innermost first) and its font."""

    text: str
    accents: tuple[str, ...] = ()
    font: str = ""


@dataclass(frozen=True, slots=True)
class Words(Node):
    """Text that is no name, such as a remark."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots(Node):
    """An ellipsis."""


@dataclass(frozen=True, slots=True)
class Nothing(Node):
    """Nothing where something could be: before a leading `=`, in empty braces."""


@dataclass(frozen=True, slots=True)
class Scripted(Node):
    """A base with a subscript, a superscript and primes. Whether a superscript is a power is not decided here."""

    base: Node
    sub: Node | None = None
    sup: Node | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Accented(Node):
    """An accent over something that is no name."""

    accent: str
    body: Node


@dataclass(frozen=True, slots=True)
class Group(Node):
    """What stands between delimiters; for braces, which are not seen, they are empty.

    Of a bracket that is not closed the closing is empty; of one that is not opened, the opening.
    """

    opening: str
    closing: str
    body: Node


@dataclass(frozen=True, slots=True)
class Items(Node):
    """Several things between commas or semicolons."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Given(Node):
    """What stands left and right of a bar between brackets: p(a | b), KL(p || q). `sign` is the bar."""

    left: Node
    right: Node
    sign: str


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """A range of indices, `1:n`; what is left out is None."""

    lower: Node | None
    upper: Node | None


@dataclass(frozen=True, slots=True)
class Product(Node):
    """Factors; `signs` has what stands before each: "" for the first, and for those that are juxtaposed."""

    factors: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms(Node):
    """Summands; `signs` has +, - or \\pm for each."""

    terms: tuple[Node, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quotient(Node):
    """A fraction with a bar."""

    over: Node
    under: Node


@dataclass(frozen=True, slots=True)
class Root(Node):
    body: Node
    degree: Node | None = None


@dataclass(frozen=True, slots=True)
class Big(Node):
    """An operator with limits (sum, prod, int, max, min, argmax, ...) and what it reaches over, as written."""

    operator: str
    lower: Node | None
    upper: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with a name of its own in LaTeX (\\log, \\exp, ...), and its argument.

    `base` is a subscript, as at \\log_2. An argument without brackets that is a product may reach less far.
    """

    function: Name
    argument: Node
    power: Node | None = None
    base: Node | None = None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Partial(Node):
    """`\\partial`, its order where one is written, and what it stands before."""

    body: Node
    order: Node | None = None


@dataclass(frozen=True, slots=True)
class Nabla(Node):
    """`\\nabla` with what it is by, its order, and what it stands before."""

    by: Node | None
    order: Node | None
    body: Node


@dataclass(frozen=True, slots=True)
class Labelled(Node):
    """Something with a brace below or above, and what is written at the brace."""

    body: Node
    label: Node | None


@dataclass(frozen=True, slots=True)
class Evaluated(Node):
    """Something at a place: a bar with a subscript behind it."""

    body: Node
    place: Node


@dataclass(frozen=True, slots=True)
class Table(Node):
    """A matrix or the cases of a function: `kind` is the environment's name."""

    kind: str
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Sign(Node):
    """A relation, as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """Sides with relations between them; one side more than there are relations."""

    sides: tuple[Node, ...]
    signs: tuple[Sign, ...]


def is_unbalanced(node: Node) -> bool:
    """Whether a bracket in this is not closed, or not opened."""
    return any(isinstance(part, Group) and (part.opening == "") != (part.closing == "") for part in node.walk())


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """One chain of a display, with the remarks behind it: `a = b, \\quad \\text{for all } i`."""

    chain: Node
    remarks: tuple[Node, ...] = ()
