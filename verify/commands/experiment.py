"""What the commands of the experiments share: a network of one's own, data, a folder, and how a result is printed."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any

from verify.commands.arguments import number, shape_of


def add_model(own: argparse.ArgumentParser) -> None:
    """Adds the options about a network of one's own."""
    own.add_argument("--model", metavar="MODULE:FACTORY", help="a network of your own (default: the built-in ones)")
    own.add_argument("--input", metavar="N,C,...", help="the shape of its input, where it brings no batch")
    own.add_argument("--vocabulary", metavar="V", help="the input is whole numbers below V")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument for the factory")


def add_run(own: argparse.ArgumentParser, folder: str) -> None:
    """Adds the options about data, the folder that keeps the runs, and what is printed."""
    own.add_argument("--data", metavar="DIR", help="the folder that holds CIFAR-10; nothing is downloaded")
    own.add_argument("-o", "--output", metavar="DIR", default=folder, help=f"folder (default: {folder})")
    own.add_argument("--quick", action="store_true", help="small and short: seconds")
    own.add_argument("--fresh", action="store_true", help="begin again, whatever is in the folder")
    own.add_argument("--quiet", action="store_true", help="no progress")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")


def model_of(options: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """The network that was asked for, or None, and what an experiment is told about it and about its folder."""
    from verify.loading import arguments_of, load

    said = {
        "shape": shape_of(options.input) if options.input else None,
        "vocabulary": number(int, "--vocabulary", options.vocabulary, "1000"),
        "arguments": arguments_of(options.arg or ()) or None,
        "dataset": options.dataset,
        "data": options.data,
        "folder": options.output,
        "quick": options.quick,
        "quiet": options.quiet,
        "fresh": options.fresh,
    }
    return load(options.model) if options.model else None, said


def printed(options: argparse.Namespace, experiment: Callable[[], Any]) -> int:
    """Runs an experiment and prints what came out; returns the exit status."""
    with contextlib.redirect_stdout(sys.stderr):  # whatever a person's model prints is not our output
        result = experiment()
    print(json.dumps(result.as_json(), indent=2) if options.json else str(result), flush=True)
    return 0 if result.ok else 1
