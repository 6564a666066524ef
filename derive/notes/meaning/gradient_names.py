"""The names that documents and code have for gradients: dy, dout, delta, dxhat, a bar over a name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from derive.notes.meaning.usage import Usage

WORDS_OF = {
    **dict.fromkeys(("xhat", "x_hat", "xnorm", "x_norm", "xn", "norm"), ("x.hat",)),
    **dict.fromkeys(("mean", "mu"), ("mu", "mu_B", "mu_beta")),
    **dict.fromkeys(("var", "sigma2", "v"), ("v", "sigma^2", "sigma_B^2")),
    **dict.fromkeys(("std", "sigma"), ("sigma", "std")),
}
"""What code calls the names of a document, behind the d of a gradient."""

UPSTREAM = frozenset(("g", "delta", "dout", "dy", "grad_output", "grad_out", "dL_dy"))
"""Names of the gradient by the output, where a document uses them in no definition."""


@dataclass
class GradientNames(Usage):
    """Which names are gradients, and by what.

    `later` introduces a definition that stands further down in the document; it says whether there is one.
    `ingredients` are names that definitions are made of. `plain_bars` are names with a bar that are no gradients.
    """

    later: Callable[[str, bool], bool] = lambda key, square: False
    ingredients: frozenset[str] = frozenset()
    plain_bars: frozenset[str] = frozenset()

    @abstractmethod
    def is_defined(self, key: str, square: bool) -> bool: ...

    @abstractmethod
    def is_unread(self, key: str) -> bool: ...

    def adjoint_of(self, key: str) -> str | None:
        """The name by which a gradient is what this name stands for, or None."""
        if key in UPSTREAM and key not in self.ingredients and not self.is_defined(key, False):
            return None if self.later(key, False) or self.is_unread(key) else self._output_key()
        if (named := self._gradient_word(key)) is not None:
            return named
        base, _, label = key.partition("^")
        if base in ("g", "delta") and label and label not in "*+":
            return label if self.sizes.axes.get(label.removesuffix("^2")) is not None else None
        inner = key.removesuffix(".bar")
        if inner == key or key in self.plain_bars or self.is_defined(key, False) or not self.bars_are_adjoints:
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
    def bars_are_adjoints(self) -> bool:
        """Whether a bar means a gradient here: it stands over something that has a hat already, or over the output."""
        return any(key.endswith(".hat.bar") or key == "L.bar" for key in self.sizes.axes) or self._has_bar_over_output()

    def _has_bar_over_output(self) -> bool:
        """Whether a bar stands over y, and this is no mean: it has as many indices as y has."""
        axes = self.sizes.axes
        return "y.bar" in axes and "y.bar" not in self.plain_bars and axes["y.bar"] == axes.get("y", 0)
