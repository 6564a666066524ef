"""The command `derive`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from derive.notes.conventions import PREAMBLES

LAYERS = ", ".join(PREAMBLES)
"""The layers of which notes may leave out the definitions."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; 0 if all it was asked holds, 1 if something is refuted, 2 if it was called wrongly."""
    try:
        status = _guarded(_parser().parse_args(argv))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"derive: the output can't be written: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _guarded(options: argparse.Namespace) -> int:
    from derive.commands.lookup import UnknownName
    from derive.commands.scripts import ScriptError
    from derive.language import LanguageError
    from derive.theorems.derivation import DerivationError
    from derive.verdicts import NotProved

    try:
        return _run(options)
    except (UnknownName, ScriptError, LanguageError) as error:
        return _complain(str(error), _wants_json(options), 2)
    except (DerivationError, NotProved) as error:
        return _complain(str(error), _wants_json(options), 1)


def _wants_json(options: argparse.Namespace) -> bool:
    return options.json or getattr(options, "format", "") == "json"


def _complain(message: str, as_json: bool, status: int) -> int:
    if as_json:
        print(json.dumps({"error": message}))
    else:
        print(f"derive: {message}", file=sys.stderr)
    return status


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "prove":
            from derive.commands.prove import prove

            return prove(options.targets, options.json, options.variants)
        case "list":
            from derive.commands.show import list_all

            return list_all(options.json, options.layers)
        case "show":
            from derive.commands.show import show

            return show(options.name, options.json)
        case "latex":
            from derive.commands.show import latex

            return latex(options.name, options.part, options.document, options.json)
        case "errata":
            from derive.commands.errata import show_errata

            return show_errata(options.ids, options.format, options.json)
        case "check":
            return _check(options)
        case "claim":
            from derive.commands.claim import claim

            format = "json" if options.json else options.format
            return claim(options.latex, format, options.layer, options.seconds)
        case "explain":
            from derive.commands.explain import explain

            return explain(options.code, options.json)
        case "page":
            from derive.commands.page import show_page

            return show_page(options.layer, options.json)
    from derive.commands.gradients import show_gradient

    kind = "hessian" if options.order == 2 and options.kind == "vjp" else options.kind
    return show_gradient(options.layer, options.of, kind, options.along, options.format, options.json)


def _check(options: argparse.Namespace) -> int:
    from derive.commands.check import Options, check

    format = "json" if options.json else options.format
    if options.watch and (format != "text" or "-" in options.paths):
        return _complain("--watch shows text, of files and folders", format == "json", 2)
    if options.watch and options.annotate:
        return _complain("--watch writes no pages; leave out --watch or --annotate", format == "json", 2)
    if options.output is not None and not options.annotate:
        return _complain("-o says where the page of --annotate goes; give both", format == "json", 2)
    chosen = Options(
        format,
        options.layer,
        options.only,
        options.seconds,
        options.stdin_filename,
        options.watch,
        options.annotate,
        options.output,
    )
    return check(options.paths, chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="derive", description="Derivations and proofs for normalization layers, for every size and epsilon."
    )
    parser.add_argument("--version", action=_Version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        made.add_argument("--json", action="store_true", help="print JSON and nothing else")
        return made

    one = command("list", "list the statements and the layers")
    one.add_argument("--layers", action="store_true", help="the names of the layers, one a line")
    one = command("prove", "prove every statement, those named, or those of a script")
    one.add_argument("targets", nargs="*", metavar="NAME|FILE.py")
    one.add_argument(
        "--variants", action="store_true", help="refute the false variants, too (those of what is named always are)"
    )
    one = command("show", "show a derivation step by step")
    one.add_argument("name", metavar="NAME")
    one = command("gradient", "find the gradient of a layer and prove it")
    one.add_argument("layer", metavar="LAYER")
    one.add_argument("--of", default="input", help="input, weight, bias, or a name of the layer's program")
    one.add_argument("--order", type=int, choices=(1, 2), default=1, help="2 for the Hessian of the loss")
    one.add_argument(
        "--kind",
        choices=("vjp", "jvp", "jacobian", "hessian", "hvp", "double-backward"),
        default="vjp",
        help="the gradient of a loss (vjp), the output along a tangent (jvp), ...",
    )
    one.add_argument(
        "--along", default="input", help="what moves, for double-backward: the gradient of <g, zdot> with g held fixed"
    )
    one.add_argument("--format", choices=("latex", "text", "python"), default="text")
    one = command("page", "write everything about a layer in Markdown")
    one.add_argument("layer", metavar="LAYER")
    one = command("latex", "write a statement or its proof in LaTeX")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--part", choices=("statement", "proof"), default="statement")
    one.add_argument("--document", action="store_true", help="a whole document for pdflatex")
    one = command("check", "judge every displayed formula of notes: Markdown, LaTeX, reStructuredText, notebooks")
    one.add_argument("paths", nargs="+", metavar="NOTE.md", help="a file, a folder, or - for standard input")
    one.add_argument(
        "--format", choices=("text", "json", "github", "sarif"), default="text", help="what is printed; --json is json"
    )
    one.add_argument("--layer", help=f"the definitions that the notes leave out: {LAYERS}")
    one.add_argument("--only", action="store_true", help="leave out what is proved or a definition, in text")
    one.add_argument("--watch", action="store_true", help="judge again what changes, and say what is new; ctrl-C ends")
    one.add_argument("--annotate", action="store_true", help="write a page with the note and its verdicts, too")
    one.add_argument("-o", "--output", metavar="PAGE.html", help="the page; a folder for several notes (NOTE.html)")
    one.add_argument("--stdin-filename", metavar="NAME", default="<stdin>", help="what - is called; its ending counts")
    one.add_argument("--seconds", type=_seconds, default=10.0, help="time for each formula (10)")
    one = command("claim", "judge one formula in LaTeX")
    one.add_argument("latex", metavar="LATEX", help="the formula, or - for standard input")
    one.add_argument("--format", choices=("text", "json"), default="text", help="what is printed; --json is json")
    one.add_argument("--layer", help=f"the definitions that it leaves out: {LAYERS}")
    one.add_argument("--seconds", type=_seconds, default=10.0, help="time for the formula (10)")
    one = command("explain", "say what a common mistake is, and how to spot it; all of them without a code")
    one.add_argument("code", nargs="?", metavar="CODE")
    one = command("errata", "judge the formulas of the paper as they are printed, and show what is true instead")
    one.add_argument("ids", nargs="*", metavar="ID")
    one.add_argument("--format", choices=("text", "latex"), default="text")
    return parser


def _seconds(text: str) -> float:
    """A time from a command line: from a tenth of a second to a day."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0.1 to 86400")
    return seconds


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help="show the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"normproof {version('normproof')}")
        except PackageNotFoundError:
            print("normproof, not installed")
        parser.exit()
