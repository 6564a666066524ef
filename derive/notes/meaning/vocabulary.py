"""The names of a document: what it defines, in order, and what the conventions of the field say of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from derive.language import Claim, Derivative, Index, Number, Scalar, Size, Tensor, Term, define, loss
from derive.language.binding import free_indices, walk
from derive.language.substitution import reached, substitute
from derive.language.terms import Entry
from derive.notes.meaning.functions import LAYERS
from derive.notes.meaning.labels import LABELS, are_labels, sums_to_one
from derive.notes.meaning.losses import Losses, family, is_loss_by_name
from derive.notes.meaning.order import largest_so_far, written_name
from derive.notes.meaning.shorts import Short
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear, declare
from derive.notes.meaning.usage import BATCH_LABELS, INPUTS, Usage
from derive.notes.meaning.value import Value

USUAL = frozenset("x y z gamma beta epsilon g mu sigma m N n d D H K".split())
"""Names that everybody knows: a false formula about them is refuted without a definition."""

LARGEST = "the largest of "
"""With a number behind it, the key of the largest entry of an array."""

OF_LAYERS = frozenset("x x.hat y mu sigma gamma beta".split())
"""What batch and layer normalization have names for."""

STILL = frozenset("gamma beta epsilon lambda alpha mu a b c k s t".split())
"""Names of what is the same for all samples."""

CONSTANTS = frozenset("gamma beta epsilon".split())
"""Usual names that depend on nothing."""

WORDS_OF = {
    **dict.fromkeys(("xhat", "x_hat", "xnorm", "x_norm", "xn", "norm"), ("x.hat",)),
    **dict.fromkeys(("mean", "mu"), ("mu", "mu_B", "mu_beta")),
    **dict.fromkeys(("var", "sigma2", "v"), ("v", "sigma^2", "sigma_B^2")),
    **dict.fromkeys(("std", "sigma"), ("sigma", "std")),
}
"""What code calls the names of a document, behind the d of a gradient."""

STATISTICS = frozenset("s r v S R rstd std var rms RMS inv invstd inv_std inv_rms istd denom tau nu".split())
"""Names that notes have for a mean square or its root, where they don't say so in a formula."""

