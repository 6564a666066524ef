"""What a layer is: a forward program, named definitions in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.language import Entry, Index, LanguageError, Tensor, Term, indices, loss
from derive.language.binding import letters
from derive.language.substitution import Substitution


@dataclass(frozen=True)
class Layer:
    """A forward program from `inputs` and `parameters` through `steps`, the last of which is the output.

    `updates` is what it keeps for later, beside the output. Every name in it is an attribute: `layer.yhat[b]`,
    `layer.mu`. Scalars are given as their one entry.
    """

    name: str
    title: str
    inputs: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    constants: tuple[Tensor, ...]
    steps: tuple[Tensor, ...]
    updates: tuple[Tensor, ...] = ()

    @property
    def output(self) -> Tensor:
        return self.steps[-1]

    @cached_property
    def _loss(self) -> tuple[Entry, Tensor]:
        primes = "'" * self.output.name.count("'")
        return loss(f"L{primes}", of=self.output, gradient=f"g{primes}", latex=rf"\mathcal{{L}}{primes}")

    @property
    def loss(self) -> Entry:
        """An arbitrary differentiable loss of the output."""
        return self._loss[0]

    @property
    def gradient(self) -> Tensor:
        """The gradient of that loss by the output: the upstream gradient."""
        return self._loss[1]

    @property
    def second(self) -> Tensor:
        """The Hessian of that loss by the output: its axes twice."""
        dependence = self.gradient.dependence
        if dependence is None or dependence.derivative is None:
            raise LanguageError(f"the loss of {self.name} has no second derivative")
        return dependence.derivative

    @cached_property
    def names(self) -> dict[str, Tensor]:
        """Every name of the program, in the order of the program; a program at other values keeps its names."""
        every = (*self.inputs, *self.parameters, *self.constants, *self.steps, *self.updates)
        return {tensor.name.rstrip("'"): tensor for tensor in every}

    @cached_property
    def letters(self) -> dict[Term, str]:
        """The letter that the program has for the index over each of its sizes."""
        return letters(self.steps)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.names:
            raise AttributeError(f"{self.name} has no {name}")
        tensor = self.names[name]
        return tensor if tensor.sizes else Entry(tensor)

    def named(self, name: str) -> Tensor:
        """The tensor of a name of the program; `input`, `weight` and `bias` are names for it, too."""
        roles = dict(zip(("input", "weight", "bias"), (*self.inputs, *self.parameters), strict=False))
        if name not in {**roles, **self.names}:
            known = ", ".join((*roles, *self.names))
            raise LanguageError(f"{self.name} has no {name}; it has {known}")
        return {**self.names, **roles}[name]

    def at(self, mark: str = "'", **values: object) -> Layer:
        """The same program at other inputs, parameters or constants; the steps that change get names with `mark`.

        `batchnorm().at(epsilon=0)`; for a vector give `(index, formula)` or another tensor of the same size. Where two
        variants meet in one formula, one of them needs another mark: two primes.
        """
        given: dict[Tensor | Entry, object] = {self.named(name): value for name, value in values.items()}
        scope = map(_whole, (*self.steps, *self.updates, self.gradient))
        image = Substitution(given, scope, mark=mark).tensor

        def kept(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            named = (given.get(tensor, tensor) for tensor in tensors)
            return tuple(value for value in named if isinstance(value, Tensor))

        return Layer(
            self.name,
            self.title,
            inputs=kept(self.inputs),
            parameters=kept(self.parameters),
            constants=kept(self.constants),
            steps=tuple(map(image, self.steps)),
            updates=tuple(map(image, self.updates)),
        )

    def indices(self, names: str, of: Tensor | None = None) -> tuple[Index, ...]:
        """Indices over the first axis of `of` (by default of the first input)."""
        size: Term = (of or self.inputs[0]).sizes[0]
        return indices(names, size)


def _whole(tensor: Tensor) -> Entry:
    """A tensor at indices of its own."""
    return Entry(tensor, tuple(Index(f"i{place}", size) for place, size in enumerate(tensor.sizes)))
