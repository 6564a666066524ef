"""What the formulas of a document tell about its names together: what is differentiated, normalized, positive."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property, partial
from itertools import pairwise

from derive.latex.reader import syntax as tree
from derive.notes.assumptions import Assumption
from derive.notes.declarations import ASSUME, LOSS, POSITIVE, SAMPLES
from derive.notes.meaning.adjoints import adjoint_keys, plain_bars, short_keys
from derive.notes.meaning.fractions import by_of, is_derivative, operator_of
from derive.notes.meaning.gradient_names import UPSTREAM
from derive.notes.meaning.labels import said_to_be_one
from derive.notes.meaning.losses import Losses, is_loss_by_name
from derive.notes.meaning.positive import said_negative, said_positive
from derive.notes.meaning.products import slices_in
from derive.notes.meaning.symbols import (
    bold_in,
    centred_in,
    differentials_in,
    divided_in,
    is_differential,
    plain_in,
    shift_in,
    vectors_in,
)
from derive.notes.meaning.usage import INPUTS
from derive.notes.said_conditions import is_said_positive
from derive.notes.trees import Trees

STATISTICS = frozenset("mu sigma mu.hat sigma.hat mu.bar sigma.bar mu.tilde sigma.tilde".split())
"""Names at which a letter that stands nowhere else says which mean or variance it is."""

PARAMETERS = (("gamma", "beta"), ("w", "b"), ("g", "b"), ("alpha", "beta"))
"""A scale and a shift: where the one is a vector, the other is one, too."""

class Facts(Trees):
    """What is known of the names of a document from how it writes them."""

    @cached_property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What is declared to hold."""
        return tuple(
            Assumption(number, chain, self.formulas[number].latex[chain.start : chain.end])
            for number, statement in self.statements()
            for chain in (statement.chain, *statement.remarks)
            if self.formulas[number].mark in (ASSUME, POSITIVE) and isinstance(chain, tree.Chain)
        )

    @cached_property
    def differentiated(self) -> frozenset[str]:
        """What the document differentiates by."""
        partials = (part.body for part in self.parts() if isinstance(part, tree.Partial))
        quotients = (part for part in self.parts() if isinstance(part, tree.Quotient) and is_derivative(part))
        others = (each for part in quotients for each in by_of(part) or ())
        return frozenset(key for key in self._keys((*partials, *others)) if not self._is_loss(key))

    @cached_property
    def adjoints(self) -> frozenset[str]:
        """What the document differentiates a loss by."""
        return adjoint_keys(self.parts(), self.symbols, self._is_loss)

    @cached_property
    def plain_bars(self) -> frozenset[str]:
        """The names with a bar that are no gradients, and no adjoints."""
        return plain_bars(self.chains(), self.symbols, self._is_gradient)

    @cached_property
    def all_ones(self) -> frozenset[str]:
        """Whether e is the vector of ones here: it stands in an inner product, and nowhere with an index or a power."""
        groups = (part for part in self.parts() if isinstance(part, tree.Group) and part.opening == "\\langle")
        items = (item for part in groups if isinstance(part.body, tree.Items) for item in part.body.items)
        powers = (part for part in self.parts() if isinstance(part, tree.Scripted) and part.sup is not None)
        named = self._keys(items) & {"e"}
        return named - self._keys(powers) if not self.sizes.axes.get("e") else frozenset()

    @cached_property
    def losses(self) -> Losses:
        """The unknown functions that the document differentiates."""
        chains = ((number, statement.chain) for number, statement in self.statements())
        return replace(Losses.of(chains, self.symbols), declared=self.said_names(LOSS))

    def _is_loss(self, key: str) -> bool:
        return is_loss_by_name(key) or key in self.losses.names

    @cached_property
    def functions(self) -> frozenset[str]:
        """What the document differentiates: of what there are derivatives."""
        bodies = [part.over for part in self.parts() if isinstance(part, tree.Quotient)]
        found = [body.body for body in bodies if isinstance(body, tree.Partial)]
        found += [body.factors[1] for body in bodies if isinstance(body, tree.Product) and is_differential(body)]
        found += [part.body for part in self.parts() if isinstance(part, tree.Nabla)]
        symbols = map(self.symbols.symbol, found)
        found = [each for each, symbol in zip(found, symbols, strict=True) if symbol is None or not symbol.transposed]
        return self._keys(found)

    @cached_property
    def differentials(self) -> frozenset[str]:
        """What the document has differentials of."""
        if not self.has_differentials:
            return frozenset()
        return self._moved(*self.chains()) - {"e"}

    def are_gradients(self, defined: frozenset[str]) -> bool:
        """Whether dx is a name for the gradient by x here, as in code: dx stands alone, and the other side has dy.

        `defined` are the names that have a definition; a differential of one of these has those of its variables behind
        it, a gradient by a variable has those of what is computed.
        """
        defined |= {"p", "P", "O"} & self.attention
        for chain in self.chains():
            if not isinstance(chain, tree.Chain):
                continue
            right = self._moved(*chain.sides[1:])
            left = chain.sides[0]
            if isinstance(left, tree.Quotient) and isinstance(left.over, tree.Partial) and right:
                return True
            moved = self._moved(left)
            if is_differential(left) and any(map(partial(self._is_gradient_by, moved), chain.sides[1:])):
                return True
            if not is_differential(left) or moved & defined or any(map(is_loss_by_name, moved)):
                continue
            if right & defined or (not right and any(map(self._is_gradient, chain.sides[1:]))):
                return True
        return False

    def _is_gradient(self, node: tree.Node) -> bool:
        """Whether a formula has a gradient of the loss in it, or one of the names that are usual for it."""
        if any(isinstance(part, (tree.Partial, tree.Nabla)) for part in node.walk()):
            return True
        return bool(self._keys(node.walk()) & (UPSTREAM | short_keys(self.chains(), self.symbols)))

    def _is_gradient_by(self, keys: frozenset[str], node: tree.Node) -> bool:
        """Whether this is the derivative of a loss by one of these, and no more: dL/dy_i."""
        over = node.over if isinstance(node, tree.Quotient) else None
        if not isinstance(node, tree.Quotient) or not isinstance(over, tree.Partial):
            return False
        by = frozenset(key for each in by_of(node) or () for key in self._keys((each,)))
        return bool(by) and by <= keys and all(map(self._is_loss, self._keys((over.body,))))

    def _moved(self, *nodes: tree.Node) -> frozenset[str]:
        """What the d in front of something is in front of, in formulas."""
        found = (part for node in nodes for part in differentials_in(node))
        return self._keys(part.factors[1] for part in found if isinstance(part, tree.Product))

    @cached_property
    def vectors(self) -> frozenset[str]:
        """What is written as a vector, and nowhere with an index."""
        bold = Counter(key for chain in self.chains() for key in bold_in(chain))
        plain = Counter(key for chain in self.chains() for key in plain_in(chain))
        found = {key for chain in self.chains() for key in vectors_in(chain, self.symbols)}
        found |= self.said_names(SAMPLES)
        found |= {key for key in bold if bold[key] > plain[key]}
        found |= {shift for scale, shift in PARAMETERS if scale in found - self.weights}
        return frozenset(key for key in found if not self.sizes.axes.get(key) and not key.isdigit())

    @cached_property
    def centred(self) -> tuple[str, ...]:
        """The names that a mean is subtracted from, x - \\mu, in their order."""
        found = (centred_in(part, self.symbols) for part in self.parts() if isinstance(part, tree.Terms))
        return tuple(dict.fromkeys(key for key in found if key is not None))

    @cached_property
    def middles(self) -> frozenset[str]:
        """The numbers that something with an index is shifted by before it is divided, (x_i - c) / s."""
        found = (shift_in(half, self.symbols) for part in self.parts() for half in divided_in(part))
        return frozenset(key for key in found if key is not None)

    @cached_property
    def normalized(self) -> frozenset[str]:
        """What is normalized, where these are several names, and the document defines no mean and no deviation."""
        sides = (chain.sides[0] for chain in self.chains() if isinstance(chain, tree.Chain))
        heads = {key.partition("_")[0] for key in self._keys(sides)}
        if heads & STATISTICS:
            return frozenset()
        hatted = (key for key in INPUTS if f"{key}.hat" in self.sizes.counts and f"{key}.hat" not in heads)
        found = frozenset((*self.centred, *hatted))
        return found if len(found) > 1 else frozenset()

    def normalized_in(self, *nodes: tree.Node) -> str | None:
        """Which of these a formula speaks of, if it is just one."""
        if not self.normalized:
            return None
        keys = {symbol.key.removesuffix(".hat") for node in nodes for _, symbol in self.symbols.named_in(node)}
        found = keys & self.normalized
        return next(iter(found)) if len(found) == 1 else None

    @cached_property
    def squared(self) -> frozenset[str]:
        """The names that are written with a power somewhere."""
        return frozenset(symbol.key for _, symbol in self.named() if symbol.power is not None)

    @cached_property
    def ones(self) -> dict[str, frozenset[int]]:
        """What formulas, and remarks behind them, say sums up to 1, and the numbers of these formulas."""
        found: dict[str, frozenset[int]] = {}
        for number, statement in self.statements():
            for node in (statement.chain, *statement.remarks):
                for key in said_to_be_one(node, self.symbols):
                    found[key] = found.get(key, frozenset()) | {number}
        return found

    @cached_property
    def positive(self) -> frozenset[str]:
        """The numbers that the document says are above 0: c > 0, in its text or by itself; not behind a display."""
        displayed = [formula.display for formula in self.formulas]
        said = (
            replace(each, remarks=()) if displayed[number] else each
            for number, each in self.statements()
            if number not in self.denied
        )
        bounds = (part.lower for part in self.parts() if isinstance(part, tree.Big))
        radii = [part.sides[1] for part in bounds if isinstance(part, tree.Chain) and _is_norm(part.sides[0])]
        named = (each.chain for number, each in self.statements() if is_said_positive(self.formulas[number]))
        return said_positive(said, self.symbols) | self._keys((*radii, *named))

    @cached_property
    def resized(self) -> frozenset[str]:
        """The capital limits of sums, or of the axes of arrays, that the document says are a product of sizes."""
        chains = (chain for chain in self.chains() if isinstance(chain, tree.Chain) and chain.signs[0].text == "=")
        names = (chain.sides[0] for chain in chains if isinstance(chain.sides[0], tree.Name) and _is_of_names(chain))
        return self._keys(names) & frozenset(self.sizes.limits)

    @cached_property
    def in_two_shapes(self) -> dict[str, frozenset[str]]:
        """For names that have several definitions: what is a number in one of them, and has an index in another."""
        shapes: dict[str, list[dict[str, bool]]] = {}
        for chain in self.chains():
            symbol = self.symbols.symbol(chain.sides[0]) if isinstance(chain, tree.Chain) else None
            if not isinstance(chain, tree.Chain) or symbol is None or not symbol.indices:
                continue
            inside = self.outermost(chain.sides[1])
            shapes.setdefault(symbol.key, []).append({each.key: bool(each.indices) for each in inside})
        return {
            key: frozenset(name for each in own for name in each if len({one[name] for one in own if name in one}) > 1)
            for key, own in shapes.items()
            if len(own) > 1
        }

    @cached_property
    def negative(self) -> frozenset[str]:
        """The names of which it is said somewhere that they are below 0."""
        return said_negative((each for _, each in self.statements()), self.symbols)

    @cached_property
    def signed(self) -> frozenset[str]:
        """The numbers of which it is said anywhere that they are above 0, also behind one formula: they are numbers."""
        nodes = (node for _, statement in self.statements() for node in (statement.chain, *statement.remarks))
        chains = (part for node in nodes for part in node.walk() if isinstance(part, tree.Chain))
        return self.positive | self._keys(chain.sides[0] for chain in chains if _is_above_zero(chain))

    @cached_property
    def diagonals(self) -> frozenset[tuple[str, str]]:
        """The derivatives of which the document states the diagonal: of y[i] by x[i]."""
        chains = (chain for chain in self.chains() if isinstance(chain, tree.Chain) and chain.signs[0].text == "=")
        found = (self.jacobian(chain.sides[0], diagonal=True) for chain in chains)
        return frozenset(names for names in found if names is not None)

    @cached_property
    def sliced(self) -> frozenset[str]:
        """The names of which rows or columns are taken, J[:, i], and J in J = \\partial y/\\partial x."""
        products = (part.factors for part in self.parts() if isinstance(part, tree.Product))
        pairs = (pair for factors in products for pair in pairwise(factors))
        heads = (chain.sides[:2] for chain in self.chains() if isinstance(chain, tree.Chain) and len(chain.sides) > 1)
        named = (one for one, other in heads if self._of_vectors(other) is not None)
        return self._keys((*(first for first, second in pairs if slices_in(second) is not None), *named))

    @cached_property
    def jacobians(self) -> frozenset[tuple[str, str]]:
        """The names in the derivatives of one vector by another."""
        parts = [part for part in self.parts() if isinstance(part, tree.Quotient)]
        found = {self.jacobian(part, diagonal) for part in parts for diagonal in (True, False)}
        found |= set(map(self._of_vectors, parts))
        return frozenset(pair for pair in found if pair is not None)

    def _of_vectors(self, node: tree.Node) -> tuple[str, str] | None:
        """The names in the derivative of one whole vector by another."""
        if not isinstance(node, tree.Quotient):
            return None
        over, under = node.over, node.under
        if not isinstance(over, tree.Partial) or not isinstance(under, tree.Partial):
            return None
        of, by = self.symbols.symbol(over.body), self.symbols.symbol(under.body)
        if of is None or by is None or of.indices or by.indices or of.power is not None or of.argument is not None:
            return None
        return None if by.power is not None or by.argument is not None else (of.key, by.key)

    def jacobian(self, node: tree.Node, diagonal: bool = False) -> tuple[str, str] | None:
        """The names in the derivative of one entry by another: with the same index on the diagonal, else with two."""
        halves = _halves(node)
        if halves is None:
            return None
        of, by = map(self.symbols.symbol, halves)
        if of is None or by is None or len(of.indices) != 1 or len(by.indices) != 1:
            return None
        return (of.key, by.key) if (of.indices == by.indices) == diagonal else None


def _halves(node: tree.Node) -> tuple[tree.Node, tree.Node] | None:
    """What is differentiated, and by what: in a fraction, or behind an operator."""
    if isinstance(node, tree.Product) and len(node.factors) == 2 and not any(node.signs):
        by = operator_of(node.factors[0])
        return (node.factors[1], by[0]) if by is not None and len(by) == 1 else None
    if not isinstance(node, tree.Quotient):
        return None
    over, under = node.over, node.under
    return (over.body, under.body) if isinstance(over, tree.Partial) and isinstance(under, tree.Partial) else None


def _is_of_names(chain: tree.Chain) -> bool:
    """Whether the right side is a product of names."""
    right = chain.sides[1]
    return isinstance(right, tree.Product) and all(isinstance(each, tree.Name) for each in right.factors)


def _is_norm(node: tree.Node) -> bool:
    inside = node.base if isinstance(node, tree.Scripted) else node
    return isinstance(inside, tree.Group) and inside.opening in ("|", "\\|")


def _is_above_zero(chain: tree.Chain) -> bool:
    right = chain.sides[1]
    return chain.signs[0].text in (">", "\\gt") and isinstance(right, tree.Number) and right.value == 0