UPSTREAM = frozenset(("g", "delta", "dout", "dy", "grad_output", "grad_out", "dL_dy"))
"""Names of the gradient by the output, where a document uses them in no definition."""

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
class Vocabulary(Usage):
    """Tensors by the keys of their symbols. `squares` are names of which the square has the definition.

    `forced` is the output of the layer that a formula is about, where there are several, and `alias` a name for it.

    `later` introduces a definition that stands further down in the document; it says whether there is one.
    """

    default_size: str = "m"
    later: Callable[[str, bool], bool] = lambda key, square: False
    differentiated: frozenset[str] = frozenset()
    adjoints: frozenset[str] = frozenset()
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
    ingredients: frozenset[str] = frozenset()
    losses: Losses = field(default_factory=Losses)
    arguments: dict[str, str] = field(default_factory=dict)
    shorts: dict[str, Short] = field(default_factory=dict)
    parameters: dict[str, Tensor] = field(default_factory=dict)
    all_ones: frozenset[str] = frozenset()
    forced: Tensor | None = None
    alias: str | None = None
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
    unread: dict[str, UnreadName] = field(default_factory=dict)
    """Names that the document defines by something that has no meaning here."""
    _losses: dict[tuple[Tensor, str], tuple[Entry, Tensor]] = field(default_factory=dict)
    _computed: tuple[tuple, tuple, list[Tensor], dict[int, tuple[Tensor, Tensor | None]]] | None = None

    # ------------------------------------------------------------------ looking up

    def size(self, letter: str | None) -> Term:
        """The size of this letter; digits are a number."""
        if letter is not None and letter.isdigit():
            return Number(int(letter))
        return Size(letter or self.default_size)

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

    def adjoint_of(self, key: str) -> str | None:
        """The name by which a gradient is what this name stands for, or None."""
        if key in UPSTREAM and key not in self.ingredients and not self.is_defined(key, False):
            return None if self.later(key, False) else self._output_key()
        if (named := self._gradient_word(key)) is not None:
            return named
        base, _, label = key.partition("^")
        if base in ("g", "delta") and label and label not in "*+":
            return label if self.sizes.axes.get(label.removesuffix("^2")) is not None else None
        inner = key.removesuffix(".bar")
        if inner == key or self.is_defined(key, False) or not self.bars_are_adjoints:
            return None
        return inner if self.sizes.axes.get(inner) is not None else None

    def _gradient_word(self, key: str) -> str | None:
        """The name in a word such as dxhat or dgamma, as code has them, where the document has this name."""
        if len(key) < 2 or key[0] != "d" or self.is_defined(key, False):
            return None
        rest = key[1:].lstrip("_")
        for name in (rest, *WORDS_OF.get(rest, ())):
            if self.sizes.axes.get(name.removesuffix("^2")) is not None and name not in ("", "d"):
                return name
        return None

    def _output_key(self) -> str | None:
        """The name of what the loss is a function of, as the document writes it."""
        return next((name for name in ("y", "z", "out") if name in self.sizes.axes), None)

    @property
    def has_plain_d(self) -> bool:
        """Whether a d before a name may be a factor: it is defined, and not written with an index, d_i = x_i - mu."""
        return self.is_defined("d", False) and not self.sizes.axes.get("d", 0)

    @property
    def loss_key(self) -> str:
        """The name of the loss as the document writes it."""
        seen = (key for _, key, _ in self.losses.found)
        return next((key for key in (*seen, *self.sizes.counts) if is_loss_by_name(key)), "L")

    @property
    def bars_are_adjoints(self) -> bool:
        """Whether a bar means a gradient here: it stands over something that has a hat already, or over the output."""
        return any(key.endswith(".hat.bar") or key == "L.bar" for key in self.sizes.axes) or self._has_bar_over_output()

    def _has_bar_over_output(self) -> bool:
        """Whether a bar stands over y, and this is no mean: it has as many indices as y has."""
        axes = self.sizes.axes
        return "y.bar" in axes and axes["y.bar"] == axes.get("y", 0)

    def is_size(self, key: str) -> bool:
        """Whether a symbol without indices is a size."""
        if key in self.tensors or key in self.squares:
            return False
        letters = self.sizes.letters()
        if key in letters or key == self.default_size:
            return True
        return key in self.sizes.size_letters() and not letters and self.sizes.axes.get(key, 0) == 0

    def unknown(self, *terms: Term) -> list[str]:
        """The names in formulas of which nothing is said anywhere.

        Of those in definitions only the names count that stand for something computed: 1/r is no number times x.
        """
        free = ((key, tensor) for key, tensor in self.tensors.items() if tensor.definition is None)
        names = {written_name(tensor): key for key, tensor in free}
        found: dict[str, None] = {}
        for term in terms:
            here = {part.tensor for part in walk(term) if isinstance(part, Entry)}
            for tensor in _rests_on(term):
                key = names.get(written_name(tensor))
                told = tensor in here or key in self.recurrent or (key and _is_open_statistic(key, tensor))
                if key is None or not told:
                    continue
                open_ = key not in self.anchored | self.signed and not _is_usual(key)
                if open_ or key in self.computed | self.recurrent:
                    found[key.partition(" along ")[0]] = None
        guessed = {self.tensors.get(key): key for key in ("p", "P", "O") if key in self.attention & {*self.conventions}}
        for tensor in reached(terms) & guessed.keys() if guessed else ():
            found[guessed[tensor]] = None  # of attention nothing is said: what holds for it is proved, no more
        return list(found)

    def opaque(self, *terms: Term) -> list[str]:
        """The names below formulas that the document defines by what is not understood."""
        keys = {tensor: key for key, tensor in self.tensors.items() if key in self.unread and tensor.definition is None}
        return [keys[tensor] for tensor in reached(terms) if tensor in keys] if keys else []

    def limited(self, *terms: Term) -> list[str]:
        """Those of which it is not known that they can be anything."""
        x = self.input() if self.unread else None
        return [key for key in self.opaque(*terms) if not self.unread[key].is_free and self.tensors[key] != x]

    def constants(self, *terms: Term) -> list[str]:
        """What derivatives in formulas rest on, and the document takes to be constant."""
        if not self.held or not any(isinstance(part, Derivative) for term in terms for part in walk(term)):
            return []
        below = reached(terms)
        known = (each.get(key) for each in (self.tensors, self.squares) for key in sorted(self.held))
        return [tensor.name for tensor in known if tensor in below and tensor is not None]

    def ask_understood(self, term: Term, by: Tensor) -> None:
        """Raises Unclear for a derivative of what rests on a name that may depend in a way that is not understood."""
        if not self.unread:
            return
        own = {key for each in (self.tensors, self.squares) for key, tensor in each.items() if tensor == by}
        for key in self.opaque(term):
            if self.unread[key].names & own and self.tensors[key] != by:
                raise Unclear(f"how {self.tensors[key].name} depends on {by.name} is not understood")

    def anchor(self, term: Term) -> None:
        """What a function is put to may be anything: a claim about f(c x) is one for every c."""
        own = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None}
        self.anchored |= {own[part.tensor] for part in walk(term) if isinstance(part, Entry) and part.tensor in own}

    def anchor_free(self, term: Term) -> None:
        """The numbers in a definition are whatever the document means by them, unless they are likely computed."""
        own = {tensor: key for key, tensor in self.tensors.items()}
        used = (part.tensor for part in walk(term) if isinstance(part, Entry) and part.tensor in own)
        told = set(self.maxima.values())
        self.anchored |= {own[tensor] for tensor in used if not _is_open_statistic(own[tensor], tensor)} - told

    def with_one_size(self, claim: Claim) -> OneSize | None:
        """A claim with the size of the document for a letter that is its size nowhere else: N beside sums up to m.

        A claim that then says nothing but a = a is one about the sizes.
        """
        entries = {part.tensor for term in claim.terms for part in walk(term) if isinstance(part, Entry)}
        if self.default_size not in self.sizes.limits:
            return None
        keys = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None and not tensor.sizes}
        letters = {tensor: keys[tensor] for tensor in entries if keys.get(tensor) in self.sizes.size_letters()}
        if len(letters) != 1:
            return None
        ((tensor, letter),) = letters.items()
        said = f"{letter} is read as {self.default_size}: both are used for one size"
        found = substitute(claim, {tensor: self.size(None)})
        return OneSize(found, said) if found.lhs != found.rhs else None

    # ------------------------------------------------------------------ definitions

    def forget(self, key: str, square: bool) -> None:
        """Takes a definition back."""
        tensor = (self.squares if square else self.tensors).pop(key, None)
        self.defined = [(name, each) for name, each in self.defined if each != tensor]

    def forget_all(self) -> None:
        """Takes all definitions back, and all that was assumed."""
        for each in (self.tensors, self.squares, self.arguments, self.conventions, self.shorts, self._losses):
            each.clear()
        self.unread.clear()
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

    def loss(self, by: Tensor, kind: str | None = None) -> Entry:
        """An unknown loss of the last thing that is computed, for a derivative by this; `kind` is its family."""
        output = self.output(by)
        key = output, kind or family(self.loss_key)
        if key not in self._losses:
            written = latex_of(key[1])
            self._losses[key] = loss(self.new_name("L"), of=output, gradient=self.new_name("g"), latex=written)
        return self._losses[key][0]

    def output(self, by: Tensor) -> Tensor:
        """The last thing that is computed from this. Raises Unclear where the document computes nothing from it."""
        if self.forced is not None and reaches(self.forced, by):
            return self.forced
        for key in sorted(self.differentiated - LAYERS):
            if key in self.sizes.axes and self.square(key) is None:
                self.tensor(key)
        for key in ("p", "P", "O"):
            if key in self.attention:
                self.tensor(key)
        last, known = self._last()
        if id(by) not in known:
            known[id(by)] = by, next((tensor for tensor in reversed(last) if reaches(tensor, by)), None)
        output = known[id(by)][1]
        if output is None and by.sizes and not last:
            output = by
        if output is None:
            reason = f"the loss is not seen to depend on {by.name}; write what the layer computes"
            raise Unclear(reason, help=self._layer_with(by))
        return output

    def _last(self) -> tuple[list[Tensor], dict[int, tuple[Tensor, Tensor | None]]]:
        """What is computed and not used again, most likely for the loss at the end; and what is known of each input."""
        names = (*self.tensors.values(), None, *self.squares.values(), None, *(tensor for _, tensor in self.defined))
        state = (*map(id, names), *self.conventions, None, *self.arguments)
        if self._computed is None or self._computed[0] != state:
            self._computed = state, names, self._unused(), {}
        return self._computed[2:]

    def _unused(self) -> list[Tensor]:
        own = [tensor for _, tensor in self.defined]
        used, live = frozenset[Tensor]().union(*map(used_by, own)), self._live()
        last = [tensor for tensor in own if tensor.sizes and tensor not in used and tensor in live]
        assumed = {tensor for name, tensor in self.defined if name in self.conventions}
        by_it = {self.tensors.get(key) for key in self.adjoints | self.arguments.keys()}
        # what the document says comes before what it leaves out, and what a loss is differentiated by before parts
        last.sort(key=lambda tensor: (tensor not in assumed, tensor in by_it))
        return last

    def _layer_with(self, by: Tensor) -> str:
        """The declaration of a layer that has a name, if the usual ones have it."""
        key = next((key for key, each in (*self.tensors.items(), *self.squares.items()) if each == by), "")
        if key not in OF_LAYERS:
            return ""
        return declare("layer", "layernorm" if self.sizes.axes.get("gamma") else "batchnorm")

    @contextmanager
    def about(self, output: Tensor, name: str | None) -> Iterator[None]:
        """Meanwhile the loss is one of this output, which may go by the name of another."""
        self.forced, self.alias = output, name
        try:
            yield
        finally:
            self.forced = self.alias = None

    def layer(self) -> tuple[Tensor, Tensor] | None:
        """What the document computes, and from what, if it describes one layer and defines none as a function."""
        x = self.input()
        if x is None or any(key in self.arguments for key in LAYERS):
            return None
        self.tensor(f"{x.name}.hat")
        output = self.output(x)
        return (output, x) if output != x else None

    def variables(self) -> list[Tensor]:
        """What has a differential, and no definition."""
        own = [
            self.tensor(key)
            for key in sorted(self.differentials)
            if key in self.sizes.axes and not self.is_loss(key) and self.square(key) is None
        ]
        return [tensor for tensor in own if tensor.definition is None]

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
            if tensor.definition is not None or len(tensor.sizes) != 1:
                continue
            if not said and key in LABELS and are_labels(tensor, own):
                self.conventions[key] = "labels, which sum up to 1"
            elif not said:
                continue
            found.append(sums_to_one(tensor))
        return tuple(found)

    def labels(self) -> Iterator[Tensor]:
        """What is multiplied by logarithms in a loss, and so may be one-hot."""
        own = [tensor for key, tensor in self.tensors.items() if is_loss_by_name(key)]
        yield from (tensor for key, tensor in self.tensors.items() if key in LABELS and are_labels(tensor, own))

    def no_samples(self, term: Term) -> list[str]:
        """The names in a term that may be random: no parameters, not the input, and no samples by declaration."""
        keys = {tensor: key for key, tensor in self.tensors.items()}
        x = self.input() if self._has_statistics("") else None
        known = STILL | self.samples
        found = {keys.get(tensor, "") for tensor in reached([term]) if tensor.definition is None and tensor != x}
        others = (key for key in found - known - {""} if key.partition("_")[0] not in known)
        return sorted(key for key in others if not self._has_mean(key))

    def _has_mean(self, key: str) -> bool:
        """Whether a document computes the mean of a name, as x.bar or mu_x."""
        names = (f"{key}.bar", f"mu_{key}")
        return any(self.is_defined(name, False) or self.later(name, False) for name in names)

    def nodes(self) -> frozenset[Tensor]:
        """What the document differentiates by: the others are no variables of their own."""
        known = [each.get(key) for key in self.differentiated for each in (self.tensors, self.squares)]
        return frozenset(tensor for tensor in known if tensor is not None)

    def _live(self) -> set[Tensor]:
        """Definitions that are still what their names mean."""
        return {*self.tensors.values(), *self.squares.values()}

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


