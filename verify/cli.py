"""The command line of `verify`: a file of `verify/commands` for each command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from verify.errors import VerifyError

COMMANDS = ("run", "layer", "bounds", "audit", "ranks", "init", "landscape", "signals")
"""In the order in which `verify --help` lists them."""

DESCRIPTION = """\
Evaluates proved theorems on real tensors.

  verify run                                                 every statement, against torch autograd
  verify layer kernels.py:my_layer_norm --like layernorm     your own layer or kernel, against the proved forms
  verify bounds layernorm --shape 64,1000                    how far an honest implementation may be off
  verify audit model.py:make --input 8,3,64,64               every normalization that a model executes
  verify ranks layers.py:SyncNorm --like batchnorm           a layer with statistics across processes
  verify init                                                Lemma 4.5, on networks that are trained here
  verify landscape                                           the paper's measurements along training
  verify signals                                             activations and gradients by depth, at initialization

verify COMMAND --help says more. Exit status: 0 everything holds, 1 something does not, 2 called wrongly"""


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
    for name in COMMANDS:
        getattr(import_module(f"verify.commands.{name}"), f"add_{name}")(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        options = parser().parse_args(arguments)
        return options.run(options)
    except WrongCall as error:
        command = next((name for name in arguments[:1] if name in COMMANDS), "run")
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


