"""The names of a document: what it defines, in order, and what the conventions of the field say of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from derive.language import Claim, Index, Number, Scalar, Size, Tensor, Term, define, loss, mean, sqrt
from derive.language.binding import walk
from derive.language.substitution import substitute
from derive.language.terms import Derivative, Entry
from derive.notes.meaning.functions import LAYERS
from derive.notes.meaning.labels import LABELS, are_labels, sums_to_one
from derive.notes.meaning.losses import Losses, family, is_loss_by_name
from derive.notes.meaning.shorts import Short
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear, declare

INPUTS = ("x", "y", "a", "z", "h", "u", "v")
"""Names of what is normalized, the usual ones first."""

USUAL = frozenset("x y z gamma beta epsilon g mu sigma m N n d D H K".split())
"""Names that everybody knows: a false formula about them is refuted without a definition."""

CONSTANTS = frozenset("gamma beta epsilon".split())
"""Usual names that depend on nothing."""

BATCH_LABELS = frozenset(("", "B", "b", "beta", "batch", "L", "l", "c", "x"))
"""Subscripts of a mean and a variance that don't say that they are of something else."""


SOFTMAXES = ("softmax", "Softmax")

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


@dataclass(frozen=True)
class OneSize:
    """A claim in which two letters for one size are the same, and what is said of that."""

    claim: Claim
    said: str


