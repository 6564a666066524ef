"""What the conventions of the field say of a name that a document leaves out."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from derive.language import Index, Sum, Tensor, Term, define, exp, mean, sqrt
from derive.language.substitution import reached
from derive.language.terms import Derivative, Entry
from derive.notes.meaning.attention import SOFTMAXES as SOFTMAXES_OF
from derive.notes.meaning.focus import BATCH_LABELS, Focus
from derive.notes.meaning.sizes import Sizes
from derive.notes.meaning.symbols import latex_of

INPUTS = ("x", "y", "a", "z", "h", "u", "v")
"""Names of what is normalized, the usual ones first."""

OUTPUTS = ("y", "z", "o", "out")
"""Names of what a layer computes, the usual ones first."""

SOFTMAXES = ("softmax", "Softmax")


@dataclass
class Usage(Focus):
    """Mean, variance, normalized values and outputs, where a document uses them and defines them nowhere."""

    sizes: Sizes = field(kw_only=True)
    vectors: frozenset[str] = frozenset()
    centred: tuple[str, ...] = ()
    """The names that a mean without a name of its own is subtracted from."""
    middles: frozenset[str] = frozenset()
    """The numbers that something is shifted by before it is divided: likely its mean, whatever their name."""
    squared: frozenset[str] = frozenset()
    defined: list[tuple[str, Tensor]] = field(default_factory=list)
    jacobians: frozenset[tuple[str, str]] = frozenset()
    """The names in the derivatives of one vector by another."""
    sliced: frozenset[str] = frozenset()
    """The names of which rows or columns are taken, J[:, i]."""
    attention: frozenset[str] = frozenset()
    """The names that have gradients, in a document with a softmax."""

    @abstractmethod
    def is_unknown_loss(self, key: str) -> bool: ...

    @abstractmethod
    def tensor(self, key: str) -> Tensor: ...

    @abstractmethod
    def square(self, key: str) -> Tensor | None: ...

    @abstractmethod
    def adjoint_of(self, key: str) -> str | None: ...

    @abstractmethod
    def new_name(self, key: str) -> str: ...

    def by_convention(self, key: str) -> Tensor | None:
        base, _, label = key.partition("_")
        if base in ("mu", "x.bar") and label in BATCH_LABELS and not self.sizes.axes.get(key, 0):
            return None if self.is_of_several(label) else self._mean(key)
        if base in ("mu", "sigma") and (factor := self._factor(label)) is not None and not self.sizes.axes.get(key, 0):
            return self._scaled(key, base, factor)
        if base.endswith(".bar") and not label and self._is_input_name(base[:-4]) and not self.sizes.axes.get(key, 0):
            return self._mean_of(key, base.removesuffix(".bar"))
        if key in ("p", "P", "O") and (found := self._of_attention(key)) is not None:
            return found
        if base == "J" and (key in self.vectors | self.sliced or self.sizes.axes.get(key, 0) == 2):
            self.tensors.pop(key, None)
            return self.jacobian(key)
        if base == "sigma.hat":
            return self._root(key)
        if base == "sigma" and label in BATCH_LABELS and self._is_with_epsilon(key):
            return self._with_epsilon(key)
        if key == "y.hat" and (softmax := next((name for name in SOFTMAXES if name in self.sizes.axes), None)):
            return self.tensor(softmax)
        if base.endswith(".hat") and self._is_input_name(base[:-4]) and not label and self._has_statistics(base):
            return self._normalized(key, base.removesuffix(".hat"))
        written = self.sizes.axes.get(key) or key in self.vectors
        if key in OUTPUTS and "gamma" in self.sizes.axes and written and self._is_output(key):
            return self._affine(key)
        return None

    def _of_attention(self, key: str) -> Tensor | None:
        """The softmax of the scores, by rows, or P V, in a document that has gradients by all of these."""
        scores = dict(SOFTMAXES_OF).get(key)
        if scores is not None and {key, scores} <= self.attention:
            s = self.tensor(scores)
            if s.definition is not None or len(s.sizes) != self.sizes.axes.get(key, 0):
                return None
            own = tuple(Index(letter, size) for letter, size in zip("ij", s.sizes, strict=False))
            k = Index("k", s.sizes[-1])
            body = exp(Entry(s, own)) / Sum(exp(Entry(s, (*own[:-1], k))), k)
            return self._assumed(key, body, f"the softmax of {scores}{' by rows' if len(own) > 1 else ''}", *own)
        if key == "O" and {"P", "O"} <= self.attention and self.sizes.axes.get("O", 0) == 2:
            p, v = self.tensor("P"), self.tensor("V")
            if p.definition is None or len(v.sizes) != 2 or p.sizes[1] != v.sizes[0]:
                return None
            i, c, k = Index("i", p.sizes[0]), Index("c", v.sizes[1]), Index("k", v.sizes[0])
            return self._assumed(key, Sum(p[i, k] * v[k, c], k), "P times V", i, c)
        return None

    def jacobian(self, key: str) -> Tensor | None:
        """What J is where the document has derivatives of just one vector by another, and J is no loss."""
        if key.partition("_")[0] != "J" or self.is_unknown_loss(key):
            return None
        found = {pair for pair in self.jacobians if self._is_map(*map(self.tensor, pair))}
        if len(found) != 1:
            return None
        ((name, by),) = found
        of, variable = self.tensor(name), self.tensor(by)
        i, j = Index("i", of.sizes[0]), Index("j", variable.sizes[0])
        self.conventions[key] = f"the Jacobian of {of.name} by {variable.name}"
        made = define(self.new_name(key), Derivative(of[i], variable[j]), i, j, latex=latex_of(key))
        return made if isinstance(made, Tensor) else None

    def _is_map(self, of: Tensor, by: Tensor) -> bool:
        """Whether one vector is computed from another."""
        if of.definition is None:
            return False
        return len(of.sizes) == len(by.sizes) == 1 and of != by and by in reached([of.definition.body])

    def is_of_several(self, label: str) -> bool:
        """Whether the document has statistics with labels of several kinds: those of a batch and of a layer differ."""
        pairs = (key.removesuffix("^2").partition("_") for key in self.sizes.counts)
        found = {_kind(each) for base, _, each in pairs if base in ("mu", "sigma", "x.bar") and each in BATCH_LABELS}
        return bool(label) and len(found - {""}) > 1

    def _has_statistics(self, hatted: str) -> bool:
        """Whether a document normalizes: a hat over anything but x may as well be a prediction."""
        names = {key.partition("_")[0] for key in self.sizes.counts}
        return hatted == "x.hat" or bool(names & {"mu", "sigma", "gamma", "epsilon", "x.bar", "sigma.hat"})

    def input(self) -> Tensor | None:
        """What is normalized: the first name that is written with one index, with a hat if any, or less a mean.

        The usual names come first.
        """
        if self.focus is not None:
            return self.tensor(self.focus)
        usual = [name for name in INPUTS if self._is_vector(name)]
        others = [name for name in self.centred if name not in INPUTS and self._is_vector(name)]
        hatted = (name for name in (*usual, *others) if f"{name}.hat" in self.sizes.counts)
        centred = [name for name in self.centred if name in usual] or others
        name = next(iter((*hatted, *centred, *usual)), None)
        return None if name is None else self.tensor(name)

    def _is_vector(self, key: str) -> bool:
        return self.sizes.axes.get(key, 0) == 1 or key in self.vectors

    def _is_input_name(self, key: str) -> bool:
        return key in INPUTS or key in self.centred

    def _is_output(self, key: str) -> bool:
        """Whether a name can be that of what the layer computes: z behind y, and y or z behind x."""
        if f"{key}.hat" in self.sizes.counts:
            return False
        x = self.input()
        if x is None or x.name == key:
            return False
        before = OUTPUTS[: OUTPUTS.index(key)]
        return all(name not in self.sizes.axes or x.name == name for name in before)

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

    def _factor(self, label: str) -> Tensor | None:
        """The number in a subscript such as aB: it tells of the batch with everything scaled by a."""
        letter, _, rest = label.partition(",")
        if rest not in BATCH_LABELS - {""} or letter not in self.sizes.scalars or self.sizes.axes.get(letter):
            return None
        found = self.tensor(letter)
        return found if found.definition is None and not found.sizes and not found.integer else None

    def _scaled(self, key: str, base: str, factor: Tensor) -> Tensor | None:
        """The mean of a x, or the root of its variance without epsilon, where mu and sigma are those of x."""
        x = self.input()
        if x is None or len(x.sizes) != 1:
            return None
        k, a = Index("k", x.sizes[0]), Entry(factor)
        middle = mean(a * x[k], k)
        if base == "mu":
            return self._assumed(key, middle, f"the mean of {factor.name} {x.name}")
        body = sqrt(mean((a * x[k] - middle) ** 2, k))
        return self._assumed(key, body, f"the standard deviation of {factor.name} {x.name}")

    def _mu(self) -> Entry:
        return Entry(self.tensor(self._written("mu")))

    def _written(self, base: str) -> str:
        """A name with this base as the document writes it."""
        names = [name for name in self.sizes.axes if name.partition("_")[0] == base]
        return next((name for name in names if name.partition("_")[2] in BATCH_LABELS), base)

    def _variance(self, key: str) -> None:
        x = None if self.is_of_several(key.partition("_")[2]) else self.input()
        if x is None or len(x.sizes) != 1 or self.sizes.axes.get(key, 0):
            return
        k = Index("k", x.sizes[0])
        self.squares[key] = self._assumed(f"{key}2", mean((x[k] - self._mu()) ** 2, k), f"the variance of {x.name}")

    def _is_with_epsilon(self, key: str) -> bool:
        """Whether sigma is the root with epsilon: the document has an epsilon, and sigma^2 nowhere."""
        return "epsilon" in self.sizes.scalars and key not in self.squared and "sigma.hat" not in self.sizes.axes

    def _with_epsilon(self, key: str) -> Tensor | None:
        x = None if self.is_of_several(key.partition("_")[2]) else self.input()
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
        with self.focused(base):
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
        made = define(self.new_name(key), body, *over, latex=written)
        tensor = made if isinstance(made, Tensor) else made.tensor
        self.conventions[key] = meaning
        self.tensors[key] = tensor
        self.defined.append((key, tensor))
        return tensor


def _kind(label: str) -> str:
    """What a label of a statistic tells of: all spellings of the batch are one."""
    return "B" if label in ("B", "b", "beta", "batch") else label.upper()
