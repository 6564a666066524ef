"""Proved theorems on real tensors: compiled to torch, checked against autograd, with derived error bounds.

The names below are imported when they are first used, so that `verify --help` does not wait for torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AuditReport": "verify.audits.record",
    "Batch": "verify.statements.inputs",
    "Bounded": "verify.bounds",
    "Check": "verify.statements.check",
    "Compiled": "verify.compile",
    "LayerError": "verify.assertions.layer",
    "Outcome": "verify.experiments.outcome",
    "Plan": "verify.statements.plan",
    "Point": "verify.statements.point",
    "RankReport": "verify.ranks.layers.report",
    "Report": "verify.assertions.report",
    "Result": "verify.experiments.outcome",
    "Running": "verify.bounds",
    "Setting": "verify.statements.check",
    "VerifyError": "verify.errors",
    "Workload": "verify.workload",
    "analyse": "verify.bounds",
    "assert_gradient": "verify.assertions.gradient",
    "assert_layer": "verify.assertions.layer",
    "assert_theorem": "verify.assertions.theorem",
    "audit": "verify.audits.audit",
    "check_claim": "verify.statements.check",
    "check_gradient": "verify.assertions.gradient",
    "check_layer": "verify.assertions.layer",
    "check_ranks": "verify.ranks.layers.check",
    "check_statement": "verify.assertions.theorem",
    "compile_term": "verify.compile",
    "derived": "verify.statements.derived",
    "draw": "verify.statements.inputs",
    "draw_point": "verify.statements.draws",
    "initialization": "verify.experiments.initialization.experiment",
    "landscape": "verify.experiments.landscape.experiment",
    "launch_ranks": "verify.ranks.launch",
    "run": "verify.statements.plan",
    "signals": "verify.experiments.signals.experiment",
    "workload_of": "verify.workload",
}

_ROOMS = ("functional",)

__all__ = [*_HOMES, *_ROOMS]  # pyright: ignore[reportUnsupportedDunderAll] - each name is listed once, above


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"verify.{name}")
    if name not in _HOMES:
        raise AttributeError(f"verify has no {name}; it has {', '.join(_HOMES)}")
    return getattr(import_module(_HOMES[name]), name)
