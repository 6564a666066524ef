"""Means, variances and standard deviations that are written as functions: E[x], Var(x), mean(dy * xhat)."""

from __future__ import annotations

from derive.language import Index, Number, Sum, Tensor, Term, sqrt
from derive.language.binding import free_indices
from derive.language.terms import Div, Entry, Mul
from derive.language.terms import Sum as Total
from derive.latex.reader import syntax as tree
from derive.notes.meaning.focus import BATCH_LABELS
from derive.notes.meaning.unclear import Unclear
from derive.notes.meaning.value import Value, together

SUMS = frozenset("sum Sum reduce_sum".split())
MEANS = frozenset(
    "mean Mean E reduce_mean avg average Avg 平均 平均值 均值 期望 평균 среднее moyenne media média Mittelwert".split()
)
VARIANCES = frozenset("Var var Variance variance 方差 方差值 分散 분산 дисперсия Varianz varianza variância".split())
DEVIATIONS = frozenset("std Std stddev 标准差 標準偏差 标准偏差 표준편차".split())
COVARIANCES = frozenset("Cov cov Covariance covariance".split())
"""Functions of two arrays of one shape, or of two names at one index."""

MOMENTS = SUMS | MEANS | VARIANCES | DEVIATIONS
"""Functions of all entries of an array, or of all values of the free index of their argument."""

EXPECTED = frozenset("E Var Variance Cov Covariance".split()) | {"期望", "방差"}
"""Those that people write of what is random, too."""

RANDOM = frozenset("E Var Cov".split())


def is_random(key: str) -> bool:
    """Whether a name is that of an expectation that says over which distribution it is: E_{x \\sim p}."""
    base, _, label = key.partition("_")
    return base in RANDOM and ("sim" in label or label in ("p", "q", "D", "P", "pi"))


def moment_of(key: str) -> str | None:
    """The function that a name stands for, where it is one of these; E_B is E."""
    base, _, label = key.partition("_")
    if key in MOMENTS:
        return key
    return base if base in MOMENTS and label in BATCH_LABELS else None


def moment(name: str, inside: Value, over: tuple[Index, ...]) -> Value:
    """The sum, the mean, the variance or the standard deviation of the values of a term over these indices."""
    total = Sum(inside.term, *over)
    if name in SUMS:
        return Value(total)
    if name in MEANS:
        return Value(_divided(total, over))
    middle = _divided(total, over)
    variance = _divided(Sum((inside.term - middle) ** 2, *over), over)
    return Value(variance if name in VARIANCES else sqrt(variance))


def covariance(one: Value, other: Value, given: frozenset[str], node: tree.Node) -> Term:
    """The mean of the product of the deviations of two arrays of one shape, or of two names at one index.

    Raises Unclear for others. `given` are indices that the other side of the formula has.
    """
    left, right, axes = together(one, other, node)
    if len(one.axes) != len(other.axes):
        raise Unclear("a covariance of arrays of different shapes", node.start, node.end)
    over = axes or averaged("covariance", Value(left), (), given)
    if over != (axes or averaged("covariance", Value(right), (), given)):
        raise Unclear("a covariance over different indices", node.start, node.end)
    middles = [_divided(Sum(term, *over), over) for term in (left, right)]
    return _divided(Sum((left - middles[0]) * (right - middles[1]), *over), over)


def is_mean_of(term: Term, x: Tensor) -> bool:
    """Whether a term is written as the mean of a vector: its sum, divided by its size, or times 1/size."""
    parts = (term.numerator, term.denominator) if isinstance(term, Div) else term.args
    if isinstance(term, Mul) and len(parts) == 2 and isinstance(parts[0], Div) and parts[0].numerator == Number(1):
        parts = (parts[1], parts[0].denominator)
    if not isinstance(term, Div | Mul) or len(parts) != 2 or parts[1] != x.sizes[0]:
        return False
    total = parts[0]
    return isinstance(total, Total) and total.body == Entry(x, (total.index,))


def _divided(total: Term, over: tuple[Index, ...]) -> Term:
    for index in over:
        total = total / index.size
    return total


def averaged(name: str, inside: Value, letters: tuple[str, ...], given: frozenset[str]) -> tuple[Index, ...]:
    """What a mean runs over: the axes of an array, else the free index that the other side lacks, if it is one."""
    if inside.axes:
        return inside.axes
    free = {index.name: index for index in free_indices(inside.term)}
    if letters and set(letters) <= free.keys():
        return tuple(free[letter] for letter in letters)
    open_ = sorted(free.keys() - given) if len(free) > 1 else sorted(free)
    if not free:
        raise Unclear(f"the {name} of one number")
    if len(open_) != 1:
        raise Unclear(f"the {name} doesn't say over which index; write it as a sum")
    return (free[open_[0]],)
