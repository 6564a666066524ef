"""An audit as text: what is wrong first, then a line for every layer, with layers that are alike in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from verify.assertions.report import Row
from verify.audits.record import FAULT, PASS, AuditReport, LayerAudit

LINES = 40
"""More than so many lines are summed up."""
SAID = 12
"""Faults with their sentences, and paths to one reason, in a summary."""

Layers = Sequence[LayerAudit]

TEXTS = ("layer", "kind -> like", "shape", "dtype", "verdict")
NUMBERS = ("error/bound", "ratio", "mean/std", "var/eps", "dead", "const")
"""Columns, left and right."""

LEGEND = (
    "error/bound: the largest over all quantities that were compared, and rounding explains up to 1",
    "ratio: Theorem 4.1's |dL/dy|^2 by (gamma/s)^2 |dL/dz|^2, the largest of all statistics; at most 1 if right",
    "mean/std: the largest of all statistics; var/eps: the smallest",
    "dead: channels without scale or upstream gradient; const: near-constant ones, whose variance is below epsilon",
)


def table(report: AuditReport, every: bool = False) -> str:
    """The report as text; `every` gives each layer its own line, however many there are.

    >>> from verify.audits.record import AuditReport
    >>> print(table(AuditReport("Empty", ())))
    Empty: no normalization ran
    """
    return "\n".join(_printable(line) for line in _lines(report, every))


def _lines(report: AuditReport, every: bool) -> Iterator[str]:
    yield f"{report.model}: {summary(report)}"
    yield from (f"  {line}" for line in _faults(report.faults, every))
    yield from (f"  {line}" for line in _reasons("undecided", [(x.name, x.says) for x in report.undecided], every))
    yield from (f"  {line}" for line in _reasons("not seen", list(report.unseen.items()), every))
    yield from (f"  {line}" for line in _reasons("not compared", without_gradient(report), every))
    if report.layers:
        yield from (f"  {line}" for line in _table(report.layers, every))
        yield from (f"  {line}" for line in LEGEND)


def summary(report: AuditReport) -> str:
    """How many layers there are, how many are wrong, and how long it took."""
    if not report.layers:
        return "no normalization ran"
    wrong, open_ = len(report.faults), len(report.undecided)
    parts = [_count(len(report.layers), "normalization"), _count(wrong, "fault") if wrong else "no fault"]
    if open_:
        parts.append(f"{open_} undecided")
    return f"{', '.join(parts)} ({_time(report)})"


def _time(report: AuditReport) -> str:
    taken = f"audited step {report.seconds:.2g} s"
    if not report.plain_seconds:
        return taken
    return f"{taken}, {report.seconds / report.plain_seconds:.2f} times the plain one"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _faults(faults: Layers, every: bool) -> Iterator[str]:
    shown = faults if every else faults[:SAID]
    for layer in shown:
        yield f"fault: {path_of(layer)}: {layer.says or 'beyond its bound'}"
        yield from (f"    {numbers_of(layer, row)}" for row in wrong_rows(layer)[:1])
    if len(faults) > len(shown):
        yield f"... and {_count(len(faults) - len(shown), 'fault')} more"


def wrong_rows(layer: LayerAudit) -> list[Row]:
    """The quantities beyond their bounds, the farthest first."""
    return sorted((row for row in layer.rows if not row.ok), key=lambda row: -row.ratio)


def numbers_of(layer: LayerAudit, row: Row) -> str:
    """Where a quantity is wrong, and by how much."""
    where = f"{row.quantity}, {layer.dtype} {tuple(layer.shape)}"
    if row.error is None or row.bound is None:
        return where
    entry = f" at {tuple(row.entry)}" if row.entry else ""
    return f"{where}: error {row.error:.2g}, bound {row.bound:.2g}, of values up to {row.scale or 0:.2g}{entry}"


def _reasons(what: str, paths: Sequence[tuple[str, str]], every: bool) -> Iterator[str]:
    """Every reason once, with the paths that it is given for."""
    for reason in dict.fromkeys(reason for _, reason in paths):
        own = [path or "the model itself" for path, why in paths if why == reason]
        shown = own if every else own[:SAID]
        more = f" and {len(own) - len(shown)} more" if len(own) > len(shown) else ""
        yield f"{what}: {', '.join(shown)}{more}: {reason or 'no reason is known'}"


def without_gradient(report: AuditReport) -> list[tuple[str, str]]:
    """The layers of which everything that was compared is right, but the gradient of the input was not."""
    reason = "the input gradient, as the input requires none"
    own = [each for each in report.layers if each.verdict == PASS]
    return [(path_of(each), reason) for each in own if all(row.quantity != "input gradient" for row in each.rows)]


def path_of(layer: LayerAudit) -> str:
    """The path of a layer, with the number of the execution where it ran more than once."""
    return f"{layer.name or 'the model itself'}{f' (execution {layer.call + 1})' if layer.call else ''}"


def kind_of(layer: LayerAudit) -> str:
    """What ran, and what it was compared with: `batch_norm -> batchnorm`."""
    return f"{layer.kind.rpartition('.')[2]} -> {layer.like or 'not recognized'}"


def _table(layers: Layers, every: bool) -> Iterator[str]:
    cells = [(*TEXTS, *NUMBERS), *(_cells(group) for group in _groups(layers, every))]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        padded = [f"{cell:{'<' if at < len(TEXTS) else '>'}{widths[at]}}" for at, cell in enumerate(row)]
        yield "  ".join(padded).rstrip()


def _groups(layers: Layers, every: bool) -> list[list[LayerAudit]]:
    """Layers in one line each; where these are too many, those whose paths differ in numbers alone are in one line.

    First only where they have the same shape, then whatever their shapes.
    """
    single = [[layer] for layer in layers]
    if every or len(single) <= LINES:
        return single
    same_shape = _grouped(layers, lambda layer: (*_pattern(layer), layer.shape))
    return same_shape if len(same_shape) <= LINES else _grouped(layers, _pattern)


def _grouped(layers: Layers, key: Callable[[LayerAudit], Hashable]) -> list[list[LayerAudit]]:
    groups: dict[Hashable, list[LayerAudit]] = {}
    for layer in layers:
        groups.setdefault(id(layer) if layer.verdict == FAULT else key(layer), []).append(layer)
    return list(groups.values())


def _pattern(layer: LayerAudit) -> tuple[Hashable, ...]:
    path = re.sub(r"\d+", "#", layer.name)
    ran = (layer.kind, layer.like, layer.level, layer.eps, layer.num_groups)
    return (path, *ran, layer.dtype, len(layer.shape), layer.verdict)


def _cells(group: Layers) -> tuple[str, ...]:
    first = group[0]
    name = path_of(first) if len(group) == 1 else f"{_path(group)} x{len(group)}"
    every = [layer.numbers for layer in group]
    return (
        name,
        kind_of(first),
        _shape([layer.shape for layer in group]),
        first.dtype,
        first.verdict,
        short(_most(layer.error_by_bound for layer in group)),
        short(_most(layer.ratio for layer in group)),
        short(_most(value for numbers in every for value in numbers.mean_by_std)),
        short(_least(value for numbers in every for value in numbers.tightness)),
        _sum(layer.dead for layer in group),
        _sum(layer.near_constant for layer in group),
    )


def _path(group: Layers) -> str:
    """`layer1.{0..2}.bn1`: the paths of a group, with what differs in braces."""
    parts = [re.split(r"(\d+)", layer.name) for layer in group]
    return "".join(_choices([row[at] for row in parts]) for at in range(len(parts[0]))) or "the model itself"


def _choices(found: Sequence[str]) -> str:
    """The number that all have, or those that there are: {0..5}, {0, 2, 7}."""
    if len(set(found)) == 1:
        return found[0]
    values = sorted({int(each) for each in found})
    if values == list(range(values[0], values[-1] + 1)):
        return f"{{{values[0]}..{values[-1]}}}"
    listed = ",".join(map(str, values if len(values) <= 4 else (*values[:3], "..", values[-1])))
    return f"{{{listed}}}"


def _shape(shapes: Sequence[Sequence[int]]) -> str:
    """4x64x28x28, or 4x{64..512}x28x28 where shapes differ."""
    axes = [(min(sizes), max(sizes)) for sizes in zip(*shapes, strict=True)]
    return "x".join(str(low) if low == high else f"{{{low}..{high}}}" for low, high in axes)


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _sum(found: Iterable[Sequence[int]]) -> str:
    total = sum(len(each) for each in found)
    return str(total) if total else "-"


def short(value: float | None) -> str:
    """A number in three digits, `-` where there is none."""
    return "-" if value is None else f"{value:.3g}"


def _printable(line: str) -> str:
    """A line in which nothing moves the cursor or colours the terminal: the name of a module can hold anything."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
