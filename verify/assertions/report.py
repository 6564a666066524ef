"""The result of a check: one row for each case and quantity, and the gravest verdict among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

PASS, PRECISION, UNSTABLE, WRONG, VACUOUS, ILL_POSED = "pass", "precision", "unstable", "wrong", "vacuous", "ill-posed"
GRAVITY = (PASS, VACUOUS, ILL_POSED, PRECISION, UNSTABLE, WRONG)
"""The verdicts, the gravest last."""

SENTENCES = 12
"""A report says no more than this; its rows have all."""

MEANING = {
    PASS: "every error is within its bound",
    PRECISION: "the right formula, with more rounding than the bound allows",
    UNSTABLE: "right on easy numbers, wrong on hard ones",
    WRONG: "not this layer",
    VACUOUS: "the inputs given can't tell a right layer from a wrong one",
    ILL_POSED: "there is nothing to compare",
}


class Compared:
    """What a row of a report says of one comparison: a verdict, and an error under its bound where there is one."""

    verdict: str
    error: float | None
    bound: float | None

    @property
    def ok(self) -> bool:
        return self.verdict == PASS

    @property
    def ratio(self) -> float:
        """Error by bound; 0 where nothing was compared."""
        if self.error is None or self.bound is None or self.error == 0:
            return 0.0
        return self.error / self.bound if self.error == self.error and self.bound > 0 else float("inf")

    def as_json(self) -> dict[str, Any]:
        """The fields by name, with `ratio` and `ok`; None where a number would not be finite."""
        plain = {name: finite(value) for name, value in asdict(cast(Any, self)).items()}
        return {**plain, "ratio": finite(self.ratio), "ok": self.ok}


@dataclass(frozen=True)
class Row(Compared):
    """One quantity of one case. `error` and `bound` belong to the entry with the greatest error by bound.

    `scale` is the largest absolute value that is due. `says` is what is wrong, in words.
    """

    case: str
    dtype: str
    shape: tuple[int, ...]
    layout: str
    quantity: str
    verdict: str
    error: float | None = None
    bound: float | None = None
    scale: float | None = None
    entry: tuple[int, ...] = ()
    says: str = ""


def finite(value: Any) -> Any:
    """A number as JSON knows it: None where it is infinite or no number."""
    return None if isinstance(value, float) and not abs(value) < float("inf") else value


class Judged:
    """What a report says as a whole: the gravest verdict of its rows, with the error of the row that decided it."""

    rows: tuple[Any, ...]

    @property
    def verdict(self) -> str:
        return max((row.verdict for row in self.rows), key=GRAVITY.index, default=ILL_POSED)

    @property
    def ok(self) -> bool:
        return self.verdict == PASS

    @property
    def worst(self) -> Any:
        """The row that decided the verdict: among those with it, the one farthest beyond its bound; or None."""
        own = [row for row in self.rows if row.verdict == self.verdict]
        return max(own, key=lambda row: row.ratio, default=None)

    @property
    def error(self) -> float | None:
        return self.worst.error if self.worst else None

    @property
    def bound(self) -> float | None:
        return self.worst.bound if self.worst else None


@dataclass(frozen=True)
class Report(Judged):
    """What came out of a check of one layer.

    `skipped` says what could not be checked, and why; `refused` lists the inputs that the layer did not take.
    """

    layer: str
    like: str
    eps: float | None
    rows: tuple[Row, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    meaning: Mapping[str, str] = field(default_factory=lambda: MEANING)

    @property
    def said(self) -> tuple[str, ...]:
        """What is wrong, each sentence once, the gravest first."""
        bad = sorted((row for row in self.rows if not row.ok), key=lambda row: -GRAVITY.index(row.verdict))
        return tuple(dict.fromkeys(f"{row.quantity}: {row.says}" for row in bad if row.says))

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {
            "layer": self.layer,
            "like": self.like,
            "eps": self.eps,
            "verdict": self.verdict,
            "ok": self.ok,
            "error": finite(self.error),
            "bound": finite(self.bound),
            "says": list(self.said),
            "rows": [row.as_json() for row in self.rows],
            "skipped": [{"what": what, "reason": reason} for what, reason in self.skipped],
            "refused": [{"what": what, "reason": reason} for what, reason in self.refused],
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        like = f" as {self.like}" if self.like else ""
        yield f"{self.layer}{like}: {self.verdict} ({self.meaning[self.verdict]})"
        yield from (f"  {line}" for line in _complaints(self.rows))
        yield from (f"  {line}" for line in _table(self.rows))
        for reason in dict.fromkeys(reason for _, reason in self.skipped):
            yield f"  not checked: {', '.join(own for own, why in self.skipped if why == reason)} ({reason})"
        for reason in dict.fromkeys(reason for _, reason in self.refused):
            what = [own for own, why in self.refused if why == reason]
            more = f" and {len(what) - 3} more" if len(what) > 3 else ""
            yield f"  not run: {', '.join(what[:3])}{more} ({reason})"


def _complaints(rows: tuple[Row, ...]) -> Iterable[str]:
    """Every sentence once, with the quantities that it is said of, and the case that shows it best."""
    said: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if not row.ok:
            said.setdefault((row.verdict, row.says), []).append(row)
    ordered = sorted(said.items(), key=lambda item: (-GRAVITY.index(item[0][0]), -max(row.ratio for row in item[1])))
    for (verdict, says), shown in ordered[:SENTENCES]:
        top = max(shown, key=lambda row: row.ratio)
        quantities = ", ".join(dict.fromkeys(row.quantity for row in shown))
        yield f"{verdict}: {quantities}: {says}" if says else f"{verdict}: {quantities}"
        also = f", and {len(shown) - 1} more" if len(shown) > 1 else ""
        yield f"    {_where(top)}{also}"
    if len(ordered) > SENTENCES:
        yield f"... and {len(ordered) - SENTENCES} more"


def _where(row: Row) -> str:
    where = f"{row.case}, {row.dtype} {row.shape}"
    if row.error is None or row.bound is None:
        return where
    return f"{where}: error {row.error:.2g}, bound {row.bound:.2g}, of values up to {row.scale or 0:.2g}"


def _table(rows: tuple[Row, ...]) -> Iterable[str]:
    """For every quantity the number of cases, the worst verdict, and the largest error by bound."""
    names = list(dict.fromkeys(row.quantity for row in rows))
    width = max(map(len, names), default=0)
    for name in names:
        own = [row for row in rows if row.quantity == name]
        verdict = max((row.verdict for row in own), key=GRAVITY.index)
        top = max(row.ratio for row in own)
        yield f"{name:{width}}  {len(own):3} cases  {verdict:9}  error/bound {top:.2g}"
