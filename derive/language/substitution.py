"""Formulas at given values: a tensor replaced by a formula, everywhere, through definitions, and nothing captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeVar

from derive.language.binding import free_indices, rename, walk
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Definition, Dependence, Derivative, Entry, Index, Partial, Tensor, Term, term

Value: TypeAlias = object
"""What stands for a tensor: a formula for a scalar, `(indices, formula)` or another tensor of the same sizes."""

Said = TypeVar("Said", Term, Claim)


def substitute(
    value: Said,
    values: Mapping[Tensor | Entry, Value],
    *,
    mark: str = "'",
    derivative: Callable[[Term, Entry], Term] | None = None,
) -> Said:
    """A formula or claim in which tensors without a definition have the values given.

    >>> from derive import Size, Sum, Vector, define, indices
    >>> m = Size("m"); b, k = indices("b k", m); y = Vector("y", m)
    >>> mu = define("mu", Sum(y[b], b) / m)
    >>> centred = substitute(y[k] - mu, {y: (b, 2 * y[b])})
    >>> print(centred, "with", centred.args[1].arg.tensor.definition.body)
    2*y[k] - mu' with Sum(2*y[b], b)/m

    A definition that rests on a replaced tensor becomes another one, under its name with `mark`. `derivative` carries
    out the derivatives into which a value can't be put; without it they raise LanguageError.
    """
    return Substitution(values, (value,), mark=mark, derivative=derivative)(value)


class Substitution:
    """The same values for several formulas, in all of which a new name means the same.

    `scope` holds every formula that will be substituted into: its names are not given to new definitions.
    """

    def __init__(
        self,
        values: Mapping[Tensor | Entry, Value],
        scope: Iterable[Term | Claim] = (),
        *,
        mark: str = "'",
        derivative: Callable[[Term, Entry], Term] | None = None,
    ) -> None:
        self.values = dict(_definition(tensor, value) for tensor, value in values.items())
        self.mark, self._derivative = mark, derivative
        terms = [t for said in scope for t in (said.terms if isinstance(said, Claim) else (said,))]
        terms += [definition.body for definition in self.values.values()]
        self._taken = {t.name for t in (*self.values, *reached(terms))}
        self._images: dict[Tensor, Tensor] = {}
        self._concerned: dict[Tensor, bool] = {}

    def __call__(self, value: Said) -> Said:
        """The formula or claim at these values."""
        if isinstance(value, Claim):
            return Claim(self(value.lhs), value.relation, self(value.rhs), tuple(map(self, value.hypotheses)))
        return self._term(value)

    def tensor(self, tensor: Tensor) -> Tensor:
        """What stands in a tensor's place: itself if the values don't concern it."""
        if not self.concerns(tensor):
            return tensor
        if tensor not in self._images:
            self._images[tensor] = self._image(tensor)
        return self._images[tensor]

    def concerns(self, tensor: Tensor) -> bool:
        """Whether a tensor is replaced, or rests on one that is."""
        if tensor not in self._concerned:
            found = tensor in self.values
            if tensor.definition:
                found = any(self._occurs_in(tensor.definition.body))
            elif tensor.dependence and not found:
                found = self.concerns(tensor.dependence.on)
            self._concerned[tensor] = found
        return self._concerned[tensor]

    def _occurs_in(self, value: Term) -> Iterator[bool]:
        for part in walk(value):
            if isinstance(part, Entry):
                yield self.concerns(part.tensor)
            elif isinstance(part, Derivative):
                yield from map(self.concerns, (part.by.tensor, *reached([part.body])))

    def _term(self, value: Term) -> Term:
        match value:
            case Entry(tensor=tensor) if tensor in self.values:
                definition = self.values[tensor]
                return rename(definition.body, dict(zip(definition.indices, value.indices, strict=True)))
            case Entry():
                return Entry(self.tensor(value.tensor), value.indices)
            case Derivative():
                return self._differentiated(value)
        return value.rebuild(tuple(map(self._term, value.args)))

    def _image(self, tensor: Tensor) -> Tensor:
        own = self.values.get(tensor)
        if own is not None and isinstance(own.body, Entry) and own.body.indices == own.indices:
            return own.body.tensor
        definition = own or tensor.definition
        if definition is not None:
            made = definition if own else Definition(definition.indices, self._term(definition.body))
            return Tensor(self._name(tensor), tensor.sizes, latex=self._latex(tensor), definition=made)
        if tensor.dependence is None:
            raise LanguageError(f"{tensor} has neither a value nor a definition")
        on, next_one = tensor.dependence.on, tensor.dependence.derivative
        image = self.tensor(on)
        partial = tensor.partial and Partial(f"{tensor.partial.function}{self.mark}", image, tensor.partial.order)
        dependence = Dependence(image, next_one and self._unreplaced(next_one))
        return replace(
            tensor,
            name=self._name(tensor),
            latex=self._latex(tensor),
            partial=partial,
            dependence=dependence,
            origin=None,
        )

    def _unreplaced(self, tensor: Tensor) -> Tensor:
        if tensor in self.values:
            raise LanguageError(f"{tensor} has a value of its own, and so has what it is a derivative by")
        return self.tensor(tensor)

    def _name(self, tensor: Tensor) -> str:
        name = tensor.name + self.mark
        while name in self._taken:
            name += self.mark
        self._taken.add(name)
        return name

    def _latex(self, tensor: Tensor) -> str | None:
        if tensor.latex is None:
            return None
        plain = "^" not in tensor.latex and "_" not in tensor.latex
        return f"{tensor.latex}{self.mark}" if plain else f"{{{tensor.latex}}}{self.mark}"

    def _differentiated(self, value: Derivative) -> Term:
        """A derivative at the values: the derivative of the formula at the values, where that is the same."""
        inside = reached([value.body])
        by = value.by.tensor
        if not any(map(self.concerns, (by, *inside))):
            return value
        if self._commutes(by, inside, reached([value.body], derivatives=False)):
            return Derivative(self._term(value.body), Entry(self.tensor(by), value.by.indices))
        if self._derivative is None:
            raise LanguageError(f"a value can't be put into {value}; carry out the derivative first")
        return self._term(self._derivative(value.body, value.by))

    def _commutes(self, by: Tensor, inside: set[Tensor], written: set[Tensor]) -> bool:
        """Whether no value depends on what is differentiated by, and none is for a derivative that is not written."""
        replaced = {t for t in self.values if t in inside}
        image = self.tensor(by)
        if by in self.values and (image.definition or image.dependence or image.symmetric or image in inside):
            return False
        bodies = [self.values[t].body for t in replaced - {by}]
        return replaced <= written and image not in reached(bodies)


def reached(terms: Iterable[Term], derivatives: bool = True) -> set[Tensor]:
    """Every tensor in terms: in definitions, sizes and arguments of unknown functions, and in their derivatives."""
    found: set[Tensor] = set()
    waiting: list[Tensor | Term] = list(terms)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Tensor):
            if value in found:
                continue
            found.add(value)
            waiting.extend(value.sizes)
            if value.definition:
                waiting.append(value.definition.body)
            if value.dependence:
                waiting.append(value.dependence.on)
                if derivatives and value.dependence.derivative:
                    waiting.append(value.dependence.derivative)
            continue
        for part in walk(value):
            if isinstance(part, Entry):
                waiting.append(part.tensor)
            elif isinstance(part, Derivative):
                waiting.append(part.by.tensor)
    return found


def _definition(key: Tensor | Entry, value: Value) -> tuple[Tensor, Definition]:
    """A tensor and its value, whose indices run over the tensor's axes."""
    tensor = key.tensor if isinstance(key, Entry) and not key.indices else key
    if not isinstance(tensor, Tensor):
        raise LanguageError(f"{key!r} is not a tensor; replace a whole tensor or a scalar")
    if tensor.definition is not None:
        raise LanguageError(f"{tensor} is defined; replace what it is made of")
    if tensor.integer:
        raise LanguageError(f"{tensor} is a whole number, such as a size, and can't be replaced")
    own, body = _indexed(tensor, value)
    if tuple(index.size for index in own) != tensor.sizes or len(set(own)) != len(own):
        sizes = ", ".join(map(str, tensor.sizes)) or "no axes"
        raise LanguageError(f"the value of {tensor} needs one index for each of its axes: {sizes}")
    if missing := free_indices(body) - set(own):
        listed = ", ".join(sorted(index.name for index in missing))
        raise LanguageError(f"the value of {tensor} depends on the index {listed}, which {tensor} lacks")
    return tensor, Definition(own, body)


def _indexed(tensor: Tensor, value: Value) -> tuple[tuple[Index, ...], Term]:
    if isinstance(value, Tensor):
        own = tuple(Index(f"i{place}", size) for place, size in enumerate(tensor.sizes, start=1))
        return own, Entry(value, own)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple | Index):
        own, body = value
        own = own if isinstance(own, tuple) else (own,)
        if not all(isinstance(index, Index) for index in own):
            raise LanguageError(f"the value of {tensor} is (indices, formula), not {value!r}")
        return own, term(body)
    return (), term(value)
