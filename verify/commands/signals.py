"""`verify signals`: activations and gradients of networks at random initialization."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import Any

from verify.commands.arguments import names, number, shape_of

DESCRIPTION = """\
Measures signals in networks at random initialization, and judges theorems and claims about them: the
variance of activations by depth, how alike the last activations are, the gradient by depth, channels
as a network diverges, and the loss along the gradient by step size.

  verify signals                                            plain and residual CNNs; about a minute
  verify signals --quick --measure gradient,steps           seconds
  verify signals --norm batchnorm,groupnorm --group-size 2,4
  verify signals --model model.py:build --input 16,3,32,32  your own network

measures: variance, similarity, gradient, channels, steps
normalizations: none, batchnorm, layernorm, instancenorm, groupnorm, weightnorm, weight-standardization

A factory of yours that takes norm= (and group_size=) is compared over --norm. The folder of -o keeps
every run, so that an interrupted experiment goes on; pictures and signals.json are written there.

exit status: 0 no claim failed, 1 one failed, 2 called wrongly"""


def add_signals(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "activations and gradients at random initialization"
    own = commands.add_parser("signals", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("--measure", action="append", metavar="M[,M]", help="parts of it (default: all)")
    own.add_argument("--model", metavar="MODULE:FACTORY", help="a network of your own (default: the built-in ones)")
    own.add_argument("--input", metavar="N,C,...", help="the shape of its input, where it brings no batch")
    own.add_argument("--vocabulary", metavar="V", help="the input is whole numbers below V")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument for the factory")
    own.add_argument("--norm", action="append", metavar="NAME[,NAME]", help="normalizations (default: all)")
    own.add_argument("--group-size", metavar="P[,P]", help="channels in a group of groupnorm (default: 2,4,8)")
    own.add_argument("--depth", metavar="N", help="blocks of the built-in CNNs (default: 8)")
    own.add_argument("--width", metavar="N", help="their channels (default: 16)")
    own.add_argument("--seeds", metavar="N", help="networks of each kind (default: 8)")
    own.add_argument("--batch", metavar="N", help="images in a batch (default: 64)")
    own.add_argument("--dataset", metavar="NAME", help="digits (default), cifar10 or random")
    own.add_argument("--data", metavar="DIR", help="the folder that holds CIFAR-10; nothing is downloaded")
    own.add_argument("--seed", metavar="S", help="what everything is drawn from (default: 0)")
    own.add_argument("-o", "--output", metavar="DIR", default="signals", help="folder (default: signals)")
    own.add_argument("--quick", action="store_true", help="small and few: seconds")
    own.add_argument("--fresh", action="store_true", help="begin again, whatever is in the folder")
    own.add_argument("--quiet", action="store_true", help="no progress")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_signals)


def run_signals(options: argparse.Namespace) -> int:
    """Runs the experiment; returns the exit status."""
    with contextlib.redirect_stdout(sys.stderr):  # whatever a person's model prints is not our output
        result = _result(options)
    print(json.dumps(result.as_json(), indent=2) if options.json else str(result), flush=True)
    return 0 if result.ok else 1


def _result(options: argparse.Namespace) -> Any:
    from verify.experiments.signals import signals
    from verify.loading import arguments_of, load

    whole = {name: getattr(options, name) for name in ("depth", "width", "seeds", "batch", "seed")}
    sizes = names([options.group_size]) if options.group_size is not None else None
    return signals(
        load(options.model) if options.model else None,
        shape=shape_of(options.input) if options.input else None,
        vocabulary=number(int, "--vocabulary", options.vocabulary, "1000"),
        arguments=arguments_of(options.arg or ()) or None,
        data=options.data,
        folder=options.output,
        quick=options.quick,
        quiet=options.quiet,
        fresh=options.fresh,
        measure=names(options.measure) or None,
        norm=names(options.norm) or None,
        group_size=None if sizes is None else tuple(number(int, "--group-size", size, "4") for size in sizes),
        dataset=options.dataset,
        **{name: number(int, f"--{name}", text, "8") for name, text in whole.items()},
    )
