"""`derive list`, `derive show`, `derive latex`: what is known, in text and in LaTeX."""

from __future__ import annotations

import json

from derive.commands.definitions import definitions
from derive.commands.lookup import named
from derive.commands.outcome import outcome, quantified
from derive.kernel import Theorem
from derive.language.text import claim_text
from derive.layers import LAYERS
from derive.maxima import Maximum
from derive.theorems.derivation import Derivation
from derive.theorems.registry import Statement, statements


def list_all(as_json: bool, layers_only: bool = False) -> int:
    """Prints every statement and every layer, or the names of the layers alone."""
    if layers_only:
        names = list(LAYERS)
        print(json.dumps({"layers": names}, indent=2) if as_json else "\n".join(names))
        return 0
    if as_json:
        rows = [
            {"id": s.id, "title": s.title, "layer": s.layer.name if s.layer else None, "source": s.source}
            for s in statements().values()
        ]
        layers = [{"name": name, "title": make().title} for name, make in LAYERS.items()]
        print(json.dumps({"statements": rows, "layers": layers}, indent=2))
        return 0
    for each in statements().values():
        print(f"{each.id:24} {each.title}")
    print("\nlayers: " + ", ".join(LAYERS))
    return 0


def show(id: str, as_json: bool) -> int:
    """Prints a derivation step by step, with the false variants that it refutes."""
    statement = named(id)
    proof = statement.proof
    if as_json:
        print(json.dumps({**outcome(statement).as_json(), **_proof_json(proof)}, indent=2))
        return 0
    print(f"{statement.title}" + (f"  ({statement.source})" if statement.source else ""))
    print()
    print("\n".join(_proof_lines(proof)))
    print()
    steps = sum(theorem.steps for theorem in statement.theorems)
    print(f"proved in {steps} steps, for all {', '.join(quantified(statement.theorem.claim))}")
    for name, claims in (("given", statement.theorem.claim.hypotheses), ("where", statement.theorem.conditions)):
        if claims:
            print(f"{name} {' and '.join(map(claim_text, claims))}")
    for definition in definitions(statement.theorems, statement.layer):
        print(f"with {definition.lhs} = {definition.rhs}")
    for verdict, remark in statement.refutations:
        print(f"\nbut not {remark}:\n{verdict}")
    return 0


def latex(id: str, part: str, document: bool, as_json: bool) -> int:
    """Prints a statement, or its proof, as LaTeX."""
    from derive.latex import document as whole

    statement = named(id)
    text = _latex_of(statement, part)
    if document:
        text = whole([statement.title, f"\\[{text}\\]" if part == "statement" else text], "normproof")
    print(json.dumps({"id": id, "part": part, "latex": text}, indent=2) if as_json else text)
    return 0


def _latex_of(statement: Statement, part: str) -> str:
    from derive.latex import align, claim_latex

    proof = statement.proof
    if part == "statement":
        return proof.latex if isinstance(proof, Maximum) else claim_latex(statement.theorem.claim)
    if isinstance(proof, Maximum):
        shown = [(t.claim.lhs, t.claim.relation, t.claim.rhs, why) for t, why in _reasons(proof)]
        return "\n".join([*([align(proof.derivation.lines)] if _has_lines(proof) else []), align(shown)])
    if isinstance(proof, Theorem):
        claim = proof.claim
        return align([(claim.lhs, claim.relation, claim.rhs, "")])
    return align(proof.lines)


def _reasons(maximum: Maximum) -> list[tuple[Theorem, str]]:
    """What a maximum consists of, each with what it is for."""
    feasible = [(theorem, "the witness satisfies the constraints") for theorem in maximum.feasible]
    return [(maximum.bound, "the bound"), *feasible, (maximum.attained, "the witness attains it")]


def _has_lines(maximum: Maximum) -> bool:
    return isinstance(maximum.derivation, Derivation)


def _proof_lines(proof: Derivation | Theorem | Maximum) -> list[str]:
    if isinstance(proof, Maximum):
        lines = [f"  {line}" for line in str(proof).splitlines()]
        lines += ["", *str(proof.derivation).splitlines()] if _has_lines(proof) else []
        for theorem, why in _reasons(proof):
            lines += ["", f"  {why}:", f"    {theorem}"]
        return lines
    if isinstance(proof, Theorem):
        return [f"  {claim_text(proof.claim)}"]
    return str(proof).splitlines()


def _proof_json(proof: Derivation | Theorem | Maximum) -> dict:
    if isinstance(proof, Maximum):
        lines = [str(theorem) for theorem in proof.theorems]
        refuted = [{"claim": str(v.claim), "because": remark, **v.as_json()} for v, remark in proof.refutations]
        return {"lines": lines, "refuted": refuted}
    if isinstance(proof, Theorem):
        return {"lines": [str(proof.claim)], "refuted": []}
    lines = [{"relation": step.relation, "formula": str(step.term), "because": step.because} for step in proof.steps]
    refuted = [
        {"claim": str(verdict.claim), "because": remark, **verdict.as_json()} for verdict, remark in proof.refutations
    ]
    return {"start": str(proof.start), "lines": lines, "refuted": refuted}
