"""The result of a check across ranks: one row for each batch, quantity and rank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from verify.assertions.report import GRAVITY, MEANING, SENTENCES, Compared, Judged, finite
from verify.ranks.layers.due import CONVENTIONS


@dataclass(frozen=True)
class RankRow(Compared):
    """One quantity of one batch on one rank; `error` and `bound` are those of the entry closest to its bound.

    `shards` are the samples of the ranks, `shape` that of this rank's input, `scale` the largest value that is due.
    """

    case: str
    shards: tuple[int, ...]
    dtype: str
    shape: tuple[int, ...]
    quantity: str
    rank: int
    verdict: str
    error: float | None = None
    bound: float | None = None
    scale: float | None = None
    entry: tuple[int, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class RankReport(Judged):
    """What came out of a check of one layer across ranks.

    `reduced` says what a rank has of the gradients of weight and bias: its own part ("none"), the "sum" over the
    ranks, or their "mean". `skipped` are quantities that were not checked, `refused` batches that the layer did not
    take, each with the reason.
    """

    layer: str
    like: str
    backend: str
    ranks: int
    eps: float | None
    rows: tuple[RankRow, ...]
    reduced: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0

    @property
    def said(self) -> tuple[str, ...]:
        """What is wrong, each sentence once, the gravest first."""
        return tuple(dict.fromkeys(f"{rows[0].quantity}: {says}" for _, says, rows in self._complaints() if says))

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        return {
            "layer": self.layer,
            "like": self.like,
            "backend": self.backend,
            "ranks": self.ranks,
            "shards": [list(each) for each in dict.fromkeys(row.shards for row in self.rows)],
            "eps": self.eps,
            "verdict": self.verdict,
            "ok": self.ok,
            "error": finite(self.error),
            "bound": finite(self.bound),
            "reduced": dict(self.reduced),
            "says": list(self.said),
            "rows": [row.as_json() for row in self.rows],
            "skipped": [{"what": what, "reason": reason} for what, reason in self.skipped],
            "refused": [{"what": what, "reason": reason} for what, reason in self.refused],
            "seconds": round(self.seconds, 3),
        }

    def _complaints(self) -> list[tuple[str, str, list[RankRow]]]:
        """Every verdict and sentence that is not pass, the gravest first and in the order of the rows."""
        found: dict[tuple[str, str], list[RankRow]] = {}
        for row in self.rows:
            if not row.ok:
                found.setdefault((row.verdict, row.says), []).append(row)
        ordered = sorted(found.items(), key=lambda item: -GRAVITY.index(item[0][0]))
        return [(verdict, says, rows) for (verdict, says), rows in ordered]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterable[str]:
        where = f"{self.ranks} ranks ({self.backend})"
        yield f"{self.layer} as {self.like}, {where}: {self.verdict} ({MEANING[self.verdict]})"
        complaints = self._complaints()
        for verdict, says, rows in complaints[:SENTENCES]:
            yield f"  {verdict}: {', '.join(dict.fromkeys(row.quantity for row in rows))}: {says}"
            yield f"      {_where(rows)}"
        yield from _table(self.rows, self.ranks)
        for says in dict.fromkeys(self.reduced.values()):
            names = " and ".join(name for name, own in self.reduced.items() if own == says)
            yield f"  {names}: {CONVENTIONS[says]}"
        for reason in dict.fromkeys(reason for _, reason in self.skipped):
            what = [own for own, why in self.skipped if why == reason]
            more = f"; and {len(what) - 3} more" if len(what) > 3 else ""
            yield f"  not checked: {'; '.join(what[:3])}{more} ({reason})"
        for what, reason in self.refused:
            yield f"  not run: {what} ({reason})"


def _where(rows: list[RankRow]) -> str:
    finite_ones = [row for row in rows if row.ratio < float("inf")]
    top = max(finite_ones or rows, key=lambda row: row.ratio)
    cases = len({(row.case, row.dtype) for row in rows})
    also = f", and {cases - 1} more" if cases > 1 else ""
    if not top.shards:
        return top.case
    place = f"rank {top.rank}, {top.case} ({','.join(map(str, top.shards))}), {top.dtype}"
    if top.error is None or top.bound is None:
        return place + also
    return f"{place}: error {top.error:.2g}, bound {top.bound:.2g}, of values up to {top.scale or 0:.2g}{also}"


def _table(rows: tuple[RankRow, ...], ranks: int) -> Iterable[str]:
    """For every quantity: the number of batches, and for each rank the largest error by bound, and the verdict."""
    names = list(dict.fromkeys(row.quantity for row in rows if row.error is not None))
    if not names:
        return
    width = max(map(len, names))
    listed = "".join(f"  {f'rank {rank}':>9}" for rank in range(ranks))
    yield f"  {'error/bound':{width}}  batches{listed}  verdict"
    for name in names:
        own = [row for row in rows if row.quantity == name]
        verdict = max((row.verdict for row in own), key=GRAVITY.index)
        cells = (max((row.ratio for row in own if row.rank == rank), default=0.0) for rank in range(ranks))
        batches = len({(row.case, row.shards, row.dtype, row.shape[1:]) for row in own})
        yield f"  {name:{width}}  {batches:7}{''.join(f'  {cell:9.2g}' for cell in cells)}  {verdict}"
