"""What a layer should give, by the proved forms in float64, and how far an honest one may be from that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from derive.language import Entry, Tensor
from derive.layers import Layer
from verify.assertions.case import Case
from verify.assertions.families import centred
from verify.assertions.inputs import axes_of_statistics, indices_of
from verify.assertions.logits import stable, through_maximum
from verify.assertions.observe import FORWARD_OVER_REVERSE, NESTED_FORWARD
from verify.assertions.view import View, view_of
from verify.bounds.forward import Leaf, forward_error
from verify.bounds.model import Model
from verify.bounds.running import Bounded
from verify.compile import program_of
from verify.forms import Form, output, second, tangent_form, vjp
from verify.program import aligner

FORMS: dict[str, Callable[[Layer], Form]] = {
    "output": output,
    "input gradient": lambda layer: vjp(layer, "input"),
    "weight gradient": lambda layer: vjp(layer, "weight"),
    "bias gradient": lambda layer: vjp(layer, "bias"),
    "JVP along input": tangent_form,
    "second derivative by input, along input": second,
    "second derivative by weight, along input": lambda layer: second(layer, "input", "weight"),
    FORWARD_OVER_REVERSE: second,
    NESTED_FORWARD: second,
}
"""The proved form of every quantity that is observed."""
SECOND_ORDER = tuple(name for name in FORMS if name != "output" and "gradient" not in name)


@dataclass(frozen=True)
class Expected:
    """The value of a quantity in torch's shape, in float64, and the error that rounding allows at every entry.

    `bound` includes how far the value itself may be from the exact one; it is infinite where the dtype may overflow.
    """

    value: torch.Tensor
    bound: torch.Tensor


@dataclass(frozen=True)
class Honesty:
    """What an honest implementation may do, beyond what every one may (see `verify.bounds.model`).

    `worst` asks for the worst case instead of the probable bound. `accumulate` is the dtype of statistics and sums, by
    default float32 for 16-bit layers and otherwise their own. `low` is a dtype in which everything may be computed,
    statistics and sums included, `saved` one to which the mean and s are rounded before they are used. Without `affine`
    the mean has to be subtracted before anything is multiplied.
    """

    worst: bool = False
    low: torch.dtype | None = None
    affine: bool = True
    saved: torch.dtype | None = None
    accumulate: torch.dtype | None = None

    def model(self, dtype: torch.dtype, second: bool) -> Model:
        """The model behind the bound; second derivatives of 16-bit layers are composed of 16-bit operations."""
        own = self.low or dtype
        accumulate = own if self.low or (second and dtype.itemsize == 2) else self.accumulate
        if accumulate is not None and torch.finfo(accumulate).eps > torch.finfo(own).eps:
            accumulate = None  # the layer is run in a wider dtype, to see whether rounding is at fault
        return Model(own, accumulate=accumulate, worst_case=self.worst, affine=self.affine)


DEFAULT = Honesty()


def expected(case: Case, name: str, honesty: Honesty = DEFAULT) -> Expected:
    """The value and the bound of one quantity."""
    return expected_of([case], name, honesty)[0]


def expected_of(cases: Sequence[Case], name: str, honesty: Honesty = DEFAULT) -> list[Expected]:
    """The same for several cases of one shape and dtype, which is hardly more work than for one."""
    views = [view_of(case) for case in cases]
    layer, sizes = views[0].layer, views[0].sizes
    values = {key: torch.cat([view.values[key] for view in views]) for key in views[0].values}
    form = FORMS[name](layer)
    model = honesty.model(cases[0].x.dtype, name in SECOND_ORDER)
    known = stable(layer, values, model)
    if honesty.saved:
        known |= _saved(layer, values, honesty.saved)
    program = program_of(form.term, frozenset(known))
    own: dict[Leaf, Bounded] = dict(known.items())
    leaves = {leaf: own[leaf] if leaf in own else values[str(leaf)] for leaf in program.leaves}
    found = forward_error(program, leaves, model, sizes)
    shape = values[form.like.name if form.like.name in values else layer.inputs[0].name].shape
    align = aligner(program.axes, form.axes)
    bound = align(found.tolerance).expand(shape) + through_maximum(layer, name, values, model)
    parts = [part.chunk(len(cases)) for part in (align(found.value).expand(shape), bound)]
    return [_of_case(view, form, honesty, value, bound) for view, value, bound in zip(views, *parts, strict=True)]


def _of_case(view: View, form: Form, honesty: Honesty, value: torch.Tensor, bound: torch.Tensor) -> Expected:
    value, bound = view.outward(form.like, value), view.outward(form.like, bound)
    if form.name == "output" and not honesty.affine and centred(form.layer):
        bound = torch.minimum(bound, _largest(view.case, value))
    return Expected(value, bound)


def _largest(case: Case, value: torch.Tensor) -> torch.Tensor:
    """How far an output can be off if x - mu is divided by the deviation about the same mu, however wrong mu is.

    The squares of all xhat of a statistic over m numbers sum up to m at most, so that |xhat| is at most sqrt(m); one
    percent is more than the roundings of that can be.
    """
    inner, lay = case.inner(), case.arrangement
    count = math.prod(lay.inner[axis] for axis in axes_of_statistics(lay))
    gamma, *others = (aligned(inner[tensor.name], case) for tensor in lay.layer.parameters)
    due = lay.inward("x", value)
    beta = others[0] if others else torch.zeros_like(gamma)
    return lay.outward("x", 1.01 * gamma.abs() * math.sqrt(count) + (due - beta).abs() + 0.01 * beta.abs())


def aligned(weight: torch.Tensor, case: Case) -> torch.Tensor:
    """Weights in the program's shape, with an axis for each axis of its input."""
    own = case.arrangement.layer.parameters[0].sizes
    shape = iter(weight.shape)
    indices = indices_of(case.arrangement.layer.output)
    return weight.reshape([next(shape) if index.size in own else 1 for index in indices])


def _saved(layer: Layer, values: Mapping[str, torch.Tensor], dtype: torch.dtype) -> dict[Tensor, Bounded]:
    """The mean and s, each off by a rounding to a dtype."""
    unit = torch.finfo(dtype).eps / 2
    found: dict[Tensor, Bounded] = {}
    for step in (layer.names[name] for name in ("mu", "s", "r") if name in layer.names):
        if step.definition is None:
            continue
        program = program_of(Entry(step, step.definition.indices))
        value = forward_error(program, {leaf: values[str(leaf)] for leaf in program.leaves}, Model(torch.float64))
        found[step] = Bounded(value.value, value.tolerance, value.tolerance + unit * value.value.abs())
    return found
