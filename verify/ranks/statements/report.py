"""The checks of statements on a batch that is split, as a table and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from verify.statements.check import Check
from verify.statements.report import table


@dataclass(frozen=True)
class StatementReport:
    """The checks of statements on a batch that is split: those of `verify run`, with the ranks and their shards."""

    device: str
    backend: str
    shards: tuple[int, ...]
    checks: tuple[Check, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines, in the shape of `verify run --json`."""
        return {
            "device": self.device,
            "backend": self.backend,
            "ranks": len(self.shards),
            "shards": list(self.shards),
            "ok": self.ok,
            "checks": [check.as_json() for check in self.checks],
            "left_out": [{"statement": name, "reason": reason} for name, reason in self.left_out],
        }

    def __str__(self) -> str:
        return self.shown()

    def shown(self, width: int = 100, every: bool = False) -> str:
        """The table of `verify run`, below a line about the ranks."""
        listed = ",".join(map(str, self.shards))
        head = f"a batch of {sum(self.shards)} samples on {len(self.shards)} ranks ({self.backend}): {listed}"
        return "\n\n".join([head, *self._left_out(width), table(self.checks, (), width, every)])

    def _left_out(self, width: int) -> list[str]:
        """The statements that were not evaluated, by the reason."""
        lines = []
        for reason in dict.fromkeys(reason for _, reason in self.left_out):
            names = list(dict.fromkeys(name for name, own in self.left_out if own == reason))
            lines += wrap(f"left out, since {reason}: {', '.join(names)}", width, subsequent_indent="  ")
        return ["\n".join(lines)] if lines else []
