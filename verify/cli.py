"""The command line: `verify run`."""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from verify.errors import VerifyError

if TYPE_CHECKING:
    from verify.plan import Plan

DESCRIPTION = """\
Evaluates proved theorems on real tensors, against torch autograd.

  verify run                                every statement about batch normalization
  verify run fact-c1 --dtype float32        one of them, in one dtype
  verify run --device cuda --shape 64,32    on a GPU, on one shape
  verify run fact-c1 --input x.pt           on your own activations (N, C, ...)

exit status: 0 everything holds, 1 something fails or can't be decided, 2 called wrongly or unreadable input"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like every other."""

    def error(self, message: str) -> NoReturn:
        raise VerifyError(f"{message} (verify run --help shows how it is called)")


def parser() -> argparse.ArgumentParser:
    """The options of `verify`."""
    raw = argparse.RawDescriptionHelpFormatter
    top = _Parser(prog="verify", description=DESCRIPTION, formatter_class=raw)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    about = "evaluate statements against autograd"
    run = commands.add_parser("run", help=about, description=DESCRIPTION, formatter_class=raw)
    run.add_argument("names", nargs="*", metavar="NAME", help="a statement, such as fact-c1 (default: all)")
    run.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    run.add_argument("--dtype", action="append", metavar="DTYPE[,DTYPE]", help="float64, float32, bfloat16, float16")
    run.add_argument("--shape", action="append", metavar="N,C[,L|,H,W]", help="a shape; can be given more than once")
    run.add_argument("--eps", metavar="E", help="epsilon (default: 1e-5; 1e-2 in float16)")
    run.add_argument("--seed", metavar="S", default="0", help="seed of the drawn numbers (default: 0)")
    run.add_argument("--input", metavar="FILE", help="your own activations (N, C, ...), a .pt or .npy file")
    run.add_argument("--all", action="store_true", help="one line for every setting, not for every dtype")
    run.add_argument("--json", action="store_true", help="print JSON and nothing else")
    return top


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise VerifyError(f"--eps {text} is not a number; give one such as 1e-5") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise VerifyError(f"--seed {text} is not a whole number; give one such as 0") from None


def shape_of(text: str) -> tuple[int, ...]:
    """The shape that was written: 64,32 or 64x32 or (64, 32)."""
    try:
        return tuple(int(size) for size in text.strip("()").replace("x", ",").split(",") if size.strip())
    except ValueError:
        raise VerifyError(f"--shape {text} is not a list of sizes; write it as 64,32 or 8,6,7,7") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(parser().parse_args(arguments))
    except VerifyError as error:
        return _refused(str(error), "--json" in arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _refused(message: str, json_wanted: bool) -> int:
    if json_wanted:
        import json

        print(json.dumps({"error": message}))
    print(f"verify: {message}", file=sys.stderr)
    return 2


def _run(options: argparse.Namespace) -> int:
    import torch

    from verify.plan import run, validate
    from verify.report import as_json, table

    plan = _plan(options)
    validate(plan)
    statements, left_out = _statements(options.names)
    if not (plan.shapes or plan.path):
        torch.set_num_threads(1)  # the default shapes are too small for more threads to pay
    progress = _progress if sys.stderr.isatty() else None
    checks = list(run(statements, plan, progress))
    if progress:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if options.json:
        print(as_json(checks, options.device, left_out), flush=True)
    else:
        width = min(shutil.get_terminal_size().columns, 120)
        print(table(checks, left_out, width, options.all), flush=True)
    return 0 if all(check.ok for check in checks) else 1


def _progress(done: int, total: int, label: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    print("\r\x1b[K" + f"{done + 1}/{total} {label}"[:width], end="", file=sys.stderr, flush=True)


def _plan(options: argparse.Namespace) -> Plan:
    from verify.inputs import DTYPES
    from verify.plan import Plan

    dtypes = [name.strip() for given in options.dtype or () for name in given.split(",") if name.strip()]
    return Plan(
        device=options.device,
        dtypes=tuple(dict.fromkeys(dtypes)) or tuple(DTYPES),
        shapes=tuple(map(shape_of, options.shape or ())),
        eps=None if options.eps is None else _number(options.eps),
        seed=_whole(options.seed),
        path=options.input,
    )


def _statements(wanted: list[str]) -> tuple[list[Any], dict[str, str]]:
    """The statements that were asked for; without a name, all that can be evaluated, and why the others can't."""
    from derive.theorems import names, statement
    from verify.plan import fault_of_statement

    known = list(names())
    for name in wanted:
        if name not in known:
            raise VerifyError(_unknown(name, known))
    found = [statement(name) for name in wanted or known]
    faults = {each.id: fault for each in found if (fault := fault_of_statement(each))}
    for name in wanted:
        if name in faults:
            raise VerifyError(f"{name} can't be evaluated: {faults[name]}")
    return [each for each in found if each.id not in faults], faults


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"there is no statement {name!r}; {guess}there are {', '.join(known)}"
