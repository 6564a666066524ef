"""Points at which a claim is tried: small numbers that satisfy its hypotheses, with rational roots if that can be."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random

from derive.language.binding import free_indices, indices_of, is_size, walk
from derive.language.claims import Claim, claim_indices
from derive.language.terms import Add, Derivative, Entry, Index, Sqrt, Sum, Tensor, Term
from derive.refute.evaluate import (
    EFFORT,
    REFUTES,
    Effort,
    Evaluation,
    Intervals,
    Irrational,
    NoValue,
    Point,
    Rationals,
    rational_root,
    same_place,
)
from derive.refute.floats import Floats
from derive.refute.program import Program, derived

ROOTS = sorted({Fraction(p, q) for p in range(1, 13) for q in (1, 2, 3)}, key=lambda r: (r.denominator, r))
SMALL = (Fraction(0), *(sign * root for root in ROOTS[:24] for sign in (1, -1)))
"""Values that are tried for an unknown in an equation that is not linear in it."""


class Unsatisfied(Exception):
    """A point at which a hypothesis does not hold, and that could not be mended."""


class Plan:
    """What a claim leaves open, found once: its sizes, its tensors, and the roots to be made rational."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.sizes: list[Tensor] = []
        self.tensors: list[Tensor] = []
        self.roots: list[Term] = []
        self.effort = Effort(EFFORT)
        self.program = Program()
        self._bodies: list[Term] = []
        seen: set = set()
        for part in (claim, *claim.hypotheses):
            self._visit(part.lhs, seen)
            self._visit(part.rhs, seen)
            for index in claim_indices(part):
                self._visit(index.size, seen)
        self.visible = tuple(self.tensors)
        for body in self._bodies:
            self._visit_argument(body, seen)
        self.free = claim_indices(claim)
        self.adjustable = self._adjustable()

    def _visit(self, term: Term, seen: set) -> None:
        if term in seen:
            return
        seen.add(term)
        match term:
            case Entry(tensor=tensor):
                self._visit_tensor(tensor, seen)
            case Derivative():
                self._bodies.append(term.body)
                self._visit(derived(term), seen)
                return
            case Sqrt() if not free_indices(term.arg):
                self.roots.append(term.arg)
        for index in (*indices_of(term), *((term.index,) if isinstance(term, Sum) else ())):
            self._visit(index.size, seen)
        for arg in term.args:
            self._visit(arg, seen)

    def _visit_argument(self, body: Term, seen: set) -> None:
        """What it takes to ask whether a differentiated formula has a value: for an unknown function, its argument."""
        heads = [part.tensor for part in walk(body) if isinstance(part, Entry)]
        unknown = [tensor.dependence for tensor in heads if tensor.dependence]
        for dependence in unknown:
            self._visit_tensor(dependence.on, seen)
        if not unknown:
            self._visit(body, seen)

    def _visit_tensor(self, tensor: Tensor, seen: set) -> None:
        if tensor.definition:
            self._visit(tensor.definition.body, seen)
        elif is_size(tensor):
            if tensor not in self.sizes:
                self.sizes.append(tensor)
        elif tensor not in self.tensors:
            self.tensors.append(tensor)
            for size in tensor.sizes:
                self._visit(size, seen)

    def _adjustable(self) -> dict[Term, Tensor]:
        """For each root, a scalar that stands linearly under it and that no equation fixes."""
        fixed = {t for h in self.claim.hypotheses if h.relation == "=" for t in _scalars(h.lhs) | _scalars(h.rhs)}
        found = {}
        for root in self.roots:
            names = [t for t in _summand_scalars(root) if t in self.tensors and t not in fixed]
            if names and names[0] not in found.values():
                found[root] = names[0]
        return found

    def evaluation(self, point: Point, kind: type[Rationals | Intervals | Floats]) -> Evaluation:
        """An evaluation at a point, within the effort that is left for this claim."""
        return Evaluation(point, kind, self.effort, self.program)

    def draw(self, sizes: tuple[int, ...], level: int, rng: Random) -> Point:
        """A point with small entries; larger ones at a higher level."""
        point = Point(dict(zip(self.sizes, sizes, strict=True)))
        for tensor in self.tensors:
            point.values[tensor] = {place: _number(tensor, level, rng) for place in _places(point, tensor)}
        return point

    def generic(self, sizes: tuple[int, ...], rng: Random) -> Point:
        """A point for floating point, with nothing special about its entries."""
        point = Point(dict(zip(self.sizes, sizes, strict=True)))
        for tensor in self.tensors:
            point.values[tensor] = {place: _any_number(tensor, rng) for place in _places(point, tensor)}
        return point

    def constant(self, sizes: tuple[int, ...], value: Fraction) -> Point:
        """The point at which everything that may be `value` is, and the rest is 1 or -1."""
        point = Point(dict(zip(self.sizes, sizes, strict=True)))
        for tensor in self.tensors:
            own = value if may_be(tensor, value) else Fraction(max(tensor.signs) or min(tensor.signs))
            point.values[tensor] = dict.fromkeys(_places(point, tensor), own)
        return point

    def complete(self, point: Point) -> Point:
        """The same point with its roots rational and the equations among the hypotheses satisfied.

        Raises Unsatisfied if a hypothesis fails, Irrational if that needs intervals to see.
        """
        point = Point(point.sizes, {tensor: dict(entries) for tensor, entries in point.values.items()})
        for root, tensor in self.adjustable.items():
            _make_rational(self.program, point, root, tensor, self.claim.relation != "=")
        equations = [hypothesis for hypothesis in self.claim.hypotheses if hypothesis.relation == "="]
        for _ in equations:  # solving one may undo another that shares its unknown
            for equation in equations:
                self._solve(point, equation)
        for hypothesis in self.claim.hypotheses:
            self._check(point, hypothesis)
        return point

    def _check(self, point: Point, hypothesis: Claim) -> None:
        for kind in (Rationals, Intervals):
            try:
                evaluation = self.evaluation(point, kind)
                numbers = evaluation.numbers
                for where in spots(point, claim_indices(hypothesis)):
                    left, right = evaluation(hypothesis.lhs, where), evaluation(hypothesis.rhs, where)
                    fails = REFUTES[hypothesis.relation](numbers, left, right)
                    unsure = isinstance(numbers, Intervals) and not _certain(hypothesis.relation, numbers, left, right)
                    if fails or unsure:
                        raise Unsatisfied(str(hypothesis))
                return
            except NoValue:
                raise Unsatisfied(str(hypothesis)) from None
            except Irrational:
                continue

    def _solve(self, point: Point, hypothesis: Claim) -> None:
        """Changes one entry for each instance of an equation, if it is linear in that entry."""
        for where in spots(point, claim_indices(hypothesis)):
            for tensor, place in self._unknowns(point, hypothesis, where):
                if self._solved(point, hypothesis, where, tensor, place):
                    break

    def _solved(self, point: Point, hypothesis: Claim, where: dict, tensor: Tensor, place: tuple[int, ...]) -> bool:
        """Gives one entry a value that satisfies an equation: by linearity, or a small number that happens to do."""
        kept = point.values[tensor][place]

        def difference(value: Fraction) -> Fraction | None:
            point.values[tensor][place] = value
            evaluation = self.evaluation(point, Rationals)
            try:
                return evaluation(hypothesis.lhs, where) - evaluation(hypothesis.rhs, where)
            except (NoValue, Irrational):
                return None

        if difference(kept) == 0:
            return True
        one, two, three = (difference(Fraction(value)) for value in (1, 2, 3))
        tried = list(SMALL)
        if one is not None and two is not None and three is not None and one != two and three - two == two - one:
            tried = [1 - one / (two - one)]
        for value in tried:
            if may_be(tensor, value) and difference(value) == 0:
                return True
        point.values[tensor][place] = kept
        return False

    def _unknowns(self, point: Point, hypothesis: Claim, where: dict) -> Iterator[tuple[Tensor, tuple[int, ...]]]:
        scalars = _scalars(hypothesis.lhs) | _scalars(hypothesis.rhs)
        yield from ((tensor, ()) for tensor in self.tensors if tensor in scalars)
        for part in (*walk(hypothesis.lhs), *walk(hypothesis.rhs)):
            if isinstance(part, Entry) and part.tensor in self.tensors and set(part.indices) <= set(where):
                yield part.tensor, same_place(part.tensor, tuple(where[index] for index in part.indices))
        for tensor in self.tensors:
            if tensor.sizes:
                yield from ((tensor, place) for place in list(point.values[tensor])[-1:])


