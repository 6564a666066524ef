"""From proved terms to a vector form: contractions first, each once, then one entrywise pass with coefficients.

What comes out is a proposal: `VectorForm.proofs` has the kernel show that it equals the theorem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.language import Entry, Index, Tensor, Term, free_indices
from derive.language.binding import walk
from derive.language.terms import Add, Definition, Mul, Neg, Number, Sum
from derive.layers import Layer
from verify.functional.polynomial import Monomial, Poly, add, opened, powers, product, scaled, written
from verify.functional.quantities import Quantities, named
from verify.functional.vector_form import VectorForm, is_size


def lower(
    layer: Layer, terms: Mapping[str, tuple[Tensor, Term]], centred: Iterable[str] = (), given: Iterable[str] = ()
) -> VectorForm:
    """The vector form of several terms that share what they are computed from.

    `terms` are the tensor that each result has the shape of, and what it is. The tensors named in `centred` are used
    less their mean, where the layer takes one; the reciprocals and means named in `given` are handed in.
    """
    work = Lowering(layer, tuple(centred), tuple(given))
    polys = {name: work.polynomial(term) for name, (_, term) in terms.items()}
    work.count(polys.values())
    results = {name: work.result(name, like, polys[name]) for name, (like, _) in terms.items()}
    cut = Cut({own: leaf for leaf, own in work.given.items()}, {})
    results = {name: cut.tensor(result) for name, result in results.items()}
    return VectorForm(layer, results, {name: term for name, (_, term) in terms.items()}, dict(work.given))


@dataclass(frozen=True)
class Cut:
    """Makes leaves of the statistics that are handed in, in every definition."""

    leaves: Mapping[Tensor, Tensor]
    known: dict[Tensor, Tensor]

    def tensor(self, value: Tensor) -> Tensor:
        if value in self.leaves:
            return self.leaves[value]
        definition = value.definition
        if definition is None or not self.leaves:
            return value
        if value not in self.known:
            self.known[value] = replace(value, definition=Definition(definition.indices, self(definition.body)))
        return self.known[value]

    def __call__(self, value: Term) -> Term:
        if isinstance(value, Entry):
            return Entry(self.tensor(value.tensor), value.indices)
        return value.rebuild(tuple(map(self, value.args))) if value.args else value


class Lowering:
    """The names that were given to sums and coefficients, and how terms are written with them."""

    def __init__(self, layer: Layer, centred: tuple[str, ...], given: tuple[str, ...]) -> None:
        self.quantities = Quantities(layer)
        self.centred = centred
        self.given = self._statistics(given)
        self.products: dict[tuple[Tensor, Tensor], Tensor] = {}
        self.shifted: dict[Tensor, tuple[Tensor, Tensor]] = {}
        self.sums: dict[Term, Tensor] = {}
        self.taken: dict[str, Tensor] = {}
        self.wanted: set[tuple[frozenset, frozenset[Index]]] = set()

    def _statistics(self, given: tuple[str, ...]) -> dict[Tensor, Tensor]:
        """A leaf for every statistic that is handed in, and its definition."""
        own = {tensor.name: tensor for tensor in (*self.quantities.means, *self.quantities.reciprocals.values())}
        return {Tensor(name, own[name].sizes): own[name] for name in given}

    def polynomial(self, term: Term) -> Poly:
        """The term multiplied out, in the names of the layer's quantities."""
        poly = self.quantities.expansion()(term)
        if not self.quantities.normalized and not self._weights:
            return poly
        paired = add(*(scaled({self._paired(monomial): Fraction(1)}, c) for monomial, c in poly.items()))
        return self.quantities.expansion(self._less_mean)(_plain(paired))

    @property
    def _weights(self) -> list[str]:
        """Parameters that vary along all axes of a row, so that they go with the upstream gradient."""
        at = self.quantities.at
        own = set(at(self.quantities.layer.output).indices)
        within = own - self.quantities.rows
        axes = {each.name: set(at(each).indices) for each in self.quantities.layer.parameters}
        inside = [name for name, each in axes.items() if each <= own and each & within]
        if self.centred or all(axes[name] >= within for name in inside):
            return [f"{name}{dot}" for name in inside for dot in ("", "dot")]
        return []

    def _paired(self, monomial: Monomial) -> Monomial:
        """g times the weight as one name, wherever the two stand together."""
        found = dict[Term, int]()
        for factor, power in monomial:
            if isinstance(factor, Sum):
                core, over = opened(factor)
                factor = _sum(product(self._paired(frozenset(powers(core).items()))), over)
            found[factor] = found.get(factor, 0) + power
        entries = {factor.tensor.name: factor for factor in found if isinstance(factor, Entry)}
        for name in ("g", "gdot"):
            for weight in self._weights:
                if name in entries and weight in entries and found.get(entries[name]) == found[entries[weight]] == 1:
                    del found[entries[name]], found[entries[weight]]
                    at = self.quantities.at(self._product(entries[name].tensor, entries[weight].tensor))
                    found[at] = found.get(at, 0) + 1
        return frozenset(found.items())

    def _product(self, left: Tensor, right: Tensor) -> Tensor:
        if (left, right) not in self.products:
            at, by = self.quantities.at(left), self.quantities.at(right)
            self.products[left, right] = named(f"{left.name}_{right.name}", Mul((by, at)), at.indices)
        return self.products[left, right]

    def _less_mean(self, value: Entry) -> Term | None:
        """A tensor as what it is less its mean, and the mean."""
        tensor = value.tensor
        if tensor.definition is not None and tensor not in self.products.values():
            return None
        if tensor.name not in self.centred and tensor not in self.products.values():
            return None
        if not self.centred or not self.quantities.normalized or not self._averages(tensor):
            return None
        if tensor not in self.shifted:
            self.shifted[tensor] = self.quantities.centre(tensor)
        off, mean = self.shifted[tensor]
        return Add((self.quantities.at(off), self.quantities.at(mean)))

    def _averages(self, tensor: Tensor) -> bool:
        """Whether a tensor has the axes of what the mean is taken of, and no weight goes with it first."""
        source = self.quantities.averaged
        if source is None or tensor.sizes != source.sizes:
            return False
        return tensor in self.products.values() or tensor.name not in ("g", "gdot") or not self._weights

    # Sums

    def count(self, polys: Iterable[Poly]) -> None:
        """Notes which sums occur, so that a longer one can be a sum of a shorter one."""
        for poly in polys:
            for monomial in poly:
                for factor, _ in monomial:
                    if isinstance(factor, Sum):
                        self._noted(factor)

    def _noted(self, value: Sum) -> None:
        core, over = opened(value)
        for factor in powers(core):
            if isinstance(factor, Sum):
                self._noted(factor)
        inner, whole = self._parts(core, over)
        self.wanted.add((frozenset(whole.items()), inner))

    def _parts(self, core: Term, over: frozenset[Index]) -> tuple[frozenset[Index], dict[Term, int]]:
        """The axes along which nothing narrow varies, and the factors that are summed over them first."""
        factors = powers(core)
        full = frozenset[Index]().union(*map(free_indices, factors))
        narrow = [factor for factor in factors if free_indices(factor) != full]
        inner = over - frozenset[Index]().union(*map(free_indices, narrow))
        if not inner:
            return over, factors
        return inner, {factor: power for factor, power in factors.items() if factor not in narrow}

    def sum(self, value: Sum) -> Entry:
        """The name of a sum: over the axes along which no weight varies first, then over the others."""
        core, over = opened(value)
        inner, whole = self._parts(core, over)
        factors = powers(core)
        if inner != over:
            first = self.sum(_sum(product(whole.items()), inner))  # pyright: ignore[reportArgumentType]
            rest = [(factor, power) for factor, power in factors.items() if factor not in whole]
            return self._named_sum(_sum(product([*rest, (first, 1)]), over - inner), [*map(_spelled, factors)])
        for shorter in sorted((axes for known, axes in self.wanted if known == frozenset(whole.items())), key=len):
            if shorter < over:
                first = self.sum(_sum(core, shorter))  # pyright: ignore[reportArgumentType]
                return self._named_sum(_sum(first, over - shorter), [*map(_spelled, factors)])
        inside = [(self._factor(factor), power) for factor, power in factors.items()]
        return self._named_sum(_sum(product(inside), over), [*map(_spelled, factors)])

    def _named_sum(self, value: Term, words: list[str]) -> Entry:
        if value not in self.sums:
            over = self._ordered(free_indices(value))
            self.sums[value] = self._define("_".join(["sum", *words[:4]]), value, over)
        return self.quantities.at(self.sums[value])

    def _factor(self, factor: Term) -> Term:
        return self.sum(factor) if isinstance(factor, Sum) else factor

    # Results

    def result(self, name: str, like: Tensor, poly: Poly) -> Tensor:
        """A result with the axes of `like`: coefficients times what varies from entry to entry."""
        axes = self.quantities.at(like).indices
        flat = add(*({frozenset((self._factor(f), p) for f, p in monomial): c} for monomial, c in poly.items()))
        return self._define(name, self._grouped(flat, frozenset(axes)), axes)

    def _grouped(self, poly: Poly, axes: frozenset[Index]) -> Term:
        groups: dict[Monomial, dict[Monomial, Poly]] = {}
        for monomial, c in poly.items():
            wide, column, row = self._split(monomial, axes)
            coefficients = groups.setdefault(column, {}).setdefault(wide, {})
            coefficients[row] = coefficients.get(row, Fraction(0)) + c
        summands = [_times(column, self._combined(each)) for column, each in groups.items()]
        return summands[0] if len(summands) == 1 else Add(tuple(summands)) if summands else Number(0)

    def _split(self, monomial: Monomial, axes: frozenset[Index]) -> tuple[Monomial, Monomial, Monomial]:
        """What varies with every index of a result, along the columns, and only from row to row."""
        row = {(f, p) for f, p in monomial if free_indices(f) <= self.quantities.rows and axes > free_indices(f)}
        wide = {(f, p) for f, p in monomial if free_indices(f) == axes} - row
        return frozenset(wide), frozenset(monomial) - row - wide, frozenset(row)

    def _combined(self, groups: Mapping[Monomial, Poly]) -> Term:
        """A linear combination whose coefficients are computed once for each row."""
        ordered = sorted(groups.items(), key=lambda item: (not item[0], str(product(item[0]))))
        front = _common([wide for wide, _ in ordered])
        coefficients = [(wide - front, self._coefficient(wide, poly)) for wide, poly in ordered]
        summands = [_times(wide, value) for wide, value in coefficients]
        return _times(front, summands[0] if len(summands) == 1 else Add(tuple(summands)))

    def _coefficient(self, wide: Monomial, poly: Poly) -> Term:
        value = written(poly)
        if all(is_size(part.tensor) for part in walk(value) if isinstance(part, Entry)):
            return value
        if not wide or (len(poly) == 1 and len(next(iter(poly))) < 2):
            simple = len(poly) == 1 and len(next(iter(poly))) < 3
            return value if simple else self._coefficient_name("offset", value)
        words = [_spelled(factor) for factor, _ in sorted(wide, key=str)]
        return self._coefficient_name("_".join(["along", *words]), value)

    def _coefficient_name(self, name: str, value: Term) -> Entry:
        return self.quantities.at(self._define(name, value, self._ordered(free_indices(value))))

    def _define(self, name: str, value: Term, over: Iterable[Index]) -> Tensor:
        """A definition under a name that no other one has."""
        first, number = name, 2
        while name in self.taken and self.taken[name] != named(name, value, over):
            name, number = f"{first}_{number}", number + 1
        self.taken[name] = named(name, value, over)
        return self.taken[name]

    def _ordered(self, indices: frozenset[Index]) -> list[Index]:
        layer = self.quantities.layer
        tensors = (*layer.inputs, *layer.parameters, layer.output)
        order = list(dict.fromkeys(size for tensor in tensors for size in tensor.sizes))
        return sorted(indices, key=lambda index: order.index(index.size))


def _common(monomials: list[Monomial]) -> Monomial:
    """The factors that several products share, where there are several."""
    return frozenset.intersection(*monomials) if len(monomials) > 1 else frozenset()


def _plain(poly: Poly) -> Term:
    summands = tuple(product(monomial, c) for monomial, c in poly.items())
    return Add(summands) if summands else Number(0)


def _sum(body: Term, over: Iterable[Index]) -> Term:
    for index in sorted(over, key=str):
        body = Sum(body, index)
    return body


def _times(monomial: Monomial, value: Term) -> Term:
    if not monomial:
        return value
    factors = product(monomial)
    if isinstance(value, Number) and abs(value.value) == 1:
        return factors if value.value == 1 else Neg(factors)
    return Mul((value, factors))


def _spelled(factor: Term) -> str:
    """A word for a factor: the names in it."""
    return "_".join(dict.fromkeys(part.tensor.name for part in walk(factor) if isinstance(part, Entry)))