@dataclass
class Vocabulary:
    """Tensors by the keys of their symbols. `squares` are names of which the square has the definition.

    `forced` is the output of the layer that a formula is about, where there are several, and `alias` a name for it.

    `later` introduces a definition that stands further down in the document; it says whether there is one.
    """

    sizes: Sizes
    default_size: str = "m"
    later: Callable[[str, bool], bool] = lambda key, square: False
    differentiated: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    differentials: frozenset[str] = frozenset()
    vectors: frozenset[str] = frozenset()
    positive: frozenset[str] = frozenset()
    ones: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """What formulas say sums up to 1, and the numbers of these formulas."""
    squared: frozenset[str] = frozenset()
    overloaded: set[str] = field(default_factory=set)
    """Names that are a root of their own square and more: sigma = sqrt(sigma^2 + eps)."""
    rows: bool = False
    ingredients: frozenset[str] = frozenset()
    losses: Losses = field(default_factory=Losses)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    squares: dict[str, Tensor] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    shorts: dict[str, Short] = field(default_factory=dict)
    parameters: dict[str, Tensor] = field(default_factory=dict)
    defined: list[tuple[str, Tensor]] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    all_ones: frozenset[str] = frozenset()
    forced: Tensor | None = None
    alias: str | None = None
    anchored: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    _losses: dict[tuple[Tensor, str], tuple[Entry, Tensor]] = field(default_factory=dict)

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
            self.tensors[key] = self._by_convention(key) or self._free(key)
        return self.tensors[key]

    def square(self, key: str) -> Tensor | None:
        """What the square of a name is, if that is what is defined."""
        if key in self.tensors and key not in self.overloaded:
            return None
        if key not in self.squares and not self.later(key, True) and not self.later(key, False):
            base, _, label = key.partition("_")
            if base == "sigma" and label in BATCH_LABELS and not self._is_with_epsilon(key):
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

    def is_unknown_function(self, tensor: Tensor, by: Tensor) -> bool:
        """Whether a document differentiates a name of which nothing is said, so that it may depend on anything."""
        if tensor.definition is not None or tensor.dependence is not None or tensor == by or _reaches(by, tensor):
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
        """The names in formulas of which nothing is said anywhere."""
        names = {tensor.name: key for key, tensor in self.tensors.items() if tensor.definition is None}
        found: dict[str, None] = {}
        for term in terms:
            for part in walk(term):
                key = names.get(part.tensor.name) if isinstance(part, Entry) else None
                if key is None:
                    continue
                if key in self.computed or (key not in self.anchored | self.positive and not _is_usual(key)):
                    found[key.partition(" along ")[0]] = None
        return list(found)

    def anchor(self, term: Term) -> None:
        """What a function is put to may be anything: a claim about f(c x) is one for every c."""
        own = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None}
        self.anchored |= {own[part.tensor] for part in walk(term) if isinstance(part, Entry) and part.tensor in own}

    def with_one_size(self, claim: Claim) -> OneSize | None:
        """A claim with the size of the document for a letter that is its size nowhere else: N beside sums up to m."""
        if self.default_size not in self.sizes.limits:
            return None
        entries = {part.tensor for term in claim.terms for part in walk(term) if isinstance(part, Entry)}
        keys = {tensor: key for key, tensor in self.tensors.items() if tensor.definition is None and not tensor.sizes}
        letters = {tensor: keys[tensor] for tensor in entries if keys.get(tensor) in self.sizes.size_letters()}
        if len(letters) != 1:
            return None
        ((tensor, letter),) = letters.items()
        said = f"{letter} is read as {self.default_size}: both are used for one size"
        return OneSize(substitute(claim, {tensor: self.size(None)}), said)

    # ------------------------------------------------------------------ definitions

    def forget(self, key: str, square: bool) -> None:
        """Takes a definition back."""
        tensor = (self.squares if square else self.tensors).pop(key, None)
        self.defined = [(name, each) for name, each in self.defined if each != tensor]

    def forget_all(self) -> None:
        """Takes all definitions back, and all that was assumed."""
        for each in (self.tensors, self.squares, self.arguments, self.conventions, self.shorts, self._losses):
            each.clear()
        self.defined.clear()
        self.anchored.clear()

    def rests_on(self, key: str, square: bool, tensor: Tensor) -> bool:
        """Whether a defined name rests on this tensor."""
        own = (self.squares if square else self.tensors).get(key)
        return own is not None and own != tensor and _reaches(own, tensor)

    def define(self, key: str, body: Term, over: tuple[Index, ...], square: bool = False, first: bool = True) -> None:
        """A definition of the document; what the first one of a name rests on is known from then on."""
        made = define(self._name(f"{key}2" if square else key), body, *over, latex=latex_of(key, square))
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
        if not first:
            return
        own = {tensor: key for key, tensor in self.tensors.items()}
        used = (part.tensor for part in walk(body) if isinstance(part, Entry) and part.tensor in own)
        self.anchored |= {own[tensor] for tensor in used if not _is_open_statistic(own[tensor], tensor)}

    def loss(self, by: Tensor, kind: str | None = None) -> Entry:
        """An unknown loss of the last thing that is computed, for a derivative by this; `kind` is its family."""
        output = self.output(by)
        key = output, kind or family(self.loss_key)
        if key not in self._losses:
            written = latex_of(key[1])
            self._losses[key] = loss(self._name("L"), of=output, gradient=self._name("g"), latex=written)
        return self._losses[key][0]

    def output(self, by: Tensor) -> Tensor:
        """The last thing that is computed from this. Raises Unclear where the document computes nothing from it."""
        if self.forced is not None and _reaches(self.forced, by):
            return self.forced
        for key in sorted(self.differentiated - LAYERS):
            if key in self.sizes.axes and self.square(key) is None:
                self.tensor(key)
        own = [tensor for _, tensor in self.defined]
        used = {inner for tensor in own for inner in _used(tensor)}
        last = [tensor for tensor in own if tensor.sizes and tensor not in used and tensor in self._live()]
        assumed = {tensor for name, tensor in self.defined if name in self.conventions}
        last.sort(key=lambda tensor: tensor not in assumed)  # what the document says comes before what it leaves out
        output = next((tensor for tensor in reversed(last) if _reaches(tensor, by)), None)
        if output is None and by.sizes and not last:
            output = by
        if output is None:
            reason = f"the loss is not seen to depend on {by.name}; write what the layer computes"
            raise Unclear(reason, help=declare("layer", "layernorm" if self.sizes.axes.get("gamma") else "batchnorm"))
        return output

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
            self.tensors[key] = Tensor(self._name(key), of.sizes)
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

    def nodes(self) -> frozenset[Tensor]:
        """What the document differentiates by: the others are no variables of their own."""
        known = [each.get(key) for key in self.differentiated for each in (self.tensors, self.squares)]
        return frozenset(tensor for tensor in known if tensor is not None)

    def _live(self) -> set[Tensor]:
        """Definitions that are still what their names mean."""
        return {*self.tensors.values(), *self.squares.values()}

    # ------------------------------------------------------------------ conventions

    def _by_convention(self, key: str) -> Tensor | None:
        base, _, label = key.partition("_")
        if base in ("mu", "x.bar") and label in BATCH_LABELS and not self.sizes.axes.get(key, 0):
            return self._mean(key)
        if base.endswith(".bar") and not label and base[:-4] in INPUTS and not self.sizes.axes.get(key, 0):
            return self._mean_of(key, base.removesuffix(".bar"))
        if base == "sigma.hat":
            return self._root(key)
        if base == "sigma" and label in BATCH_LABELS and self._is_with_epsilon(key):
            return self._with_epsilon(key)
        if key == "y.hat" and (softmax := next((name for name in SOFTMAXES if name in self.sizes.axes), None)):
            return self.tensor(softmax)
        if base.endswith(".hat") and base.removesuffix(".hat") in INPUTS and not label and self._has_statistics(base):
            return self._normalized(key, base.removesuffix(".hat"))
        written = self.sizes.axes.get(key) or key in self.vectors
        if key in ("y", "z") and "gamma" in self.sizes.axes and written and self._is_output(key):
            return self._affine(key)
        return None

    def _has_statistics(self, hatted: str) -> bool:
        """Whether a document normalizes: a hat over anything but x may as well be a prediction."""
        names = {key.partition("_")[0] for key in self.sizes.counts}
        return hatted == "x.hat" or bool(names & {"mu", "sigma", "gamma", "epsilon", "x.bar", "sigma.hat"})

    def input(self) -> Tensor | None:
        """What is normalized: the first usual name that the document writes with one index, and with a hat if any."""
        known = [name for name in INPUTS if self.sizes.axes.get(name, 0) == 1 or name in self.vectors]
        hatted = (name for name in known if f"{name}.hat" in self.sizes.counts)
        name = next(hatted, known[0] if known else None)
        return None if name is None else self.tensor(name)

    def _is_output(self, key: str) -> bool:
        """Whether a name can be that of what the layer computes: z behind y, and y or z behind x."""
        return "x" in self.sizes.axes if f"{key}.hat" not in self.sizes.counts else False

    def rank(self, key: str) -> int:
        """How many axes the tensor of a name has, or of what it is the gradient by."""
        of = (self.adjoint_of(key) or key).removesuffix("^2")
        known = self.tensors.get(of) or self.squares.get(of)
        return len(known.sizes) if known is not None else self.sizes.axes.get(of, 0)

    def is_by_parameter(self, term: Term) -> bool:
        """Whether this is the gradient of a loss by something that is the same for all samples."""
        if not isinstance(term, Derivative) or not isinstance(term.body, Entry) or term.body.tensor.dependence is None:
            return False
        return term.by.tensor.definition is None and term.by.tensor != self.input()

    def is_input(self, tensor: Tensor) -> bool:
        """Whether this is what the layer is put to."""
        return tensor.definition is None or tensor == self.input()

    def _mean_of(self, key: str, name: str) -> Tensor | None:
        """A bar over a name that is written with an index elsewhere."""
        if self.sizes.axes.get(name, 0) != 1:
            return None
        of = self.tensor(name)
        k = Index("k", of.sizes[0])
        return self._assumed(key, mean(of[k], k), f"the mean of {of.name}")

    def _mean(self, key: str) -> Tensor | None:
        x = self.input()
        if x is None or len(x.sizes) != 1:
            return None
        k = Index("k", x.sizes[0])
        return self._assumed(key, mean(x[k], k), f"the mean of {x.name}")

    def _mu(self) -> Entry:
        return Entry(self.tensor(self._written("mu")))

    def _written(self, base: str) -> str:
        """A name with this base as the document writes it."""
        names = [name for name in self.sizes.axes if name.partition("_")[0] == base]
        return next((name for name in names if name.partition("_")[2] in BATCH_LABELS), base)

    def _variance(self, key: str) -> None:
        x = self.input()
        if x is None or len(x.sizes) != 1 or self.sizes.axes.get(key, 0):
            return
        k = Index("k", x.sizes[0])
        self.squares[key] = self._assumed(f"{key}2", mean((x[k] - self._mu()) ** 2, k), f"the variance of {x.name}")

    def _is_with_epsilon(self, key: str) -> bool:
        """Whether sigma is the root with epsilon: the document has an epsilon, and sigma^2 nowhere."""
        return "epsilon" in self.sizes.scalars and key not in self.squared and "sigma.hat" not in self.sizes.axes

    def _with_epsilon(self, key: str) -> Tensor | None:
        x = self.input()
        if x is None or len(x.sizes) != 1 or self.sizes.axes.get(key, 0):
            return None
        k = Index("k", x.sizes[0])
        body = sqrt(self._shifted(mean((x[k] - self._mu()) ** 2, k)))
        return self._assumed(key, body, f"the root of the variance of {x.name}, with epsilon")

    def _root(self, key: str) -> Tensor | None:
        square = self.square(self._written("sigma"))
        if square is None:
            return None
        return self._assumed(key, sqrt(self._shifted(Entry(square))), "the standard deviation, with epsilon")

    def _shifted(self, square: Term) -> Term:
        return square + Entry(self.tensor("epsilon")) if "epsilon" in self.sizes.scalars else square

    def _normalized(self, key: str, base: str) -> Tensor | None:
        x = self.tensor(base)
        if len(x.sizes) != 1:
            return None
        i = Index("i", x.sizes[0])
        s = self._scale()
        return None if s is None else self._assumed(key, (x[i] - self._mu()) / s, f"{base}, normalized", i)

    def _scale(self) -> Term | None:
        """What the layer divides by: a name with epsilon in it, or the root of the variance and epsilon."""
        if "sigma.hat" in self.sizes.axes:
            return Entry(self.tensor("sigma.hat"))
        key = self._written("sigma")
        square = self.square(key)
        if square is not None:
            return sqrt(self._shifted(Entry(square)))
        own = self.tensor(key)
        return Entry(own) if own.definition is not None and not own.sizes else None

    def _affine(self, key: str) -> Tensor | None:
        x = self.input()
        xhat = self.tensor(f"{x.name if x is not None else 'x'}.hat")
        if len(xhat.sizes) != 1:
            return None
        i = Index("i", xhat.sizes[0])
        gamma, beta = self.tensor("gamma"), self.tensor("beta")
        scaled = gamma[i] if gamma.sizes else Entry(gamma)
        shift = beta[i] if beta.sizes else Entry(beta)
        return self._assumed(key, scaled * xhat[i] + shift, "gamma times xhat, plus beta", i)

    def _assumed(self, key: str, body: Term, meaning: str, *over: Index) -> Tensor:
        """A definition that the document leaves out."""
        written = latex_of(key.removesuffix("2"), key.endswith("2"))
        made = define(self._name(key), body, *over, latex=written)
        tensor = made if isinstance(made, Tensor) else made.tensor
        self.conventions[key] = meaning
        self.tensors[key] = tensor
        self.defined.append((key, tensor))
        return tensor

    def _free(self, key: str) -> Tensor:
        sizes = self.sizes
        count = sizes.axes.get(key, 0) or int(key in self.vectors)
        own = tuple(self.size(sizes.size_of(("axis", key, place))) for place in range(count))
        if own:
            return Tensor(self._name(key), own, latex=latex_of(key))
        nonnegative = key.partition("_")[0] == "epsilon"
        positive = key in self.positive
        return Scalar(self._name(key), latex=latex_of(key), nonnegative=nonnegative, positive=positive).tensor

    def along(self, key: str, indices: tuple[Index, ...]) -> Tensor:
        """What a name with a computed subscript is, for every value of the indices that are in it: x_{i+1}."""
        place = f"{key} along {', '.join(f'{index.name} to {index.size}' for index in indices)}"
        if place not in self.tensors:
            sizes = tuple(index.size for index in indices)
            self.tensors[place] = Tensor(self._name(key), sizes, latex=latex_of(key))
            self.computed.add(place)
        return self.tensors[place]

    def new_name(self, key: str) -> str:
        """A name that nothing else has."""
        return self._name(key)

    def _name(self, key: str) -> str:
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


def _used(tensor: Tensor) -> set[Tensor]:
    """The tensors in the definition of one."""
    if tensor.definition is None:
        return set()
    return {part.tensor for part in walk(tensor.definition.body) if isinstance(part, Entry)}


def _reaches(tensor: Tensor, source: Tensor) -> bool:
    """Whether a tensor is, or rests on, another one."""
    return tensor == source or any(_reaches(inner, source) for inner in _used(tensor))
