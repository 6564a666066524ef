"""`derive prove`: every statement, those named, or those of a person's script."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from derive.collector import collect_seldom
from derive.commands.lookup import named
from derive.commands.outcome import Outcome, outcome
from derive.commands.scripts import ScriptError, running_outcomes, script_outcomes
from derive.theorems.registry import of_running_script, statements


def prove(targets: Sequence[str], as_json: bool, variants: bool = False) -> int:
    """Proves and prints; 0 if everything is proved, 1 if not.

    The false variants that statements warn of are refuted, too, for what is named, and for everything with `variants`.
    """
    collect_seldom()
    outcomes = _outcomes(targets, variants)
    return print_json(outcomes) if as_json else print_table(outcomes)


def main(argv: Sequence[str] | None = None) -> int:
    """Proves the statements of the script that calls this; the last line of a script, as `sys.exit(main())`."""
    options = sys.argv[1:] if argv is None else argv
    try:
        outcomes = running_outcomes(Path(sys.argv[0]), of_running_script())
        return print_json(outcomes) if "--json" in options else print_table(outcomes)
    except ScriptError as error:
        print(f"derive: {error}", file=sys.stderr)
        return 2


def print_json(outcomes: Iterator[Outcome]) -> int:
    """One JSON object with every statement; what a script prints meanwhile goes to the standard error."""
    with redirect_stdout(sys.stderr):
        found = list(outcomes)
        rows = [each.as_json() for each in found]
    print(json.dumps({"statements": rows}, indent=2))
    return _status(found)


def print_table(outcomes: Iterator[Outcome]) -> int:
    """One line a statement, as soon as it is proved; what is not proved in full."""
    found = []
    for each in outcomes:
        found.append(each)
        steps = f"{each.theorem.steps:2d} steps" if each.theorem else " " * 8
        print(f"{each.verdict:9} {each.id:24} {steps} {1000 * each.seconds:6.0f} ms  {each.title}", flush=True)
        if each.detail:
            print("\n".join(f"    {line}" for line in each.detail.splitlines()))
    proved = sum(each.verdict == "proved" for each in found)
    print(f"{proved} of {len(found)} statements proved")
    return _status(found)


def _status(found: list[Outcome]) -> int:
    return 0 if all(each.verdict == "proved" for each in found) else 1


def _outcomes(targets: Sequence[str], variants: bool) -> Iterator[Outcome]:
    if not targets:
        yield from (outcome(each, variants) for each in statements().values())
    for target in targets:
        if target.endswith(".py"):
            yield from script_outcomes(Path(target))
        else:
            yield outcome(named(target))
