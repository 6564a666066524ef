"""`derive errata`: the formulas of the paper in the wording that circulates, and what is true instead."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from derive.commands.definitions import definitions
from derive.commands.lookup import looked_up
from derive.commands.outcome import Outcome, outcome
from derive.errata import Erratum, all_errata
from derive.language.claims import Claim
from derive.layers import batchnorm, linear_batchnorm
from derive.verdicts import Undecided

PAPER = "Santurkar et al. 2018, How Does Batch Normalization Help Optimization?"


LAYERS = (batchnorm(), linear_batchnorm())
"""The layers whose own names need no explanation."""


def show_errata(ids: Sequence[str], form: str, as_json: bool) -> int:
    """Prints a table of all entries, or those named in full; 1 if one is undecided or its replacement unproved."""
    every = all_errata()
    chosen = [looked_up(id, every, "erratum", "derive errata") for id in ids] or list(every.values())
    found = [(entry, _replacement(entry)) for entry in chosen]
    if as_json:
        print(json.dumps({"errata": [_as_json(entry, proof) for entry, proof in found]}, indent=2))
    elif form == "latex":
        print(section(found))
    elif ids:
        print("\n\n".join("\n".join(_lines(entry, proof)) for entry, proof in found))
    else:
        print("\n".join(_table(found)))
    return 0 if all(_is_settled(entry, proof) for entry, proof in found) else 1


def _replacement(entry: Erratum) -> Outcome | None:
    """What came of the script of the statement that says it right."""
    return outcome(entry.replacement) if entry.replacement else None


def _is_settled(entry: Erratum, proof: Outcome | None) -> bool:
    return not isinstance(entry.verdict, Undecided) and (proof is None or proof.verdict == "proved")


def _reason(entry: Erratum) -> str:
    return entry.verdict.reason if isinstance(entry.verdict, Undecided) else entry.remark


def _as_json(entry: Erratum, proof: Outcome | None) -> dict:
    from derive.latex import claim_latex

    failure = entry.counterexample
    return {
        "id": entry.id,
        "title": entry.title,
        "where": entry.where,
        "seen": entry.seen,
        "printed_latex": entry.printed,
        "claim": str(entry.claim),
        "claim_latex": claim_latex(entry.claim),
        "definitions": [str(each) for each in definitions([entry.claim], *LAYERS)],
        "reading": entry.reading,
        "verdict": entry.verdict.verdict,
        "counterexample": failure.as_json() if failure else None,
        "replaced_by": _replaced_json(proof) if proof else None,
        "reason": _reason(entry),
    }


def _replaced_json(proof: Outcome) -> dict:
    said = proof.as_json()
    return {key: said[key] for key in ("id", "title", "verdict", "statement", "statement_latex", "conditions")}


def _table(found: list[tuple[Erratum, Outcome | None]]) -> list[str]:
    """One line an entry, and what they come to."""
    wide = max(len(entry.id) for entry, _ in found), max(len(entry.where) for entry, _ in found)
    lines = [PAPER, ""]
    for entry, proof in found:
        lines.append(f"{entry.id:{wide[0]}}  {entry.where:{wide[1]}}  {entry.verdict.verdict:9}  {_reason(entry)}")
        if proof and proof.verdict != "proved":
            lines.append(f"    {proof.id}, which replaces it, is {proof.verdict}")
    counts = Counter(entry.verdict.verdict for entry, _ in found)
    told = ", ".join(f"{counts[word]} {word}" for word in ("proved", "refuted", "undecided") if counts[word])
    return [*lines, "", f"{len(found)} formulas: {told}; `derive errata ID` shows one in full"]


def _lines(entry: Erratum, proof: Outcome | None) -> list[str]:
    """One entry in full."""
    lines = [
        f"{entry.id}  {entry.where}: {entry.title}",
        f"  seen     {entry.seen}",
        f"  printed  {entry.printed}",
        f"  read as  {entry.claim}",
        *(f"    with   {each.lhs} = {each.rhs}" for each in definitions([entry.claim], *LAYERS)),
        f"  reading  {entry.reading}",
        f"{entry.verdict.verdict}: {_reason(entry)}",
    ]
    if entry.counterexample:
        lines += [f"  {line}" for line in str(entry.counterexample).splitlines()]
    if proof:
        said = str(proof.maximum or proof.theorem or proof.detail).splitlines()
        lines += [f"{proof.id}, {proof.verdict}: {proof.title}", *(f"  {line}" for line in said)]
    return lines


def section(found: list[tuple[Erratum, Outcome | None]]) -> str:
    """The entries as a section of a LaTeX document; amsmath and amssymb are all that it needs."""
    from derive.latex.names import escape

    parts = [rf"\section*{{Errata: {escape(PAPER)}}}"]
    return "\n\n".join([*parts, *(_paragraph(entry, proof) for entry, proof in found)])


def _paragraph(entry: Erratum, proof: Outcome | None) -> str:
    from derive.latex.names import escape

    lines = [
        rf"\paragraph{{{escape(f'{entry.id}, {entry.where}.')}}} {escape(entry.title)} ({escape(entry.seen)}).",
        rf"\[ {entry.printed} \]",
        f"Read as ({escape(entry.reading)}):",
        *_display(entry.claim, (), definitions([entry.claim], *LAYERS)),
        rf"\emph{{{entry.verdict.verdict.capitalize()}:}} {escape(_reason(entry))}.",
    ]
    if entry.counterexample:
        lines.append(rf"\begin{{quote}}\ttfamily {_typed(str(entry.counterexample))}\end{{quote}}")
    if proof:
        lines.append(rf"\emph{{{escape(proof.id)}, {proof.verdict}:}} {escape(proof.title)}")
        lines += _statement(proof)
    return "\n".join(lines)


def _statement(proof: Outcome) -> list[str]:
    """What replaces a formula, as displays."""
    if proof.maximum:
        return [rf"\[ {proof.maximum.latex} \]"]
    if proof.theorem is None:
        return []
    said = proof.theorem
    return _display(said.claim, said.conditions, definitions([said], batchnorm()))


def _display(claim: Claim, conditions: Iterable[Claim], named: Iterable[Claim]) -> list[str]:
    """A claim as a display, and below it, in a text that can be broken, what is assumed and what its names are."""
    from derive.latex import claim_latex

    bare = Claim(claim.lhs, claim.relation, claim.rhs)
    lines = [rf"\[ {claim_latex(bare, quantifiers=True)} \]"]
    for word, said in (("given", claim.hypotheses), ("where", conditions), ("with", named)):
        if written := [f"${claim_latex(each, quantifiers=True)}$" for each in said]:
            lines.append(f"{word} {', '.join(written)}.")
    return lines


def _typed(text: str) -> str:
    """Lines of plain text, kept as lines."""
    from derive.latex.names import escape

    return r" \\ ".join(escape(" ".join(line.split())) for line in text.splitlines())
