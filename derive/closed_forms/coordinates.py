"""The natural coordinates of a program: its own steps, and what they say of each other.

A program such as y -> mu -> var -> s -> yhat is read backwards. Its step yhat[b] = (y[b] - mu)/s is solved for the
input, y[b] = mu + s*yhat[b], and the other steps then say what the sums of yhat are: sum yhat = 0 and
sum yhat^2 = m (1 - epsilon/s^2). In these coordinates the normal form of the raw derivative is the textbook formula.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.closed_forms.recognition import Recognition
from derive.closed_forms.terms import Spelling, to_term
from derive.language.binding import free_indices, letters, walk
from derive.language.claims import Claim, Eq
from derive.language.terms import Div, Entry, Function, Index, Number, Pow, Sqrt, Sum, Tensor, Term
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.normal_form.factors import Atom, Factor
from derive.normal_form.ring import Monomial, Poly
from derive.normal_form.signs import signs

NONNEGATIVE = frozenset({0, 1})


class Coordinates:
    """The reducer in which the steps of a program are names and its input is expressed by them."""

    def __init__(self, steps: Iterable[Tensor], hypotheses: Iterable[Claim] = ()) -> None:
        steps = tuple(steps)
        self.hypotheses = tuple(hypotheses)
        self.recognized = Recognition(steps)
        self.equations = _equations(steps)
        self.reducer = Reducer((*self.equations, *self.hypotheses), steps)
        self.spelling = Spelling(_letters(steps), self._sums())

    def __call__(self, term: Term) -> Poly:
        """The normal form of a term: in these coordinates, or in the input's own where these run in a circle."""
        try:
            return self.reducer(self.recognized(term))
        except (RecursionError, OutsideFragment):
            self.reducer = Reducer(self.hypotheses)
            return self.reducer(term)

    def keep(self, name: Tensor) -> None:
        """Lets a further defined name stay a name, of which nothing is known."""
        self.reducer.opaque |= {name}

    def closed(self, term: Term) -> Term:
        """A term in closed form."""
        return to_term(self(term), free_indices(term), self.spelling)

    def _sums(self) -> dict[Factor, Term]:
        """How the hypotheses write a sum, so that a closed form writes it in the same way."""
        found: dict[Factor, Term] = {}
        for claim in self.hypotheses:
            for side in (claim.lhs, claim.rhs):
                p = self.reducer(side)
                if isinstance(side, Sum) and len(p) == 1:
                    ((monomial, c),) = p.items()
                    if c == 1 and len(monomial) == 1:
                        ((factor, power),) = monomial
                        found.update({factor: side} if power == 1 else {})
        return found


def _letters(steps: tuple[Tensor, ...]) -> dict[Term, str]:
    """What the program itself calls the index over each size, where it has several sizes."""
    found = letters(steps)
    return found if len(found) > 1 else {}


def _equations(steps: tuple[Tensor, ...]) -> tuple[Claim, ...]:
    """What the steps of a program say of each other, each usable beside those before it."""
    positive = tuple(_entry(step) > Number(0) for step in steps if _is_positive(step, steps))
    usable = positive
    found = {step: _solved(step, steps, positive) for step in steps}
    solved = [claim for claim in found.values() if claim is not None]
    gone = {claim.lhs.tensor for claim in solved if isinstance(claim.lhs, Entry)}
    said = (
        _said(step, backwards=step in gone or _names_sum(step, steps))
        for step in steps
        if found[step] is None and not _is_function(step) and not _stays(step, steps)
    )
    claims = (*solved, *said)
    if _are_usable((*usable, *claims), steps):
        return (*usable, *claims)
    for claim in claims:
        if _are_usable((*usable, claim), steps):
            usable = (*usable, claim)
    return usable


def _are_usable(claims: tuple[Claim, ...], steps: tuple[Tensor, ...]) -> bool:
    """Whether each of the equations can be solved for one of its terms, beside those before it."""
    try:
        Reducer(claims, steps)
    except (OutsideFragment, Undefined, RecursionError):
        return False
    return True


def _entry(step: Tensor) -> Entry:
    return Entry(step, step.definition.indices if step.definition else ())


