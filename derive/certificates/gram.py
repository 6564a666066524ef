"""Quadratic forms: p = sum of Q_ij <h_i, h_j> for some vectors h, and Q = L D L' with D not negative.

The vectors are the roots of the summands of p that are squares (u_b for sum_b u_b^2, x y for x^2 y^2), and the
numbers Q_ij may hold sizes and other numbers of known sign. The factorization is exact: a pivot whose sign can't be
seen is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from derive.certificates.problem import Problem
from derive.certificates.squares import Square, square_of
from derive.language.terms import Index, Tensor, Term
from derive.normal_form.factors import Atom, Factor, Inner
from derive.normal_form.ring import ONE, Monomial, Poly, number, scaled

MOST = 8
"""Quadratic forms in more vectors are not tried."""


def gram(problem: Problem, p: Poly, bad: list[Monomial]) -> list[Term] | None:
    """The parts of p as a quadratic form: each a nonnegative coefficient times a sum of squares."""
    tried: list[set[Monomial]] = []
    for counted in (problem.definite, _sizes, _nothing):
        form = Form(problem, p, counted)
        if set(form.groups) in tried or not form.open(bad):
            continue
        tried.append(set(form.groups))
        for embedded in (False, True):
            squares = form.squares(embedded)
            if squares is not None:
                return [problem.squared(*square) for square in squares]
    return None


def vector_of(problem: Problem, p: Poly) -> tuple[Poly, tuple[Index, ...]] | None:
    """h, if p is the sum of the squares of one linear combination h of vectors, and what it is summed over."""
    form = Form(problem, p, problem.definite)
    squares = form.squares(False) if form.open(list(p)) else None
    if squares is None or len(squares) != 1 or squares[0][0] != number(1):
        return None
    return squares[0][1:]


def _sizes(factor: Factor) -> bool:
    return isinstance(factor, Atom) and isinstance(factor.head, Tensor) and factor.head.integer


def _nothing(factor: Factor) -> bool:
    return False


@dataclass(frozen=True)
class Vector:
    """One of the h: a monomial whose free indices `over` are summed in every product, and Q_ii."""

    half: Poly
    over: tuple[Index, ...]
    weight: Poly


class Form:
    """p sorted by what its summands are beside their coefficients; `counted` are the factors of the coefficients."""

    def __init__(self, problem: Problem, p: Poly, counted: Callable[[Factor], bool]) -> None:
        self.problem, self.field, self.counted = problem, problem.field, counted
        self.groups: dict[Monomial, Poly] = {}
        for monomial, c in p.items():
            key, coefficient = self._apart(monomial)
            group = self.groups.setdefault(key, {})
            group[coefficient] = group.get(coefficient, 0) + c
        self.vectors: list[Vector] = []
        self.cross: set[Monomial] = set()

    def _apart(self, monomial: Monomial) -> tuple[Monomial, Monomial]:
        counted = {(factor, power) for factor, power in monomial if self.counted(factor)}
        return frozenset(monomial - counted), frozenset(counted)

    def open(self, bad: list[Monomial]) -> bool:
        """Finds the vectors; False if a summand can't be a part of any product of two of them."""
        needed = {self._apart(monomial)[0] for monomial in bad}
        for key, weight in self.groups.items():
            square = self._square(key)
            if square is None or square.coefficient or self._negative(weight):
                self.cross.add(key)
            else:
                self.vectors.append(Vector(square.half, square.over, weight))
        return bool(self.vectors) and len(self.vectors) <= MOST and bool(needed)

    def _square(self, key: Monomial) -> Square | None:
        return square_of(self.field, key, self.counted)

    def _negative(self, weight: Poly) -> bool:
        return self.field.signs_of(weight) <= {-1, 0}

    def squares(self, embedded: bool) -> list[tuple[Poly, Poly, tuple[Index, ...]]] | None:
        """Coefficients, vectors and what these are summed over, if every summand has a place and every pivot a sign."""
        missing, found = set(self.cross), []
        for over, vectors in self._blocks(embedded):
            vectors = self._with_transposes(vectors, over, missing)
            size = range(len(vectors))
            matrix = [[vectors[i].weight if i == j else {} for j in size] for i in size]
            self._fill(matrix, vectors, over, missing)
            rows = self._factored(matrix, [vector.half == number(1) for vector in vectors])
            if rows is None:
                return None
            found += [(coefficient, self._combined(row, vectors), over) for coefficient, row in rows]
        return None if missing else found

    def _blocks(self, embedded: bool) -> Iterator[tuple[tuple[Index, ...], list[Vector]]]:
        """Vectors over the same indices, with numbers among the vectors over one index if they are embedded there."""
        numbers = [vector for vector in self.vectors if not vector.over]
        signatures = dict.fromkeys(_signature(vector) for vector in self.vectors if vector.over)
        for place, signature in enumerate(signatures):
            over = tuple(Inner(f"#{n}", size) for n, size in enumerate(signature))
            block = [self._renamed(vector, over) for vector in self.vectors if _signature(vector) == signature]
            if embedded and place == 0:
                block += [self._embedded(vector, over) for vector in numbers]
                numbers = []
            yield over, block
        if numbers:
            yield (), numbers

    def _renamed(self, vector: Vector, over: tuple[Index, ...]) -> Vector:
        ordered = sorted(vector.over, key=lambda index: str(index.size))
        return Vector(self.field.rename(vector.half, dict(zip(ordered, over, strict=True))), over, vector.weight)

    def _embedded(self, vector: Vector, over: tuple[Index, ...]) -> Vector:
        """A number as a constant vector: its square is summed as often as the index has values."""
        count = self.problem.sum_over(number(1), over)
        return Vector(vector.half, over, self.field.multiply(vector.weight, self.field.inverse(count)))

    def _with_transposes(self, vectors: list[Vector], over: tuple[Index, ...], missing: set[Monomial]) -> list[Vector]:
        """u_i v_j stands beside u_j v_i where their product is among the summands."""
        found: list[Vector] = []
        for vector in vectors:
            same = [vector]
            for order in permutations(over):
                if order == over or any(a.size != b.size for a, b in zip(order, over, strict=True)):
                    continue
                other = self.field.rename(vector.half, dict(zip(over, order, strict=True)))
                key = self._key(self._product(vector.half, other, over))
                if other != vector.half and key in missing:
                    same.append(Vector(other, over, vector.weight))
            weight = scaled(vector.weight, Fraction(1, len(same)))
            found += [Vector(each.half, over, weight) for each in same]
        return found

    def _product(self, left: Poly, right: Poly, over: tuple[Index, ...]) -> Poly:
        return self.problem.sum_over(self.field.multiply(left, right), over)

    def _key(self, product: Poly) -> Monomial | None:
        return self._apart(next(iter(product)))[0] if len(product) == 1 else None

    def _fill(self, matrix: list, vectors: list[Vector], over: tuple[Index, ...], missing: set[Monomial]) -> None:
        """Gives every summand that is no square to the first two vectors whose product it is."""
        for i, left in enumerate(vectors):
            for j in range(i):
                product = self._product(left.half, vectors[j].half, over)
                key = self._key(product)
                if key in missing:
                    ((monomial, c),) = product.items()
                    own = self._apart(monomial)[1]
                    inverse = frozenset((factor, -power) for factor, power in own)
                    value = self.field.multiply(self.groups[key], {inverse: Fraction(1) / (2 * Fraction(c))})
                    matrix[i][j] = matrix[j][i] = value
                    missing.discard(key)

    def _factored(self, matrix: list, late: list[bool]) -> list[tuple[Poly, list[Poly]]] | None:
        """Rows r_k and coefficients d_k: the form is the sum of d_k (r_k . h)^2; None if it may be negative.

        `late` are pivots for the end: what is left of the number 1 shows that a form is positive.
        """
        field, rows, scale = self.field, [], number(1)
        every = range(len(matrix))
        left = list(every)
        while left:
            i = self._pivot(matrix, left, late)
            if i is None:
                return None
            left.remove(i)
            pivot, row = matrix[i][i], [matrix[i][j] if j in left or j == i else {} for j in every]
            if not any(row[j] for j in left):
                if pivot:
                    rows.append((field.multiply(scale, pivot), [number(1) if j == i else {} for j in every]))
                continue
            inverse = field.inverse(pivot)
            if len(pivot) == 1:
                row = [field.multiply(inverse, entry) for entry in row]
                rows.append((field.multiply(scale, pivot), row))
                taken, grown = pivot, number(1)
            else:
                scale = field.multiply(scale, inverse)
                rows.append((scale, row))
                taken, grown = number(1), pivot
            for j in left:
                for k in left:
                    less = field.multiply(taken, field.multiply(row[j], row[k]))
                    matrix[j][k] = field.add(field.multiply(grown, matrix[j][k]), scaled(less, -1))
        return rows

    def _pivot(self, matrix: list, left: list[int], late: list[bool]) -> int | None:
        """A vector whose pivot is positive, or not negative and alone; numbers before formulas."""
        ranked = []
        for i in left:
            own = self.field.signs_of(matrix[i][i])
            alone = not any(matrix[i][j] for j in left if j != i)
            if own == {1} or (alone and own <= {0, 1}):
                ranked.append(((late[i], len(matrix[i][i]), ONE not in matrix[i][i], i), i))
        return min(ranked)[1] if ranked else None

    def _combined(self, row: list[Poly], vectors: list[Vector]) -> Poly:
        summands = (self.field.multiply(c, vector.half) for c, vector in zip(row, vectors, strict=True))
        return self.field.add(*summands)


def _signature(vector: Vector) -> tuple:
    return tuple(sorted((index.size for index in vector.over), key=str))
