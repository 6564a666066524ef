"""One call of a module that may be a normalization: what it was given, what came out, and the gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from verify.audits.observation.capture import GRADIENT, OF_BIAS, OF_WEIGHT, OUTPUT, Capture
from verify.audits.observation.watch import Watch
from verify.audits.recognition.graph import Trace, before_it, listen
from verify.audits.recognition.recognize import Recognized, Unrecognized, applied, held_by, said_groups
from verify.audits.recognition.rerun import Arguments, Runner
from verify.audits.record import MODULE
from verify.errors import VerifyError

ALL_AT_ONCE = "one number is the weight of all features, whose gradient was not compared"
UNREACHED = "autograd has no gradient: the output does not depend on it"


@dataclass
class Seen:
    """`inside` counts what was judged within the call, `until` is the child that is handed the output, if one is.

    `late` are calls that were not recognized, for this `reason`, and are compared with what their siblings compute.
    `values` are tensors that are kept for a comparison later on.
    """

    name: str
    module: nn.Module
    arguments: Arguments
    output: torch.Tensor
    view: torch.Tensor
    trace: Trace
    found: Recognized | Unrecognized
    call: int
    order: int
    inside: int = 0
    until: str | None = None
    watch: Watch | None = None
    late: bool = False
    reason: str = ""
    values: dict[str, torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.found, Unrecognized) and self.found.near:  # others may write into both before it is compared
            self.arguments = self.arguments.at(self.arguments.input.detach().clone())
            self.output = self.output.detach().clone()
        self.kind = type(self.module).__name__
        self.shape, self.dtype = tuple(self.arguments.input.shape), self.arguments.input.dtype
        self.device = self.arguments.input.device
        self.versions = (self.arguments.input._version, self.output._version)

    @property
    def unchanged(self) -> bool:
        """Whether input and output are still what they were."""
        return self.versions == (self.arguments.input._version, self.output._version)

    def drop(self) -> None:
        """Forgets the tensors."""
        self.values, self.trace = {}, Trace()
        self.output = self.view = torch.empty(0)
        self.arguments = Arguments((self.output,), {}, 0)

    def weights(self) -> dict[str, str]:
        """The parameters by what they are: those of the module, by name."""
        if isinstance(self.found, Unrecognized):
            return {}
        affine, own = self.found.fit.affine, dict(self.module.named_parameters())
        named = {OF_WEIGHT: affine.weight, OF_BIAS: affine.bias}
        return {quantity: name for quantity, name in named.items() if name in own}

    def begin(self, rows: int) -> Watch:
        """The watch of a call that was recognized, while its tensors are what they were. Raises VerifyError."""
        if isinstance(self.found, Unrecognized):
            raise VerifyError(self.found.says)
        watch = Watch(capture_of(self, self.found), rows)
        watch.dtype = torch.float32 if self.found.in_float32 and self.dtype == torch.float64 else self.dtype
        return watch

    def listen(self, output: torch.Tensor) -> None:
        """Puts the hooks: gradients go to the watch, or are kept where there is none."""
        take = self._keep if self.watch is None else self._give
        before_it(output, lambda value: take(OUTPUT, value))
        if self.view.requires_grad:
            self._await(GRADIENT)
            before_it(self.view, lambda value: take(GRADIENT, value))
        elif self.watch is not None:
            self.watch.miss(GRADIENT, "not needed: its input requires no gradient")
        parameters = dict(self.module.named_parameters())
        named = {name: name for name in parameters} if self.watch is None else self.weights()
        for quantity, name in named.items():
            self._listen_to(quantity, parameters[name], take)

    def _listen_to(self, quantity: str, parameter: nn.Parameter, take: Callable[[str, torch.Tensor], None]) -> None:
        edges = self.trace.leaves.get(id(parameter), [])
        reason = None if edges else UNREACHED
        if not parameter.requires_grad:
            reason = "not needed: it requires no gradient"
        elif self.watch is not None and parameter.numel() != math.prod(_features(self.watch)):
            reason = ALL_AT_ONCE
        if reason is not None:
            if self.watch is not None:
                self.watch.miss(quantity, reason)
            return
        self._await(quantity)
        listen(edges, parameter.shape, lambda value: take(quantity, value))

    def _await(self, quantity: str) -> None:
        if self.watch is not None:
            self.watch.awaited.add(quantity)

    def _keep(self, quantity: str, value: torch.Tensor) -> None:
        self.values[quantity] = value.detach()

    def _give(self, quantity: str, value: torch.Tensor) -> None:
        """Hands a gradient to the watch, in torch's layout."""
        watch, found = self.watch, self.found
        if watch is None or isinstance(found, Unrecognized) or watch.done:
            return
        if quantity == OUTPUT:
            watch.grad_output(found.form.inward(value))
        elif quantity == GRADIENT:
            watch.grad_input(found.form.inward(value))
        else:
            give = watch.grad_weight if quantity == OF_WEIGHT else watch.grad_bias
            give(value.reshape(_features(watch)))

    def compare_with(self, found: Recognized, rows: int) -> None:
        """Compares a call that was not recognized with the layer that its siblings compute, by what was kept."""
        parameters, kept = dict(self.module.named_parameters()), self.values
        self.reason = self.found.says if isinstance(self.found, Unrecognized) else ""
        self.found, self.late = found, True
        self.watch = self.begin(rows)
        for quantity in (GRADIENT, *self.weights()):
            self._await(quantity)
        for quantity in (OUTPUT, GRADIENT):
            if quantity in kept:
                self._give(quantity, kept[quantity])
        for quantity, name in self.weights().items():
            if name in kept and parameters[name].numel() == math.prod(_features(self.watch)):
                self._give(quantity, kept[name])
        self.watch.finish()


def _features(watch: Watch) -> tuple[int, ...]:
    return watch.frame.arrangement.weights


def capture_of(seen: Seen, found: Recognized) -> Capture:
    """The call as one of the layer that it was recognized as, in torch's layout."""
    form, affine, module = found.form, found.fit.affine, seen.module
    x = form.inward(seen.arguments.input.detach())
    features = form.features(x.shape)
    held = held_by(module)
    weight, bias = applied(found.fit, held, features, x.device)
    if weight is not None and affine.weight is not None and not affine.shift and not affine.by_root:
        weight = weight.to(held[affine.weight].dtype)
    if bias is not None and affine.bias is not None:
        bias = bias.to(held[affine.bias].dtype)
    alone = not seen.arguments.others
    return Capture(
        name=seen.name,
        kind=seen.kind,
        like=form.like,
        level=MODULE,
        x=x,
        output=form.inward(seen.output.detach()),
        weight=weight,
        bias=bias,
        eps=found.eps(module, seen.dtype),
        num_groups=form.num_groups,
        normalized_shape=features if form.by_row else None,
        call=seen.call,
        order=seen.order,
        run=_runner(seen, found, tuple(x.shape), features) if alone else None,
    )


def _runner(seen: Seen, found: Recognized, shape: tuple[int, ...], features: tuple[int, ...]) -> Runner:
    affine, groups = found.fit.affine, said_groups(seen.module)
    factor = 1 / math.sqrt(math.prod(features)) if affine.by_root else 1.0
    name = groups[0] if groups else None
    form, until = found.form, found.until
    return Runner(seen.module, form, shape, affine.weight, affine.bias, affine.shift, factor, name, until)
