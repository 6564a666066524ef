"""Audits a model: one forward and backward pass, with every normalization in it compared with the proved forms."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import torch

from verify.audits.judging.judge import judge_all
from verify.audits.observation.operations import NO_GRADIENT, Operations
from verify.audits.observation.paths import Paths
from verify.audits.observation.preserve import preserved
from verify.audits.observation.watch import Watch
from verify.audits.recognition.modules import Modules
from verify.audits.record import AuditReport, LayerAudit
from verify.errors import VerifyError, raised
from verify.workload import Loss, Workload, workload_of


def audit(
    model: Any,
    batch: Any = None,
    loss: Loss | None = None,
    *,
    shape: Sequence[int] | None = None,
    vocabulary: int | None = None,
    rows: int = 8,
    time_plain: bool = False,
    seed: int = 0,
    worst_case: bool = False,
    arguments: Mapping[str, Any] | None = None,
) -> AuditReport:
    """Every normalization that a model executes in one step, compared with the proved forms under their bounds.

    >>> net = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.LayerNorm(4))
    >>> audit(net, torch.randn(8, 6)).layers[0].verdict
    'pass'

    The model is run as it is, in the mode that it is in, and is left bit by bit as it was. `model` is a module, a
    workload, or a factory of a model, with its batch or without (see `verify.workload`); without a batch, `shape` draws
    one. All statistics of a layer are screened, and `rows` of them, the worst first, are judged exactly; fewer where
    one has many numbers. `time_plain` times the same step without the audit, too. `worst_case` takes bounds that hold
    for any rounding, instead of those that hold with a probability of 1 - 1e-9.
    Raises VerifyError for a model that can't be run.
    """
    if rows < 1:
        raise VerifyError(f"rows is {rows}; at least one statistic of each layer has to be judged")
    work = (
        model
        if isinstance(model, Workload)
        else workload_of(model, batch, loss, shape=shape, vocabulary=vocabulary, seed=seed, arguments=arguments)
    )
    plain = _plain_seconds(work) if time_plain else None
    start = time.perf_counter()
    layers, unseen = _observed(work, rows, worst_case)
    return AuditReport(work.name, layers, unseen, time.perf_counter() - start, plain)


def _plain_seconds(work: Workload) -> float:
    """The time of a step without the audit: the second of two, since the first one warms up."""
    seconds = 0.0
    for _ in range(2):
        with preserved(work):
            start = time.perf_counter()
            _backward(work, work.step)
            seconds = time.perf_counter() - start
    return seconds


def _backward(work: Workload, step: Callable[[], torch.Tensor]) -> None:
    """The backward pass, by the function: `loss.backward()` is one that a mode sees, and is off within."""
    loss = step()
    try:
        torch.autograd.backward(loss)
    except Exception as error:
        raise VerifyError(f"the backward pass of {work.name} can't be run: {raised(error)}") from error
    if loss.is_cuda:
        torch.cuda.synchronize(loss.device)


def _observed(work: Workload, rows: int, worst_case: bool) -> tuple[tuple[LayerAudit, ...], dict[str, str]]:
    """The audits of all layers, and what was not seen. What judging runs again is put back with the rest."""
    with preserved(work):
        operations, modules = _watched(work, rows)
        of_modules = modules.watches
        own = [each for each in operations.watches if not _covered(each, of_modules)]
        found = judge_all([*own, *of_modules], worst_case)
        place = {id(watch): place for place, watch in enumerate(sorted([*own, *of_modules], key=_order))}
        audits = [found[place[id(watch)]] for watch in sorted(of_modules, key=_order)]
        layers = [*(found[place[id(watch)]] for watch in own), *modules.settle(audits), *modules.audits]
    order = {(watch.name, watch.call, watch.level): watch.order for watch in (*own, *of_modules)}
    last = len(order) + operations.tick()
    layers.sort(key=lambda layer: order.get((layer.name, layer.call, layer.level), last))
    return tuple(layers), {**modules.unseen, **operations.unseen, **_compiled(work)}


def _watched(work: Workload, rows: int) -> tuple[Operations, Modules]:
    """One step with everything in it watched."""
    with ExitStack() as entered:
        if _dynamo() is not None:
            entered.enter_context(torch.compiler.set_stance("force_eager"))
            entered.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", message="Using `torch.compile.module.` when there are global hooks")
        paths = entered.enter_context(Paths(work.model))
        operations = Operations(paths, rows)
        modules = entered.enter_context(Modules(work.model, operations, rows))
        entered.enter_context(operations)
        _backward(work, work.step)
    return operations, modules


def _order(watch: Watch) -> int:
    return watch.order


def _covered(operation: Watch, of_modules: Sequence[Watch]) -> bool:
    """Whether an operation without gradients is part of a module that is judged as a whole."""
    if NO_GRADIENT not in operation.missing.values():
        return False
    return any(operation.name == each.name or operation.name.startswith(f"{each.name}.") for each in of_modules)


def _compiled(work: Workload) -> dict[str, str]:
    """The parts that torch.compile has made: the audit runs them without the compiler."""
    if (dynamo := _dynamo()) is None:
        return {}
    reason = "compiled: audited as it runs without the compiler, whose own kernels were not seen"
    return {
        name or work.name: reason
        for name, module in work.model.named_modules()
        if isinstance(module, dynamo.OptimizedModule) or module._compiled_call_impl is not None
    }


def _dynamo() -> Any:
    """The compiler's front end, where somebody has used it; it takes seconds to import."""
    return sys.modules.get("torch._dynamo")
