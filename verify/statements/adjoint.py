"""The chain rule on straight-line programs: what reverse-mode differentiation computes, as a program.

Autograd's rounding errors can't be read off a closed formula. They are bounded along this program instead: the adjoint
of every operation of the forward definitions, in reverse order (Griewank and Walther, Evaluating Derivatives, 2008,
section 3.2); for a second derivative, of every operation of the first derivative's program, too. Values come from
torch; only bounds come from here.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.language import Derivative, Entry, Index, Number, Tensor
from derive.language.binding import appearing
from verify.compile import Builder
from verify.errors import VerifyError
from verify.program import Program, Step


def chain_rule(derivative: Derivative) -> Program:
    """The program that reverse-mode differentiation runs for a derivative, or for one of a derivative."""
    build = Chain()
    return build.finish(build.derivative(derivative))


class Chain(Builder):
    """A builder that differentiates, instead of asking for the values of derivatives."""

    def derivative(self, value: Derivative) -> int:
        by = value.by.tensor
        variable = self.defined(by) if by.definition else self.leaf(by)
        output = self.term(value.body)
        free = tuple(appearing(value.body))
        rows = {index: self.unused(index) for index in free}
        seed = self.term(Number(1))
        for index in self.axes(output):
            seed = self.emit("mul", seed, self.emit("delta", axes=(index, rows[index])))
        found = _backward(self, output, seed, variable)
        if found is None:
            raise VerifyError(f"{value.body} does not depend on {by}, so there is nothing to check")
        columns = dict(zip(self.axes(variable), value.by.indices, strict=True))
        return self.view(found, {**columns, **{row: index for index, row in rows.items()}})

    def leaf(self, tensor: Tensor) -> int:
        """Behind what it is a function of, if it is one: that is how `_backward` finds it."""
        if tensor.dependence is not None:
            self.term(Entry(tensor.dependence.on, outer(tensor.dependence.on)))
        return super().leaf(tensor)

    def unused(self, index: Index) -> Index:
        """An index that nothing has yet, for the rows of one derivative."""
        taken = {axis.name for step in self.steps for axis in step.axes}
        number = 1
        while f"row {number} {index.name}" in taken:
            number += 1
        return Index(f"row {number} {index.name}", index.size)


def outer(tensor: Tensor) -> tuple[Index, ...]:
    """Indices for the argument of an unknown function."""
    return tuple(Index(f"out {place}", size) for place, size in enumerate(tensor.sizes))


def _backward(build: Chain, output: int, seed: int, target: int) -> int | None:
    """The cotangent of the step `target`, or None if the output does not depend on it."""
    cotangents = {output: seed}
    for place in range(output, target, -1):
        if place not in cotangents:
            continue
        for arg, cotangent in _pull(build, place, build.steps[place], cotangents[place]):
            known = cotangents.get(arg)
            cotangents[arg] = cotangent if known is None else build.emit("add", known, cotangent)
    return cotangents.get(target)


def _pull(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    """The cotangents of the arguments of one step."""
    if step.op == "input" and isinstance(step.what, Tensor) and step.what.dependence is not None:
        return _pull_dependence(build, place, step.what, cotangent)
    return ADJOINTS[step.op](build, place, step, cotangent) if step.args else []


def _pull_dependence(build: Chain, place: int, function: Tensor, cotangent: int) -> list[tuple[int, int]]:
    """An unknown function moves with its argument by its declared derivative."""
    dependence = function.dependence
    if dependence is None or dependence.derivative is None:
        raise VerifyError(f"no name is declared for the derivative of {function}")
    over = outer(dependence.on)
    slope = build.term(Entry(dependence.derivative, (*build.axes(place), *over)))
    value = build.emit("mul", cotangent, slope)
    for index in build.axes(place):
        value = build.sum(value, index)
    return [(build.term(Entry(dependence.on, over)), value)]


def _pull_add(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(arg, _fit(build, cotangent, step, arg)) for arg in step.args]


def _pull_neg(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(step.args[0], build.emit("neg", cotangent))]


def _pull_mul(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    left, right = step.args
    pairs = [(left, build.emit("mul", cotangent, right)), (right, build.emit("mul", cotangent, left))]
    return [(arg, _fit(build, value, step, arg)) for arg, value in pairs]


def _pull_div(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    numerator, denominator = step.args
    share = build.emit("div", cotangent, denominator)
    pairs = [(numerator, share), (denominator, build.emit("neg", build.emit("mul", share, place)))]
    return [(arg, _fit(build, value, step, arg)) for arg, value in pairs]


def _pull_sqrt(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    double = build.emit("add", place, place)
    return [(step.args[0], build.emit("div", cotangent, double))]


def _pull_function(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(step.args[0], value) for value in SLOPES[step.what](build, place, step.args[0], cotangent)]


def _pull_sum(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    """Every term of a sum gets the same cotangent; it is repeated later, where it meets something that differs."""
    return [(step.args[0], cotangent)]


def _pull_name(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(step.args[0], _fit(build, cotangent, step, step.args[0]))]


def _pull_view(build: Chain, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    """The axes get their old names; two axes of which a view takes the diagonal have nothing beside it."""
    back: dict[Index, Index] = {}
    for label, axis in zip(step.what, build.axes(step.args[0]), strict=True):
        name = label
        if label in back:
            name = build.unused(label)
            cotangent = build.emit("mul", cotangent, build.emit("delta", axes=(label, name)))
        back[name] = axis
    return [(step.args[0], build.view(cotangent, back))]


def _fit(build: Chain, value: int, step: Step, arg: int) -> int:
    """Sums over the axes along which an argument was broadcast."""
    for index in step.axes:
        if index not in build.axes(arg):
            value = build.sum(value, index)
    return value


ADJOINTS: dict[str, Callable[[Chain, int, Step, int], list[tuple[int, int]]]] = {
    "add": _pull_add,
    "neg": _pull_neg,
    "mul": _pull_mul,
    "div": _pull_div,
    "sqrt": _pull_sqrt,
    "function": _pull_function,
    "sum": _pull_sum,
    "name": _pull_name,
    "view": _pull_view,
}
"""One row for each operation: the cotangents of its arguments."""


def _slope_exp(build: Chain, place: int, arg: int, cotangent: int) -> list[int]:
    return [build.emit("mul", cotangent, place)]


def _slope_log(build: Chain, place: int, arg: int, cotangent: int) -> list[int]:
    return [build.emit("div", cotangent, arg)]


def _slope_abs(build: Chain, place: int, arg: int, cotangent: int) -> list[int]:
    return [build.emit("mul", cotangent, build.emit("function", arg, what="sign"))]


def _slope_tanh(build: Chain, place: int, arg: int, cotangent: int) -> list[int]:
    rest = build.emit("add", build.term(Number(1)), build.emit("neg", build.emit("mul", place, place)))
    return [build.emit("mul", cotangent, rest)]


def _slope_sign(build: Chain, place: int, arg: int, cotangent: int) -> list[int]:
    return [build.emit("mul", cotangent, build.term(Number(0)))]


SLOPES: dict[str, Callable[[Chain, int, int, int], list[int]]] = {
    "exp": _slope_exp,
    "log": _slope_log,
    "abs": _slope_abs,
    "tanh": _slope_tanh,
    "sign": _slope_sign,
}
"""One row for each entrywise function: the cotangent of its argument."""
