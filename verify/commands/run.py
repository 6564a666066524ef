"""`verify run`: statements against autograd."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING, Any

from derive.naming import no_such
from verify.commands.arguments import names as names_of
from verify.commands.arguments import number, shape_of
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

exit status: 0 everything holds, 1 something fails or can't be decided, 2 called wrongly or unreadable input"""


def add_run(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
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
    run.set_defaults(run=run_statements)


def run_statements(options: argparse.Namespace) -> int:
    """Evaluates what was asked for; returns the exit status."""
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

    return Plan(
        device=options.device,
        dtypes=names_of(options.dtype),
        shapes=tuple(map(shape_of, options.shape or ())),
        eps=number(float, "--eps", options.eps, "1e-5"),
        seed=number(int, "--seed", options.seed, "0"),
        path=options.input,
    )


def _found(wanted: list[str], layer: str | None) -> list[Any]:
    """The statements that were asked for, by name or by layer; all without either."""
    from derive.layers import LAYERS
    from derive.theorems import names, statement
    from verify.statements.derived import derived

    if layer is not None and layer not in LAYERS:
        raise VerifyError(no_such("layer", layer, LAYERS))
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
            raise VerifyError(no_such("statement", name, [*known, *of_layer], "verify run --list"))
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