def spots(point: Point, indices: list[Index]) -> Iterator[dict[Index, int]]:
    """Every choice of values for some indices."""
    if not indices:
        yield {}
        return
    for place in point.range(indices[0]):
        for rest in spots(point, indices[1:]):
            yield {indices[0]: place, **rest}


def _certain(relation: str, numbers: Intervals, left: object, right: object) -> bool:
    """Whether intervals show that a hypothesis holds, not only that it may."""
    shows = {
        "<=": lambda: numbers.below(left, right),
        "<": lambda: numbers.below(left, right),
        ">=": lambda: numbers.below(right, left),
        ">": lambda: numbers.below(right, left),
        "!=": lambda: numbers.differ(left, right),
    }
    return relation in shows and shows[relation]()


def _make_rational(program: Program, point: Point, root: Term, tensor: Tensor, keep: bool) -> None:
    """Gives `tensor` a value for which `root` is the square of a rational number, if one is found.

    With `keep` it stays 0 where it is that and can be: a strict inequality may be an equality there.
    """
    drawn = point.values[tensor][()]
    try:
        point.values[tensor][()] = Fraction(0)
        rest = Evaluation(point, Rationals, None, program)(root)
        point.values[tensor][()] = Fraction(1)
        slope = Evaluation(point, Rationals, None, program)(root) - rest
    except (NoValue, Irrational):
        return
    finally:
        point.values[tensor][()] = drawn
    if keep and drawn == 0 and rest > 0 and rational_root(rest) is not None:
        return
    allowed = tensor.signs - {0} or tensor.signs
    start = max(int(abs(drawn)) - (0 not in tensor.signs), 0) % len(ROOTS)  # not every point has the same root
    for candidate in (*ROOTS[start:], *ROOTS[:start]) if slope else ():
        value = (candidate**2 - rest) / slope
        if may_be(tensor, value) and _sign(value) in allowed:
            point.values[tensor][()] = value
            return
    if 0 in tensor.signs and rational_root(rest) is not None:
        point.values[tensor][()] = Fraction(0)


