"""What an audit says: of every normalization that a model executed, and of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from verify.assertions.report import Row, finite

OPERATION, MODULE = "operation", "module"
"""Where a normalization was found: as one operation, or as a module that computes one from others."""
PASS, FAULT, UNDECIDED = "pass", "fault", "undecided"
"""`undecided` carries its reason: what the layer computes was not recognized, or no gradient reached it."""


@dataclass(frozen=True)
class Numbers:
    """What was measured on the whole batch, for every statistic of a layer.

    `ratio` is Theorem 4.1's: |dL/dy|^2 by (gamma^2/s^2) |dL/dz|^2, at most 1 where the theorem holds. `mean_by_std` is
    |mu| by the standard deviation, `tightness` the variance by epsilon. Each is a list over the statistics (channels,
    rows or groups; the extremes and a spread of the others where there are too many).
    """

    ratio: tuple[float, ...] = ()
    mean_by_std: tuple[float, ...] = ()
    tightness: tuple[float, ...] = ()
    statistics: int = 0


@dataclass(frozen=True)
class LayerAudit:
    """One normalization of a model: what it is, what was compared, and what was measured.

    `name` is the path of the module that executed it, `call` counts its executions within one forward pass. `kind` is
    what ran (`torch.nn.functional.batch_norm`, `LlamaRMSNorm`), `like` the layer whose proved forms it was compared
    with, None where it was not recognized. `rows` compare quantities on a sample of `checked` statistics. `dead` are
    channels whose scale is 0 or whose upstream gradient is all 0, `near_constant` those whose variance is below
    epsilon.
    """

    name: str
    kind: str
    like: str | None
    level: str
    shape: tuple[int, ...]
    dtype: str
    eps: float | None
    verdict: str
    says: str = ""
    call: int = 0
    num_groups: int | None = None
    rows: tuple[Row, ...] = ()
    checked: int = 0
    numbers: Numbers = field(default_factory=Numbers)
    dead: tuple[int, ...] = ()
    near_constant: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        return self.verdict != FAULT

    @property
    def ratio(self) -> float | None:
        """The largest ratio of Theorem 4.1 over all statistics."""
        return max(self.numbers.ratio, default=None)

    @property
    def error_by_bound(self) -> float | None:
        """The largest error by its bound, over all quantities."""
        return max((row.ratio for row in self.rows), default=None)

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines; None where a number would not be finite."""
        plain = asdict(self) | {"rows": [row.as_json() for row in self.rows], "ok": self.ok}
        plain["numbers"] = {name: _finite(value) for name, value in plain["numbers"].items()}
        return plain | {"ratio": finite(self.ratio), "error_by_bound": finite(self.error_by_bound)}


@dataclass(frozen=True)
class AuditReport:
    """Every normalization of a model, in the order of execution.

    `seconds` is the time of the audited step, `plain_seconds` that of the same step without the audit, None where it
    was not measured. `unseen` are modules named like normalizations that did not run, with the reason.
    """

    model: str
    layers: tuple[LayerAudit, ...]
    unseen: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    plain_seconds: float | None = None

    @property
    def ok(self) -> bool:
        return all(layer.ok for layer in self.layers)

    @property
    def faults(self) -> tuple[LayerAudit, ...]:
        return tuple(layer for layer in self.layers if layer.verdict == FAULT)

    @property
    def undecided(self) -> tuple[LayerAudit, ...]:
        return tuple(layer for layer in self.layers if layer.verdict == UNDECIDED)

    def __iter__(self) -> Iterator[LayerAudit]:
        return iter(self.layers)

    def __str__(self) -> str:
        from verify.audits.pages.table import table

        return table(self)

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {
            "model": self.model,
            "ok": self.ok,
            "faults": [layer.name for layer in self.faults],
            "undecided": [layer.name for layer in self.undecided],
            "layers": [layer.as_json() for layer in self.layers],
            "unseen": dict(self.unseen),
            "seconds": round(self.seconds, 4),
            "plain_seconds": None if self.plain_seconds is None else round(self.plain_seconds, 4),
        }


def _finite(value: Any) -> Any:
    return [finite(each) for each in value] if isinstance(value, tuple | list) else finite(value)
