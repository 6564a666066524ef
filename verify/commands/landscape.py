"""`verify landscape`: the paper's measurements on networks as they train."""

from __future__ import annotations

import argparse
from typing import Any

from verify.commands.arguments import names, number
from verify.commands.experiment import add_model, add_run, model_of, printed

DESCRIPTION = """\
Trains networks with and without normalization, measures the landscape of their loss on the way, and
says of every claim and theorem whether it held: loss range along the gradient, gradient
predictiveness, effective beta-smoothness, internal covariate shift, noisy batch normalization, L1, L2
and Linf normalization, divergence by depth and learning rate, and Theorem 4.1 at every layer.

  verify landscape --quick
  verify landscape --measure range,smoothness --steps 500 --every 10
  verify landscape --dataset cifar10 --data cifar-10-batches-py --batch 128 --width 32
  verify landscape --model nets.py:make --norm none,batchnorm,layernorm --lr 0.05

A factory returns a module, (module, batch) or (module, batch, loss). One that takes an argument `norm`
is compared for every --norm; else its network is measured as it is. Runs are kept in the folder: an
interrupted experiment goes on where it was.

exit status: 0 every claim held or is undecided, 1 one failed, 2 called wrongly"""


def add_landscape(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "measure the landscape of the loss as networks train"
    own = commands.add_parser("landscape", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("--measure", action="append", metavar="M[,M]", help="parts of it (default: all); see below")
    add_model(own)
    own.add_argument("--norm", action="append", metavar="NAME[,NAME]", help="compared with none (default: batchnorm)")
    own.add_argument("--steps", metavar="N", help="steps of gradient descent (default: 50)")
    own.add_argument("--every", metavar="N", help="steps from one measurement to the next (default: 5)")
    own.add_argument("--points", metavar="N", help="step sizes along a direction, 1/2 to 4 times --lr (default: 5)")
    own.add_argument("--repeats", metavar="N", help="seeds; fewer than 5 decide nothing (default: 5)")
    own.add_argument("--lr", metavar="LR", help="learning rate (default: 0.1; deep linear network: 0.03)")
    own.add_argument("--depth", metavar="N", help="layers (default: 6 convolutions; deep linear network: 8)")
    own.add_argument("--width", metavar="N", help="channels of the first convolution (default: 8)")
    own.add_argument("--batch", metavar="N", help="samples in a batch (default: 64)")
    own.add_argument("--lrs", metavar="LR,...", help="learning rates of the map of divergence")
    own.add_argument("--depths", metavar="N,...", help="depths of the map of divergence")
    own.add_argument("--channels", metavar="N", help="channels of a layer where Theorem 4.1 is compared (default: 4)")
    own.add_argument("--dataset", metavar="NAME", help="digits (default) or cifar10")
    own.add_argument("--seed", metavar="S", help="the first seed (default: 0)")
    add_run(own, "landscape")
    own.epilog = "measures: range, smoothness, shift, noise, norms, divergence, theorem"
    own.set_defaults(run=run_landscape)


def run_landscape(options: argparse.Namespace) -> int:
    """Runs the experiment; returns the exit status."""
    return printed(options, lambda: _result(options))


def _result(options: argparse.Namespace) -> Any:
    from verify.experiments.landscape import landscape

    network, said = model_of(options)
    return landscape(network, **said, **_settings(options))


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for, by the names of the settings; None where nothing was."""
    whole = ("steps", "every", "points", "repeats", "depth", "width", "channels", "seed")
    return {
        **{name: number(int, f"--{name}", getattr(options, name), "10") for name in whole},
        "batch_size": number(int, "--batch", options.batch, "64"),
        "lr": number(float, "--lr", options.lr, "0.1"),
        "lrs": _several(float, "--lrs", options.lrs, "0.1"),
        "depths": _several(int, "--depths", options.depths, "3"),
        "measures": names(options.measure) or None,
        "norms": names(options.norm) or None,
    }


def _several(kind: Any, option: str, text: str | None, example: str) -> tuple | None:
    return tuple(number(kind, option, part, example) for part in names([text])) if text is not None else None
