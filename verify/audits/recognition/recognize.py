"""Which normalization a module computes: the nearest by numbers, confirmed within the bound of an honest layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import nn

from verify.assertions.case import Observed
from verify.assertions.expected import Expected, expected
from verify.assertions.roles import NAMES
from verify.assertions.trial import compare
from verify.audits.observation.capture import OUTPUT, Capture
from verify.audits.recognition.fit import EXACT, Fit, Form, Held, best_fit
from verify.audits.recognition.probe import Probe, probe, probe_at
from verify.audits.recognition.rerun import Arguments
from verify.audits.record import MODULE
from verify.audits.statistics.frame import frame_of
from verify.audits.statistics.sample import Sample, cut
from verify.diagnosis import diagnose
from verify.errors import VerifyError

NEAR = 0.3
"""What leaves more of the output than this is called near to nothing."""
ENTRIES = 2**13
"""So many numbers of a run are compared with the bound."""


@dataclass(frozen=True)
class Recognized:
    """A module as a layer: its form, where weight and bias come from, and the attribute that says epsilon.

    `eps_from` is None where epsilon was read off the numbers; `in_float32` says that float64 goes through float32;
    `until` is the child that is handed the output, if not the module returns it.
    """

    fit: Fit
    eps_from: str | None = None
    in_float32: bool = False
    until: str | None = None

    @property
    def form(self) -> Form:
        return self.fit.form

    def eps(self, module: nn.Module, dtype: torch.dtype) -> float:
        """Epsilon of a module of this class; None for a number means the machine epsilon, as in torch.nn.RMSNorm."""
        if self.eps_from is None:
            return self.fit.eps
        said = said_eps(module).get(self.eps_from, self.fit.eps)
        return torch.finfo(torch.float32 if dtype.itemsize == 2 else dtype).eps if said is None else said

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it was taken."""
        affine, found = self.fit.affine, []
        if affine.shift and affine.weight:
            found.append(f"the weight is {affine.shift:g} + {affine.weight}")
        if affine.by_root:
            gain = f"{affine.weight} " if affine.weight else ""
            found.append(f"it is {gain}x/|x|: the weight has a factor 1/sqrt(D)")
        if self.in_float32:
            found.append("it computes in float32")
        if self.eps_from is None:
            found.append(f"epsilon {self.fit.eps:g} was read off its output")
        return tuple(found)


@dataclass(frozen=True)
class Unrecognized:
    """Why a module is none of the layers that there are proofs of; `near` if it is nearly one."""

    says: str
    near: bool = False


def held_by(module: nn.Module) -> dict[str, torch.Tensor]:
    """The floating parameters and buffers by name, those that are called like a weight or a bias first."""
    every = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    known = (*NAMES["weight"], *NAMES["bias"])
    names = sorted(every, key=lambda name: name.rpartition(".")[2] not in known)
    return {name: every[name] for name in names if every[name].is_floating_point()}


def said_eps(module: nn.Module) -> dict[str, float | None]:
    """Every epsilon that the module, or one inside it, says, by the name of its attribute."""
    found: dict[str, float | None] = {}
    for path, part in module.named_modules():
        for name, value in vars(part).items():
            named = name in NAMES["eps"] or "eps" in name.lower()
            if named and (value is None or (isinstance(value, float) and 0 <= value < 1)):
                found[f"{path}.{name}".lstrip(".")] = value
    return found


def said_groups(module: nn.Module) -> tuple[str, int] | None:
    """The attribute that says into how many groups the channels are cut."""
    for path, part in module.named_modules():
        for name in NAMES["num_groups"]:
            value = vars(part).get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return f"{path}.{name}".lstrip("."), value
    return None


def recognize(module: nn.Module, call: Arguments, until: str | None = None) -> Recognized | Unrecognized:
    """What the module computes, from one run of it on numbers at random.

    With `until` that is what it hands to its child of this name.
    """
    if not call.input.numel():
        return Unrecognized("its input is empty")
    seen = probe(module, call, until)
    if seen is None:
        return Unrecognized("it can't be run again on other numbers")
    best = nearest(module, seen)
    if best is None or best.left == math.inf:
        return Unrecognized(f"an input of the shape {tuple(call.input.shape)} has too few numbers to tell what it is")
    if best.left > NEAR:
        more = f"it takes {1 + len(call.others)} tensors, and " if call.others else ""
        says = f"{more}what it computes is near to no normalization of its {'first' if more else 'input'}"
        return Unrecognized(affine_map(module, call, seen, until) or says)
    wrong = off(module, seen, best, torch.float32)
    if wrong is not None:
        fixed = affine_map(module, call, seen, until)
        return Unrecognized(fixed or wrong, near=fixed is None)
    name = next((name for name, value in said_eps(module).items() if value == best.eps), None)
    unsaid = next((name for name, value in said_eps(module).items() if value is None), None)
    if name is None and unsaid is not None and best.eps in MACHINE:
        name = unsaid
    wide = call.input.dtype == seen.x.dtype == torch.float64
    return Recognized(best, name, wide and off(module, seen, best, torch.float64) is not None, until)


