"""The words that formulas are written with: sizes, indices, vectors, means, norms, inner products."""

from __future__ import annotations

from typing import overload

from derive.language.binding import free_indices
from derive.language.claims import Claim, Eq
from derive.language.node import LanguageError
from derive.language.terms import (
    REAL,
    Definition,
    Delta,
    Dependence,
    Div,
    Entry,
    Function,
    Index,
    Partial,
    Pow,
    Sqrt,
    Tensor,
    Term,
    term,
)
from derive.language.terms import Sum as SumNode

_SIGNS = {
    "positive": frozenset({1}),
    "nonnegative": frozenset({0, 1}),
    "nonzero": frozenset({-1, 1}),
    "nonpositive": frozenset({-1, 0}),
    "negative": frozenset({-1}),
}


def _signs(conditions: dict[str, bool]) -> frozenset[int]:
    signs = REAL
    for name, holds in conditions.items():
        if name not in _SIGNS:
            raise LanguageError(f"{name} is not a sign condition; use one of {', '.join(_SIGNS)}")
        signs = signs & _SIGNS[name] if holds else signs
    if not signs:
        raise LanguageError(f"no number is {' and '.join(conditions)}")
    return signs


def Size(name: str, latex: str | None = None) -> Entry:
    """A symbolic size: a positive whole number, such as the batch size m."""
    return Entry(Tensor(name, signs=frozenset({1}), integer=True, latex=latex))


def Scalar(name: str, latex: str | None = None, **conditions: bool) -> Entry:
    """A real number; `positive=True`, `nonnegative=True`, `nonzero=True` state what is known of its sign."""
    return Entry(Tensor(name, signs=_signs(conditions), latex=latex))


def Vector(name: str, size: Term, latex: str | None = None, **conditions: bool) -> Tensor:
    """A vector with one entry `name[b]` for each index b over `size`; sign conditions hold for every entry."""
    return Tensor(name, (term(size),), signs=_signs(conditions), latex=latex)


def Matrix(
    name: str, rows: Term, columns: Term, latex: str | None = None, symmetric: bool = False, **conditions: bool
) -> Tensor:
    """A matrix with entries `name[b, k]`; `symmetric=True` says that `name[b, k] = name[k, b]`."""
    if symmetric and rows != columns:
        raise LanguageError(f"the matrix {name} can't be symmetric: it has {rows} rows and {columns} columns")
    sizes = (term(rows), term(columns))
    return Tensor(name, sizes, signs=_signs(conditions), symmetric=symmetric, latex=latex)


def indices(names: str, size: Term) -> tuple[Index, ...]:
    """Indices over one size: `b, k = indices("b k", m)`."""
    return tuple(Index(name, size) for name in names.split())


@overload
def define(name: str, body: object, *, latex: str | None = None) -> Entry: ...  # pyright: ignore[reportOverlappingOverload]
@overload
def define(name: str, body: object, *over: Index, latex: str | None = None) -> Tensor: ...
def define(name: str, body: object, *over: Index, latex: str | None = None) -> Entry | Tensor:
    """A name for `body`: a scalar, or with indices a tensor to be indexed.

    >>> m = Size("m"); b = Index("b", m); y = Vector("y", m)
    >>> mu = define("mu", mean(y[b], b))
    >>> centred = define("c", y[b] - mu, b)
    >>> print(centred[b])
    c[b]
    """
    body = term(body)
    if len(set(over)) != len(over):
        raise LanguageError(f"the definition of {name} names an index twice")
    if missing := free_indices(body) - set(over):
        listed = ", ".join(sorted(index.name for index in missing))
        raise LanguageError(f"the definition of {name} depends on the index {listed}, which its left side lacks")
    tensor = Tensor(name, tuple(index.size for index in over), latex=latex, definition=Definition(over, body))
    return tensor if over else Entry(tensor)


def loss(name: str, of: Tensor, gradient: str = "g", latex: str | None = None) -> tuple[Entry, Tensor]:
    """An unknown differentiable function of the tensor `of`, and its gradient.

    Nothing is assumed about it but the chain rule, so what is proved holds for every loss. The gradient is
    indexed like `of`; asking for a third derivative is refused, since no name stands for it.
    """
    second = Tensor(
        f"d{gradient}",
        (*of.sizes, *of.sizes),
        symmetric=len(of.sizes) == 1,
        partial=Partial(latex or name, of, order=2),
        dependence=Dependence(of, None),
    )
    first = Tensor(gradient, of.sizes, partial=Partial(latex or name, of), dependence=Dependence(of, second))
    return Entry(Tensor(name, latex=latex, dependence=Dependence(of, first))), first


