"""What `derive prove` found for one statement."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from derive.kernel import Theorem
from derive.language.binding import definitions_of, walk
from derive.language.claims import Claim, claim_indices
from derive.language.terms import Entry, Tensor
from derive.maxima import Maximum
from derive.theorems.derivation import DerivationError
from derive.theorems.registry import Statement
from derive.verdicts import NotProved, Refuted, Undecided


@dataclass(frozen=True)
class Outcome:
    """A statement and what became of it; `detail` says why it is not proved."""

    id: str
    title: str
    layer: str | None
    seconds: float
    theorem: Theorem | None = None
    verdict: str = "proved"
    detail: str = ""
    claim: Claim | None = field(default=None)
    maximum: Maximum | None = None

    def as_json(self) -> dict:
        """The fields that other programs rely on."""
        from derive.latex import claim_latex

        claim = self.theorem.claim if self.theorem else self.claim
        own = _of_maximum(self.maximum) if self.maximum else {}
        return {
            "id": self.id,
            "title": self.title,
            "layer": self.layer,
            "relation": None if claim is None else claim.relation,
            "verdict": self.verdict,
            "for_all": [] if claim is None else quantified(claim),
            "hypotheses": [] if claim is None else [str(h) for h in claim.hypotheses],
            "conditions": [str(c) for c in self.theorem.conditions] if self.theorem else [],
            "steps": self.theorem.steps if self.theorem else 0,
            "seconds": round(self.seconds, 6),
            "statement": None if claim is None else str(claim),
            "statement_latex": None if claim is None else claim_latex(claim),
            "reason": self.detail,
            **own,
        }


def _of_maximum(maximum: Maximum) -> dict:
    """What a maximum (or minimum) says beside its bound: it is an equation, and has a witness."""
    return {
        maximum.word: True,
        "relation": "=",
        "steps": sum(theorem.steps for theorem in maximum.theorems),
        "conditions": [str(c) for c in maximum.conditions],
        "statement": str(maximum),
        "statement_latex": maximum.latex,
        "bound": str(maximum.bound),
        "witness": maximum.point,
        "feasible": [str(theorem) for theorem in maximum.feasible],
        "attained": str(maximum.attained),
    }


def outcome(statement: Statement, variants: bool = True) -> Outcome:
    """Runs the script of a statement, and with `variants` refutes what it says is false; says what came of it."""
    layer = statement.layer.name if statement.layer else None
    start = time.perf_counter()
    try:
        theorem, proof = statement.theorem, statement.proof
        _ = statement.refutations if variants else ()
    except (DerivationError, NotProved) as error:
        return failed(statement.id, statement.title, layer, time.perf_counter() - start, error)
    seconds = time.perf_counter() - start
    maximum = proof if isinstance(proof, Maximum) else None
    return Outcome(statement.id, statement.title, layer, seconds, theorem, maximum=maximum)


def failed(id: str, title: str, layer: str | None, seconds: float, error: DerivationError | NotProved) -> Outcome:
    """The outcome of a script that stopped at a step."""
    verdict: Refuted | Undecided = error.verdict
    return Outcome(id, title, layer, seconds, None, verdict.verdict, str(error), verdict.claim)


def quantified(claim: Claim) -> list[str]:
    """The names that a claim is stated for all values of: sizes, inputs, and free indices."""
    tensors: list[Tensor] = []
    for term in (*claim.terms, *(t.definition.body for t in definitions_of(*claim.terms) if t.definition)):
        for part in walk(term):
            if isinstance(part, Entry):
                sizes = [size.tensor for size in part.tensor.sizes if isinstance(size, Entry)]
                tensors += [*sizes, part.tensor]
    inputs = [t for t in dict.fromkeys(tensors) if t.definition is None]
    ordered = sorted(inputs, key=lambda t: (not t.integer, t.name))
    return [t.name for t in ordered] + [index.name for index in claim_indices(claim)]