MACHINE = tuple(torch.finfo(dtype).eps for dtype in (torch.float64, torch.float32))


def nearest(module: nn.Module, seen: Probe) -> Fit | None:
    """The form that leaves least of what the module gave."""
    held = {name: seen.held[name] for name in held_by(module)}
    said = [value for value in said_eps(module).values() if value is not None]
    groups = said_groups(module)
    return best_fit(seen.x, seen.output, held, [*said, *MACHINE], groups[1] if groups else None)


def off(module: nn.Module, seen: Probe, best: Fit, dtype: torch.dtype) -> str | None:
    """How far the module is from its nearest form, and the fault that explains it; None within the bound of a dtype."""
    x = seen.x.to(dtype) if seen.x.dtype == torch.float64 else seen.x
    held = {name: seen.held[name] for name in held_by(module)}
    try:
        sample, due = _beside(best, x, seen.output, held)
    except VerifyError as error:
        return f"the nearest is {best.form}, which it can't be compared with: {error}"
    found = compare(sample.values[OUTPUT], due)
    if found.ok and found.known:
        return None
    start = f"the nearest is {best.form}, and what it computes differs from that by {best.left:.2g} of its size"
    said = [value for value in said_eps(module).values() if value is not None] or LIKELY_EPS
    for eps in dict.fromkeys((*said, best.eps)):
        sample, due = _beside(replace(best, eps=eps), x, seen.output, held)
        told = diagnose(sample.case, Observed(sample.values), {OUTPUT: due})
        if told is not None and told.code not in OF_ROUNDING:
            return f"{start}: {told.says}"
    return start


LIKELY_EPS = (1e-5, 1e-6)
"""What is tried to explain a module that says no epsilon."""
OF_ROUNDING = ("low-precision",)
"""What the diagnosis may say of numbers that are a little off; here they are off in float64, for another reason."""


def _beside(best: Fit, x: torch.Tensor, output: torch.Tensor, held: Held) -> tuple[Sample, Expected]:
    """Some statistics of a run, and the output that the form has there."""
    capture = captured(best, x, output, held)
    frame = frame_of(capture)
    places = range(min(math.prod(frame.statistics), max(4, ENTRIES // frame.count)))
    sample = cut(capture, frame, places, output=capture.output)
    return sample, expected(sample.case, OUTPUT)


def captured(best: Fit, x: torch.Tensor, output: torch.Tensor, held: Held) -> Capture:
    """A run of a module as one of its form, in torch's layout."""
    form, inner = best.form, best.form.inward(x)
    features = form.features(inner.shape)
    weight, bias = applied(best, held, features, x.device)
    return Capture(
        name="",
        kind="",
        like=form.like,
        level=MODULE,
        x=inner,
        output=form.inward(output),
        weight=weight,
        bias=bias,
        eps=best.eps,
        num_groups=form.num_groups,
        normalized_shape=features if form.by_row else None,
    )


def applied(
    best: Fit, held: Held, features: tuple[int, ...], device: torch.device
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """The weight and the bias that are really applied, in the shape of the features; None for none."""
    affine = best.affine
    weight, bias = affine.applied(held, features)
    weighted = affine.weight is not None or affine.by_root
    return (
        weight.reshape(features).to(device) if weighted else None,
        bias.reshape(features).to(device) if affine.bias is not None else None,
    )


def affine_map(module: nn.Module, call: Arguments, seen: Probe, until: str | None) -> str | None:
    """What is to be said of a module whose output is a x + b for every channel, whatever the batch."""
    other = probe_at(module, call, 1.5 * seen.x + 0.25, until)
    if other is not None and torch.equal(other.output, seen.output):
        return f"on inputs of the shape {tuple(seen.x.shape)} its output does not depend on the input"
    for axis in {1, seen.x.dim() - 1} - {0} if other is not None else ():
        rows = [value.double().movedim(axis, 0).flatten(1) for value in (seen.x, seen.output)]
        if other is None or rows[0].shape[1] < 3:
            continue
        (x, y), (x_mean, y_mean) = rows, (value.mean(1, keepdim=True) for value in rows)
        slope = ((x - x_mean) * (y - y_mean)).sum(1, keepdim=True) / (x - x_mean).square().sum(1, keepdim=True)
        there, due = (value.double().movedim(axis, 0).flatten(1) for value in (other.x, other.output))
        if float((due - y_mean - slope * (there - x_mean)).norm()) <= EXACT * float(due.norm()):
            return "it is a x + b for every channel, with numbers of its own: it does not normalize this batch"
    return None
