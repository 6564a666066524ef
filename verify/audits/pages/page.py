"""An audit as one HTML page that needs nothing else: no network, no scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from verify.assertions.report import Row
from verify.audits.pages.plots import Plot, plots
from verify.audits.pages.stylesheet import STYLESHEET
from verify.audits.pages.table import kind_of, path_of, short, summary, without_gradient
from verify.audits.record import FAULT, AuditReport, LayerAudit
from verify.errors import VerifyError

HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
"""
FOOT = "</main>\n</body>\n</html>\n"

COLUMNS = (
    ("#", "in the order of execution", "number"),
    ("layer", "path of the module"),
    ("what ran", "and the layer whose proved forms it was compared with"),
    ("shape", "of the input"),
    ("dtype", ""),
    ("ε", "epsilon"),
    ("verdict", ""),
    ("error / bound", "the largest of all quantities; rounding explains up to 1", "number"),
    ("ratio", "of Theorem 4.1, the largest of all statistics; at most 1", "number"),
    ("mean / std", "the largest of all statistics", "number"),
    ("var / ε", "the smallest of all statistics", "number"),
    ("dead", "channels without a scale or an upstream gradient", "number"),
    ("near-constant", "channels whose variance is below epsilon", "number"),
)
QUANTITIES = (
    ("quantity", ""),
    ("verdict", ""),
    ("error", "at the entry that is worst by its bound", "number"),
    ("bound", "the rounding error bound of that entry", "number"),
    ("error / bound", "", "number"),
    ("values up to", "", "number"),
    ("at entry", "its indices"),
)


def write_page(report: AuditReport, path: Path | str) -> None:
    """Writes the page of an audit. Raises VerifyError where it can't be written, or matplotlib is missing."""
    text = page(report)
    try:
        Path(path).write_text(text, encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        raise VerifyError(f"{path} can't be written: {getattr(error, 'strerror', None) or error}") from None


def page(report: AuditReport) -> str:
    """The page of an audit: what is wrong, the plots, and all layers. Names of models and modules are escaped."""
    return HEAD.format(title=f"Audit of {_text(report.model)}", style=STYLESHEET) + "\n".join(_body(report)) + FOOT


def _text(value: object) -> str:
    """Any text as it is read, never as markup; what moves a cursor or turns the line around is shown as its code."""
    return escape("".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in str(value)))


def _body(report: AuditReport) -> Iterator[str]:
    yield f"<h1>Audit of {_text(report.model)}</h1>"
    yield from _summary(report)
    if report.faults:
        yield "<h2>Faults</h2>"
        yield from (line for layer in report.faults for line in _fault(layer, _number(report, layer)))
    if report.undecided:
        yield "<h2>Undecided</h2>"
        yield from _reasons([(path_of(layer), layer.says) for layer in report.undecided])
    if report.unseen:
        yield "<h2>Not seen</h2>"
        yield from _reasons(list(report.unseen.items()))
    if without := without_gradient(report):
        yield "<h2>Not compared</h2>"
        yield from _reasons(without)
    if report.layers:
        yield "<h2>By depth</h2>"
        yield from (line for plot in plots(report) for line in _figure(plot))
        yield "<h2>All normalizations</h2>"
        yield from _layers(report.layers)
    yield "<footer>Written by <code>verify audit</code>. Every bound is a rounding error bound.</footer>"


def _summary(report: AuditReport) -> Iterator[str]:
    kind = "bad" if report.faults else "open" if report.undecided or not report.layers else "good"
    yield f'<p class="summary {kind}">{_text(summary(report))}</p>'


def _number(report: AuditReport, layer: LayerAudit) -> int:
    return next(at for at, other in enumerate(report.layers, 1) if other is layer)


