"""Closed forms as kernels beside torch: HVP against autograd's double backward, VJP against the native backward.

Both sides of a row run in turn in one process, and the fastest of each is compared. The HVP is that for a fixed
upstream gradient, everything from x, g and the weight: forward, backward and double backward for autograd, one call for
us. For the VJP both sides are given the statistics of the forward pass. The time to compile is shown, not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import geometric_mean, median
from time import perf_counter
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from verify import functional

TABLES = ((256, 512), (4096, 256), (65536, 64))
IMAGES = (32, 64, 56, 56)
GROUPS = 32
SECONDS = 0.4
"""How long the two sides of a row take turns, at least."""

MOVED = {"layernorm": (4, 5), "rmsnorm": (4, 5), "batchnorm": (7, 5), "groupnorm": (7, 5)}
"""Tensors read and written by the HVP and by the VJP: x, g and the tangent once more where a row leaves the cache."""


@dataclass(frozen=True)
class Setup:
    """One row: a layer at one shape, layout, dtype and number of threads."""

    layer: str
    shape: tuple[int, ...]
    layout: str
    dtype: torch.dtype
    threads: int

    @property
    def what(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        return f"{self.layer} {'x'.join(map(str, self.shape))} {self.layout} {dtype} {self.threads}t"


@dataclass(frozen=True)
class Timing:
    """Seconds, the fastest of several runs, and peaks of memory above the inputs, in tensors of the size of x."""

    what: str
    hvp: float
    double_backward: float
    hvp_median_ratio: float
    hvp_memory: float
    double_backward_memory: float
    vjp: float
    native: float
    copy: float
    compile: float
    moved: tuple[int, int]

    @property
    def faster(self) -> float:
        return self.double_backward / self.hvp


def setups(quick: bool = False) -> Iterator[Setup]:
    """The rows, in the order of the table."""
    for threads in (1, 2):
        for dtype in (torch.float32, torch.float64):
            for layer in ("layernorm", "rmsnorm", "batchnorm"):
                for shape in TABLES[:1] if quick else TABLES:
                    yield Setup(layer, shape, "contiguous", dtype, threads)
            for layer in ("batchnorm", "groupnorm"):
                for layout in ("contiguous", "channels_last"):
                    shape = (4, 64, 28, 28) if quick else IMAGES
                    yield Setup(layer, shape, layout, dtype, threads)


def measured(quick: bool = False) -> Iterator[Timing]:
    """The rows as they are measured; the number of threads is put back at the end."""
    before = torch.get_num_threads()
    try:
        for setup in setups(quick):
            torch.set_num_threads(setup.threads)
            yield _row(setup, SECONDS / 6 if quick else SECONDS)
    finally:
        torch.set_num_threads(before)


def _row(setup: Setup, seconds: float) -> Timing:
    run = Sides(setup)
    compile_time = _once(run.hvp) + _once(run.vjp)
    run.check()
    hvp, double = _in_turn(run.hvp, run.double_backward, seconds)
    vjp, native = _in_turn(run.vjp, run.native, seconds)
    return Timing(
        what=setup.what,
        hvp=min(hvp),
        double_backward=min(double),
        hvp_median_ratio=median(b / a for a, b in zip(hvp, double, strict=True)),
        hvp_memory=peak(run.hvp) / run.bytes,
        double_backward_memory=peak(run.double_backward) / run.bytes,
        vjp=min(vjp),
        native=min(native),
        copy=min(_in_turn(run.copy, run.copy, seconds / 4)[0]),
        compile=compile_time,
        moved=MOVED[setup.layer],
    )


class Sides:
    """The same quantities by us and by torch, on the same values."""

    def __init__(self, setup: Setup) -> None:
        torch.manual_seed(0)
        self.setup = setup
        form = torch.channels_last if setup.layout == "channels_last" else torch.contiguous_format
        self.x, self.g, self.v = (
            torch.randn(setup.shape, dtype=setup.dtype).contiguous(memory_format=form) for _ in range(3)
        )
        self.bytes = self.x.numel() * self.x.element_size()
        self.rows = setup.layer in ("layernorm", "rmsnorm")
        self.w = torch.randn(setup.shape[-1 if self.rows else 1], dtype=setup.dtype)
        self.b = torch.zeros_like(self.w)
        self.how: dict[str, Any] = {"num_groups": GROUPS} if setup.layer == "groupnorm" else {}
        self.ours = functional.functional(setup.layer).compiled()
        self.saved = functional.functional(setup.layer).statistics(self.x, **self.how)
        self.target = torch.empty_like(self.x)
        self.native = self._native()

    def layer(self, x: torch.Tensor) -> torch.Tensor:
        """torch's own layer."""
        nn = torch.nn.functional
        match self.setup.layer:
            case "layernorm":
                return nn.layer_norm(x, x.shape[-1:], self.w, self.b)
            case "rmsnorm":
                return nn.rms_norm(x, x.shape[-1:], self.w, eps=1e-5)
            case "batchnorm":
                return nn.batch_norm(x, None, None, self.w, self.b, training=True)
        return nn.group_norm(x, GROUPS, self.w, self.b)

    def hvp(self) -> torch.Tensor:
        return self.ours.hvp(self.x, self.g, self.v, self.w, **self.how)

    def double_backward(self) -> torch.Tensor:
        x = self.x.detach().requires_grad_()
        (dx,) = torch.autograd.grad(self.layer(x), x, self.g, create_graph=True)
        return torch.autograd.grad(dx, x, self.v)[0]

    def vjp(self) -> Any:
        return self.ours.vjp(self.x, self.g, self.w, saved=self.saved, **self.how)

    def copy(self) -> torch.Tensor:
        return self.target.copy_(self.x)

    def check(self) -> None:
        """Both sides mean the same: a benchmark of something wrong is worth nothing."""
        scale = 1e-3 if self.setup.dtype == torch.float32 else 1e-9
        for ours, theirs in ((self.hvp(), self.double_backward()), (self.vjp()[0], self.native()[0])):
            if (ours - theirs).abs().max() > scale * theirs.abs().max():
                raise RuntimeError(f"{self.setup.what}: the two sides differ")

    def _native(self) -> Callable[[], Any]:
        """torch's backward kernel, given its own statistics; where it has none, the backward of its forward pass."""
        aten, x, g, w, b, every = torch.ops.aten, self.x, self.g, self.w, self.b, [True, True, True]
        match self.setup.layer:
            case "layernorm":
                _, mean, inverse = aten.native_layer_norm(x, x.shape[-1:], w, b, 1e-5)
                return lambda: aten.native_layer_norm_backward(g, x, x.shape[-1:], mean, inverse, w, b, every)
            case "batchnorm":
                _, mean, inverse = aten.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)
                return lambda: aten.native_batch_norm_backward(g, x, w, None, None, mean, inverse, True, 1e-5, every)
            case "groupnorm":
                count, channels, places = x.shape[0], x.shape[1], math.prod(x.shape[2:])
                _, mean, inverse = aten.native_group_norm(x, w, b, count, channels, places, GROUPS, 1e-5)
                sizes = (count, channels, places, GROUPS)
                return lambda: aten.native_group_norm_backward(g, x, mean, inverse, w, *sizes, every)
        leaf, weight = x.detach().requires_grad_(), w.detach().requires_grad_()
        z = torch.nn.functional.rms_norm(leaf, x.shape[-1:], weight, eps=1e-5)
        return lambda: torch.autograd.grad(z, (leaf, weight), g, retain_graph=True)


