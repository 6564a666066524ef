"""The siblings of a module: modules of its class in the same model, and what they compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from verify.assertions.modules import kept
from verify.audits.observation.watch import Watch
from verify.audits.recognition.candidates import family
from verify.audits.recognition.recognize import Recognized, recognize
from verify.audits.recognition.rerun import Arguments
from verify.audits.recognition.seen import Seen
from verify.errors import VerifyError


@dataclass(frozen=True)
class Sibling:
    """What modules of these names compute, of which `module` is one.

    `seen` is the call that was compared, None where they ran as operations. There are no names where it is the class
    itself, of a module whose forward was replaced.
    """

    names: frozenset[str]
    module: nn.Module
    found: Recognized
    seen: Seen | None = None


def siblings(each: Seen, seen: Iterable[Seen], further: Sequence[Sibling]) -> list[Sibling]:
    """Those of its class that were recognized by themselves, and those `further` ones that ran as operations."""
    own = family(each.module)
    if own is None:
        return []
    found = [
        Sibling(frozenset({other.name}), other.module, other.found, other)
        for other in seen
        if other.module is not each.module
        and not other.late
        and isinstance(other.found, Recognized)
        and family(other.module) is own
    ]
    return found + [other for other in further if each.name not in other.names and family(other.module) is own]


def further_siblings(seen: Sequence[Seen], operations: Iterable[Watch], model: nn.Module) -> list[Sibling]:
    """What modules compute that ran as one operation, for every class that has one that did not."""
    ran: dict[type, list[Watch]] = {}
    for watch in operations:
        if (kind := _family_at(model, watch.name)) is not None:
            ran.setdefault(kind, []).append(watch)
    found: list[Sibling] = []
    done: set[Any] = set()
    for each in seen:
        kind = family(each.module)
        own = settings(each.module)
        key = (kind, each.until, tuple(sorted(own.items())))
        if kind is None or key in done:
            continue
        done.add(key)
        others = [watch for watch in ran.get(kind, []) if watch.name != each.name]
        alike = [watch for watch in others if settings(model.get_submodule(watch.name)) == own]
        found += _recognized(each, alike or others, model)
    return found + [own for each in seen if (own := _of_its_class(each)) is not None]


def _family_at(model: nn.Module, path: str) -> type | None:
    try:
        return family(model.get_submodule(path))
    except AttributeError:
        return None


def _recognized(each: Seen, others: Sequence[Watch], model: nn.Module) -> list[Sibling]:
    """One of them, looked at by numbers as the others are, for all of them."""
    shapes = [parameter.shape for parameter in each.module.parameters()]
    modules = {watch.name: model.get_submodule(watch.name) for watch in others}
    like = [name for name, own in modules.items() if [parameter.shape for parameter in own.parameters()] == shapes]
    tries = [(modules[name], each.shape) for name in like[:1]]
    tries += [(modules[watch.name], watch.shape) for watch in others[:1]]
    for module, shape in tries:
        found = recognize(module, _call(each, shape), each.until)
        if isinstance(found, Recognized):
            return [Sibling(frozenset(modules), module, found)]
    return []


def _of_its_class(each: Seen) -> Sibling | None:
    """The class itself, for a module whose forward was replaced."""
    if "forward" not in vars(each.module) or family(each.module) is None:
        return None
    with kept(each.module):
        del vars(each.module)["forward"]
        found = recognize(each.module, _call(each, each.shape), each.until)
    return Sibling(frozenset(), each.module, found) if isinstance(found, Recognized) else None


def _call(each: Seen, shape: tuple[int, ...]) -> Arguments:
    return Arguments((torch.empty(shape, dtype=each.dtype, device=each.device),), {}, 0)


def usual(group: Sequence[Sibling]) -> Sibling | None:
    """One of those that compute what most of them do."""
    counts: Counter[Any] = Counter()
    for each in group:
        counts[way(each.found)] += len(each.names)
    return next((each for each in group if counts and way(each.found) == counts.most_common(1)[0][0]), None)


def way(found: Recognized) -> tuple[Any, ...]:
    """What has to be the same in modules that compute the same, whatever the sizes and the axes in front."""
    form, affine = found.form, found.fit.affine
    eps = found.eps_from or found.fit.eps
    return (form.like, form.plain, form.normalized, affine.weight, affine.bias, affine.shift, affine.by_root, eps)


def settings(module: nn.Module) -> dict[str, Any]:
    """The switches, names and whole numbers among the attributes: where they differ, two modules are meant to differ.

    A number that is the size of one of the module's tensors, or the place of a layer in the model, is none.
    """
    tensors = (*module.parameters(), *module.buffers())
    sizes = {size for tensor in tensors for size in tensor.shape}
    return {
        f"{path}.{name}".lstrip("."): value
        for path, part in module.named_modules()
        for name, value in vars(part).items()
        if isinstance(value, bool | str)
        or (isinstance(value, int) and value not in sizes and not any(each in name for each in OF_PLACE))
    }


OF_PLACE = ("idx", "index", "_id")
"""What names of attributes have in them that number the layers."""


def names_of(group: Iterable[Sibling], fit: Callable[[Sibling], bool] = lambda _: True) -> set[str]:
    """The modules that siblings stand for."""
    return {name for each in group if fit(each) for name in each.names}


def compare_with_siblings(seen: Sequence[Seen], further: Sequence[Sibling], rows: int) -> None:
    """Calls that were not recognized, beside what their siblings compute; then all tensors are dropped."""
    for each in seen:
        if each.watch is None and each.unchanged:
            other = usual(siblings(each, seen, further))
            if other is not None:
                _compare(each, other.found, rows)
        each.drop()


def _compare(each: Seen, found: Recognized, rows: int) -> None:
    own = each.found
    try:
        each.compare_with(found, rows)
    except (VerifyError, KeyError, RuntimeError):  # of another shape than those: its own reason stands
        each.watch, each.late, each.found = None, False, own
