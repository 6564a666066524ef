"""What a layer is: a forward program, named definitions in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.language import Entry, Index, LanguageError, Tensor, Term, indices, loss


@dataclass(frozen=True)
class Layer:
    """A forward program from `inputs` and `parameters` through `steps`, the last of which is the output.

    Every name in it is an attribute: `layer.yhat[b]`, `layer.mu`. Scalars are given as their one entry.
    """

    name: str
    title: str
    inputs: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]
    constants: tuple[Tensor, ...]
    steps: tuple[Tensor, ...]

    @property
    def output(self) -> Tensor:
        return self.steps[-1]

    @cached_property
    def _loss(self) -> tuple[Entry, Tensor]:
        return loss("L", of=self.output, latex=r"\mathcal{L}")

    @property
    def loss(self) -> Entry:
        """An arbitrary differentiable loss of the output."""
        return self._loss[0]

    @property
    def gradient(self) -> Tensor:
        """The gradient of that loss by the output: the upstream gradient."""
        return self._loss[1]

    @cached_property
    def names(self) -> dict[str, Tensor]:
        """Every name of the program, in the order of the program."""
        return {t.name: t for t in (*self.inputs, *self.parameters, *self.constants, *self.steps)}

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

    def indices(self, names: str, of: Tensor | None = None) -> tuple[Index, ...]:
        """Indices over the first axis of `of` (by default of the first input)."""
        size: Term = (of or self.inputs[0]).sizes[0]
        return indices(names, size)