def _once(function: Callable[[], Any]) -> float:
    start = perf_counter()
    function()
    return perf_counter() - start


def _in_turn(first: Callable[[], Any], second: Callable[[], Any], seconds: float) -> tuple[list[float], list[float]]:
    """The times of two functions that run in turn, five times at least."""
    found: tuple[list[float], list[float]] = ([], [])
    _once(first), _once(second)
    end = perf_counter() + seconds
    while perf_counter() < end or len(found[0]) < 5:
        for times, function in zip(found, (first, second), strict=True):
            times.append(_once(function))
    return found


def peak(function: Callable[[], Any]) -> float:
    """The most bytes that were allocated at one time, above what was there: torch's profiler sees every allocation."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        result = function()
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    del result
    return float(most)


HEAD = (
    "| layer, shape, layout, dtype, threads | HVP | autograd | faster | memory | autograd's | VJP | native | ratio "
    "| moved | copies |\n|---|---|---|---|---|---|---|---|---|---|---|"
)
"""The first two lines of the table; `line` gives the others."""


def summary(rows: list[Timing]) -> list[str]:
    """What the table comes to."""
    faster = [row.faster for row in rows]
    ratios = [row.vjp / row.native for row in rows]
    most = max(row.hvp_memory for row in rows)
    theirs = [row.double_backward_memory for row in rows]
    return [
        f"HVP: {min(faster):.1f} to {max(faster):.1f} times as fast as autograd's double backward, "
        f"{geometric_mean(faster):.1f} in the geometric mean",
        f"memory above the inputs: at most {most:.1f} tensors, against {min(theirs):.1f} to {max(theirs):.1f}",
        f"VJP: {min(ratios):.2f} to {max(ratios):.2f} of the time of the native backward, "
        f"{geometric_mean(ratios):.2f} in the geometric mean",
        f"compiling took {sum(row.compile for row in rows):.0f} s for {2 * len(rows)} kernels",
        "Times in ms; memory and moved in tensors of the size of x; copies: the times of HVP and VJP over that of a "
        "plain copy of as many bytes.",
    ]


def line(row: Timing) -> str:
    """One row of the table."""
    ratio = row.vjp / row.native
    hvp_moved, vjp_moved = row.moved
    copies = f"{row.hvp / (row.copy * hvp_moved / 2):.1f}, {row.vjp / (row.copy * vjp_moved / 2):.1f}"
    memory = f"{row.hvp_memory:.1f} | {row.double_backward_memory:.1f}"
    return (
        f"| {row.what} | {row.hvp * 1e3:.3f} | {row.double_backward * 1e3:.3f} | {row.faster:.1f} | {memory} "
        f"| {row.vjp * 1e3:.3f} | {row.native * 1e3:.3f} | {ratio:.2f} | {hvp_moved}, {vjp_moved} | {copies} |"
    )


def record(row: Timing) -> dict[str, Any]:
    """One row for the JSON file."""
    return asdict(row)
