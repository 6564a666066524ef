"""Sees the modules of a model that compute a normalization from other operations, and has them judged as such."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._C._functorch import peek_interpreter_stack

from verify.audits.observation.capture import watched
from verify.audits.observation.operations import NO_GRADIENT, Operations, in_backward
from verify.audits.observation.watch import Watch
from verify.audits.recognition.candidates import candidates, family, fits, named_like_one
from verify.audits.recognition.graph import trace
from verify.audits.recognition.recognize import Recognized, Unrecognized, recognize
from verify.audits.recognition.rerun import Arguments, arguments_of
from verify.audits.recognition.seen import Seen
from verify.audits.recognition.settle import settled
from verify.audits.recognition.siblings import Sibling, compare_with_siblings, further_siblings, settings
from verify.audits.record import LayerAudit
from verify.errors import VerifyError, raised

TRIES = 8
"""After so many of a class were not recognized, on inputs of several shapes, no other one of it is tried."""


@dataclass
class Entered:
    """A candidate that is running: its call, the view of its input, and what had been judged before.

    `call` is None for a call that is not looked at.
    """

    name: str
    module: nn.Module
    call: Arguments | None = None
    view: torch.Tensor | None = None
    version: int = 0
    operations: int = 0
    seen: int = 0
    handed: bool = False


class Modules:
    """Follows the candidates of a model through a forward and a backward pass, while it is entered.

    `watches` are the modules that were recognized; `audits` and `unseen`, complete after `settle`, say what was not,
    and why. Nothing of the model is changed once it is left.
    """

    def __init__(self, model: nn.Module, operations: Operations, rows: int = 8) -> None:
        self.model, self.operations, self.rows = model, operations, rows
        self.candidates = candidates(model)
        self.named = [name for name, module in model.named_modules() if name and _layer(module)]
        self.seen: list[Seen] = []
        self.further: list[Sibling] = []
        self.audits: list[LayerAudit] = []
        self.unseen: dict[str, str] = {}
        self._families = Counter(family(module) for module in self.candidates.values())
        self._hooks: list[Any] = []
        self._stack: list[Entered] = []
        self._known: dict[Any, Recognized | Unrecognized] = {}
        self._calls: Counter[str] = Counter()
        self._last: tuple[torch.Tensor, torch.Tensor] | None = None
        self._failed: Counter[type] = Counter()
        self._aside = False
        self._off: set[str] = set()

    @property
    def watches(self) -> list[Watch]:
        """Of every call that was recognized, and of those that are compared with their siblings."""
        return [seen.watch for seen in self.seen if seen.watch is not None]

    def __enter__(self) -> Modules:
        for name, module in self.candidates.items():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            before, after = self._before(name), self._after(name)
            self._hooks.append(module.register_forward_pre_hook(before, prepend=True, with_kwargs=True))
            self._hooks.append(module.register_forward_hook(after, with_kwargs=True, always_call=True))
        for name, module in self.candidates.items():
            if not named_like_one(module) or isinstance(module, torch.jit.ScriptModule):
                continue
            for until, child in module.named_children():
                self._hooks.append(child.register_forward_pre_hook(self._handed(name, until), prepend=True))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._stack.clear()
        self._last = None
        if kind is not None:
            return
        with torch.no_grad():
            self.further = further_siblings(self.seen, self.operations.watches, self.model)
            compare_with_siblings(self.seen, self.further, self.rows)

    def settle(self, layers: Sequence[LayerAudit]) -> list[LayerAudit]:
        """The audits of `watches`, which come sorted by their order, with what siblings say about them."""
        found, self.audits = settled(self.seen, self.further, layers)
        known = [watch.name for watch in self.operations.watches] + [each.name for each in self.seen]
        for name in self.named:
            if not any(each == name or each.startswith(f"{name}.") for each in known):
                self.unseen[name] = self._why_unseen(name)
        return found

    def _why_unseen(self, name: str) -> str:
        if name not in self.operations.paths.ran:
            return "it did not run"
        return NO_GRADIENT if name in self._off else "it ran, and no normalization was seen in it"

    def _before(self, name: str) -> Callable[..., Any]:
        def hook(module: nn.Module, args: tuple, kwargs: Mapping[str, Any]) -> Any:
            if self._aside:
                return None
            entered = Entered(name, module)
            self._stack.append(entered)
            call = arguments_of(args, kwargs)
            if not torch.is_grad_enabled():
                self._off.add(name)
                return None
            if call is None or not _plain_tensor(call.input) or not self._due(name):
                return None
            if not fits(module, call.input.shape):
                return None
            with torch._C.DisableTorchFunction():
                (view,) = watched(call.input)
            entered.call, entered.view, entered.version = call, view, call.input._version
            entered.operations, entered.seen = self.operations.count, len(self.seen)
            changed = call.at(view if view is not None else call.input)
            return changed.args, dict(changed.kwargs)

        return hook

    def _due(self, name: str) -> bool:
        """Whether to look: not where a forward pass is repeated in the backward pass, unless it was not seen before."""
        return not in_backward() or not self._calls[name]

    def _after(self, name: str) -> Callable[..., Any]:
        def hook(module: nn.Module, args: tuple, kwargs: Mapping[str, Any], output: Any) -> Any:
            entered = None if self._aside else self._popped(name)
            if entered is None or entered.call is None or entered.view is None:
                return None
            if not isinstance(output, torch.Tensor) or output.shape != entered.call.input.shape:
                return None
            if output is entered.view and output._version == entered.version:
                return entered.call.input
            if not output.requires_grad:
                return None
            if self._plain(entered, entered.view, output):
                self._calls[name] += 1
                self._last = (entered.call.input, output)
                return None
            if not self._of_interest(entered, output):
                return None
            with torch._C.DisableTorchFunction():
                return self._looked_at(entered, entered.call, entered.view, output)

        return hook

    def _handed(self, name: str, until: str) -> Callable[..., None]:
        """What a normalization hands to the first of its children that it calls, such as an activation."""

        def hook(_: nn.Module, args: tuple) -> None:
            entered = self._stack[-1] if self._stack and not self._aside else None
            if entered is None or entered.name != name or entered.handed:
                return
            entered.handed, value = True, args[0] if args else None
            if entered.call is None or entered.view is None:
                return
            judged = self.operations.count > entered.operations or len(self.seen) > entered.seen
            if judged or not isinstance(value, torch.Tensor) or not value.requires_grad or value is entered.view:
                return
            if value.shape == entered.call.input.shape:
                with torch._C.DisableTorchFunction():
                    self._looked_at(entered, entered.call, entered.view, value, until)

        return hook

    def _popped(self, name: str) -> Entered | None:
        """The call that ends; those inside of it that were left by an exception are over, too."""
        while self._stack:
            entered = self._stack.pop()
            if entered.name == name:
                return entered
        return None

    def _plain(self, entered: Entered, view: torch.Tensor, output: torch.Tensor) -> bool:
        """Whether the call is that of one operation, or of one module inside, and nothing else happens in it."""
        last = self.operations.last
        pairs = [self._last] if self._last else []
        if last is not None and self.operations.count == entered.operations + 1:
            pairs.append((last.capture.x, last.capture.output))
        if not any(given is view and returned is output for given, returned in pairs):
            return False
        return not output._version and not _hooked(output) and not _hooked(view)

    def _of_interest(self, entered: Entered, output: torch.Tensor) -> bool:
        """Whether what was judged inside leaves a question: if its output is that of the module, the gradient does."""
        if self.operations.count == entered.operations:
            return not any(seen.name == entered.name for seen in self.seen[entered.seen :])
        last = self.operations.last
        inner = None if last is None else last.capture.output
        if inner is None or inner.shape != output.shape or inner._version:
            return False
        return torch.equal(inner.detach()[:1], output.detach()[:1])

    def _looked_at(
        self, entered: Entered, call: Arguments, view: torch.Tensor, output: torch.Tensor, until: str | None = None
    ) -> torch.Tensor | None:
        """Recognizes a call, and follows it. Returns the output to go on with, None for the same."""
        own, inside = trace(output, view), self.operations.count - entered.operations + len(self.seen) - entered.seen
        if not own.complete or not (own.divides or named_like_one(entered.module)):
            return None
        found = self._recognized(entered, call, until)
        if isinstance(found, Unrecognized) and (inside or not self._expected(entered.module, found, until)):
            return None
        times, order = self._calls[entered.name], self.operations.tick()
        self._calls[entered.name] += 1
        seen = Seen(entered.name, entered.module, call, output, view, own, found, times, order, inside, until)
        result = self._follow(seen, output)
        self._last = (call.input, result)
        return result

    def _expected(self, module: nn.Module, found: Unrecognized, until: str | None) -> bool:
        """Whether it is worth a word that a module was not recognized: by its name, or by others of its class."""
        if until is not None and not found.near:
            return False
        kind = family(module)
        return named_like_one(module) or (kind is not None and self._families[kind] > 1)

    def _follow(self, seen: Seen, output: torch.Tensor) -> torch.Tensor:
        """Puts the hooks that the gradients of a call come by. Returns the output, or a view with hooks of its own."""
        self.seen.append(seen)
        if isinstance(seen.found, Recognized):
            try:
                seen.watch = seen.begin(self.rows)
            except (RuntimeError, ValueError) as error:
                seen.found = Unrecognized(str(error) if isinstance(error, VerifyError) else raised(error))
        result = output.view_as(output) if _hooked(output) else output
        seen.listen(result)
        if seen.watch is not None:
            seen.drop()
        return result

    def _recognized(self, entered: Entered, call: Arguments, until: str | None) -> Recognized | Unrecognized:
        """What the module computes; modules of a class that differ in sizes alone are looked at once."""
        if call.input._version != entered.version:
            return Unrecognized("it writes into its input")
        key, kind = (_key(entered.module, call), until), type(entered.module)
        if key not in self._known and self._failed[kind] >= TRIES:
            return Unrecognized(f"{TRIES} others of its class were not recognized, on inputs of other shapes")
        if key not in self._known:
            self._aside = True
            try:
                self._known[key] = recognize(entered.module, call, until)
            except (RuntimeError, ValueError, TypeError, IndexError) as error:  # a tensor of an unusual kind
                self._known[key] = Unrecognized(f"it can't be looked at: {raised(error)}")
            finally:
                self._aside = False
            self._failed[kind] += isinstance(self._known[key], Unrecognized)
        return self._known[key]


def _layer(module: nn.Module, most: int = 8) -> bool:
    """Whether a module is named like a normalization, and is a layer: no network that has one in its name."""
    return named_like_one(module) and sum(1 for _ in module.modules()) <= most


def _plain_tensor(value: torch.Tensor) -> bool:
    """Whether views and hooks work as usual: not of a tensor of another kind, nor inside a transform of torch.func."""
    return type(value) in (torch.Tensor, nn.Parameter) and peek_interpreter_stack() is None


def _hooked(tensor: torch.Tensor) -> bool:
    """Whether somebody has put a hook on a tensor, who may change its gradient; those of the audit don't."""
    hooks = (tensor._backward_hooks or {}).values()
    return any(not isinstance(getattr(hook, "__self__", None), Watch) for hook in hooks)


def _key(module: nn.Module, call: Arguments) -> Any:
    """What modules share that compute the same: class, switches, axes and the names of their tensors."""
    held = tuple((name, tensor.dim(), tensor.numel() == 1) for name, tensor in module.named_parameters())
    own = tuple(sorted(settings(module).items()))
    forward = vars(module).get("forward")
    sizes = call.input.shape[1:] if call.input.dim() > 2 else ()
    return (type(module), own, id(forward), held, module.training, call.input.dim(), sizes, call.input.dtype)
