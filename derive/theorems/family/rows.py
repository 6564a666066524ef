"""What all layers share that centre rows and divide them by s = sqrt(mean square + epsilon), written once.

A row is what is normalized together: a feature over the batch, a sample over its features, a group, a filter. With
h the gradient by the normalized entries (the upstream gradient times the weights), the facts of the paper hold for
each of them: Fact C.1, Theorem 4.1 and Theorem 4.2 with `count` for m and h for gamma g.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from derive.gradients import tangents
from derive.gradients.modes import tangent
from derive.language import Derivative, Entry, Index, Number, Sum, Tensor, Term
from derive.language.binding import fresh, rename
from derive.layers import Layer
from derive.theorems.derivation import Derivation


@dataclass(frozen=True)
class Rows:
    """A layer whose input is normalized over the indices `over` of each of its `rows`; `hat` is the normalized input.

    `upstream` is h: the gradient of the loss by the entries of `hat`, at the same indices. `centred` says that the mean
    is subtracted, `length` that s is the length of the row and not its root mean square.
    """

    layer: Layer
    rows: tuple[Index, ...]
    over: tuple[Index, ...]
    hat: Tensor
    s: Term
    upstream: Term
    centred: bool = True
    length: bool = False

    @property
    def at(self) -> tuple[Index, ...]:
        """The indices of one entry, in the order of the input's axes."""
        return self.hat.definition.indices if self.hat.definition else ()

    @property
    def x(self) -> Entry:
        return Entry(self.layer.inputs[0], self.at)

    @property
    def xhat(self) -> Entry:
        return Entry(self.hat, self.at)

    @property
    def count(self) -> Term:
        """The squared norm of a normalized row without epsilon: its number of entries, or 1."""
        if self.length:
            return Number(1)
        first, *others = (index.size for index in self.over)
        product: Term = first
        for size in others:
            product = product * size
        return product

    @property
    def v(self) -> Derivative:
        """The gradient of the loss by one entry of the input."""
        return Derivative(self.layer.loss, self.x)

    @property
    def epsilon(self) -> Term:
        epsilon = self.layer.names.get("epsilon")
        return Entry(epsilon) if epsilon else Number(0)

    def total(self, term: Term) -> Term:
        """The sum over a row, under index names that are free."""
        new = {index: fresh(index, self.at) for index in self.over}
        return Sum(rename(term, new), *new.values())

    def product(self, left: Term, right: Term) -> Term:
        """The inner product of two rows."""
        return self.total(left * right)

    @property
    def textbook(self) -> Term:
        """Fact C.1 for this layer."""
        h, hat = self.upstream, self.xhat
        inside = self.count * h - hat * self.product(h, hat)
        if self.centred:
            inside = self.count * h - self.total(h) - hat * self.product(h, hat)
        return 1 / (self.count * self.s) * inside

    # The facts

    def gradient(self) -> Derivation:
        """Fact C.1: the gradient by the input."""
        return Derivation(self.v).eq(self.textbook, "what the mean and s take away is projected out")

    def norm(self) -> Derivation:
        """Theorem 4.1: the squared norm of the gradient of a row."""
        h, hat = self.upstream, self.xhat
        along = self.product(h, hat) ** 2 / self.count
        if "epsilon" in self.layer.names:
            along = (1 + self.epsilon / self.s**2) * along
        inside = self.total(h**2) - along
        if self.centred:
            inside = self.total(h**2) - self.total(h) ** 2 / self.count - along
        return (
            Derivation(self.total(self.v**2))
            .eq(self.total(self.textbook**2), "the gradient in closed form")
            .eq(1 / self.s**2 * inside, "rows of xhat have mean square 1 - epsilon/s^2")
        )

    def curvature(self) -> Derivation:
        """Theorem 4.2: the Hessian of the loss along any tangent of the input."""
        moving = tangents(self.layer, self.layer.inputs[0])
        step = self._same(tangent(self.layer.inputs[0]))
        hatdot = self._same(moving[self.hat])
        sdot = Entry(moving[_head(self.s)], self.rows)
        other = {index: fresh(index, self.at) for index in self.at}
        second = Derivative(self.v, Entry(self.layer.inputs[0], tuple(other.values())))
        form = self._everywhere(step * Sum(second * rename(step, other), *other.values()))
        h, hat = self.upstream, self.xhat
        spread = self.total(step**2) / self.count
        if self.centred:
            spread = self.total(step**2) / self.count - (self.total(step) / self.count) ** 2
        return Derivation(form).eq(
            self._upstream_form(moving[self.layer.output])
            - self._by_row(2 * sdot / self.s * self.product(h, hatdot))
            - self._by_row((spread - sdot**2) / self.s**2 * self.product(h, hat)),
            "the second derivative of xhat along the tangent is -(2 sdot xhatdot + sddot xhat)/s",
        )

    def orthogonal(self) -> Derivation:
        """The inner product of the gradient and the normalized row: zero with epsilon."""
        h, hat = self.upstream, self.xhat
        return Derivation(self.product(self.v, hat)).eq(
            self.epsilon / self.s**3 * self.product(h, hat) if self.layer.names.get("epsilon") else 0,
            "xhat is what the division by s takes away",
        )

    def sums_to_zero(self) -> Derivation:
        """The gradient of a row sums to zero: a shift of the row changes nothing."""
        return Derivation(self.total(self.v)).eq(0, "what the mean takes away")

    def shifted(self, shift: Term) -> Derivation:
        """The output does not change if a row is shifted."""
        moved = self._with_input(self.x + shift)
        return Derivation(self._output(moved)).eq(self._output(self.layer), "the mean moves along")

    def scaled(self, factor: Term) -> Derivation:
        """A scaled row under epsilon gives what the row gives under epsilon/factor^2; `factor` is positive."""
        larger = self._with_input(factor * self.x)
        if "epsilon" not in self.layer.names:
            return Derivation(self._output(larger)).eq(self._output(self.layer), "s grows along")
        smaller = self.layer.at(mark="''", epsilon=self.epsilon / factor**2)
        return Derivation(self._output(larger)).eq(self._output(smaller), "s grows along, but for epsilon")

    def scaled_without_epsilon(self, factor: Term) -> Derivation:
        """At epsilon = 0 a scaled row gives the same output; `factor` is positive."""
        larger = self._with_input(factor * self.x, epsilon=0)
        plain = self.layer.at(mark="''", epsilon=0)
        return Derivation(self._output(larger)).eq(self._output(plain), "s grows along")

    def _with_input(self, value: Term, **others: object) -> Layer:
        """The layer at another input."""
        given: dict[str, Any] = {self.layer.inputs[0].name: (self.at, value), **others}
        return self.layer.at(**given)

    def _output(self, layer: Layer) -> Entry:
        return Entry(layer.output, self.at)

    def _same(self, tensor: Tensor) -> Entry:
        return Entry(tensor, self.at)

    def _everywhere(self, term: Term) -> Term:
        return Sum(term, *reversed(self.at))

    def _by_row(self, term: Term) -> Term:
        return Sum(term, *reversed(self.rows)) if self.rows else term

    def _upstream_form(self, moving: Tensor) -> Term:
        """The Hessian of the loss by the output, along the tangent of the output."""
        hessian = self.layer.second
        other = tuple(fresh(index, self.at) for index in self.at)
        inner = Sum(Entry(hessian, (*self.at, *other)) * Entry(moving, other), *reversed(other))
        return self._everywhere(Entry(moving, self.at) * inner)


def _head(term: Term) -> Tensor:
    if not isinstance(term, Entry):
        raise TypeError(f"{term} is not a step of a layer")
    return term.tensor
