"""`verify ranks MODULE:NAME --like batchnorm`: a synchronized layer, or the statements, on a batch that is split."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
from dataclasses import asdict
from typing import Any

from verify.commands.arguments import names, number, shape_of
from verify.errors import VerifyError

DESCRIPTION = """\
Splits a batch over processes (torch.distributed) and checks that it is normalized as a whole: output, gradients and
running statistics of every rank against the proved forms on the whole batch, under rounding error bounds.

  verify ranks layers.py:SyncNorm --like batchnorm --processes 3
  verify ranks layers.py:SyncNorm --like batchnorm --shards 5,3,1,8 --shape 6,7,7
  verify ranks torch.nn:SyncBatchNorm --like batchnorm --processes 2 --backend nccl
  torchrun --nproc-per-node 4 -m verify ranks layers.py:SyncNorm --like batchnorm
  verify ranks --statements fact-c1 theorem-4.1 --shards 4,3,1

It starts the processes on this machine; under torchrun it uses those that torchrun has started. A rank that leaves the
others waiting is given up after --timeout seconds, and reported. With --statements the proved statements about a batch
are evaluated, every sum over the batch being one over the ranks.

exit status: 0 pass, 1 any other verdict, 2 called wrongly"""
LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def add_ranks(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "check a synchronized layer across processes"
    own = commands.add_parser("ranks", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("target", nargs="?", metavar="MODULE:NAME", help="a module or a file, and what in it")
    own.add_argument("--like", metavar="LAYER", help="what it is meant to be: batchnorm, batchnorm2d, batchnorm3d")
    own.add_argument("--statements", nargs="*", metavar="NAME", help="statements to evaluate instead (default: all)")
    own.add_argument("--processes", metavar="P", help="number of processes (default: one for each shard, else 2)")
    shards = "samples of each rank (default: several splits; with --statements 5,2,1,...)"
    own.add_argument("--shards", metavar="N,N,...", help=shards)
    own.add_argument("--shape", metavar="C or C,H,W", help="shape of one sample (default: several)")
    own.add_argument("--dtype", action="append", metavar="DTYPE[,DTYPE]", help="default: float64,float32")
    own.add_argument("--parameter-dtype", metavar="DTYPE", help="dtype of weight and bias (default: that of the input)")
    own.add_argument("--accumulate", metavar="DTYPE", help="dtype of statistics and sums (16-bit inputs: float32)")
    own.add_argument("--reduced", metavar="HOW", help="gradients of weight and bias over the ranks: none, sum or mean")
    own.add_argument("--backend", default="gloo", help="gloo (default) or nccl, with one GPU for each process")
    own.add_argument("--timeout", default="60", metavar="SECONDS", help="how long a rank is waited for (default: 60)")
    own.add_argument("--eps", metavar="E", help="epsilon (default: what the layer says, else 1e-5)")
    own.add_argument("--weight", metavar="NAME", help="the parameter of the module that is the weight")
    own.add_argument("--bias", metavar="NAME", help="the parameter of the module that is the bias")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument for constructing the class")
    own.add_argument("--seed", metavar="S", default="0", help="seed of the drawn numbers (default: 0)")
    own.add_argument("--worst-case", action="store_true", help="worst-case bounds instead of probable ones")
    own.add_argument("--all", action="store_true", help="one line for every setting, with --statements")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_ranks)


def run_ranks(options: argparse.Namespace) -> int:
    """Checks across ranks; returns the exit status, on every rank."""
    if not all(name in os.environ for name in LAUNCHED):
        with contextlib.redirect_stdout(sys.stderr):  # whatever the layer prints is not our output
            found = _launched(options)
        print(_text(found, options), flush=True)
        return 0 if found.ok else 1
    try:
        return _joined(options)
    except VerifyError:
        if os.environ["RANK"] == "0":
            raise
        return 2


def _launched(options: argparse.Namespace) -> Any:
    """The result of processes that are started here."""
    from verify.ranks.launch import launch, processes_of
    from verify.ranks.shards import shards_of

    job, timeout, shards = _job(options), _timeout(options), _sizes(options.shards)
    count = processes_of(_processes(options), shards)
    if shards is not None:
        shards_of(shards, count)
    return launch([_with_shards(job, shards, count)], count, options.backend, timeout)[0]


def _joined(options: argparse.Namespace) -> int:
    """The check in the processes that torchrun has started, of which this is one; rank 0 prints."""
    from verify.ranks.process import done, joined

    with contextlib.redirect_stdout(sys.stderr):
        job = _job(options)
        with joined(options.backend, _timeout(options), _processes(options)) as ranks:
            found = done(_with_shards(job, _sizes(options.shards), ranks.count), ranks)
    if ranks.rank == 0:
        print(_text(found, options), flush=True)
    status = 0 if found.ok else 1
    if ranks.broken:
        os._exit(status)  # a rank still waits in a collective, and would do so at the end of the process, too
    return status


def _timeout(options: argparse.Namespace) -> float:
    from verify.ranks.group import refuse_timeout

    timeout = number(float, "--timeout", options.timeout, "60")
    refuse_timeout(timeout)
    return timeout


def _processes(options: argparse.Namespace) -> int | None:
    return number(int, "--processes", options.processes, "3")


def _with_shards(job: dict[str, Any], shards: tuple[int, ...] | None, count: int) -> dict[str, Any]:
    from verify.ranks.shards import unequal

    return {**job, "shards": shards or unequal(count).sizes} if job["kind"] == "statements" else job


def _text(found: Any, options: argparse.Namespace) -> str:
    if options.json:
        return json.dumps(found.as_json(), indent=2, allow_nan=False)
    if options.statements is None:
        return str(found)
    return found.shown(min(shutil.get_terminal_size().columns, 120), options.all)


def _job(options: argparse.Namespace) -> dict[str, Any]:
    """What is to be done, as plain values; raises VerifyError for options that make no sense."""
    if options.statements is not None:
        if options.target:
            raise VerifyError(f"--statements and the layer {options.target} are two checks; ask for one of them")
        return _statements(options)
    if not options.target:
        raise VerifyError("name a layer, MODULE:NAME or FILE.py:NAME, or ask for --statements")
    if not options.like:
        raise VerifyError("say what the layer is meant to be: --like batchnorm")
    return _layer(options)


def _layer(options: argparse.Namespace) -> dict[str, Any]:
    from verify.loading import arguments_of, load
    from verify.ranks.layers.check import Options

    own = Options(
        like=options.like,
        shards=_sizes(options.shards),
        shape=None if options.shape is None else shape_of(options.shape),
        dtypes=names(options.dtype),
        parameter_dtype=options.parameter_dtype,
        accumulate=options.accumulate,
        eps=number(float, "--eps", options.eps, "1e-5"),
        reduced=options.reduced,
        weight=options.weight,
        bias=options.bias,
        seed=number(int, "--seed", options.seed, "0") or 0,
        timeout=_timeout(options),
        worst_case=options.worst_case,
    )
    own.refuse()
    load(options.target)  # so that a name that there is not is said before anything is started
    arguments = arguments_of(options.arg or ())
    return {"kind": "layer", "target": options.target, "options": asdict(own), "arguments": arguments}


def _sizes(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise VerifyError(f"--shards {text} is not a list of sizes; write it as 5,3,1") from None


def _statements(options: argparse.Namespace) -> dict[str, Any]:
    from verify.ranks.statements.evaluated import found
    from verify.statements.inputs import DTYPES

    for dtype in names(options.dtype):
        if dtype not in DTYPES:
            raise VerifyError(f"there is no dtype {dtype!r} here; use {', '.join(DTYPES)}")
    found(options.statements)
    plan = {
        "dtypes": names(options.dtype) or ("float64", "float32"),
        "shape": shape_of(options.shape) if options.shape else (4,),
        "eps": number(float, "--eps", options.eps, "1e-5"),
        "seed": number(int, "--seed", options.seed, "0"),
    }
    return {"kind": "statements", "names": options.statements, "plan": plan}
