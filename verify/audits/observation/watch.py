"""Watches one normalization through a step: screens it as its gradients arrive, and keeps the sample to be judged."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from verify.assertions.families import roles_of
from verify.audits.observation.capture import GRADIENT, INFERENCE, OF_BIAS, OF_WEIGHT, OUTPUT, Capture
from verify.audits.record import Numbers
from verify.audits.statistics.features import Columns, columns
from verify.audits.statistics.frame import Frame, frame_of
from verify.audits.statistics.sample import Sample, affordable, choose, cut
from verify.audits.statistics.screen import (
    Gradients,
    Slopes,
    frozen_moments,
    gradient_residual,
    moments,
    output_residual,
    slopes,
)

SHOWN = 2048
"""How many statistics a report lists by their numbers; of more, the extremes and a spread of the others."""
LISTED = 256
"""How many dead channels, or near-constant statistics, are listed."""
UNNEEDED = "not needed"
"""How the reason begins why a quantity is missing that nobody asked for."""
WRITTEN = "its input was written into after it ran, so that there is nothing to compare with"
NEVER = "no gradient reached it: the loss does not depend on it"


class Watch:
    """One normalization. What it holds of the whole tensors is dropped when its gradients are complete.

    Make it when the output is there, then `attach` it, or call `grad_output`, `grad_input`, `grad_weight` and
    `grad_bias` as these arrive. Raises VerifyError for shapes that its kind does not take.
    """

    def __init__(self, capture: Capture, rows: int = 8) -> None:
        self.capture, self.rows = capture, rows
        self.name, self.call, self.order, self.level = capture.name, capture.call, capture.order, capture.level
        self.shape = tuple(capture.x.shape)
        self.dtype = torch.promote_types(capture.x.dtype, capture.output.dtype)
        self.frame: Frame = frame_of(capture)
        self.missing: dict[str, str] = {}
        self.awaited: set[str] = set()
        self.g: torch.Tensor | None = None
        self.gradients: dict[str, torch.Tensor] = {}
        self.numbers = Numbers()
        self.dead: tuple[int, ...] = ()
        self.near_constant: tuple[int, ...] = ()
        self.forward: Sample | None = None
        self.backward: Sample | None = None
        self.columns: Columns | None = None
        self.by_columns: dict[str, torch.Tensor] = {}
        self.running = capture.running
        self.done = False
        self.version = _version(capture.x)
        with torch.no_grad(), torch.autocast(capture.x.device.type, enabled=False):
            self._screen_output()

    @property
    def wide(self) -> torch.dtype:
        """The dtype of the screening."""
        return torch.float64 if self.capture.x.dtype is torch.float64 else torch.float32

    def attach(
        self,
        x: torch.Tensor | None,
        weight: torch.Tensor | None,
        bias: torch.Tensor | None,
        output: torch.Tensor | None,
    ) -> None:
        """Puts hooks on views of the inputs (see `watched`) and on the output; what needs no gradient is missing."""
        if output is None or not output.requires_grad:
            for name in (GRADIENT, OF_WEIGHT, OF_BIAS):
                self.miss(name, "no gradient passes here")
            self.finish()
            return
        hooks: tuple[tuple[str, torch.Tensor | None, Callable[[torch.Tensor], None]], ...] = (
            (GRADIENT, x, self.grad_input),
            (OF_WEIGHT, weight, self.grad_weight),
            (OF_BIAS, bias, self.grad_bias),
        )
        self._listen(output)
        for name, tensor, hook in hooks:
            if tensor is not None and tensor.requires_grad:
                self.awaited.add(name)
                tensor.register_hook(hook)
            elif tensor is not None:
                self.miss(name, f"{UNNEEDED}: it requires no gradient")

    def _listen(self, output: torch.Tensor) -> None:
        """Takes the gradient by the output as its own node gets it: after all hooks on the tensor, whoever put them.

        A view that is written into gets another node, and its base keeps the one that computed it.
        """
        base = output._base
        whole = base is not None and base.numel() == output.numel() and base.is_contiguous() and output.is_contiguous()
        of = base if base is not None and whole and base.grad_fn is not None else output
        node, number, shape = of.grad_fn, of.output_nr, output.shape
        if node is None:
            self.miss(GRADIENT, "no gradient passes here")
            return

        def take(gradients: tuple[torch.Tensor | None, ...]) -> None:
            if (g := gradients[number]) is not None:
                self.grad_output(g.reshape(shape))

        node.register_prehook(take)

    def miss(self, quantity: str, reason: str) -> None:
        """Says why a quantity is not there."""
        self.missing[quantity] = reason
        self.awaited.discard(quantity)

    def grad_output(self, g: torch.Tensor) -> None:
        """The upstream gradient."""
        if not self.done:
            self.g = g.detach()

    def grad_input(self, dx: torch.Tensor) -> None:
        """The input gradient of this normalization alone."""
        self._take(GRADIENT, dx)

    def grad_weight(self, dw: torch.Tensor) -> None:
        self._take(OF_WEIGHT, dw)

    def grad_bias(self, db: torch.Tensor) -> None:
        self._take(OF_BIAS, db)

    def _take(self, name: str, value: torch.Tensor) -> None:
        if self.done:
            return
        self.gradients[name] = value.detach()
        self.awaited.discard(name)
        if not self.awaited:
            self.finish()

    def finish(self) -> None:
        """Screens what has arrived, keeps the sample, and drops the whole tensors. Later gradients are ignored."""
        if self.done:
            return
        self.done = True
        for name in (GRADIENT, OF_WEIGHT, OF_BIAS):
            if name in self.awaited:
                self.missing[name] = NEVER
        if _version(self.capture.x) != self.version:
            self.missing |= dict.fromkeys((GRADIENT, *self.gradients), WRITTEN)
        elif self.g is None:
            self.missing.setdefault(GRADIENT, NEVER)
        else:
            with torch.no_grad(), torch.autocast(self.g.device.type, enabled=False):
                self._screen_gradients(self.g)
        self._drop()

    def _drop(self) -> None:
        self.g, self.gradients = None, {}
        empty = torch.empty(0)
        self.capture.x = self.capture.output = empty
        self.capture.running = None
        self._known = self._weight = self._bias = None

    def _screen_output(self) -> None:
        capture, frame, wide = self.capture, self.frame, self.wide
        x, out = frame.inward(capture.x), frame.inward(capture.output)
        self._weight, self._bias = (frame.weights(each, wide) for each in (capture.weight, capture.bias))
        if capture.running is not None:
            mu, var = (each.detach().to(wide).reshape(frame.statistics) for each in capture.running)
            known = frozen_moments(mu, var, capture.eps)
        else:
            known = moments(frame, x, capture.eps, wide)
        self._known = known
        residual = output_residual(frame, x, out, known, self._weight, self._bias)
        self.hardness = known.mean_by_std.nan_to_num(nan=torch.inf)
        chosen = choose(self._affordable(), (residual, self.hardness))
        self.forward = cut(capture, frame, chosen, output=capture.output)
        self.near_constant = _places(known.var < capture.eps)

    def _affordable(self) -> int:
        return affordable(self.rows, math.prod(self.frame.statistics), self.frame.count, self.capture.like)

    def _screen_gradients(self, g: torch.Tensor) -> None:
        frame, known, weight = self.frame, self._known, self._weight
        if known is None:
            return
        x, inner = frame.inward(self.capture.x), frame.inward(g)
        up = slopes(frame, x, inner, known, weight)
        dx = self.gradients.get(GRADIENT)
        found = None
        if dx is not None:
            found = gradient_residual(frame, x, inner, frame.inward(dx), known, up, weight)
        self.dead = _places(up.squares == 0 if weight is None else (up.squares == 0) | (weight == 0))
        self._measure(found)
        self._keep(g, up, found)

    def _keep(self, g: torch.Tensor, up: Slopes, found: Gradients | None) -> None:
        """The sample of statistics, and that of features where their gradients are sums over many statistics."""
        frame, off = self.frame, self._of_features(up)
        scores = [up.size]
        if frame.per_channel:
            scores = [*off.values(), *scores]
        if found is not None:
            scores = [found.residual, self.hardness, *scores]
        chosen = choose(self._affordable(), [score.nan_to_num(nan=torch.inf) for score in scores])
        sample = cut(self.capture, frame, chosen, grad_output=g, **{"dx": self.gradients.get(GRADIENT)})
        values = {GRADIENT: sample.values["dx"]} if found is not None else {}
        if frame.per_channel:
            values |= {name: self.gradients[name].reshape(-1)[chosen] for name in off}
        elif off:
            number = affordable(self.rows, up.weight.numel(), math.prod(frame.shape[axis] for axis in frame.along))
            features = choose(number, [*off.values(), up.squares])
            self.columns = columns(self.capture, frame, g, features)
            self.by_columns = {name: self.gradients[name].reshape(-1)[features] for name in off}
        self.backward = Sample(sample.case, values, sample.chosen)

    def _of_features(self, up: Slopes) -> dict[str, torch.Tensor]:
        """How far the gradients by weight and bias are from their sums, by what those may lose."""
        count = math.prod(self.frame.shape[axis] for axis in self.frame.along)
        size = (up.squares * count).sqrt() + torch.finfo(self.wide).tiny
        found: dict[str, torch.Tensor] = {}
        for name, due in ((OF_WEIGHT, up.weight), (OF_BIAS, up.bias)):
            if name in self.gradients and name.split()[0] in roles_of(self._roles):
                own = self.gradients[name].to(self.wide).reshape(due.shape)
                found[name] = ((own - due).abs() / size).nan_to_num(nan=torch.inf)
        return found

    @property
    def _roles(self) -> str:
        return "batchnorm" if self.capture.like == INFERENCE else self.capture.like

    def _measure(self, found: Gradients | None) -> None:
        known = self._known
        if known is None:
            return
        eps = self.capture.eps
        tightness = known.var / eps if eps > 0 else torch.full_like(known.var, math.inf)
        ratio = () if found is None or self.frame.frozen else _shown(found.ratio)
        means = _shown(known.mean_by_std) if self.frame.centred else ()
        self.numbers = Numbers(ratio, means, _shown(tightness), known.var.numel())


def _version(x: torch.Tensor) -> int:
    """How often a tensor was written into."""
    return 0 if x.is_inference() else x._version


def _places(mask: torch.Tensor) -> tuple[int, ...]:
    return tuple(mask.flatten().nonzero().flatten()[:LISTED].tolist())


def _shown(values: torch.Tensor) -> tuple[float, ...]:
    """All values, or where there are too many the extremes and every so-manieth of the sorted others."""
    flat = values.flatten().double()
    if flat.numel() > SHOWN:
        flat = flat.sort().values[torch.linspace(0, flat.numel() - 1, SHOWN).round().long().to(flat.device)]
    return tuple(flat.tolist())


def quantities(watch: Watch) -> tuple[str, ...]:
    """What can be compared of a layer of this kind."""
    return (OUTPUT, *(name for name in (GRADIENT, OF_WEIGHT, OF_BIAS) if name not in watch.missing))
