"""`derive check` and `derive claim`: the formulas of notes, each with its verdict."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from derive.commands.lookup import UnknownName
from derive.latex import claim_latex
from derive.notes.conventions import PREAMBLES
from derive.notes.find import Formula, NoteError, find, formulas_in
from derive.notes.guard import Guard
from derive.notes.report import DEFINITION, PROVED, REFUTED, UNDECIDED, UNREAD, VERDICTS, Checked, Relation
from derive.verdicts import Refuted


def check(paths: Sequence[str], as_json: bool, layer: str | None, only: bool, seconds: float) -> int:
    """Prints the verdict on every displayed formula; 1 if one is refuted, 2 if a document can't be opened.

    `only` leaves out what is proved or a definition.
    """
    preamble = preamble_of(layer)
    files: list[tuple[str, list[Checked]]] = []
    failed = False
    with Guard(seconds) as guard:
        for path in paths:
            try:
                files.append((path, guard.check([*preamble, *find(Path(path))])))
            except NoteError as error:
                failed = True
                print(f"derive: {error}", file=sys.stderr)
    if as_json:
        print(json.dumps({"files": [_file_json(path, found) for path, found in files]}, indent=2))
    else:
        for path, found in files:
            print("\n".join(_lines(path, found, only)))
    refuted = any(each.verdict == REFUTED for _, found in files for each in found)
    return 2 if failed else 1 if refuted else 0


def claim(latex: str, as_json: bool, layer: str | None, seconds: float) -> int:
    """Prints the verdict on one formula in LaTeX; 1 if it is refuted, 2 if it can't be read."""
    with Guard(seconds) as guard:
        found = guard.check([*preamble_of(layer), *formulas_in(f"$$\n{latex}\n$$")])
    verdict = _gravest(found)
    relation = next((each for checked in found for each in checked.relations if each.verdict == verdict), None)
    if as_json:
        reason = next((checked.reason for checked in found if checked.verdict == verdict), "")
        shown = _relation_json(found[0].formula, relation) if relation is not None and found else {}
        keys = {"counterexample": shown.get("counterexample"), "repair": shown.get("repair")}
        print(json.dumps({"verdict": verdict, **keys, "reason": reason}, indent=2))
    else:
        for checked in found:
            print("\n".join(_formula_lines("", checked)))
    return {REFUTED: 1, UNREAD: 2}.get(verdict, 0)


def preamble_of(layer: str | None) -> list[Formula]:
    """The definitions of a layer, as formulas within a line, for what a note leaves out. Raises UnknownName."""
    if layer is None:
        return []
    if layer not in PREAMBLES:
        raise UnknownName(f"there is no vocabulary for {layer}; there is one for {', '.join(PREAMBLES)}")
    return [formula for text in PREAMBLES[layer] for formula in formulas_in(f"${text}$")]


def _gravest(found: Sequence[Checked]) -> str:
    order = (REFUTED, UNREAD, UNDECIDED, PROVED, DEFINITION)
    return next((verdict for verdict in order if any(each.verdict == verdict for each in found)), UNREAD)


def _lines(path: str, found: Sequence[Checked], only: bool) -> Iterator[str]:
    for checked in found:
        if not only or checked.verdict not in (PROVED, DEFINITION):
            yield from _formula_lines(path, checked)
    counts = Counter(checked.verdict for checked in found)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    yield f"{path}: {len(found)} formulas" + (f": {said}" if said else "")


def _formula_lines(path: str, checked: Checked) -> Iterator[str]:
    formula = checked.formula
    cell = f"cell {formula.cell}:" if formula.cell is not None else ""
    place = f"{path}:{cell}{formula.line}:{formula.column}: " if path else ""
    yield f"{place}{checked.verdict}" + (f": {checked.reason}" if checked.reason else "")
    for relation in checked.relations:
        if relation.verdict == checked.verdict and isinstance(relation.decision, Refuted):
            yield from _refutation(formula, relation, relation.decision)
            break


def _refutation(formula: Formula, relation: Relation, refuted: Refuted) -> Iterator[str]:
    """The line with a mark below the relation, the counterexample, and what is true instead."""
    before = formula.latex[: relation.offset]
    line = formula.latex.split("\n")[before.count("\n")]
    column = len(before) - (before.rfind("\n") + 1)
    yield f"    {line}"
    yield f"    {' ' * column}^"
    yield from (f"  {each}" for each in str(refuted.counterexample).split("\n"))
    if refuted.repair is not None:
        yield f"  true is {claim_latex(refuted.repair.claim)}"


def _file_json(path: str, found: Sequence[Checked]) -> dict[str, Any]:
    rows = [_formula_json(number, checked) for number, checked in enumerate(found, 1)]
    return {"path": path, "equations": rows}


def _formula_json(number: int, checked: Checked) -> dict[str, Any]:
    formula = checked.formula
    return {
        "index": number,
        "line": formula.line,
        "column": formula.column,
        "cell": formula.cell,
        "latex": formula.latex,
        "verdict": checked.verdict,
        "reason": checked.reason,
        "relations": [_relation_json(formula, relation) for relation in checked.relations],
    }


def _relation_json(formula: Formula, relation: Relation) -> dict[str, Any]:
    line, column = formula.place(relation.offset)
    refuted = relation.decision if isinstance(relation.decision, Refuted) else None
    repair = refuted.repair if refuted is not None else None
    return {
        "op": relation.op,
        "line": line,
        "column": column,
        "verdict": relation.verdict,
        "counterexample": refuted.counterexample.as_json() if refuted is not None else None,
        "repair": claim_latex(repair.claim) if repair is not None else None,
        "reason": relation.reason,
    }