def _fault(layer: LayerAudit, number: int) -> Iterator[str]:
    yield '<section class="fault">'
    yield f'<h3><a href="#layer-{number}">{_text(path_of(layer))}</a></h3>'
    yield f"<p>{_text(layer.says or 'beyond its bound')}</p>"
    epsilon = "" if layer.eps is None else f", epsilon {layer.eps:g}"
    what = f"{kind_of(layer)}, {layer.dtype}, shape {_shape(layer)}{epsilon}; compared at {layer.checked} statistics"
    yield f'<p class="about">{_text(what)}</p>'
    yield from _scrolled(f"Quantities of {path_of(layer)}", _quantities(layer.rows))
    yield "</section>"


def _quantities(rows: Sequence[Row]) -> Iterator[str]:
    yield f"<thead><tr>{''.join(_heading(*column) for column in QUANTITIES)}</tr></thead><tbody>"
    for row in rows:
        numbers = (row.error, row.bound, row.ratio, row.scale)
        cells = "".join(f'<td class="number">{short(value)}</td>' for value in numbers)
        entry = ", ".join(map(str, row.entry)) or "-"
        wrong = "" if row.ok else ' class="bad"'
        verdict = f"<td{wrong}>{_text(row.verdict)}</td>"
        yield f'<tr><th scope="row">{_text(row.quantity)}</th>{verdict}{cells}<td>{_text(entry)}</td></tr>'
    yield "</tbody>"


def _reasons(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Every reason once, with the paths that it is given for."""
    yield "<dl>"
    for reason in dict.fromkeys(reason for _, reason in found):
        paths = [path or "the model itself" for path, why in found if why == reason]
        shown = ", ".join(f"<code>{_text(path)}</code>" for path in paths)
        yield f"<dt>{_text(reason or 'no reason is known')}</dt><dd>{shown}</dd>"
    yield "</dl>"


def _figure(plot: Plot) -> Iterator[str]:
    yield f'<figure id="{plot.name}"><h3>{_text(plot.title)}</h3>'
    if plot.svg:
        yield f'<div class="drawing" tabindex="0" role="group" aria-label="{_text(plot.title)}">{plot.svg}</div>'
    yield f"<figcaption>{_text(plot.about)}</figcaption></figure>"


def _layers(layers: Sequence[LayerAudit]) -> Iterator[str]:
    yield from _scrolled("All normalizations in the order of execution", _rows(layers))


def _scrolled(caption: str, rows: Iterator[str]) -> Iterator[str]:
    """A table that scrolls by itself where it is too wide, by keys as well."""
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(caption)}"><table>'
    yield f'<caption class="unseen">{_text(caption)}</caption>'
    yield from rows
    yield "</table></div>"


def _rows(layers: Sequence[LayerAudit]) -> Iterator[str]:
    yield f"<thead><tr>{''.join(_heading(*column) for column in COLUMNS)}</tr></thead><tbody>"
    yield from (_row(number, layer) for number, layer in enumerate(layers, 1))
    yield "</tbody>"


def _heading(name: str, about: str, kind: str = "") -> str:
    number = ' class="number"' if kind else ""
    title = f' title="{about}"' if about else ""
    return f'<th scope="col"{number}{title}>{name}</th>'


def _row(number: int, layer: LayerAudit) -> str:
    found = layer.numbers
    words = (kind_of(layer), _shape(layer), layer.dtype, "-" if layer.eps is None else f"{layer.eps:g}")
    numbers = (
        short(layer.error_by_bound),
        short(layer.ratio),
        short(max(found.mean_by_std, default=None)),
        short(min(found.tightness, default=None)),
        str(len(layer.dead) or "-"),
        str(len(layer.near_constant) or "-"),
    )
    kind = {"pass": "good", FAULT: "bad"}.get(layer.verdict, "open")
    cells = "".join(f"<td>{_text(word)}</td>" for word in words)
    cells += f'<td class="{kind}">{_text(layer.verdict)}</td>'
    cells += "".join(f'<td class="number">{value}</td>' for value in numbers)
    path = f'<th scope="row"><code>{_text(path_of(layer))}</code></th>'
    return f'<tr id="layer-{number}"><td class="number">{number}</td>{path}{cells}</tr>'


def _shape(layer: LayerAudit) -> str:
    return "×".join(map(str, layer.shape))
