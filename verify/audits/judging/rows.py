"""The rows of one layer: each quantity of its samples beside what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from verify.assertions.case import Observed
from verify.assertions.expected import Expected, Honesty
from verify.assertions.judge import Judge, fault_of, row_of
from verify.assertions.report import GRAVITY, ILL_POSED, PRECISION, WRONG, Row
from verify.assertions.report import PASS as WITHIN
from verify.assertions.trial import Trial, compare
from verify.audits.judging.again import runner_of
from verify.audits.judging.docket import Docket
from verify.audits.judging.frozen import expected_frozen
from verify.audits.judging.words import beyond, coarser, multiple, off, stored_in
from verify.audits.observation.capture import GRADIENT, OUTPUT
from verify.audits.observation.watch import Watch
from verify.audits.statistics.features import expected_of_features
from verify.audits.statistics.sample import Sample, channel

Start = tuple[str, str, tuple[int, ...], str, str]
"""How a row begins: its case, dtype, shape, layout and quantity."""
UNBOUNDED = "rounding may change it by any amount, so there is nothing to compare with"


class Rows:
    """The rows of one layer, and what could not be compared."""

    def __init__(self, watch: Watch, honesty: Honesty) -> None:
        self.watch, self.honesty = watch, honesty
        self.rows: list[Row] = []
        self.open: dict[str, str] = {}
        self.notes: list[str] = []

    def of_sample(self, docket: Docket) -> None:
        """The rows of the quantities of a sample."""
        case = docket.sample.case
        if fault := fault_of(case):
            self.open |= dict.fromkeys(docket.sample.values, fault)
            return
        if self.watch.running is not None:
            self._of_frozen(docket, self.watch.running)
            return
        if docket.long:
            self._of_long(docket)
            return
        trial = Trial(case, Observed(docket.sample.values), honesty=self.honesty)
        for name, due in docket.due.items():
            trial.keep(name, stored_in(due, docket.sample.values[name].dtype, case.x.dtype))
        for each in self._apart(trial, docket.sample):
            self._judged(each)

    def _apart(self, trial: Trial, sample: Sample) -> list[Trial]:
        """The trial, or where only some of its channels are beyond their bounds, the worst of these by themselves."""
        compared = {name: trial.compared(name) for name in trial.observed.values}
        bad = [name for name, found in compared.items() if found.known and not found.ok]
        if not self.watch.frame.per_channel or not bad:
            return [trial]
        places = {
            compared[name].entry[_channel_axis(trial.observed.values[name])]: None
            for name in bad
            if not bool(_channels(beyond(trial.observed.values[name], trial.due(name))).all())
        }
        if not places:
            return [trial]
        rest = replace(trial, observed=Observed({n: v for n, v in trial.observed.values.items() if n not in bad}))
        for name in rest.observed.values:
            rest.keep(name, trial.due(name))
        return [rest, *(self._alone(sample, place) for place in places)]

    def _alone(self, sample: Sample, place: int) -> Trial:
        """One channel of a sample, judged as a whole."""
        alone = channel(sample, place, self.watch.capture.like)
        trial = Trial(alone.case, Observed(alone.values), honesty=self.honesty)
        for name, value in alone.values.items():
            trial.keep(name, stored_in(trial.due(name), value.dtype, alone.case.x.dtype))
        return trial

    def _judged(self, trial: Trial) -> None:
        judge = Judge(runner_of(self.watch.capture))
        for row in judge.rows([trial]):
            self._take(row, trial)
        self.open |= dict.fromkeys(judge.unbounded, UNBOUNDED)

    def _of_long(self, docket: Docket) -> None:
        """Rows for some entries of long channels; a channel that is beyond its bound is judged as a whole."""
        sample, dtype = docket.sample, docket.sample.case.x.dtype
        trial = Trial(sample.case, Observed(sample.values), honesty=self.honesty)
        worst: dict[int, None] = {}
        for name, due in docket.due.items():
            found = docket.found[name]
            compared = compare(found, stored_in(due, sample.values[name].dtype, dtype))
            if compared.ok and compared.known:
                self.rows.append(row_of(trial, name, WITHIN, compared))
            else:
                worst[compared.entry[0]] = None
        for place in worst:
            self._judged(self._alone(sample, place))

    def _take(self, row: Row, trial: Trial) -> None:
        """A row as it is; in 16 bits, rounding of the statistics to the dtype is no fault."""
        if row.verdict == PRECISION and trial.case.x.dtype.itemsize == 2:
            self._take_coarser(row, trial)
        elif not row.ok and trial.observed.values[row.quantity].numel() == 1:
            self.rows.append(self._of_one(row, trial))
        elif row.verdict == PRECISION or "times what rounding allows" in row.says:
            says = multiple(trial.observed.values[row.quantity], trial.due(row.quantity))
            self.rows.append(replace(row, verdict=WRONG, says=says) if says else row)
        elif not row.ok or not any(known.ok and known.quantity == row.quantity for known in self.rows):
            self.rows.append(row)

    @staticmethod
    def _of_one(row: Row, trial: Trial) -> Row:
        """The row of a single number, which shows that it is wrong, and no more than that."""
        value, due = trial.observed.values[row.quantity], trial.due(row.quantity)
        return replace(row, verdict=WRONG, says=multiple(value, due) or off(trial.compared(row.quantity)))

    def _take_coarser(self, row: Row, trial: Trial) -> None:
        for low in coarser(self.honesty, trial.case.x.dtype):
            found = replace(trial, honesty=low).compared(row.quantity)
            if found.ok and not found.unbounded:
                self.rows.append(replace(row, verdict=WITHIN, error=found.error, bound=found.bound, entry=found.entry))
                self.notes.append(f"{row.quantity}: {row.says}; within the bound for that")
                return
        self.open[row.quantity] = row.says

    def _of_frozen(self, docket: Docket, running: tuple[torch.Tensor, torch.Tensor]) -> None:
        """Rows with the numbers alone: the diagnosis has no words for a layer whose statistics are frozen."""
        sample, dtype = docket.sample, docket.sample.case.x.dtype
        chosen = list(sample.chosen)
        own = (running[0].reshape(-1)[chosen], running[1].reshape(-1)[chosen])
        for name, value in sample.values.items():
            due = stored_in(expected_frozen(sample.case, own, name, self.honesty), value.dtype, dtype)
            low = replace(self.honesty, accumulate=dtype)
            coarse = partial(expected_frozen, sample.case, own, name, low) if dtype.itemsize == 2 else None
            start = (sample.case.purpose, _called(dtype), tuple(sample.case.x.shape), sample.case.layout, name)
            self._plain(start, value, due, coarse)

    def _plain(self, start: Start, value: torch.Tensor, due: Expected, coarse: Callable[[], Expected] | None) -> None:
        """A row with the numbers alone; `coarse` is what a layer may give that sums up in 16 bits."""
        found, name = compare(value, due), start[-1]
        numbers = (found.error, found.bound, found.scale, found.entry)
        if not found.known:
            self.open[name] = UNBOUNDED
        elif found.ok:
            self.rows.append(Row(*start, WITHIN, *numbers))
        elif coarse is not None and (wide := compare(value, coarse())).ok:
            says = f"off by {found.ratio:.2g} times what rounding allows, as if sums are rounded to {start[1]}"
            if wide.unbounded:
                self.open[name] = says
                return
            self.rows.append(Row(*start, WITHIN, wide.error, wide.bound, wide.scale, wide.entry))
            self.notes.append(f"{name}: {says}; within the bound for that")
        elif (worst := self.worst) is not None:  # it follows from what is wrong with the layer's other quantities
            self.rows.append(Row(*start, worst.verdict, *numbers, worst.says))
        else:
            self.rows.append(Row(*start, WRONG, *numbers, multiple(value, due) or off(found)))

    @property
    def worst(self) -> Row | None:
        """The row that decides: of the gravest, the output before the gradients, which follow from it."""
        bad = [row for row in self.rows if row.verdict not in (WITHIN, ILL_POSED)]
        return max(bad, key=lambda row: (GRAVITY.index(row.verdict), _cause(row.quantity), row.ratio), default=None)

    def of_features(self) -> None:
        """The rows of the gradients by weight and bias that are sums over many statistics."""
        own, dtype = self.watch.columns, self.watch.dtype
        if own is None:
            return
        for name, value in self.watch.by_columns.items():
            due = stored_in(expected_of_features(own, name, dtype, self.honesty), value.dtype, dtype)
            low = replace(self.honesty, accumulate=dtype)
            coarse = partial(expected_of_features, own, name, dtype, low) if dtype.itemsize == 2 else None
            start = (f"{len(own.chosen)} features", _called(dtype), tuple(own.x.shape), "contiguous", name)
            self._plain(start, value, due, coarse)


def _called(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _cause(quantity: str) -> int:
    return (GRADIENT, OUTPUT).index(quantity) if quantity in (GRADIENT, OUTPUT) else -1


def _channel_axis(value: torch.Tensor) -> int:
    return 1 if value.dim() > 1 else 0


def _channels(mask: torch.Tensor) -> torch.Tensor:
    """Whether anything is true in a channel."""
    return mask.movedim(_channel_axis(mask), 0).flatten(1).any(1) if mask.dim() > 1 else mask
