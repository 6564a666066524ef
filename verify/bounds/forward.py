"""How far an honest implementation of a formula may be from its exact value, whoever wrote it.

The formula is a straight-line program (`verify.program`), evaluated in float64, and each step adds what an honest
implementation may lose there (`verify.bounds.model`). To first order an error goes through a step by its derivative;
what is left of second order is bounded, and nothing is dropped:

    a + b       e_a + e_b
    a b         b e_a + a e_b                and |e_a| |e_b|
    a / b       (e_a - (a/b) e_b) / b        and (|e_a| + |a/b| |e_b|) |e_b| / (|b| (|b| - |e_b|))
    sqrt a      e_a / (2 sqrt a)             and |e_a|^2 / (2 a^(3/2))
    exp a       exp(a) e_a                   and exp(a) (exp |e_a| - 1 - |e_a|)
    log a       e_a / a                      and e_a^2 / (2 (a - |e_a|)^2)
    tanh a      (1 - tanh^2 a) e_a           and e_a^2, the second derivative being below 1

Sums are where the probable bound gains: what is independent adds up in squares, what is shared keeps its sign
(`verify.bounds.perturbed`). Where an error reaches the size of a denominator or a root, nothing can be said, and the
bound is infinite; so it is where a value may overflow.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import torch

from derive.language import Derivative, Index, Tensor, Term
from verify.bounds.model import Model
from verify.bounds.perturbed import Errors, Perturbed, Source, in_a_row, total_over
from verify.bounds.running import FUNCTIONS, ULPS, Bounded
from verify.bounds.summation import Rounding, alike, exactly_summed
from verify.compile import program_of
from verify.errors import VerifyError
from verify.program import Program, Step, aligner, length, sizes_of, spreader, viewer
from verify.threads import one_thread

Leaf = Tensor | Derivative


@dataclass(frozen=True)
class Allowed(Bounded):
    """The float64 value of a formula, how far that may be off itself (`drift`), and how far an honest one (`error`).

    `tolerance` is what a computed value may differ from `value`; `overflows` says where an honest one may overflow.
    """

    model: Model
    overflows: torch.Tensor

    @property
    def tolerance(self) -> torch.Tensor:
        return self.error + self.drift


def forward_error(
    formula: Term | Program,
    leaves: Mapping[Leaf, torch.Tensor | Bounded],
    model: Model,
    sizes: Mapping[Term, int] | None = None,
) -> Allowed:
    """The value of a formula at exact data, and a bound for every honest implementation of it.

    The leaves have the shape (instances, one axis for each index), as for `compile_term`; a `Bounded` leaf is off by
    its `error`, in each entry independently. `sizes` is needed for sizes that no leaf shows.
    """
    program = formula if isinstance(formula, Program) else program_of(formula)
    given = {leaf: _bounded(leaves[leaf]) for leaf in program.leaves if leaf in leaves}
    if missing := [str(leaf) for leaf in program.leaves if leaf not in given]:
        raise VerifyError(f"the formula needs {', '.join(missing)}, and there is no value for it")
    known = sizes_of({leaf: tuple(value.value.shape) for leaf, value in given.items()})
    known = {**known, **(sizes or {})}
    with one_thread():
        found = Analysis(program, model, known, given).run()
        value, error = found.value, found.error()
        overflows = found.value.abs() + error > model.format.largest
        error = torch.where(overflows | error.isnan(), math.inf, error)
        drift = error if model.dtype is torch.float64 else _drift(program, model, known, given)
    return Allowed(value, drift, error, model, overflows)



def _drift(program: Program, model: Model, sizes: dict, given: dict[Leaf, Bounded]) -> torch.Tensor:
    """Our own float64 value is an honest float64 evaluation; what the data are off counts as an error, not as drift."""
    exact = {leaf: Bounded(each.value, each.drift, each.drift) for leaf, each in given.items()}
    wide = Model(torch.float64, worst_case=True)
    found = Analysis(program, wide, sizes, exact).run().error()
    return torch.where(found.isnan(), math.inf, found)


def _bounded(value: torch.Tensor | Bounded) -> Bounded:
    if isinstance(value, Bounded):
        return value
    value = value.double()
    return Bounded(value, torch.zeros_like(value), torch.zeros_like(value))


class Analysis:
    """One formula under one model, at given data."""

    def __init__(self, program: Program, model: Model, sizes: dict[Term, int], given: dict[Leaf, Bounded]) -> None:
        self.program, self.model, self.sizes, self.given = program, model, sizes, given
        self.format = model.format
        self.rank = max((len(step.axes) for step in program.steps if step.op == "input"), default=0)
        self.device = next((value.value.device for value in given.values()), torch.device("cpu"))
        self.sums = model.sums(self._events())

    def _events(self) -> int:
        """How many probable bounds have to hold together: one for each entry of a sum, for each kind of error in it."""
        instances = max((value.value.shape[0] for value in self.given.values()), default=1)
        counted = [self.program.steps[place] for place in self.roots]
        kinds = 2 + len(counted)
        return kinds * instances * sum(math.prod(length(i.size, self.sizes) for i in step.axes) for step in counted)

    @cached_property
    def roots(self) -> dict[int, int]:
        """For each sum that is not summed up at once again, the step whose values it adds up."""
        steps, uses = self.program.steps, Counter(arg for step in self.program.steps for arg in step.args)
        found: dict[int, int] = {}
        for place, step in enumerate(steps):
            if step.op == "sum":
                (arg,) = step.args
                found[place] = found.pop(arg) if arg in found and uses[arg] == 1 else arg
        return found

    def run(self) -> Perturbed:
        """The result of the program, rounded to storage."""
        steps = self.program.steps
        needs = {place: (self.roots[place],) if step.op == "sum" else step.args for place, step in self._shown()}
        last = {arg: place for place, args in needs.items() for arg in args}
        values: dict[int, Perturbed] = {}
        for place, step in self._shown():
            if step.op == "sum":
                axes = steps[self.roots[place]].axes
                values[place] = self._sum(place, tuple(i for i in axes if i not in step.axes), values)
            else:
                values[place] = self._step(step, values, stored=place not in self.roots.values())
            for arg in set(needs[place]):
                if last[arg] == place:
                    del values[arg]
        return self._stored(values[len(steps) - 1], steps[-1])

    def _shown(self) -> list[tuple[int, Step]]:
        """The steps, without the sums that are summed up at once again."""
        return [
            (place, step) for place, step in enumerate(self.program.steps) if step.op != "sum" or place in self.roots
        ]

    def _stored(self, result: Perturbed, step: Step) -> Perturbed:
        """The result rounded to storage, if it is not yet."""
        if result.rounded and self._tensor(step):
            return result
        size = result.value.abs() + result.error()
        lost = self.format.unit * size + self.format.smallest
        return replace(result, errors=result.errors.rounded(frozenset(step.axes), lost))

    def _tensor(self, step: Step) -> bool:
        return len(step.axes) >= self.rank

    def _step(self, step: Step, values: dict[int, Perturbed], stored: bool) -> Perturbed:
        args, sources = [values[arg] for arg in step.args], [self.program.steps[arg] for arg in step.args]
        match step.op:
            case "input":
                return self._input(step)
            case "number" | "size":
                value = step.what if step.op == "number" else Fraction(length(step.what, self.sizes))
                return self._number(value, sized=step.op == "size")
            case "delta":
                size = length(step.axes[0].size, self.sizes)
                return Perturbed(torch.eye(size, dtype=torch.float64, device=self.device)[None])
            case "view":
                names = dict(zip(sources[0].axes, step.what, strict=True))
                return args[0].reshaped(viewer(step.what, step.axes), names)
            case "name":
                return args[0].reshaped(spreader(sources[0].axes, step.axes, self.sizes))
            case "neg":
                return _negated(args[0])
        aligned = [
            arg if source.axes == step.axes else arg.reshaped(aligner(source.axes, step.axes))
            for arg, source in zip(args, sources, strict=True)
        ]
        if step.op == "function":
            return self._rounded(self._function(step.what, aligned[0]), step, stored, _ulps(step.what))
        rule: Callable[..., Perturbed] = getattr(self, f"_{step.op}")
        found = rule(*aligned, step, sources) if step.op == "add" else rule(*aligned)
        if found.constant:
            return replace(found, errors=Errors(), sized=any(arg.sized for arg in aligned))
        if step.op in ("mul", "div") and any(arg.sized or _power_of_two(arg) for arg in aligned):
            return replace(found, rounded=False)
        return self._rounded(found, step, stored, self.model.cost(step.op, self._tensor(step)))

    def _input(self, step: Step) -> Perturbed:
        given = self.given[step.what]
        errors = Errors().plus(frozenset(step.axes), given.error) if bool(given.error.any()) else Errors()
        return Perturbed(given.value, errors)

    def _number(self, value: Fraction, sized: bool) -> Perturbed:
        double = torch.tensor([float(value)], dtype=torch.float64, device=self.device)
        return Perturbed(double, scale=abs(float(value)) or 1.0, constant=True, sized=sized)

    def _rounded(self, value: Perturbed, step: Step, stored: bool, cost: int) -> Perturbed:
        """What the operation itself costs: see `verify.bounds.model`."""
        form, size, axes = self.format, value.value.abs(), frozenset(step.axes)
        lost = cost * form.sum_unit * size
        if not self._tensor(step):
            lost = lost + form.smallest * (0.0 if form.rounds_sums else value.scale)
            return replace(value, errors=value.errors.rounded(axes, lost))
        if form.rounds_sums:
            lost = lost + form.unit * size
        errors = value.errors.rounded(axes, lost + form.smallest * max(1.0, value.scale))
        if stored and form.rounds_sums:
            over = size + errors.total(size) > form.largest * value.scale
            if bool(over.any()):
                errors = errors.plus(frozenset(), torch.where(over, math.inf, torch.zeros_like(size)))
        return replace(value, errors=errors, rounded=True)

    def _add(self, left: Perturbed, right: Perturbed, step: Step, sources: list[Step]) -> Perturbed:
        """The rounding is that of the larger summand: in another order of the summands there is a larger sum between.

        A statistic that is added to a tensor may be multiplied by what comes later first, and rounded twice: 4 of the
        model.
        """
        value = left.value + right.value
        unit, axes = self.format.sum_unit, frozenset(step.axes)
        size = left.value.abs() + right.value.abs() - value.abs()
        errors = left.errors + right.errors
        parts, varies = [left.part, right.part], left.varies | right.varies
        if self._tensor(step) and self.model.affine:
            for place, (arg, source) in enumerate(zip((left, right), sources, strict=True)):
                if not self._tensor(source) and not arg.constant:
                    parts[place], varies = arg.value, varies | frozenset(source.axes)
                    size = size + arg.value.abs()
        if self._tensor(step):
            errors = errors.rounded(axes, unit * size)
        return Perturbed(
            value,
            errors,
            _plus(*parts),
            varies,
            max(left.inner, right.inner),
            max(left.scale, right.scale),
            left.constant and right.constant,
        )

    def _mul(self, left: Perturbed, right: Perturbed) -> Perturbed:
        second = left.error() * right.error()
        errors = left.errors.scaled(right.value) + right.errors.scaled(left.value)
        value = left.value * right.value
        part = _plus(_times(left.part, right.value), _times(right.part, left.value))
        inner = max(left.inner, right.inner)
        constant = left.constant and right.constant
        return Perturbed(
            value,
            errors.plus(frozenset(), second),
            part,
            left.varies | right.varies,
            inner,
            left.scale * right.scale,
            constant,
        )

    def _div(self, left: Perturbed, right: Perturbed) -> Perturbed:
        value, below = left.value / right.value, right.value.abs()
        off_left, off_right = left.error(), right.error()
        room = below - off_right
        second = (off_left + value.abs() * off_right) * off_right / (below * room)
        second = torch.where(room > 0, second, math.inf)
        inverse = 1 / right.value
        errors = left.errors.scaled(inverse) + (-right.errors).scaled(value * inverse)
        return Perturbed(
            value,
            errors.plus(frozenset(), second),
            _times(left.part, inverse),
            left.varies,
            max(left.inner, right.inner),
            left.scale / right.scale,
            left.constant and right.constant,
        )

    def _sqrt(self, value: Perturbed) -> Perturbed:
        root, off = value.value.sqrt(), value.error()
        second = torch.where(value.value > off, off.square() / (2 * root**3), math.inf)
        second = torch.where((value.value == 0) & (off == 0), 0.0, second)
        errors = value.errors.scaled(torch.where(root > 0, 0.5 / root, 0.0)).plus(frozenset(), second)
        return Perturbed(root, errors, inner=value.inner, scale=math.sqrt(value.scale), constant=value.constant)

    def _function(self, name: str, value: Perturbed) -> Perturbed:
        if name not in FUNCTIONS:
            raise VerifyError(f"no error bound is known for {name}, so a formula with it can't be bounded")
        at, off = value.value, value.error()
        match name:
            case "abs":
                return Perturbed(
                    at.abs(), value.errors.scaled(at.sign()).plus(frozenset(), (off - at.abs()).clamp(min=0) * 2)
                )
            case "sign":
                sure = (at.abs() > off) | ((at == 0) & (off == 0))
                return Perturbed(at.sign(), Errors().plus(frozenset(), torch.where(sure, 0.0, math.inf).to(at)))
            case "exp":
                result = at.exp()
                shift = 2 * self.format.sum_unit * _largest(at)
                first, second = result, result * (off.expm1() - off + shift * (1 + off.expm1()))
            case "log":
                result, first = at.log(), 1 / at
                second = torch.where(at > off, off.square() / (2 * (at - off).square()), math.inf)
            case _:
                result = at.tanh()
                first, second = 1 - result.square(), off.square()
        return Perturbed(result, value.errors.scaled(first).plus(frozenset(), second))

    def _sum(self, place: int, over: tuple[Index, ...], values: dict[int, Perturbed]) -> Perturbed:
        """A sum over one or more axes of a step, in any order of the axes, too."""
        step, terms = self.program.steps[place], values[self.roots[place]]
        axes = self.program.steps[self.roots[place]].axes
        wide = terms.value.expand(terms.value.shape[0], *(length(index.size, self.sizes) for index in axes))
        rows = in_a_row(wide, axes, over)
        if rows.shape[-1] == 1:
            return terms.reshaped(lambda value: total_over(value, axes, over)[0])
        inner = 1 if len(axes) >= self.rank else terms.inner
        errors = terms.errors.summed(over, axes, wide, self.sums, self.format.unit)
        made = self._additions(terms, rows, axes, over, inner)
        result, unit = rows.sum(-1), self.format.sum_unit
        cost = self.model.cost("div", False) + (2 if terms.part is not None else 0)
        errors = errors.rounded(frozenset(step.axes), cost * unit * result.abs())
        errors = errors.plus(frozenset(), made.one_sided)
        bound = torch.where(rows.abs().sum(-1) > self.format.sum_largest, math.inf, made.bound)
        ratio = (made.proxy / bound)[(bound > 0) & bound.isfinite()]
        share = float(ratio.amax()) if ratio.numel() else 1.0
        own = Errors({Source(place, step.axes, share * math.sqrt(alike(bound))): bound})
        return Perturbed(result, errors + own, inner=inner * rows.shape[-1], scale=terms.scale * rows.shape[-1])

    def _additions(
        self, terms: Perturbed, rows: torch.Tensor, axes: tuple[Index, ...], over: tuple[Index, ...], inner: int
    ) -> Rounding:
        """What the additions of a sum cost, multiplied out if that is worse."""
        wide = (terms.value.shape[0], *(length(index.size, self.sizes) for index in axes))
        off = in_a_row(terms.error().expand(wide), axes, over)
        made = self.sums.rounding(rows, inner)
        if self.model.order != "unknown" and inner == 1:
            made = made.where(~(exactly_summed(rows, self.format.sum_unit) & (off == 0).all(-1)))
        if terms.part is not None and not terms.varies & set(over):
            part = in_a_row(terms.part.expand(wide), axes, over)
            made = made.maximum(self.sums.rounding(rows - part, inner) + self.sums.rounding(part, inner))
        depth = self.sums.order.additions(rows.shape[-1] * inner)
        return replace(made, one_sided=made.one_sided + self.sums.growth(depth) * off.sum(-1))


def _negated(value: Perturbed) -> Perturbed:
    part = None if value.part is None else -value.part
    return replace(value, value=-value.value, errors=-value.errors, part=part)


def _plus(left: torch.Tensor | None, right: torch.Tensor | None) -> torch.Tensor | None:
    return right if left is None else left if right is None else left + right


def _times(value: torch.Tensor | None, factor: torch.Tensor) -> torch.Tensor | None:
    return None if value is None else value * factor


def _largest(value: torch.Tensor) -> torch.Tensor:
    """The largest absolute value of every instance."""
    axes = tuple(range(1, value.dim()))
    return value.abs().amax(axes, keepdim=True) if axes and value.numel() else value.abs()


def _power_of_two(value: Perturbed) -> bool:
    return value.constant and math.frexp(float(value.value.reshape(-1)[0]))[0] in (0.5, -0.5)


def _ulps(name: str) -> int:
    """How many roundings a function may cost: an error of one unit in the last place is two."""
    return 2 * ULPS.get(name, 0)
