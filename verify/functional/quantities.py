"""What a formula is computed from: centred values, statistics, reciprocals; as definitions, in order.

A step that divides is a product with a reciprocal, a variance is the mean square of centred values, and an exponential
is shifted by a number `top` for each row. (Any number does, since it cancels; the largest value lets nothing overflow.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from derive.language import Entry, Index, Tensor, Term
from derive.language.binding import rename, walk
from derive.language.terms import Add, Definition, Div, Function, Mul, Neg, Number, Sum
from derive.layers import Layer
from verify.functional.polynomial import Expansion, Monomial, entry_of

TOP = "top"
"""The name of the shift of exponentials."""

MEAN = "mu"
"""The name that the programs give to a mean, also to one that is kept from training."""


def named(name: str, body: Term, over: Iterable[Index]) -> Tensor:
    """A name for a term, with these indices."""
    over = tuple(over)
    return Tensor(name, tuple(index.size for index in over), definition=Definition(over, body))


@dataclass
class Quantities:
    """The steps of a layer in the terms that they are computed from.

    `meaning` is what a step stands for, `centred` are the names that sum to zero, each with the axes over which it
    does, `means` what each mean is of and over which axes, `reciprocals` the inverse of each step that divides.
    """

    layer: Layer
    meaning: dict[Tensor, Term] = field(default_factory=dict)
    centred: dict[Tensor, frozenset[Index]] = field(default_factory=dict)
    means: dict[Tensor, tuple[Tensor, frozenset[Index]]] = field(default_factory=dict)
    reciprocals: dict[Tensor, Tensor] = field(default_factory=dict)
    linear: list[Tensor] = field(default_factory=list)
    names: dict[Tensor, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.linear += self.layer.inputs
        for step in self.layer.steps:
            self._read(step)

    def at(self, tensor: Tensor) -> Entry:
        return entry_of(tensor, self.layer.letters)

    @property
    def rows(self) -> frozenset[Index]:
        """The axes of the statistics: what one row, channel or sample has of its own."""
        return frozenset[Index]().union(*(self.at(each).indices for each in (*self.means, *self.reciprocals)))

    @property
    def normalized(self) -> frozenset[Index]:
        """The axes over which the mean is taken, none where there is none."""
        return next((over for _, over in self.means.values()), frozenset())

    @property
    def averaged(self) -> Tensor | None:
        """What the mean is taken of."""
        return next((tensor for tensor, _ in self.means.values()), None)

    def expansion(self, unfold: Callable[[Entry], Term | None] | None = None) -> Expansion:
        return Expansion(self.layer.letters, unfold or self.unfold, self.vanishing)

    def unfold(self, value: Entry) -> Term | None:
        """What an entry stands for, and for the tangent of a step its definition; None where it stays."""
        tensor, definition = value.tensor, value.tensor.definition
        if tensor in self.meaning:
            meant = self.meaning[tensor]
            return None if meant == self.at(tensor) else _placed(meant, self.at(tensor).indices, value)
        if definition is None or not tensor.name.endswith("dot"):
            return None
        return _placed(definition.body, definition.indices, value)

    def vanishing(self, factors: Monomial, over: frozenset[Index]) -> bool:
        """Whether a sum is one of centred values alone, over all that they are centred on."""
        ((factor, power), *others) = factors
        if others or power != 1 or not isinstance(factor, Entry) or factor.tensor not in self.centred:
            return False
        return over >= self.centred[factor.tensor]

    def centre(self, tensor: Tensor) -> tuple[Tensor, Tensor]:
        """A tensor less its mean over the normalized axes, and that mean."""
        at = self.at(tensor)
        narrow = [index for index in at.indices if index not in self.normalized]
        mean = named(f"{tensor.name}_mean", _mean(at, self.normalized), narrow)
        off = named(f"{tensor.name}_c", at - self.at(mean), at.indices)
        self.centred[off] = self.normalized
        return off, mean

    def _read(self, step: Tensor) -> None:
        at, definition = self.at(step), step.definition
        if definition is None:
            return
        body = self._shifted(_placed(definition.body, definition.indices, at))
        of = _averaged(body)
        body = self._rewritten(body, step.name)
        if isinstance(body, Entry) or self._unfolds(step, body):
            self.meaning[step] = body
            return
        own = self.names[step] = named(step.name, body, at.indices)
        self.meaning[step] = self.at(own)
        if of is not None and step.name == MEAN:
            self.means[own] = of
        elif self._divides(step):
            self.reciprocals[own] = named(f"inv_{step.name}", Div(Number(1), self.at(own)), at.indices)
            self.meaning[step] = Div(Number(1), self.at(self.reciprocals[own]))

    def _unfolds(self, step: Tensor, body: Term) -> bool:
        """Whether a step is no more than a centred value over a number for each row, or the output of such steps."""
        match body:
            case Div(numerator=Entry() as above) | Mul(factors=(Entry() as above, _)) if step.sizes:
                if any(isinstance(part, Entry) and part.tensor in self.reciprocals.values() for part in body.args):
                    return above.tensor in self.linear
        return step == self.layer.output

    def _shifted(self, body: Term) -> Term:
        """exp(x) as exp(x - top)."""
        x = self.layer.inputs[0]
        if not isinstance(body, Function) or body.name != "exp" or body.arg != self.at(x):
            return body
        top = self.at(Tensor(TOP, x.sizes[:-1]))
        off = self.at(named(f"{x.name}_shifted", self.at(x) - top, self.at(x).indices))
        self.meaning[x] = Add((off, top))
        return Function("exp", off)

    def _rewritten(self, value: Term, name: str = "") -> Term:
        """A body in the names that the steps before it have got; a difference from the mean gets a name."""
        if isinstance(value, Entry):
            return self.meaning.get(value.tensor, value)
        if self._is_shifted_log(value):
            own = self.names[value.args[0].tensor]  # pyright: ignore[reportAttributeAccessIssue]
            return Add((Function("log", self.at(own)), self.meaning[self.layer.inputs[0]].args[1]))
        value = value.rebuild(tuple(map(self._rewritten, value.args))) if value.args else value
        match value:
            case Div(numerator=Div(numerator=above, denominator=first), denominator=second):
                return Div(above, first * second)
            case Div(denominator=Div(numerator=Number(value=1), denominator=inverse)):
                return Mul((value.numerator, inverse))
            case Add(summands=(Entry() as whole, Neg(arg=Entry() as mean))) if mean.tensor.name == MEAN:
                off = named(name or f"{whole.tensor.name}_c", value, whole.indices)
                self.linear.append(off)
                if mean.tensor in self.means:
                    self.centred[off] = self.means[mean.tensor][1]
                return self.at(off)
        return value

    def _is_shifted_log(self, value: Term) -> bool:
        x = self.layer.inputs[0]
        log = isinstance(value, Function) and value.name == "log"
        return log and isinstance(value.args[0], Entry) and x in self.meaning

    def _divides(self, step: Tensor) -> bool:
        """Whether a later step divides by this one, which is a number for each row."""
        bodies = (later.definition.body for later in self.layer.steps if later.definition)
        below = (part.denominator for body in bodies for part in walk(body) if isinstance(part, Div))
        return any(isinstance(each, Entry) and each.tensor == step for each in below)


def _placed(body: Term, indices: tuple[Index, ...], at: Entry) -> Term:
    return rename(body, dict(zip(indices, at.indices, strict=True)))


def _mean(at: Entry, over: frozenset[Index]) -> Term:
    ordered = sorted(over, key=str)
    body: Term = at
    for index in ordered:
        body = Sum(body, index)
    sizes = tuple(index.size for index in ordered)
    return Div(body, sizes[0] if len(sizes) == 1 else Mul(sizes))


def _averaged(body: Term) -> tuple[Tensor, frozenset[Index]] | None:
    """What a step is the mean of, and over what."""
    over: set[Index] = set()
    while isinstance(body, Div):
        body = body.numerator
    while isinstance(body, Sum):
        over.add(body.index)
        body = body.body
    return (body.tensor, frozenset(over)) if over and isinstance(body, Entry) else None
