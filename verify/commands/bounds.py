"""`verify bounds`: how far an honest implementation of a layer may be off, in figures."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from typing import Any

from verify.commands.arguments import names, number, shape_of
from verify.errors import VerifyError

DESCRIPTION = """\
Rounding error bounds of a layer, relative to the largest entry, for normal data: the probable bound, which
fails with probability 1e-9, and the worst case. docs/bounds.md says what they rest on.

  verify bounds layernorm --shape 64,1000
  verify bounds groupnorm --shape 8,4,16,49 --dtype bfloat16 --ratio 10
  verify bounds layernorm --shape 64,1000 --order pairwise --quantity 'input gradient'

exit status: 0, or 2 called wrongly"""

LARGEST = 2**22
"""The analysis holds some tens of copies of an input in float64."""


def add_bounds(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "how far an honest implementation may be off"
    own = commands.add_parser("bounds", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("layer", metavar="LAYER", help="such as layernorm")
    own.add_argument("--shape", required=True, metavar="N,D,...", help="lengths of the axes of the layer's input")
    own.add_argument("--quantity", action="append", metavar="NAME", help="such as output (default: all of first order)")
    own.add_argument("--dtype", action="append", metavar="DTYPE[,DTYPE]", help="default: float32,bfloat16")
    own.add_argument("--accumulate", metavar="DTYPE", help="dtype of statistics and sums (16-bit inputs: float32)")
    own.add_argument("--order", default="unknown", help="sequential, pairwise, blocked(64) or unknown (default)")
    own.add_argument("--ratio", default="0", metavar="R", help="mean over standard deviation (default: 0)")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_bounds)


def run_bounds(options: argparse.Namespace) -> int:
    """Prints a table; returns the exit status."""
    from verify.bounds.model import Model
    from verify.bounds.table import first_order, summary, table

    shape = shape_of(options.shape)
    if not shape or min(shape) < 1 or math.prod(shape) > LARGEST:
        raise VerifyError(f"--shape {options.shape} is none; give sizes of at least 1, and at most {LARGEST} entries")
    ratio = number(float, "--ratio", options.ratio, "10")
    accumulate = _dtype(options.accumulate) if options.accumulate else None
    rows = [
        summary(options.layer, quantity, dtype, shape, ratio, Model(dtype, accumulate, options.order))
        for quantity in options.quantity or first_order(options.layer)
        for dtype in map(_dtype, names(options.dtype) or ("float32", "bfloat16"))
    ]
    print(json.dumps({"bounds": [asdict(row) for row in rows]}, indent=2) if options.json else table(rows))
    return 0


def _dtype(name: str) -> Any:
    from verify.assertions.options import dtype_of

    return dtype_of(name)
