"""The chain rule on straight-line programs: what reverse-mode differentiation computes, as a program.

Autograd's rounding errors can't be read off a closed formula. They are bounded along this program instead: the adjoint
of every operation of the forward definitions, in reverse order (Griewank and Walther, Evaluating Derivatives, 2008,
section 3.2). Values come from torch; only bounds come from here.
"""

from __future__ import annotations

from collections.abc import Callable

from derive.language import Derivative, Entry, Index, Number, Tensor
from verify.compile import Builder
from verify.errors import VerifyError
from verify.program import Program, Step


def chain_rule(derivative: Derivative) -> Program:
    """The program that reverse-mode differentiation runs for a derivative of a loss or a defined name by an input."""
    build = Builder()
    output, seed, rows = _seed(build, derivative)
    found = _backward(build, output, seed, derivative.by.tensor)
    if found is None:
        raise VerifyError(f"{derivative.body} does not depend on {derivative.by.tensor}, so there is nothing to check")
    columns = (Index(f"axis {place}", size) for place, size in enumerate(derivative.by.tensor.sizes))
    names = dict(zip(columns, derivative.by.indices, strict=True))
    return build.finish(build.view(found, {**names, **rows}))


def _seed(build: Builder, derivative: Derivative) -> tuple[int, int, dict[Index, Index]]:
    """What is differentiated, its cotangent, and how the rows that the cotangent selects are called."""
    body = derivative.body
    if isinstance(body, Entry) and body.tensor.dependence is not None:
        return _seed_of_loss(build, body)
    if not isinstance(body, Entry) or body.tensor.definition is None:
        raise VerifyError(f"{derivative} can't be evaluated: {body} is neither a loss nor a defined name")
    output = build.term(body)
    rows = {Index(f"row {index.name}", index.size): index for index in body.indices}
    seed = build.term(Number(1))
    for row, index in rows.items():
        seed = build.emit("mul", seed, build.emit("delta", axes=(index, row)))
    return output, seed, rows


def _seed_of_loss(build: Builder, loss: Entry) -> tuple[int, int, dict[Index, Index]]:
    dependence = loss.tensor.dependence
    if dependence is None or dependence.derivative is None or loss.indices:
        raise VerifyError(f"{loss} can't be differentiated: verify evaluates first derivatives of a loss")
    on = dependence.on
    over = tuple(Index(f"out {place}", size) for place, size in enumerate(on.sizes))
    return build.term(Entry(on, over)), build.term(Entry(dependence.derivative, over)), {}


def _backward(build: Builder, output: int, seed: int, target: Tensor) -> int | None:
    """The cotangent of the input `target`, or None if the output does not depend on it."""
    cotangents = {output: seed}
    for place in range(output, -1, -1):
        step = build.steps[place]
        if place not in cotangents:
            continue
        if step.op == "input" and step.what == target:
            return cotangents[place]
        for arg, cotangent in _pull(build, place, step, cotangents[place]):
            known = cotangents.get(arg)
            cotangents[arg] = cotangent if known is None else build.emit("add", known, cotangent)
    return None


def _pull(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    """The cotangents of the arguments of one step."""
    if not step.args:
        return []
    if step.op not in ADJOINTS:
        raise VerifyError(f"verify can't differentiate {step.what or step.op} yet")
    return ADJOINTS[step.op](build, place, step, cotangent)


def _pull_add(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(arg, _fit(build, cotangent, step, arg)) for arg in step.args]


def _pull_neg(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(step.args[0], build.emit("neg", cotangent))]


def _pull_mul(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    left, right = step.args
    pairs = [(left, build.emit("mul", cotangent, right)), (right, build.emit("mul", cotangent, left))]
    return [(arg, _fit(build, value, step, arg)) for arg, value in pairs]


def _pull_div(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    numerator, denominator = step.args
    share = build.emit("div", cotangent, denominator)
    pairs = [(numerator, share), (denominator, build.emit("neg", build.emit("mul", share, place)))]
    return [(arg, _fit(build, value, step, arg)) for arg, value in pairs]


def _pull_sqrt(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    double = build.emit("add", place, place)
    return [(step.args[0], build.emit("div", cotangent, double))]


def _pull_sum(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    return [(step.args[0], cotangent)]


def _pull_view(build: Builder, place: int, step: Step, cotangent: int) -> list[tuple[int, int]]:
    if len(step.what) != len(step.axes):
        raise VerifyError("verify can't differentiate the diagonal of a matrix yet")
    back = dict(zip(step.what, build.axes(step.args[0]), strict=True))
    return [(step.args[0], build.view(cotangent, back))]


def _fit(build: Builder, value: int, step: Step, arg: int) -> int:
    """Sums over the axes along which an argument was broadcast."""
    for index in step.axes:
        if index not in build.axes(arg):
            value = build.sum(value, index)
    return value


ADJOINTS: dict[str, Callable[[Builder, int, Step, int], list[tuple[int, int]]]] = {
    "add": _pull_add,
    "neg": _pull_neg,
    "mul": _pull_mul,
    "div": _pull_div,
    "sqrt": _pull_sqrt,
    "sum": _pull_sum,
    "view": _pull_view,
}
"""One row for each operation: the cotangents of its arguments."""