def _root_of(step: Tensor) -> Term | None:
    """What stands under the root, if a step is one."""
    body = step.definition.body if step.definition else None
    return body.arg if isinstance(body, Sqrt) else None


def _is_function(step: Tensor) -> bool:
    """Whether a step names an entrywise function, which is recognized where it stands."""
    return step.definition is not None and isinstance(step.definition.body, Function)


def _stays(step: Tensor, steps: tuple[Tensor, ...]) -> bool:
    """Whether a step is a denominator without a sum of its own: its name is shorter than what it stands for."""
    body = step.definition.body if step.definition else _entry(step)
    sums = any(isinstance(part, Sum) for part in walk(body))
    return _root_of(step) is None and not sums and _is_positive(step, steps)


def _is_positive(step: Tensor, steps: tuple[Tensor, ...]) -> bool:
    """Whether a step is a root, or visibly positive, or not negative and divided by."""
    own = signs(_entry(step), {})
    if _root_of(step) is not None or own == {1}:
        return True
    return own <= NONNEGATIVE and any(
        isinstance(part, Div) and _mentions(part.denominator, step)
        for other in steps
        if other.definition
        for part in walk(other.definition.body)
    )


def _mentions(term: Term, step: Tensor) -> bool:
    return any(isinstance(part, Entry) and part.tensor == step for part in walk(term))


def _names_sum(step: Tensor, steps: tuple[Tensor, ...]) -> bool:
    """Whether a step names a sum or a mean, and is not itself expressed by a root: s^2 - epsilon says more than var."""
    body = step.definition.body if step.definition else _entry(step)
    under = [inside for other in steps if (inside := _root_of(other)) is not None]
    whole = body.numerator if isinstance(body, Div) else body
    return isinstance(whole, Sum) and not any(_mentions(inside, step) for inside in under)


def _said(step: Tensor, backwards: bool) -> Claim:
    """A step as an equation; for a root, its square."""
    inside = _root_of(step)
    if inside is not None:
        square = Pow(_entry(step), 2)
        return Eq(inside, square) if isinstance(inside, Sum) else Eq(square, inside)
    body = step.definition.body if step.definition else _entry(step)
    return Eq(body, _entry(step)) if backwards else Eq(_entry(step), body)


def _solved(step: Tensor, steps: tuple[Tensor, ...], positive: tuple[Claim, ...]) -> Claim | None:
    """step[b] = c*v[b] + d solved for v[b], an input or an earlier step, if c can't vanish: a product of inverses."""
    definition = step.definition
    if definition is None or not definition.indices:
        return None
    reducer = Reducer(positive, steps)
    try:
        body = reducer(definition.body)
    except (OutsideFragment, Undefined):
        return None
    found = [
        (monomial, factor)
        for monomial in body
        for factor, power in monomial
        if power == 1 and _is_variable(factor, definition.indices) and _is_nonzero_beside(monomial, factor, positive)
    ]
    if len(found) != 1:
        return None
    monomial, atom = found[0]
    rest = {m: -c for m, c in body.items() if m != monomial}
    inverse: Poly = {frozenset((f, -power) for f, power in monomial if f != atom): Fraction(1) / body[monomial]}
    value = reducer.field.multiply(reducer.field.add(rest, reducer(_entry(step))), inverse)
    return Eq(to_term({frozenset({(atom, 1)}): 1}), to_term(value, definition.indices))


def _is_variable(factor: Factor, indices: tuple[Index, ...]) -> bool:
    if not isinstance(factor, Atom) or not isinstance(factor.head, Tensor) or factor.head.dependence is not None:
        return False
    return len(factor.indices) == len(indices) and factor.free == frozenset(indices)


def _is_nonzero_beside(monomial: Monomial, variable: Factor, positive: tuple[Claim, ...]) -> bool:
    """Whether what a variable is multiplied by can't vanish: inverses, and what is positive."""
    heads = {claim.lhs.tensor for claim in positive if isinstance(claim.lhs, Entry)}
    return all(
        power < 0 or (isinstance(factor, Atom) and factor.head in heads)
        for factor, power in monomial
        if factor != variable
    )
