"""The true statements that are mutated and rewritten: name -> claim."""

from __future__ import annotations

from derive.language import Claim
from tests.soundness import batchnorm_statements as batchnorm
from tests.soundness import fragment_statements as fragment

CHAPTERS: dict[str, dict[str, Claim]] = {
    "forward": batchnorm.FORWARD,
    "jacobian": batchnorm.JACOBIANS,
    "adjoint": batchnorm.ADJOINTS,
    "gradient": batchnorm.GRADIENTS,
    "norm": batchnorm.NORMS,
    "algebra": fragment.ALGEBRA,
    "matrix": fragment.MATRICES,
    "inequality": fragment.INEQUALITIES,
    "function": fragment.FUNCTIONS,
    "rows": fragment.ROWS,
}

STATEMENTS: dict[str, Claim] = {
    f"{chapter}: {name}": claim for chapter, claims in CHAPTERS.items() for name, claim in claims.items()
}
