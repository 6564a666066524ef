"""`verify init`: Lemma 4.5 on trained networks."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import Any

from verify.commands.arguments import number
from verify.errors import VerifyError

DESCRIPTION = """\
Trains networks from one start, without batch normalization and with it, and checks at their optima W*:
that the network is the same at k W*, k > 0, at epsilon = 0; how it changes at epsilon > 0; and that the
optimum nearest to the start is where Lemma 4.5 of Santurkar et al. 2018 has it, for starts W0 on both
sides of W*.

  verify init                                                a perceptron on scikit-learn's digits
  verify init -o out                                         pictures and all numbers; an interrupted call goes on
  verify init --dataset cifar10 --data ~/cifar-10-batches-py --steps 2000 -o out
  verify init --model models.py:small_net                    a factory of a model for the images
  verify init --model models.py:with_batch                   one that returns (model, batch, loss)

The layers that are followed by a batch normalization are found by what the model computes: those whose
weights can be doubled without a change of one bit.

exit status: 0 everything holds, 1 something does not, 2 called wrongly"""


def add_init(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "Lemma 4.5: the nearest optimum, on trained networks"
    own = commands.add_parser("init", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("--model", metavar="MODULE:FACTORY", help="a model of yours, with batch normalization")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument of the factory")
    own.add_argument("--dataset", metavar="NAME", default="digits", help="digits (default) or cifar10")
    own.add_argument("--data", metavar="FOLDER", help="where CIFAR-10 is, in its binary or its Python version")
    own.add_argument("--steps", metavar="N", default="400", help="steps of training (default: 400)")
    own.add_argument("--rate", metavar="R", default="0.01", help="step size of Adam at the start (default: 0.01)")
    own.add_argument("--batch", metavar="N", default="256", help="images that are trained on (default: 256)")
    own.add_argument("--seed", metavar="S[,S]", default="0,1,2", help="one network for each (default: 0,1,2)")
    own.add_argument("--eps", metavar="E[,E]", default="0,1e-5", help="epsilons of the layers (default: 0,1e-5)")
    own.add_argument("--layers", metavar="N", default="3", help="hidden layers of the perceptron (default: 3)")
    own.add_argument("--width", metavar="N", default="32", help="their width (default: 32)")
    own.add_argument("--dtype", metavar="DTYPE", default="float64", help="float64 (default) or float32")
    own.add_argument("-o", "--output", metavar="DIR", help="where runs, pictures and result.json are kept")
    own.add_argument("--fresh", action="store_true", help="begin again, even if there are runs in DIR")
    own.add_argument("--quiet", action="store_true", help="no progress bars")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_init)


def run_init(options: argparse.Namespace) -> int:
    """Trains and checks; returns the exit status."""
    with contextlib.redirect_stdout(sys.stderr):  # whatever a model prints is not our output
        result = _result(options)
    if options.json:
        print(json.dumps(result.as_json(), indent=2), flush=True)
    else:
        from verify.experiments.initialization.table import table

        print(f"{table(result)}\n\n{result}", flush=True)
    return 0 if result.ok else 1


def _result(options: argparse.Namespace) -> Any:
    from verify.experiments.initialization.experiment import initialization
    from verify.loading import arguments_of, load

    if options.arg and not options.model:
        raise VerifyError("--arg is for the factory of --model; without one there is nothing to give it to")
    return initialization(
        load(options.model) if options.model else None,
        images=options.dataset,
        data=options.data,
        steps=number(int, "--steps", options.steps, "400"),
        rate=number(float, "--rate", options.rate, "0.01"),
        batch=number(int, "--batch", options.batch, "256"),
        seeds=[number(int, "--seed", seed, "0,1,2") for seed in options.seed.split(",")],
        eps=[number(float, "--eps", eps, "0,1e-5") for eps in options.eps.split(",")],
        layers=number(int, "--layers", options.layers, "3"),
        width=number(int, "--width", options.width, "32"),
        dtype=_dtype(options.dtype),
        arguments=arguments_of(options.arg or ()),
        folder=options.output,
        fresh=options.fresh,
        quiet=options.quiet or options.json,
    )


def _dtype(name: str) -> Any:
    import torch

    known = {"float64": torch.float64, "float32": torch.float32}
    if name not in known:
        raise VerifyError(f"--dtype {name}: networks are trained in float64 or float32")
    return known[name]
