"""One run of one of torch's normalizations as an audit sees it, and the same with a quantity changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F

from verify.audits.judging.judge import judge_all
from verify.audits.observation.capture import GRADIENT, INFERENCE, OF_BIAS, OF_WEIGHT, OUTPUT, Capture
from verify.audits.observation.watch import Watch
from verify.audits.record import OPERATION, LayerAudit

Tensor = torch.Tensor
Changes = Mapping[str, Callable[[Tensor], Tensor]]
EPS = 1e-5


def norm(like: str, shape: tuple[int, ...], groups: int | None = None) -> Callable[..., Tensor]:
    """Torch's own function f(x, weight, bias)."""
    width = shape[-1:]
    calls: dict[str, Callable[..., Tensor]] = {
        "batchnorm": lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=EPS),
        "instancenorm": lambda x, w, b: F.instance_norm(x, None, None, w, b, eps=EPS),
        "groupnorm": lambda x, w, b, n=groups: F.group_norm(x, n or 1, w, b, EPS),
        "layernorm": lambda x, w, b: F.layer_norm(x, width, w, b, EPS),
        "rmsnorm": lambda x, w, _: F.rms_norm(x, width, w, EPS),
        INFERENCE: lambda x, w, b: F.batch_norm(x, *_running(shape[1], w), w, b, False, eps=EPS),
    }
    return calls[like]


def _running(channels: int, like: Tensor) -> tuple[Tensor, Tensor]:
    return torch.linspace(-1, 1, channels).to(like), torch.linspace(0.5, 2, channels).to(like)


def watched_run(
    like: str,
    shape: tuple[int, ...],
    groups: int | None = None,
    x: Tensor | None = None,
    dtype: torch.dtype = torch.float32,
    changes: Changes | None = None,
    rows: int = 8,
    eps: float = EPS,
    affine: bool = True,
    parameters: torch.dtype | None = None,
    run: Callable[..., Tensor] | None = None,
) -> Watch:
    """A watch to whom a run was shown, after `changes` to what came out of it."""
    generator = torch.Generator().manual_seed(3)
    drawn = torch.randn(shape, generator=generator) + 0.3 if x is None else x
    x = drawn.detach().clone().to(dtype).requires_grad_()
    size = shape[-1] if like in ("layernorm", "rmsnorm") else shape[1]
    weight, bias = (torch.randn(size, generator=generator).to(parameters or dtype).requires_grad_() for _ in range(2))
    call = run or norm(like, shape, groups)
    given: list[Any] = [weight if affine else None, bias if affine and like != "rmsnorm" else None]
    output = call(x, *given)
    g = torch.randn(shape, generator=generator).to(output.dtype)
    leaves = [value for value in (x, *given) if value is not None]
    found = torch.autograd.grad(output, leaves, g)
    values = dict(zip((OUTPUT, GRADIENT, OF_WEIGHT, OF_BIAS), (output.detach(), *found), strict=False))
    for name, change in (changes or {}).items():
        values[name] = change(values[name].clone())
    running = _running(shape[1], weight.detach()) if like == INFERENCE else None
    width = shape[-1:] if like in ("layernorm", "rmsnorm") else None
    capture = Capture(
        "net.norm", like, like, OPERATION, x.detach(), values[OUTPUT], *given, eps, groups, width, running, run=call
    )
    watch = Watch(capture, rows)
    watch.awaited = {name for name in values if name != OUTPUT}
    watch.grad_output(g)
    for name, take in ((OF_BIAS, watch.grad_bias), (OF_WEIGHT, watch.grad_weight), (GRADIENT, watch.grad_input)):
        if name in values:
            take(values[name])
    return watch


def audited(like: str, shape: tuple[int, ...], groups: int | None = None, **given: Any) -> LayerAudit:
    """The audit of such a run."""
    (layer,) = judge_all([watched_run(like, shape, groups, **given)])
    return layer
