"""`verify audit MODULE:FACTORY`: every normalization that a model executes, against the proved forms."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.commands.arguments import number, shape_of
from verify.errors import VerifyError

if TYPE_CHECKING:
    from verify.audits.record import AuditReport
    from verify.workload import Workload

DESCRIPTION = """\
Runs one forward and backward pass of your model, finds every normalization that it really executes,
and checks each against the proved forms: its output and its gradients, each under a rounding error
bound. Theorem 4.1's ratio, the conditioning and dead or near-constant channels are shown by layer.

  verify audit model.py:build                             returns a model and a batch, or a loss as well
  verify audit model.py:Net --input 8,3,224,224           random images
  verify audit model.py:Net --input 4,64 --vocabulary 32000
  verify audit model.py:build --arg depth=50 --html audit.html

A factory returns a module, (module, batch) or (module, batch, loss). A batch is a tensor, a tuple of
tensors or a dictionary of keyword arguments. Without a loss it is output.loss, or else the inner
product of the output with fixed random numbers. The model stays in the mode that the factory leaves
it in; --eval audits it in evaluation mode.

exit status: 0 no fault (what is undecided is said), 1 a fault, 2 called wrongly, or no normalization ran"""


def add_audit(commands: Any) -> None:
    """Adds the command to the parser."""
    raw = argparse.RawDescriptionHelpFormatter
    about = "check every normalization of a model"
    own = commands.add_parser("audit", help=about, description=DESCRIPTION, formatter_class=raw)
    own.add_argument("target", metavar="MODULE:FACTORY", help="a module or a file, and what in it: model.py:build")
    own.add_argument("--input", metavar="N,C,...", help="shape of a random batch, in place of the factory's")
    own.add_argument("--vocabulary", metavar="V", help="the batch is whole numbers below V")
    own.add_argument("--arg", action="append", metavar="KEY=VALUE", help="an argument of the factory")
    own.add_argument("--rows", metavar="N", default="8", help="statistics of a layer to compare by entry (default: 8)")
    own.add_argument("--eval", action="store_true", help="evaluation mode: dropout off, running statistics")
    own.add_argument("--dtype", metavar="DTYPE", help="convert model and batch: float64, float32, bfloat16, float16")
    own.add_argument("--device", help="cpu or cuda (default: where the model is)")
    own.add_argument("--seed", metavar="S", default="0", help="seed of weights and of the drawn batch (default: 0)")
    own.add_argument("--worst-case", action="store_true", help="worst-case bounds instead of probable ones")
    own.add_argument("--time", action="store_true", help="time the step without the audit, too")
    own.add_argument("--all", action="store_true", help="a line for every layer, however many there are")
    own.add_argument("--html", metavar="OUT.html", help="write a page with plots, which needs no network")
    own.add_argument("--json", action="store_true", help="print JSON and nothing else")
    own.set_defaults(run=run_audit)


def run_audit(options: argparse.Namespace) -> int:
    """Audits one model; returns the exit status."""
    if options.html:
        _refuse_page(Path(options.html))
    with contextlib.redirect_stdout(sys.stderr):  # whatever the model prints is not our output
        report = _report(options)
    if not report.layers:
        raise VerifyError(_nothing(report))
    if options.html:
        from verify.audits.pages.page import write_page

        write_page(report, options.html)
    _show(report, options)
    return 0 if report.ok else 1


def _show(report: AuditReport, options: argparse.Namespace) -> None:
    from verify.audits.pages.table import table

    text = json.dumps(report.as_json(), indent=2) if options.json else table(report, options.all)
    print(text, flush=True)


def _refuse_page(path: Path) -> None:
    """Complains before the audit, which may take long, about a page that could not be written after it."""
    from verify.extras import require

    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise VerifyError(f"--html {path} can't be written; give a file in a folder that exists and is yours")
    require("matplotlib")


def _report(options: argparse.Namespace) -> AuditReport:
    from verify.audits.audit import audit

    rows, seed = _count("--rows", options.rows), number(int, "--seed", options.seed, "0")
    workload = _workload(options, seed)
    try:
        return audit(workload, rows=rows, time_plain=options.time, worst_case=options.worst_case, seed=seed)
    except VerifyError as error:
        raise VerifyError(f"{error}{_hint(options, str(error))}") from error


def _workload(options: argparse.Namespace, seed: int) -> Workload:
    from verify.loading import arguments_of, load
    from verify.workload import workload_of

    shape = _shape(options.input)
    vocabulary = _count("--vocabulary", options.vocabulary) if options.vocabulary else None
    if vocabulary and shape is None:
        raise VerifyError("--vocabulary needs the shape of the batch; give it as --input 4,64")
    arguments = arguments_of(options.arg or ())
    made = workload_of(load(options.target), shape=shape, vocabulary=vocabulary, seed=seed, arguments=arguments)
    if options.eval:
        made.model.eval()
    return _converted(made, options) if options.dtype or options.device else made


def _converted(workload: Workload, options: argparse.Namespace) -> Workload:
    """The model and its batch in another dtype or on another device; whole numbers stay whole."""
    from verify.assertions.options import device_of, dtype_of

    dtype = dtype_of(options.dtype) if options.dtype else None
    device = device_of(options.device) if options.device else None
    args = tuple(_moved(value, dtype, device) for value in workload.args)
    kwargs = {name: _moved(value, dtype, device) for name, value in workload.kwargs.items()}
    return replace(workload, model=workload.model.to(device=device, dtype=dtype), args=args, kwargs=kwargs)


def _moved(value: Any, dtype: Any, device: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return value.to(device=device, dtype=dtype if value.is_floating_point() else None)
    if isinstance(value, Mapping):
        return {name: _moved(part, dtype, device) for name, part in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_moved(part, dtype, device) for part in value)
    return value


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return shape_of(text)
    except VerifyError:
        raise VerifyError(f"--input {text} is not a list of sizes; write it as 8,3,224,224 or 4,64") from None


def _count(option: str, text: str) -> int:
    found = number(int, option, text, "8")
    if found < 1:
        raise VerifyError(f"{option} {text} is less than 1")
    return found


def _hint(options: argparse.Namespace, complaint: str) -> str:
    """What to do where random real numbers were given to a model that looks words up."""
    if "indices" in complaint and options.input and not options.vocabulary:
        return "; give --vocabulary V where the batch is whole numbers below V"
    return ""


def _nothing(report: AuditReport) -> str:
    said = f"{report.model} ran no normalization that gradients pass through, so nothing was audited"
    path, reason = next(iter(report.unseen.items()), ("", ""))
    more = f" and {len(report.unseen) - 1} more" if len(report.unseen) > 1 else ""
    return f"{said} ({path or 'the model itself'}{more}: {reason})" if report.unseen else said
