"""The command line: `verify run` and `verify layer`."""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from verify.assertions.command import add_layer
from verify.errors import VerifyError

if TYPE_CHECKING:
    from verify.statements.check import Check
    from verify.statements.plan import Plan

DESCRIPTION = """\
Evaluates proved theorems on real tensors, against torch autograd.

  verify run                                every statement, and the derivatives of every layer
  verify run fact-c1 --dtype float32        one of them, in one dtype
  verify run --layer layernorm              everything about one layer, its second derivatives too
  verify run --layer layernorm --shape 8,96 on one shape: the lengths of the layer's axes, here N and D
  verify run 'softmax: Hessian by input'    one derivative
  verify run --device cuda --shape 64,32    batch normalization on a GPU, on one shape (N, C, ...)
  verify run fact-c1 --input x.pt           on your own activations (N, C, ...)
  verify run --list                         what there is

  verify layer kernels.py:my_layer_norm --like layernorm     your own layer or kernel (verify layer --help)

exit status: 0 everything holds, 1 something fails or can't be decided, 2 called wrongly or unreadable input"""


class WrongCall(VerifyError):
    """Options that there are not, or that lack something."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, like every other."""

    def error(self, message: str) -> NoReturn:
        raise WrongCall(message)


def parser() -> argparse.ArgumentParser:
    """The options of `verify`."""
    raw = argparse.RawDescriptionHelpFormatter
    top = _Parser(prog="verify", description=DESCRIPTION, formatter_class=raw)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    about = "evaluate statements against autograd"
    run = commands.add_parser("run", help=about, description=DESCRIPTION, formatter_class=raw)
    run.add_argument("names", nargs="*", metavar="NAME", help="a statement, such as fact-c1 (default: all)")
    run.add_argument("--layer", metavar="LAYER", help="a layer, such as layernorm: all its statements and derivatives")
    run.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    run.add_argument("--dtype", action="append", metavar="DTYPE[,DTYPE]", help="float64, float32, bfloat16, float16")
    shapes = "the lengths of the layer's axes, or (N, C, ...) for batchnorm; can be given more than once"
    run.add_argument("--shape", action="append", metavar="N,C,...", help=shapes)
    run.add_argument("--eps", metavar="E", help="epsilon (default: 1e-5; 1e-2 in float16)")
    run.add_argument("--seed", metavar="S", default="0", help="seed of the drawn numbers (default: 0)")
    run.add_argument("--input", metavar="FILE", help="your own activations (N, C, ...), a .pt or .npy file")
    run.add_argument("--list", action="store_true", help="list the statements, without evaluating them")
    run.add_argument("--all", action="store_true", help="one line for every setting, not for every dtype")
    run.add_argument("--json", action="store_true", help="print JSON and nothing else")
    run.set_defaults(run=_run)
    add_layer(commands)
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
        options = parser().parse_args(arguments)
        return options.run(options)
    except WrongCall as error:
        command = next((name for name in arguments[:1] if name in ("run", "layer")), "run")
        message = f"{error} (verify {command} --help shows how it is called)"
        return _refused(message, "--json" in arguments)
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

    from verify.statements.plan import run, validate
    from verify.statements.report import as_json, setting_of, table
    from verify.statements.shapes import refuse_shapes

    plan = _plan(options)
    validate(plan)
    layer = options.layer
    if (plan.shapes or plan.path) and not (options.names or layer):
        layer = "batchnorm"
    found = _found(options.names, layer)
    if options.list:
        return _listed(found, options.json)
    if layer == "batchnorm":
        refuse_shapes(plan.shapes)
    statements, left_out = _evaluated(found, bool(options.names))
    if not (plan.shapes or plan.path):
        torch.set_num_threads(1)  # the default shapes are too small for more threads to pay
    progress = _progress if sys.stderr.isatty() else None
    passed_over: list[Check] = []
    checks = list(run(statements, plan, progress, passed_over))
    left_out += [(check.statement, f"{setting_of(check)}: {check.reason}") for check in passed_over]
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
    from verify.statements.plan import Plan

    dtypes = [name.strip() for given in options.dtype or () for name in given.split(",") if name.strip()]
    return Plan(
        device=options.device,
        dtypes=tuple(dict.fromkeys(dtypes)),
        shapes=tuple(map(shape_of, options.shape or ())),
        eps=None if options.eps is None else _number(options.eps),
        seed=_whole(options.seed),
        path=options.input,
    )


def _found(wanted: list[str], layer: str | None) -> list[Any]:
    """The statements that were asked for, by name or by layer; all without either."""
    from derive.layers import LAYERS
    from derive.theorems import names, statement
    from verify.statements.derived import derived

    if layer is not None and layer not in LAYERS:
        raise VerifyError(_unknown("layer", layer, list(LAYERS)))
    known = list(names())
    if not wanted:
        own = [statement(name) for name in known]
        chosen = [name for name in LAYERS if layer in (None, name)]
        of_layers = [each for name in chosen for each in derived(LAYERS[name](), every=name == layer)]
        return [*(each for each in own if layer is None or (each.layer and each.layer.name == layer)), *of_layers]
    found = []
    for name in wanted:
        prefix = name.partition(":")[0]
        of_layer = {each.id: each for each in derived(LAYERS[prefix]())} if prefix in LAYERS else {}
        if name not in known and name not in of_layer:
            raise VerifyError(_unknown("statement", name, [*known, *of_layer]))
        found.append(of_layer[name] if name in of_layer else statement(name))
    outside = [each.id for each in found if layer is not None and not (each.layer and each.layer.name == layer)]
    if outside:
        raise VerifyError(f"{outside[0]} is not about {layer}; leave --layer out, or name a statement about {layer}")
    return found


def _evaluated(found: list[Any], named: bool) -> tuple[list[Any], list[tuple[str, str]]]:
    """The statements that can be evaluated, and why the others can't; those that were named have to be."""
    from verify.statements.plan import fault_of_statement

    faults = [(each.id, fault) for each in found if (fault := fault_of_statement(each))]
    if named and faults:
        name, fault = faults[0]
        raise VerifyError(f"{name} can't be evaluated: {fault}")
    without = dict(faults)
    return [each for each in found if each.id not in without], faults


def _listed(found: list[Any], as_json: bool) -> int:
    """Prints what there is."""
    rows = [
        {"statement": each.id, "layer": each.layer.name if each.layer else "", "title": each.title} for each in found
    ]
    if as_json:
        import json

        print(json.dumps({"statements": rows}, indent=2))
        return 0
    width = max((len(row["statement"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['statement']:{width}}  {row['title']}")
    return 0


def _unknown(kind: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return f"there is no {kind} {name!r}; {guess}there are {', '.join(known)}"
