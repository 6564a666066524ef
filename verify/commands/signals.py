"""`verify signals`: activations and gradients of networks at random initialization."""

from __future__ import annotations

import argparse
from typing import Any

from verify.commands.arguments import names, number
from verify.commands.experiment import add_model, add_run, model_of, printed

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
    add_model(own)
    own.add_argument("--norm", action="append", metavar="NAME[,NAME]", help="normalizations (default: all)")
    own.add_argument("--group-size", metavar="P[,P]", help="channels in a group of groupnorm (default: 2,4,8)")
    own.add_argument("--depth", metavar="N", help="blocks of the built-in CNNs (default: 8)")
    own.add_argument("--width", metavar="N", help="their channels (default: 16)")
    own.add_argument("--seeds", metavar="N", help="networks of each kind (default: 8)")
    own.add_argument("--batch", metavar="N", help="images in a batch (default: 64)")
    own.add_argument("--dataset", metavar="NAME", help="digits (default), cifar10 or random")
    own.add_argument("--seed", metavar="S", help="what everything is drawn from (default: 0)")
    add_run(own, "signals")
    own.set_defaults(run=run_signals)


def run_signals(options: argparse.Namespace) -> int:
    """Runs the experiment; returns the exit status."""
    return printed(options, lambda: _result(options))


def _result(options: argparse.Namespace) -> Any:
    from verify.experiments.signals import signals

    network, said = model_of(options)
    whole = {name: getattr(options, name) for name in ("depth", "width", "seeds", "batch", "seed")}
    sizes = names([options.group_size]) if options.group_size is not None else None
    return signals(
        network,
        measure=names(options.measure) or None,
        norm=names(options.norm) or None,
        group_size=None if sizes is None else tuple(number(int, "--group-size", size, "4") for size in sizes),
        **{name: number(int, f"--{name}", text, "8") for name, text in whole.items()},
        **said,
    )