def _places(point: Point, tensor: Tensor) -> Iterator[tuple[int, ...]]:
    return (place for place in point.places(tensor) if place == same_place(tensor, place))


def _number(tensor: Tensor, level: int, rng: Random) -> Fraction:
    reach = 2 + level
    while True:
        value, parts = rng.randint(-reach, reach), rng.choice((1, 1, 2)) if level > 2 and not tensor.integer else 1
        if _sign(value) in tensor.signs:
            return Fraction(value, parts)


def _any_number(tensor: Tensor, rng: Random) -> Fraction:
    sign = rng.choice([sign for sign in sorted(tensor.signs) if sign] or [0])
    value = rng.uniform(0.4, 2.1)
    return Fraction(sign * (round(value) or 1) if tensor.integer else sign * value)


def _scalars(term: Term) -> set[Tensor]:
    """The scalars without definition that stand in a term, its definitions included."""
    found: set[Tensor] = set()
    for part in walk(term):
        if isinstance(part, Entry):
            if part.tensor.definition:
                found |= _scalars(part.tensor.definition.body)
            elif not part.tensor.sizes and not is_size(part.tensor):
                found.add(part.tensor)
    return found


def _summand_scalars(term: Term) -> list[Tensor]:
    """The scalars that are summands of a term on their own."""
    parts = term.args if isinstance(term, Add) else (term,)
    return [part.tensor for part in parts if isinstance(part, Entry) and not part.indices]


def may_be(tensor: Tensor, value: Fraction) -> bool:
    """Whether an entry of a tensor can have a value, as far as its assumptions say."""
    return _sign(value) in tensor.signs and (not tensor.integer or value.denominator == 1)


def _sign(value: Fraction | int) -> int:
    return (value > 0) - (value < 0)