def _is_usual(key: str) -> bool:
    base, _, label = key.partition("_")
    return base in USUAL and label in BATCH_LABELS


def _is_open_statistic(key: str, tensor: Tensor) -> bool:
    """Whether a number of which nothing is said is likely computed from the inputs: s, r, rstd."""
    return tensor.definition is None and not tensor.sizes and key in STATISTICS


def _rests_on(term: Term) -> Iterator[Tensor]:
    """The tensors in a formula, and those in the definitions of these, each once."""
    seen: set[Tensor] = set()
    waiting = [term]
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Entry) and part.tensor not in seen:
                seen.add(part.tensor)
                yield part.tensor
                waiting += [part.tensor.definition.body] if part.tensor.definition is not None else []


@lru_cache(1024)
def used_by(tensor: Tensor) -> frozenset[Tensor]:
    """The tensors in the definition of one."""
    if tensor.definition is None:
        return frozenset()
    return frozenset(part.tensor for part in walk(tensor.definition.body) if isinstance(part, Entry))


@lru_cache(1024)
def _inside(tensor: Tensor) -> frozenset[Tensor]:
    """A tensor, and all that it rests on."""
    return frozenset([tensor]).union(*map(_inside, used_by(tensor)))


def reaches(tensor: Tensor, source: Tensor) -> bool:
    """Whether a tensor is, or rests on, another one."""
    return source in _inside(tensor)
