"""The names of a document: what it defines, in order, and what the conventions of the field say of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from derive.language import Claim, Index, LanguageError, Number, Scalar, Size, Tensor, Term, define
from derive.language.binding import free_indices, walk
from derive.language.substitution import reached, substitute
from derive.language.terms import Entry
from derive.notes.meaning.focus import BATCH_LABELS
from derive.notes.meaning.labels import LABELS, are_labels, classes, sums_to_one
from derive.notes.meaning.losses import is_loss_by_name
from derive.notes.meaning.moments import is_mean_of
from derive.notes.meaning.order import largest_so_far
from derive.notes.meaning.outputs import Outputs
from derive.notes.meaning.reach import reaches
from derive.notes.meaning.shorts import Short
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.unsaid import is_open_statistic
from derive.notes.meaning.usage import INPUTS
from derive.notes.meaning.value import Value

LARGEST = "the largest of "
"""With a number behind it, the key of the largest entry of an array."""

STILL = frozenset("gamma beta epsilon lambda alpha mu a b c k s t".split())
"""Names of what is the same for all samples."""

CONSTANTS = frozenset("gamma beta epsilon".split())
"""Usual names that depend on nothing."""

ALONE = " alone"
"""Behind the key of a name that is a number without an index, and something else with one."""


@dataclass(frozen=True)
class OneSize:
    """A claim in which two letters for one size are the same, and what is said of that."""

    claim: Claim
    said: str


@dataclass(frozen=True)
class UnreadName:
    """What is known of a name without understanding its definition: the names in it, and whether it can be anything."""

    names: frozenset[str]
    is_free: bool


@dataclass
class Vocabulary(Outputs):
    """Tensors by the keys of their symbols. `squares` are names of which the square has the definition."""

    default_size: str = "m"
    functions: frozenset[str] = frozenset()
    differentials: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()
    signed: frozenset[str] = frozenset()
    """The names that are numbers, since something is said of their sign; those in `positive` are above 0 everywhere."""
    ones: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """What formulas say sums up to 1, and the numbers of these formulas."""
    overloaded: set[str] = field(default_factory=set)
    """Names that are a root of their own square and more: sigma = sqrt(sigma^2 + eps)."""
    rows: bool = False
    shorts: dict[str, Short] = field(default_factory=dict)
    parameters: dict[str, Tensor] = field(default_factory=dict)
    all_ones: frozenset[str] = frozenset()
    anchored: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    dependent: set[Tensor] = field(default_factory=set)
    """Tensors of names whose subscripts are computed: they are others at another place."""
    recurrent: set[str] = field(default_factory=set)
    """Names of which nothing more is said than how each entry follows from the one before."""
    running: dict[str, str] = field(default_factory=dict)
    """Names whose entries are the largest so far of another name's."""
    held: set[str] = field(default_factory=set)
    """Names that the document takes to be constants from some place on."""
    maxima: dict[Term, str] = field(default_factory=dict)
    """Names for the largest entries of arrays: each array has its own."""
    samples: frozenset[str] = frozenset()
    """Names that a document says are samples of a batch."""
    kept_plain_d: bool | None = None
    """Whether a d may be a factor, where this stays as it is meanwhile."""
    unread: dict[str, UnreadName] = field(default_factory=dict)
    """Names that the document defines by something that has no meaning here."""

    # ------------------------------------------------------------------ looking up

    def size(self, letter: str | None) -> Term:
        """The size of this letter; digits are a number."""
        if letter is not None and letter.isdigit():
            return Number(int(letter))
        return _size(letter or self.default_size)

    def is_unread(self, key: str) -> bool:
        """Whether there is a definition of this name that is not understood, or not yet."""
        return key in self.unread

    def tensor(self, key: str) -> Tensor:
        """The tensor of a symbol: defined above or below, by convention, or free."""
        if key == self.alias and self.forced is not None:
            return self.forced
        if key not in self.tensors and not self.later(key, False):
            known = None if key in self.unread else self.by_convention(key)
            self.tensors[key] = self._largest_so_far(key) or known or self._free(key)
        return self.tensors[key]

    def largest(self, of: Value) -> Tensor:
        """The largest entry of an array, of which no more is known than which array it is."""
        if not of.axes or free_indices(of.term) - {*of.axes}:
            raise Unclear("a largest entry that doesn't say over which index; write the array without an index")
        key = self.maxima.setdefault(of.term, f"{LARGEST}{len(self.maxima)}")
        if key not in self.tensors:
            self.tensors[key] = Scalar(self.new_name("max"), latex=r"\max").tensor
        return self.tensors[key]

    def _largest_so_far(self, key: str) -> Tensor | None:
        """The running maximum of another name that is free."""
        of = self.tensor(self.running[key]) if key in self.running else None
        if of is None or of.definition is not None or len(of.sizes) != 1:
            return None
        self.recurrent.discard(key)
        self.anchored.add(key)
        return largest_so_far(self.new_name(key), of, latex_of(key))

    def square(self, key: str) -> Tensor | None:
        """What the square of a name is, if that is what is defined."""
        if key in self.tensors and key not in self.overloaded:
            return None
        if key not in self.squares and not self.later(key, True) and not self.later(key, False):
            base, _, label = key.partition("_")
            known = key not in self.unread and label in BATCH_LABELS
            if base == "sigma" and known and not self._is_with_epsilon(key):
                self._variance(key)
        return self.squares.get(key)

    def deviation(self, key: str) -> Tensor | None:
        """What the square of a name is, where the name by itself means no more than its root."""
        square = self.square(key)
        return None if key in self.overloaded else square

    def is_defined(self, key: str, square: bool) -> bool:
        return key in (self.squares if square else self.tensors) or (key in self.shorts and not square)

    def short_of(self, key: str) -> Short | None:
        """What a name is short for, where its definition has gradients in it."""
        if key not in self.shorts and key not in self.tensors:
            self.later(key, False)
        return self.shorts.get(key)

    def is_loss(self, key: str) -> bool:
        """Whether a name is that of a loss of which nothing more is known."""
        if not is_loss_by_name(key) and key not in self.losses.names:
            return False
        own = self.tensors.get(key)
        return (own is None or own.definition is None) and not self.later(key, False)

    def is_unknown_loss(self, key: str) -> bool:
        """Whether a document differentiates a name."""
        return key in self.losses.names

    def is_unknown_function(self, tensor: Tensor, by: Tensor) -> bool:
        """Whether a document differentiates a name of which nothing is said, so that it may depend on anything."""
        if tensor.definition is not None or tensor.dependence is not None or tensor == by or reaches(by, tensor):
            return False
        key = next((key for key, own in self.tensors.items() if own == tensor), None)
        return key is not None and key in self.functions and key not in CONSTANTS

    def is_independent(self, tensor: Tensor) -> bool:
        """Whether it is known what a tensor depends on: by its definition, or as something that others are made of."""
        if tensor.definition is not None or tensor.dependence is not None or tensor.integer:
            return True
        own = next((key for key, each in self.tensors.items() if each == tensor), "")
        return own in self.ingredients or own in CONSTANTS or own in INPUTS[:1]

    @property
    def has_plain_d(self) -> bool:
        """Whether a d before a name may be a factor: it is defined, and not written with an index, d_i = x_i - mu."""
        if self.kept_plain_d is not None:
            return self.kept_plain_d
        return self.is_defined("d", False) and not self.sizes.axes.get("d", 0)

    def anchor_free(self, term: Term) -> None:
        """The numbers in a definition are whatever the document means by them, unless they are likely computed."""
        own = {tensor: key for key, tensor in self.tensors.items()}
        used = (part.tensor for part in walk(term) if isinstance(part, Entry) and part.tensor in own)
        told = set(self.maxima.values())
        self.anchored |= {own[tensor] for tensor in used if not is_open_statistic(self, own[tensor], tensor)} - told

    def variables(self) -> list[Tensor]:
        """What has a differential, and no definition."""
        own = [
            self.tensor(key)
            for key in sorted(self.differentials)
            if key in self.sizes.axes and not self.is_loss(key) and self.square(key) is None
        ]
        return [tensor for tensor in own if tensor.definition is None]

    def is_size(self, key: str) -> bool:
        """Whether a symbol without indices is a size."""
        if key in self.tensors or key in self.squares:
            return False
        letters = self.sizes.letters()
        if key in letters or key == self.default_size:
            return True
        return key in self.sizes.size_letters() and not letters and self.sizes.axes.get(key, 0) == 0

    def anchor(self, term: Term) -> None:
        """What a function is put to may be anything: a claim about f(c x) is one for every c."""
        own = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None}
        self.anchored |= {own[part.tensor] for part in walk(term) if isinstance(part, Entry) and part.tensor in own}

    def with_one_size(self, claim: Claim) -> OneSize | None:
        """A claim with the size of the document for a letter that is its size nowhere else: N beside sums up to m.

        A claim that then says nothing but a = a is one about the sizes.
        """
        if self.default_size not in self.sizes.limits:
            return None
        entries = reached(claim.terms)
        keys = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None and not tensor.sizes}
        letters = {tensor: keys[tensor] for tensor in entries if keys.get(tensor) in self.sizes.size_letters()}
        if len(letters) != 1:
            return None
        ((tensor, letter),) = letters.items()
        said = f"{letter} is read as {self.default_size}: both are used for one size"
        try:
            found = substitute(claim, {tensor: self.size(None)})
        except LanguageError:  # it is differentiated, and so is no size
            return None
        return OneSize(found, said) if found.lhs != found.rhs else None

    # ------------------------------------------------------------------ definitions

    def forget(self, key: str, square: bool) -> None:
        """Takes a definition back."""
        tensor = (self.squares if square else self.tensors).pop(key, None)
        self.defined = [(name, each) for name, each in self.defined if each != tensor]

    def set_apart(self, key: str, is_number: bool) -> None:
        """From now on a name without an index is a number by itself, or no longer."""
        alone = f"{key}{ALONE}"
        if not is_number:
            self.tensors.pop(alone, None)
        elif alone not in self.tensors:
            self.tensors[alone] = Scalar(self.new_name(key), latex=latex_of(key)).tensor
            self.anchored.add(alone)

    def forget_all(self) -> None:
        """Takes all definitions back, and all that was assumed."""
        for each in (self.tensors, self.squares, self.arguments, self.conventions, self.shorts, self._losses):
            each.clear()
        self.unread.clear()
        self.unfocused.clear()
        self.focus = None
        self.defined.clear()
        self.anchored.clear()

    def rests_on(self, key: str, square: bool, tensor: Tensor) -> bool:
        """Whether a defined name rests on this tensor."""
        own = (self.squares if square else self.tensors).get(key)
        return own is not None and own != tensor and reaches(own, tensor)

    def define(self, key: str, body: Term, over: tuple[Index, ...], square: bool = False, first: bool = True) -> None:
        """A definition of the document; what the first one of a name rests on is known from then on."""
        latex = latex_of(key.removesuffix(ALONE), square)
        made = define(self.new_name(f"{key}2" if square else key), body, *over, latex=latex)
        tensor = made if isinstance(made, Tensor) else made.tensor
        mine, other = (self.squares, self.tensors) if square else (self.tensors, self.squares)
        mine[key] = tensor
        former = {each for name, each in self.defined if name == key}
        if key in self.overloaded and key in other:
            former.discard(other[key])
        else:
            other.pop(key, None)
        self.defined = [(name, each) for name, each in self.defined if each not in former] + [(key, tensor)]
        self.anchored.add(key)
        if first:
            self.anchor_free(body)

    def tangent(self, of: Tensor) -> Tensor:
        """The differential of a variable: an array of its shape."""
        key = f"d{of.name}"
        if key not in self.tensors:
            self.tensors[key] = Tensor(self.new_name(key), of.sizes)
            self.anchored.add(key)
        return self.tensors[key]

    def hypotheses(self, formula: int | None = None) -> tuple[Claim, ...]:
        """What goes without saying, that labels sum up to 1, and what other formulas than this say sums up to 1."""
        own = [tensor for key, tensor in self.tensors.items() if is_loss_by_name(key)]
        found = []
        for key, tensor in list(self.tensors.items()):
            said = self.ones.get(key, frozenset()) - {formula}
            if tensor.definition is not None or len(tensor.sizes) not in (1, 2):
                continue
            if not said and key in LABELS and are_labels(tensor, own):
                self.conventions[key] = "labels, which sum up to 1"
            elif not said:
                continue
            found.append(sums_to_one(tensor, -1 if said else classes(tensor, own)))
        return tuple(found)

    def labels(self) -> Iterator[Tensor]:
        """What is multiplied by logarithms in a loss, and so may be one-hot."""
        own = [tensor for key, tensor in self.tensors.items() if is_loss_by_name(key)]
        yield from (tensor for key, tensor in self.tensors.items() if key in LABELS and are_labels(tensor, own))

    def classes_of(self, labels: Tensor) -> int:
        """The axis of labels that numbers the classes."""
        return classes(labels, [tensor for key, tensor in self.tensors.items() if is_loss_by_name(key)])

    def no_samples(self, term: Term) -> list[str]:
        """The names in a term that may be random: no parameters, not the input, and no samples by declaration."""
        keys = {tensor: key for key, tensor in self.tensors.items()}
        x = self.input() if self._has_statistics("") else None
        known = STILL | self.samples | self._averaged()
        found = {keys.get(tensor, "") for tensor in reached([term]) if tensor.definition is None and tensor != x}
        others = (key for key in found - known - {""} if key.partition("_")[0] not in known)
        return sorted(key for key in others if not self._has_mean(key))

    def _averaged(self) -> set[str]:
        """What the document says E to be the mean of, E[x] = \\frac1m \\sum_i x_i, with no more than that in it."""
        if not self.is_defined("E", False) and not self.later("E", False):
            return set()
        own, x = self.tensors["E"].definition, self.parameters.get("E")
        if own is None or x is None or len(x.sizes) != 1:
            return set()
        return {self.arguments["E"]} if is_mean_of(own.body, x) else set()

    def _has_mean(self, key: str) -> bool:
        """Whether a document computes the mean of a name, as x.bar or mu_x."""
        names = (f"{key}.bar", f"mu_{key}")
        return any(self.is_defined(name, False) or self.later(name, False) for name in names)

    def nodes(self) -> frozenset[Tensor]:
        """What the document differentiates by: the others are no variables of their own."""
        known = [each.get(key) for key in self.differentiated for each in (self.tensors, self.squares)]
        return frozenset(tensor for tensor in known if tensor is not None)

    # ------------------------------------------------------------------ names

    def _free(self, key: str) -> Tensor:
        sizes = self.sizes
        count = sizes.axes.get(key, 0) or int(key in self.vectors)
        own = tuple(self.size(sizes.size_of(("axis", key, place))) for place in range(count))
        if own:
            return Tensor(self.new_name(key), own, latex=latex_of(key))
        nonnegative = key.partition("_")[0] == "epsilon"
        positive = key in self.positive
        return Scalar(self.new_name(key), latex=latex_of(key), nonnegative=nonnegative, positive=positive).tensor

    def along(self, key: str, indices: tuple[Index, ...]) -> Tensor:
        """What a name with a computed subscript is, for every value of the indices that are in it: x_{i+1}."""
        place = f"{key} along {', '.join(f'{index.name} to {index.size}' for index in indices)}"
        if place not in self.tensors:
            sizes = tuple(index.size for index in indices)
            self.tensors[place] = Tensor(self.new_name(key), sizes, latex=latex_of(key))
            self.computed.add(place)
        return self.tensors[place]

    def new_name(self, key: str) -> str:
        """A name for a key that no other tensor has."""
        name = "".join(letter for letter in key if letter.isalnum() or letter in "_'")
        taken = {tensor.name for tensor in (*self.tensors.values(), *self.squares.values())}
        taken |= {tensor.name for _, tensor in self.defined}
        taken |= {tensor.name for pair in self._losses.values() for tensor in (pair[0].tensor, pair[1])}
        taken |= set(self.sizes.letters()) | {self.default_size}
        while name in taken:
            name += "'"
        return name


@lru_cache(maxsize=1024)
def _size(letter: str) -> Entry:
    """One object for each size: formulas are compared often, and what is the same object is equal at once."""
    return Size(letter)
