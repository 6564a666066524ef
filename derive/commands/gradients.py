"""`derive gradient`: the derivatives of a layer, found from its program and proved."""

from __future__ import annotations

import json
from typing import Any

from derive.commands.definitions import definitions
from derive.commands.lookup import layer_named
from derive.gradients import KINDS
from derive.kernel import Theorem
from derive.layers.program import Layer


def show_gradient(layer: str, of: str, kind: str, along: str, form: str, as_json: bool) -> int:
    """Prints one derivative: of a loss (vjp, hessian, hvp, double-backward) or of the output (jvp, jacobian)."""
    program = layer_named(layer)
    theorem = _found(program, of, kind, along)
    text = _written(theorem, program, form)
    if as_json:
        found: dict[str, Any] = {"layer": layer, "of": of, "kind": kind, "format": form, "verdict": "proved"}
        found |= {"order": 2 if kind in ("hessian", "hvp", "double-backward") else 1, "gradient": text}
        found |= {"conditions": [str(c) for c in theorem.conditions]}
        found |= {"definitions": [str(d) for d in definitions([theorem], program)]}
        print(json.dumps(found, indent=2))
    else:
        print(text)
    return 0


def _found(program: Layer, of: str, kind: str, along: str) -> Theorem:
    if kind == "double-backward":
        return KINDS[kind](program, along, of)
    return KINDS[kind](program, by=of) if kind == "jacobian" else KINDS[kind](program, of)


def _written(theorem: Theorem, program: Layer, form: str) -> str:
    if form == "python":
        from derive.python_source import source

        return source(theorem, program)
    named = definitions([theorem], program)
    if form == "latex":
        from derive.latex import claim_latex

        return "\n".join(map(claim_latex, [theorem.claim, *named]))
    return "\n".join([str(theorem), *(f"with {d.lhs} = {d.rhs}" for d in named)])
