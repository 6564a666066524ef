"""`python -m benchmarks`: how fast we are, beside the rivals, in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import cold, proofs, refutations
from benchmarks.comparison import Row, table
from benchmarks.worker import ROOT

SECTIONS = {
    "prove": (proofs, "From raw y, warm, in process; symbolic m and epsilon for us", 15),
    "cold": (cold, "Whole commands, cold", 15),
    "refute": (refutations, "A planted error: counterexample and repair", 15),
}
GROWTH_REPEAT = 3
NOTES_REPEAT = 7


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    wanted = [*SECTIONS, *OTHERS] if options.what == "all" else [options.what]
    results: dict = {"machine": machine()}
    print(", ".join(f"{name} {value}" for name, value in results["machine"].items()))
    for name in wanted:
        results[name] = OTHERS[name](options) if name in OTHERS else _section(name, options.repeat)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def machine() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "Python": platform.python_version(),
        "SymPy": version("sympy"),
        "CPUs": str(os.cpu_count()),
        "machine": f"{platform.system()} {platform.machine()}",
        "load": ", ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _section(name: str, repeat: int | None) -> list[dict]:
    module, title, usual = SECTIONS[name]
    rows = list(_shown(module.measured(repeat or usual)))
    print(f"\n{title}\n")
    print("\n".join(table(rows)))
    return [row.record() for row in rows]


def _shown(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows as they come; a terminal sees which one is done."""
    for row in rows:
        if sys.stderr.isatty():
            print(f"  {row.what} {row.rival}", file=sys.stderr)
        yield row


def _growth(options: argparse.Namespace) -> list[dict]:
    from benchmarks import growth

    curves = list(growth.measured(options.repeat or GROWTH_REPEAT))
    print("\nHow time grows\n")
    print("\n".join(growth.report(curves)))
    try:
        from benchmarks.plot import draw

        draw(curves, options.plot)
    except ImportError:
        print("no plot: matplotlib is not installed; pip install -e '.[bench]'")
    else:
        print(f"drawn in {options.plot}")
    return [curve.record() for curve in curves]


def _detection(options: argparse.Namespace) -> list[dict]:
    from benchmarks.detection import measure

    results = []
    for result in measure.measured(options.repeat or measure.SEEDS):
        print(f"  {result.design}: {result.seconds:.0f} s", file=sys.stderr)
        results.append(result)
    print("\nPlanted faults in layers, and honest layers\n")
    print("\n".join(measure.report(results)))
    return [result.record() for result in results]


def _gradients(options: argparse.Namespace) -> list[dict]:
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # torch's profiler, which measures memory, says when it starts
    from benchmarks import gradients

    print(f"\nClosed forms as kernels, beside torch\n\n{gradients.HEAD}", flush=True)
    rows = []
    for row in gradients.measured(options.quick):
        print(gradients.line(row), flush=True)
        rows.append(row)
    print("", *gradients.summary(rows), sep="\n")
    return [gradients.record(row) for row in rows]


def _audit(options: argparse.Namespace) -> list[dict]:
    from benchmarks import audit

    print(f"\nAudits of whole models, beside the same step without\n\n{audit.HEAD}", flush=True)
    rows = []
    for row in audit.measured(options.quick, options.repeat):
        print(audit.line(row), flush=True)
        rows.append(row)
    print("", *audit.summary(rows), sep="\n")
    return [audit.record(row) for row in rows]


def _notes(options: argparse.Namespace) -> list[dict]:
    from benchmarks import notes

    rows = list(notes.measured(options.repeat or NOTES_REPEAT))
    print("\nNotes, checked in one process\n")
    print("\n".join(notes.report(rows)))
    return [row.record() for row in rows]


OTHERS = {"growth": _growth, "detect": _detection, "gradients": _gradients, "audit": _audit, "notes": _notes}
"""Sections whose figures are not pairs of runs."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=[*SECTIONS, *OTHERS, "all"], default="all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to FILE")
    parser.add_argument(
        "--repeat", type=int, metavar="N", help="pairs a row (15, audit 9), a point (3), of notes (7)"
    )
    parser.add_argument("--quick", action="store_true", help="gradients, audit: small shapes and short runs")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=ROOT / "docs" / "growth.svg")
    return parser


if __name__ == "__main__":
    sys.exit(main())
