"""Sees every normalization that a model executes as one operation of torch, whatever module calls it."""

from __future__ import annotations

from typing import Any

import torch
from torch._C._functorch import peek_interpreter_stack
from torch.overrides import TorchFunctionMode

from verify.audits.observation.calls import Call, call_of, signature_of
from verify.audits.observation.capture import GRADIENT, OF_BIAS, OF_WEIGHT, Capture, watched
from verify.audits.observation.paths import Paths
from verify.audits.observation.watch import Watch
from verify.audits.record import OPERATION
from verify.errors import VerifyError

NO_GRADIENT = "it ran where gradients are off: under no_grad, or inside an autograd.Function"


def in_backward() -> bool:
    """Whether a backward pass is running on this thread: checkpointing runs forwards there again."""
    return torch._C._current_graph_task_id() != -1


class Operations(TorchFunctionMode):
    """Active during a forward pass and the backward pass after it.

    `count` is how many normalizations were seen through which gradients pass, `last` is the latest of them. `watches`
    has all, those without gradients too; `unseen` says what could not be watched, by path.
    """

    def __init__(self, paths: Paths, rows: int = 8) -> None:
        super().__init__()
        self.paths, self.rows = paths, rows
        self.watches: list[Watch] = []
        self.unseen: dict[str, str] = {}
        self.count = 0
        self.last: Watch | None = None
        self._calls: dict[str, int] = {}
        self._order = 0

    @property
    def path(self) -> str:
        """The path of the module that is running."""
        return self.paths.path

    def tick(self) -> int:
        """The next place in the order of execution."""
        self._order += 1
        return self._order

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        names = signature_of(func)
        if names is None:
            return func(*args, **(kwargs or {}))
        call = call_of(func, names, args, kwargs or {})
        if call is None or self._beyond(call) or (in_backward() and not self._late(call)):
            return func(*args, **(kwargs or {}))
        return self._observed(call)

    def _beyond(self, call: Call) -> bool:
        """Whether this call can't be watched, which is then said in `unseen`."""
        reason = ""
        if peek_interpreter_stack() is not None:
            reason = "it ran inside of a transform of torch.func, where no gradient can be watched"
        elif type(call.x) not in (torch.Tensor, torch.nn.Parameter):
            reason = f"its input is a {type(call.x).__name__}, and no plain tensor"
        elif not call.x.numel():
            reason = f"its input {call.shape} is empty"
        if reason:
            self.unseen[self.path or call.kind] = reason
        return bool(reason)

    def _late(self, call: Call) -> bool:
        """Whether this is the recomputation of what ran without gradients before, which has them now."""
        if not torch.is_grad_enabled():
            return False
        for place, watch in enumerate(self.watches):
            if watch.name == self.path and watch.missing.get(GRADIENT) == NO_GRADIENT and watch.shape == call.shape:
                del self.watches[place]
                self._calls[self.path] = watch.call
                return True
        return False

    def _observed(self, call: Call) -> Any:
        x, weight, bias = watched(call.x, call.weight, call.bias)
        result = call.run(x, weight, bias)
        output = result[0] if isinstance(result, tuple | list) else result
        path = self.path
        times = self._calls.get(path, 0)
        self._calls[path] = times + 1
        capture = Capture(
            name=path,
            kind=call.kind,
            like=call.like,
            level=OPERATION,
            x=call.x,
            output=output,
            weight=call.weight,
            bias=call.bias,
            eps=call.eps,
            num_groups=call.num_groups,
            normalized_shape=call.normalized_shape,
            running=call.running,
            call=times,
            order=self.tick(),
            run=call.again,
            fault=self.paths.detached(call.x),
        )
        try:
            watch = Watch(capture, self.rows)
        except VerifyError as error:
            self.unseen[path or call.kind] = str(error)
            return result
        self.watches.append(watch)
        if torch.is_grad_enabled():
            watch.attach(x, weight, bias, output)
            if output.requires_grad:
                self.count, self.last = self.count + 1, watch
        else:
            for name in (GRADIENT, OF_WEIGHT, OF_BIAS):
                watch.miss(name, NO_GRADIENT)
            watch.finish()
        return result