def Sum(body: object, *over: Index) -> Term:
    """The sum over every value of each index; the first index is the innermost sum."""
    result = term(body)
    for index in over:
        result = SumNode(result, index)
    return result


def mean(body: object, *over: Index) -> Term:
    """The mean over every value of each index."""
    result = Sum(body, *over)
    for index in over:
        result = Div(result, index.size)
    return result


def inner(left: Tensor | Term, right: Tensor | Term, over: Index) -> Term:
    """The inner product over one index of two vectors, given by name or by their entry."""
    return SumNode(_entry(left, over) * _entry(right, over), over)


def squared_norm(vector: Tensor | Term, over: Index) -> Term:
    """The sum of squares over one index of a vector, given by name or by its entry."""
    return SumNode(Pow(_entry(vector, over), 2), over)


def norm(vector: Tensor | Term, over: Index) -> Term:
    """The Euclidean norm over one index."""
    return Sqrt(squared_norm(vector, over))


def _entry(vector: Tensor | Term, over: Index) -> Term:
    return vector[over] if isinstance(vector, Tensor) else term(vector)


def sqrt(arg: object) -> Term:
    """The nonnegative square root."""
    return Sqrt(term(arg))


def exp(arg: object) -> Term:
    return Function("exp", term(arg))


def log(arg: object) -> Term:
    return Function("log", term(arg))


def Abs(arg: object) -> Term:
    return Function("abs", term(arg))


def sign(arg: object) -> Term:
    """-1, 0 or 1."""
    return Function("sign", term(arg))


def tanh(arg: object) -> Term:
    return Function("tanh", term(arg))


def positive_semidefinite(matrix: Tensor, root: Tensor | str = "R") -> Claim:
    """The hypothesis that a matrix is positive semidefinite: it is R R' for some square matrix R, here called `root`.

    >>> m = Size("m"); H = Matrix("H", m, m)
    >>> print(positive_semidefinite(H))
    H[b, k] = Sum(R[b, j]*R[k, j], j) for every b, k

    Every matrix R R' is positive semidefinite, and every positive semidefinite matrix is one: nothing is lost.
    """
    b, k, j = _places(matrix)
    return Eq(matrix[b, k], _gram(root, b, k, j))


def operator_norm_at_most(matrix: Tensor, bound: object, slack: Tensor | str = "R") -> Claim:
    """The hypothesis that the operator norm of X is at most |bound|: bound^2 I - X X' is R R' for some `slack` R.

    >>> m, n = Size("m"), Size("n"); X = Matrix("X", m, n)
    >>> print(operator_norm_at_most(X, Scalar("lambda")))
    lambda**2*delta(b, k) - Sum(X[b, i]*X[k, i], i) = Sum(R[b, j]*R[k, j], j) for every b, k

    It is equivalent to |X' u| <= |bound| |u| for every vector u: that says that bound^2 I - X X' is positive
    semidefinite. The norms of X and of its transpose are the same.
    """
    rows, columns = _axes(matrix)
    b, k, j = indices("b k j", rows)
    i = Index("i", columns)
    square = SumNode(matrix[b, i] * matrix[k, i], i)
    return Eq(Pow(term(bound), 2) * Delta(b, k) - square, _gram(slack, b, k, j))


def _axes(matrix: Tensor) -> tuple[Term, Term]:
    if not isinstance(matrix, Tensor) or len(matrix.sizes) != 2:
        raise LanguageError(f"{matrix} is not a matrix")
    return matrix.sizes[0], matrix.sizes[1]


def _places(matrix: Tensor) -> tuple[Index, ...]:
    rows, columns = _axes(matrix)
    if rows != columns:
        raise LanguageError(f"{matrix} is not square: it has {rows} rows and {columns} columns")
    return indices("b k j", rows)


def _gram(root: Tensor | str, b: Index, k: Index, j: Index) -> Term:
    """The entry b, k of R R'."""
    matrix = Matrix(root, b.size, j.size) if isinstance(root, str) else root
    if _axes(matrix) != (b.size, j.size):
        raise LanguageError(f"{matrix} must have {b.size} rows and {j.size} columns")
    return SumNode(matrix[b, j] * matrix[k, j], j)
