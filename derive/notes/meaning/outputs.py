"""What a document computes last: what its losses are functions of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from derive.language import Tensor, loss
from derive.language.terms import Entry
from derive.notes.meaning.functions import LAYERS
from derive.notes.meaning.gradient_names import GradientNames
from derive.notes.meaning.losses import Losses, family, is_loss_by_name
from derive.notes.meaning.reach import reaches, used_by
from derive.notes.meaning.symbols import latex_of
from derive.notes.meaning.unclear import Unclear, declare

OF_LAYERS = frozenset("x x.hat y mu sigma gamma beta".split())
"""What batch and layer normalization have names for."""


@dataclass
class Outputs(GradientNames):
    """The outputs of the layers of a document.

    `forced` is the output of the layer that a formula is about, where there are several, and `alias` a name for it.
    """

    differentiated: frozenset[str] = frozenset()
    adjoints: frozenset[str] = frozenset()
    arguments: dict[str, str] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)
    forced: Tensor | None = None
    alias: str | None = None
    _losses: dict[tuple[Tensor, str], tuple[Entry, Tensor]] = field(default_factory=dict)
    _computed: tuple[tuple, tuple, list[Tensor], dict[int, tuple[Tensor, Tensor | None]]] | None = None

    def loss(self, by: Tensor, kind: str | None = None) -> Entry:
        """An unknown loss of the last thing that is computed, for a derivative by this; `kind` is its family."""
        output = self.output(by)
        key = output, kind or family(self.loss_key)
        if key not in self._losses:
            written = latex_of(key[1])
            self._losses[key] = loss(self.new_name("L"), of=output, gradient=self.new_name("g"), latex=written)
        return self._losses[key][0]

    @property
    def has_several_losses(self) -> bool:
        """Whether more than one loss has been met: else there is no formula with two."""
        return len(self._losses) > 1

    def output(self, by: Tensor) -> Tensor:
        """The last thing that is computed from this. Raises Unclear where the document computes nothing from it."""
        if self.forced is not None and reaches(self.forced, by):
            return self.forced
        for key in _no_layers(self.differentiated):
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

    def _layer_with(self, by: Tensor) -> str:
        """The declaration of a layer that has a name, if the usual ones have it."""
        key = next((key for key, each in (*self.tensors.items(), *self.squares.items()) if each == by), "")
        if key not in OF_LAYERS:
            return ""
        return declare("layer", "layernorm" if self.sizes.axes.get("gamma") else "batchnorm")

    def _last(self) -> tuple[list[Tensor], dict[int, tuple[Tensor, Tensor | None]]]:
        """What is computed and not used again, most likely for the loss at the end; and what is known of each input."""
        names = (*self.tensors.values(), None, *self.squares.values(), None, *(tensor for _, tensor in self.defined))
        state = (*map(id, names), *self.conventions, None, *self.arguments)
        if self._computed is None or self._computed[0] != state:
            self._computed = state, names, self._unused(), {}
        return self._computed[2:]

    def _unused(self) -> list[Tensor]:
        """The same, found anew."""
        own = [tensor for _, tensor in self.defined]
        used, live = frozenset[Tensor]().union(*map(used_by, own)), self._live()
        last = [tensor for tensor in own if tensor.sizes and tensor not in used and tensor in live]
        assumed = {tensor for name, tensor in self.defined if name in self.conventions}
        by_it = {self.tensors.get(key) for key in self.adjoints | self.arguments.keys()}
        # what the document says comes before what it leaves out, and what a loss is differentiated by before parts
        last.sort(key=lambda tensor: (tensor not in assumed, tensor in by_it))
        return last

    def _live(self) -> set[Tensor]:
        """Definitions that are still what their names mean."""
        return {*self.tensors.values(), *self.squares.values()}

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

    @property
    def loss_key(self) -> str:
        """The name of the loss as the document writes it."""
        seen = (key for _, key, _ in self.losses.found)
        return next((key for key in (*seen, *self.sizes.counts) if is_loss_by_name(key)), "L")


@lru_cache(64)
def _no_layers(keys: frozenset[str]) -> tuple[str, ...]:
    """The names of those that are no layers, in one order."""
    return tuple(sorted(keys - LAYERS))
