"""The tensors that theorems are evaluated on: drawn so that faults show, or a person's own activations."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from derive.language import Tensor
from derive.layers import Layer
from verify.errors import VerifyError

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
EPSILON = {"float64": 1e-5, "float32": 1e-5, "bfloat16": 1e-5, "float16": 1e-2}
"""The defaults; float16, which ends at 65504, has no room for 1/s^2 at torch's own 1e-5."""
LARGEST_INPUT = 2**26
"""More numbers than this in one input are refused: the analysis holds several copies in float64."""


def rows(x: torch.Tensor) -> torch.Tensor:
    """(N, C, ...) as (C, m): one row for each feature, m = N times the spatial sizes."""
    return x.movedim(1, 0).flatten(1)


@dataclass(frozen=True)
class Batch:
    """One input of a batch normalization and a gradient for its output.

    `x` and `upstream` have the shape (N, C, ...), `weight` and `bias` (C,); all have one dtype. `eps` is the number
    that this dtype has for epsilon.
    """

    x: torch.Tensor
    upstream: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor
    eps: float

    def to(self, dtype: torch.dtype) -> Batch:
        """The same numbers in another dtype; rounded if it is a narrower one."""
        tensors = {name: getattr(self, name).to(dtype) for name in ("x", "upstream", "weight", "bias")}
        return replace(self, **tensors)

    @property
    def memory(self) -> torch.memory_format:
        """The memory layout of the activations."""
        channels_last = self.x.dim() == 4 and self.x.is_contiguous(memory_format=torch.channels_last)
        return torch.channels_last if channels_last and not self.x.is_contiguous() else torch.contiguous_format

    def values(self, layer: Layer) -> dict[Tensor, torch.Tensor]:
        """The value of every tensor of the layer that has to be given, one row for each feature."""
        names = layer.names
        eps = torch.tensor([self.eps], dtype=self.x.dtype, device=self.x.device)
        return {
            layer.inputs[0]: rows(self.x),
            layer.gradient: rows(self.upstream),
            names["gamma"]: self.weight,
            names["beta"]: self.bias,
            names["epsilon"]: eps,
        }


def samples(shape: tuple[int, ...]) -> int:
    """m: the number of values that one feature has."""
    return math.prod(shape) // shape[1]


