"""`verify layer MODULE:NAME --like LAYER`: somebody's layer or kernel against the proved forms."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import Any

from verify.commands.arguments import names, number, shape_of

DESCRIPTION = """\
Runs your layer or kernel on inputs that show faults, and compares output, gradients and second
derivatives with the proved ones. Every tolerance is a rounding error bound.

  verify layer torch.nn:LayerNorm --like layernorm
  verify layer kernels.py:my_layer_norm --like layernorm --dtype float32,bfloat16
  verify layer model.py:Norm --like groupnorm --num-groups 8 --shape 2,32,7,7 --arg affine=true
  verify layer torch.nn.functional:batch_norm --like batchnorm --stress

A class is constructed from the shape and from --arg key=value. A function may take the input, and
weight, bias, eps, num_groups, normalized_shape by these or other usual names.

exit status: 0 pass, 1 any other verdict, 2 called wrongly"""


def add_layer(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "check your own layer or kernel"
    own = commands.add_parser("layer", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("target", metavar="MODULE:NAME", help="a module or a file, and what in it: kernels.py:my_norm")
    own.add_argument("--like", required=True, metavar="LAYER", help="what it is meant to be, such as layernorm")
    own.add_argument("--shape", action="append", metavar="N,C,...", help="shape of the input; may be given again")
    own.add_argument("--dtype", action="append", metavar="DTYPE[,DTYPE]", help="float64, float32, bfloat16, float16")
    own.add_argument("--parameter-dtype", metavar="DTYPE", help="dtype of weight and bias (default: that of the input)")
    own.add_argument("--accumulate", metavar="DTYPE", help="dtype of statistics and sums (16-bit inputs: float32)")
    own.add_argument("--device", help="cpu or cuda (default: that of the layer)")
    own.add_argument("--eps", metavar="E", help="epsilon (default: what the layer says, else 1e-5)")
    own.add_argument("--num-groups", metavar="G", help="the number of groups of a group normalization")
    own.add_argument("--normalized-shape", metavar="D,...", help="the normalized axes (default: the last one)")
    own.add_argument("--order", metavar="K", default="2", help="highest derivative: 0, 1 or 2 (default)")
    own.add_argument("--seed", metavar="S", default="0", help="seed of the drawn numbers (default: 0)")
    own.add_argument("--weight", metavar="NAME", help="the parameter of the module that is the weight")
    own.add_argument("--bias", metavar="NAME", help="the parameter of the module that is the bias")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument for constructing the class")
    own.add_argument("--stress", action="store_true", help="constant features, huge means, forward mode twice")
    own.add_argument("--worst-case", action="store_true", help="worst-case bounds instead of probable ones")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_layer)


def run_layer(options: argparse.Namespace) -> int:
    """Checks one layer; returns the exit status."""
    with contextlib.redirect_stdout(sys.stderr):  # whatever the layer prints is not our output
        report = _report(options)
    print(json.dumps(report.as_json(), indent=2) if options.json else str(report), flush=True)
    return 0 if report.ok else 1


def _report(options: argparse.Namespace) -> Any:
    from verify.assertions.layer import check_layer
    from verify.assertions.loading import layer_of
    from verify.assertions.options import refuse
    from verify.loading import arguments_of, load

    shapes = [shape_of(text) for text in options.shape or ()]
    normalized = shape_of(options.normalized_shape) if options.normalized_shape else None
    eps = number(float, "--eps", options.eps, "1e-5")
    groups = number(int, "--num-groups", options.num_groups, "8")
    order = number(int, "--order", options.order, "2")
    refuse(options.like, order if order is not None else 2)
    known = {"eps": eps, "num_groups": groups, "normalized_shape": normalized}
    found = load(options.target)
    layer = layer_of(found, options.like, shapes[0] if shapes else None, known, arguments_of(options.arg or ()))
    return check_layer(
        layer,
        options.like,
        shapes=shapes or None,
        dtypes=names(options.dtype) or None,
        parameter_dtype=options.parameter_dtype,
        accumulate=options.accumulate,
        device=options.device,
        eps=eps,
        num_groups=groups,
        normalized_shape=normalized,
        order=2 if order is None else order,
        stress=options.stress,
        worst_case=options.worst_case,
        weight=options.weight,
        bias=options.bias,
        seed=number(int, "--seed", options.seed, "0") or 0,
    )
