"""Audits made up by hand, so that what people see of one can be tried without a model."""

from __future__ import annotations

import random
from typing import Any

from verify.assertions.report import Row
from verify.audits.record import AuditReport, LayerAudit, Numbers

QUANTITIES = ("output", "input gradient", "weight gradient", "bias gradient")


def row(quantity: str = "output", verdict: str = "pass", error: float = 2e-7, bound: float = 1e-6, says="") -> Row:
    return Row("the batch", "float32", (4, 8), "strided", quantity, verdict, error, bound, 3.0, (1, 2), says)


def layer(name: str = "bn", verdict: str = "pass", **changed: Any) -> LayerAudit:
    """A batch normalization of four channels; `changed` are other fields."""
    numbers = Numbers((0.5, 0.9, 0.7, 0.8), (0.1, 2.0, 0.3, 0.2), (1e4, 3e4, 2e4, 5e4), 4)
    usual: dict[str, Any] = {
        "kind": "torch.nn.functional.batch_norm",
        "like": "batchnorm",
        "level": "operation",
        "shape": (8, 4, 5, 5),
        "dtype": "float32",
        "eps": 1e-5,
        "rows": tuple(row(quantity) for quantity in QUANTITIES),
        "checked": 4,
        "numbers": numbers,
    }
    return LayerAudit(name=name, verdict=verdict, **(usual | changed))


LACKS = "input gradient: lacks the projection term"


def fault(name: str = "layer1.1.bn2", says: str = LACKS, **changed: Any) -> LayerAudit:
    wrong = row("input gradient", "wrong", 3e-3, 1e-6, says)
    return layer(name, "fault", says=says, rows=(row(), wrong), **changed)


def undecided(name: str = "head.norm", says: str = "no gradient reached it") -> LayerAudit:
    return layer(name, "undecided", says=says, rows=(), numbers=Numbers(), like=None)


def report(*layers: LayerAudit, model: str = "Net", **changed: Any) -> AuditReport:
    return AuditReport(model, layers, **({"seconds": 0.3, "plain_seconds": 0.25} | changed))


def resnet(stages: int = 4, blocks: int = 6) -> AuditReport:
    """As many layers as a real network has, with one fault, dead and near-constant channels."""
    draw = random.Random(0)
    names = ["bn1"] + [f"layer{s}.{b}.bn{k}" for s in range(1, stages + 1) for b in range(blocks) for k in (1, 2, 3)]
    layers = [_drawn(draw, name, 64 * 2 ** (depth * stages // len(names))) for depth, name in enumerate(names)]
    layers[len(layers) // 2] = fault(names[len(layers) // 2], numbers=layers[-2].numbers)
    layers.append(undecided())
    return report(*layers, model="resnet", unseen={"aux.bn": "it did not run"})


def _drawn(draw: random.Random, name: str, channels: int) -> LayerAudit:
    def spread(low: float, high: float) -> tuple[float, ...]:
        return tuple(draw.uniform(low, high) for _ in range(24))

    tight = tuple(10 ** draw.uniform(-1 if draw.random() < 0.1 else 2, 5) for _ in range(24))
    constant = tuple(at for at, value in enumerate(tight) if value < 1)
    rows = tuple(row(quantity, error=10 ** draw.uniform(-9, -6.2)) for quantity in QUANTITIES)
    dead = tuple(range(draw.choice((0, 0, 0, 5))))
    numbers = Numbers(spread(0.2, 0.99), spread(0.0, 4.0), tight, channels)
    shape = (8, channels, 28, 28)
    return layer(name, shape=shape, rows=rows, numbers=numbers, dead=dead, near_constant=constant)