def draw(
    shape: tuple[int, ...],
    dtype: str,
    layout: str = "contiguous",
    device: str = "cpu",
    eps: float = 1e-5,
    seed: int = 0,
) -> Batch:
    """A batch on which a wrong formula shows.

    Features differ in scale and weight. Every fourth, from the first, has its mean far from 0 (100 standard deviations;
    2 in the 16-bit formats, where more would leave nothing of the data); every fourth, from the second, has a variance
    of 4 epsilon, so that epsilon matters.
    """
    generator = torch.Generator().manual_seed(seed)
    features, count = shape[1], samples(shape)
    far = 100.0 if dtype in ("float64", "float32") else 2.0
    noise = _standard(torch.randn(features, count, generator=generator, dtype=torch.float64))
    scale = torch.tensor([1.0, 2 * math.sqrt(eps), 2.5, 0.4], dtype=torch.float64).repeat(features // 4 + 1)[:features]
    offset = torch.tensor([far, 0.3, -1.0, 0.0], dtype=torch.float64).repeat(features // 4 + 1)[:features]
    y = scale[:, None] * (noise + offset[:, None])
    return with_parameters(_spread(y, shape), dtype, layout, device, eps, seed)


def with_parameters(x: torch.Tensor, dtype: str, layout: str, device: str, eps: float, seed: int) -> Batch:
    """A batch for given activations: upstream gradient, weight and bias are drawn.

    The gradient of a sum of the outputs is zero whatever the formula, so the upstream gradient has large components
    along 1 and along yhat, the two directions that normalization removes, and a random rest. Like the gradient of a
    loss that is a mean, it shrinks as the batch grows (here with the root of m), which keeps its square in range.
    """
    generator = torch.Generator().manual_seed(seed + 1)
    features = x.shape[1]
    yhat = _standard(rows(x.double()))
    sign = torch.tensor([1.0, -1.0], dtype=torch.float64).repeat(features)[:features]
    along = 0.5 + torch.rand(4, features, 1, generator=generator, dtype=torch.float64)
    rest = torch.randn(yhat.shape, generator=generator, dtype=torch.float64)
    upstream = (sign[:, None] * along[0] + 1.5 * along[1] * yhat + 0.8 * rest) / math.sqrt(yhat.shape[1])
    weight = -sign * (along[2, :, 0] + 0.3)
    bias = sign * along[3, :, 0]
    kind = DTYPES[dtype]
    memory = LAYOUTS[layout]

    def placed(t: torch.Tensor) -> torch.Tensor:
        return t.to(device=device, dtype=kind).contiguous(memory_format=memory)

    upstream = placed(_spread(upstream, tuple(x.shape)))
    return Batch(placed(x), upstream, weight.to(device, kind), bias.to(device, kind), rounded_eps(eps, dtype))


def _standard(values: torch.Tensor) -> torch.Tensor:
    centred = values - values.mean(1, keepdim=True)
    return centred / centred.square().mean(1, keepdim=True).sqrt()


def _spread(values: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """(C, m) as (N, C, ...): the inverse of `rows`."""
    return values.reshape(shape[1], shape[0], *shape[2:]).movedim(0, 1)


def rounded_eps(eps: float, dtype: str) -> float:
    """The number that a dtype has for epsilon."""
    if not (math.isfinite(eps) and eps > 0):
        raise VerifyError(f"epsilon is {eps:g}; give --eps a positive number such as 1e-5")
    found = float(torch.tensor(eps, dtype=torch.float64).to(DTYPES[dtype]))
    if not (math.isfinite(found) and found > 0):
        raise VerifyError(f"epsilon = {eps:g} rounds to {found:g} in {dtype}; choose another --eps or --dtype")
    return found


def fault_of_shape(shape: tuple[int, ...]) -> str:
    """Why a batch normalization can't be trained on this shape, or ""."""
    listed = "(" + ", ".join(map(str, shape)) + ")"
    if len(shape) < 2 or len(shape) > 4:
        return f"the shape {listed} is none of (N, C), (N, C, L) and (N, C, H, W)"
    if min(shape) < 1:
        return f"the shape {listed} has an axis without entries; make every size at least 1"
    if math.prod(shape) > LARGEST_INPUT:
        return f"the shape {listed} has {math.prod(shape)} entries; stay below {LARGEST_INPUT}"
    if samples(shape) == 1:
        return f"the shape {listed} gives every feature m = 1 sample, whose variance is 0; give it at least 2"
    return ""


def fault_of_values(x: torch.Tensor, after: str = "") -> str:
    """Why these activations can't be normalized, or ""; `after` says what was done to them."""
    bad = ~x.isfinite()
    if bad.any():
        place = tuple(bad.nonzero()[0].tolist())
        kind = "NaN" if x[place].isnan() else "an infinity"
        return f"there is {kind} at {list(place)}{after} ({int(bad.sum())} of {x.numel()} entries are not finite)"
    per_feature = rows(x)
    constant = (per_feature == per_feature[:, :1]).all(1).nonzero().flatten().tolist()
    if constant:
        if len(constant) == 1:
            return f"feature {constant[0]} is constant{after}, so its variance is 0"
        listed = ", ".join(map(str, constant[:3])) + (", ..." if len(constant) > 3 else "")
        return f"{len(constant)} features are constant{after}, so their variance is 0 ({listed})"
    return ""


def read_activations(path: str) -> torch.Tensor:
    """The tensor in a .pt or .npy file, checked; nothing in the file is executed."""
    file = Path(path)
    if not file.is_file():
        raise VerifyError(f"there is no file {path}")
    readers = {".pt": _read_torch, ".pth": _read_torch, ".npy": _read_numpy}
    if file.suffix not in readers:
        raise VerifyError(f"{path} is not a .pt or .npy file; write one with torch.save(x, 'x.pt')")
    x = readers[file.suffix](path)
    if not isinstance(x, torch.Tensor) or not x.is_floating_point() or x.layout != torch.strided:
        found = f"a tensor of {x.dtype}, {x.layout}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise VerifyError(f"{path} holds {found}; save one tensor of floating-point activations")
    x = x.detach().double()
    if fault := fault_of_shape(tuple(x.shape)):
        raise VerifyError(f"{path}: {fault}")
    if fault := fault_of_values(x):
        raise VerifyError(f"{path}: {fault}; leave that out of the file")
    return x


def _read_torch(path: str) -> object:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever the broken file leads it to
        raise VerifyError(f"{path} can't be read as a tensor; write it with torch.save(x, 'x.pt')") from error


def _read_numpy(path: str) -> object:
    try:
        import numpy

        return torch.from_numpy(numpy.load(path, allow_pickle=False))
    except ImportError as error:
        raise VerifyError(f"reading {path} takes numpy; install it, or write the file with torch.save") from error
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise VerifyError(f"{path} can't be read as an array; write it with numpy.save('x.npy', x)") from error
