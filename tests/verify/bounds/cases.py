"""Random and adversarial inputs for the four families, and the bounds of every quantity of a layer at them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import torch

from tests.verify.planted.arrangement import BATCHNORM, FAMILIES, GROUPNORM, LAYERNORM, RMSNORM
from tests.verify.planted.implementation import Implementation
from tests.verify.planted.layers import HONEST
from tests.verify.planted.oracle import Inputs
from verify import forms
from verify.arrangement import arrange
from verify.bounds import Model, forward_error
from verify.compile import program_of
from verify.program import aligner

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
FORMS = {
    "output": forms.output,
    "input gradient": lambda layer: forms.vjp(layer, "input"),
    "weight gradient": lambda layer: forms.vjp(layer, "weight"),
    "bias gradient": lambda layer: forms.vjp(layer, "bias"),
    "JVP": forms.tangent_form,
    "second derivative": forms.second,
    "mixed second derivative": lambda layer: forms.second(layer, "input", "weight"),
}
FIRST, SECOND = tuple(FORMS)[:4], tuple(FORMS)[4:]

ROWS = [(13, 67), (6, 2), (6, 3), (3, 1024), (300, 7), (2, 4099), (5, 33)]
SHAPES = {
    LAYERNORM: ROWS,
    RMSNORM: ROWS,
    BATCHNORM: [(5, 6, 3, 5), (2, 6), (3, 4), (1024, 3), (8, 4, 9, 9), (7, 5, 11)],
    GROUPNORM: [(5, 6, 3, 5), (3, 4, 1, 1), (2, 6, 16, 16), (3, 10, 7)],
}
KINDS = ("normal", "uniform", "sorted", "two values", "outlier", "constant", "sparse", "tiny", "repeated")


@dataclass(frozen=True)
class Case:
    """What one layer is run on."""

    inputs: Inputs
    tangent: torch.Tensor
    said: str

    @property
    def family(self) -> str:
        return self.inputs.family

    @property
    def dtype(self) -> torch.dtype:
        return self.inputs.x.dtype


def drawn_rows(kind: str, count: int, length: int, generator: torch.Generator) -> torch.Tensor:
    """Rows with a standard deviation of about 1, but for the constant and the tiny ones."""

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=generator, dtype=torch.float64)

    rows = normal(count, length)
    match kind:
        case "uniform":
            return torch.rand(count, length, generator=generator, dtype=torch.float64)
        case "sorted":
            return rows.sort(1).values
        case "two values":
            return rows.sign() + 1e-4 * normal(count, length)
        case "outlier":
            return torch.cat([rows[:, :-1], rows[:, -1:] + 30], 1)
        case "constant":
            return torch.full_like(rows, 0.1)
        case "sparse":
            return rows.relu()
        case "tiny":
            return rows * 3e-3
        case "repeated":
            return rows[:1].expand_as(rows).clone()
    return rows


def case(family: str, shape: tuple[int, ...], kind: str, ratio: float, dtype: torch.dtype, seed: int = 0) -> Case:
    """Rows with means of `ratio` standard deviations, and an upstream gradient with parts along 1 and the data."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=generator, dtype=torch.float64)

    features = shape[-1] if family in (LAYERNORM, RMSNORM) else shape[1]
    options = {"num_groups": 2} if family == GROUPNORM else {}
    blank = Inputs(family, torch.zeros(shape), torch.ones(features), None, torch.zeros(shape), 1e-5, options)
    place = blank.arrangement
    count, length = place.rows(blank.x).shape
    rows = drawn_rows(kind, count, length, generator)
    scale = torch.ones(count, 1) if kind == "tiny" else 2.0 ** torch.randint(-3, 4, (count, 1), generator=generator)
    along = normal(3, count, 1)
    upstream = 0.3 * normal(count, length) + along[0] + along[1] * rows
    inputs = replace(
        blank,
        x=place.back((rows + ratio) * scale).contiguous().to(dtype),
        weight=normal(features).to(dtype),
        bias=None if family == RMSNORM else normal(features).to(dtype),
        upstream=place.back(upstream).contiguous().to(dtype),
    )
    tangent = place.back(normal(count, length) + along[2]).contiguous().to(dtype)
    said = f"{family} {shape} {kind} mean/std {ratio:g} {dtype} seed {seed}"
    return Case(inputs, tangent, said)


def drawn_case(seed: int) -> Case:
    """A case of any family, shape, kind of data and dtype, with means of up to 100,000 standard deviations."""
    choose = random.Random(seed)
    family = choose.choice(FAMILIES)
    kind, dtype = choose.choice(KINDS), choose.choice(DTYPES)
    ratio = choose.choice((0.0, 1.0, 10 ** choose.uniform(-1, 5 if dtype.itemsize > 2 else 2)))
    return case(family, choose.choice(SHAPES[family]), kind, ratio, dtype, seed)


def honest(given: Case) -> list[Implementation]:
    """The honest layers of a family.

    Not those of torch that round their statistics to 16 bits, nor where the first element of a row is far from its mean
    the variance about that element.
    """
    wide, far_first = given.dtype.itemsize > 2, any(kind in given.said for kind in ("sorted", "outlier"))
    return [
        layer
        for layer in HONEST
        if layer.family == given.family
        and (wide or not layer.rounded_statistics)
        and not (far_first and "shifted" in layer.name)
    ]


def allowed(given: Case, name: str, model: Model | None = None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The value of a quantity, what it may be off by, and its own drift, in torch's shape."""
    inputs = given.inputs
    where = arrange(given.family, tuple(inputs.x.shape), inputs.options.get("num_groups"))
    form = FORMS[name](where.layer)
    known = {"x": inputs.x, "gamma": inputs.weight, "g": inputs.upstream, "xdot": given.tangent}
    inner = {key: where.inward(key, value)[None] for key, value in known.items()}
    if inputs.bias is not None:
        inner["beta"] = where.inward("beta", inputs.bias)[None]
    inner["epsilon"] = torch.tensor([inputs.eps], dtype=torch.float64)
    program = program_of(form.term)
    sizes = dict(zip(where.layer.inputs[0].sizes, where.inner, strict=True))
    leaves = {leaf: inner[str(leaf)] for leaf in program.leaves}
    found = forward_error(program, leaves, model or Model(given.dtype), sizes)
    shape = (1, *(where.inner_weights if form.like.name in ("gamma", "beta") else where.inner))
    align = aligner(program.axes, form.axes)
    parts = (align(part).expand(shape)[0].contiguous() for part in (found.value, found.tolerance, found.drift))
    value, tolerance, drift = (where.outward(form.like.name, part) for part in parts)
    return value, tolerance, drift


def exceeds(found: torch.Tensor, value: torch.Tensor, tolerance: torch.Tensor) -> float:
    """The largest error over bound; an error that is not a number exceeds every finite bound, and 0 is within 0."""
    error = (found.detach().double() - value).abs().nan_to_num(nan=torch.inf)
    share = torch.where((error == 0) | tolerance.isinf(), 0.0, error / tolerance)
    return float(share.amax())
