"""What an experiment found: numbers, pictures, and for each theorem or claim whether it held."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from verify.assertions.report import finite

HELD, FAILED, UNDECIDED = "held", "failed", "undecided"
VERDICTS = (HELD, UNDECIDED, FAILED)
"""The gravest last."""


@dataclass(frozen=True)
class Outcome:
    """Whether one theorem or claim held on what was measured.

    `claim` is what is said, in one sentence; `source` says where (paper and equation or figure). `statement` is the
    name of the proved statement that it is (`derive prove NAME`), None for a claim that is only empirical. `measured`
    and `limit` are the two numbers that were compared, where there are two. `says` is what was found, or why it is
    undecided.
    """

    claim: str
    source: str
    verdict: str
    says: str
    statement: str | None = None
    measured: float | None = None
    limit: float | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"{self.verdict!r} is no verdict of an experiment; there are {', '.join(VERDICTS)}")

    @property
    def ok(self) -> bool:
        return self.verdict != FAILED

    def as_json(self) -> dict[str, Any]:
        return plain(asdict(self) | {"ok": self.ok})

    def __str__(self) -> str:
        name = f" ({self.statement})" if self.statement else ""
        return f"{self.verdict:9}  {self.claim}{name}\n           {self.says}\n           source: {self.source}"


@dataclass(frozen=True)
class Result:
    """What came out of an experiment. `figures` are the pictures that were saved, `numbers` what they show."""

    experiment: str
    settings: Mapping[str, Any]
    numbers: Mapping[str, Any]
    outcomes: tuple[Outcome, ...]
    figures: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        return all(outcome.ok for outcome in self.outcomes)

    @property
    def verdict(self) -> str:
        return max((outcome.verdict for outcome in self.outcomes), key=VERDICTS.index, default=UNDECIDED)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines; None where a number would not be finite."""
        return plain(
            {
                "experiment": self.experiment,
                "ok": self.ok,
                "settings": dict(self.settings),
                "outcomes": [outcome.as_json() for outcome in self.outcomes],
                "figures": list(self.figures),
                "numbers": self.numbers,
                "seconds": round(self.seconds, 3),
            }
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        yield f"{self.experiment}: {', '.join(self._counts())}"
        yield from (str(outcome) for outcome in self.outcomes)
        yield from (f"figure: {path}" for path in self.figures)

    def _counts(self) -> Iterable[str]:
        for verdict in VERDICTS:
            count = sum(outcome.verdict == verdict for outcome in self.outcomes)
            if count:
                yield f"{count} {verdict}"

    def save(self, path: Path) -> None:
        """Writes the JSON, whole or not at all."""
        write(path, self.as_json())


def plain(value: Any) -> Any:
    """A value as JSON knows it: lists for tuples, None for what is no finite number."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return str(value) if isinstance(value, Path) else finite(value)


def write(path: Path, value: Any) -> None:
    """Writes JSON into a file that is there whole, or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    part.replace(path)
