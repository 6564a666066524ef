"""The true statements that are mutated and rewritten: name -> claim."""

from __future__ import annotations

from derive.language import Claim
from tests.soundness import batchnorm_statements as batchnorm
from tests.soundness import family_statements as family
from tests.soundness import fragment_statements as fragment
from tests.soundness import paper_statements as paper
from tests.soundness import training_statements as training
from tests.soundness.package_statements import PACKAGE

CHAPTERS: dict[str, dict[str, Claim]] = {
    "forward": batchnorm.FORWARD,
    "jacobian": batchnorm.JACOBIANS,
    "adjoint": batchnorm.ADJOINTS,
    "gradient": batchnorm.GRADIENTS,
    "norm": batchnorm.NORMS,
    "curvature": paper.CURVATURE,
    "scale": paper.SCALE,
    "initialization": paper.INITIALIZATION,
    "Lipschitz": paper.LIPSCHITZ,
    "algebra": fragment.ALGEBRA,
    "matrix": fragment.MATRICES,
    "inequality": fragment.INEQUALITIES,
    "function": fragment.FUNCTIONS,
    "rows": fragment.ROWS,
    "sampling": training.SAMPLING,
    "over batches": training.OVER_BATCHES,
    "network": training.NETWORKS,
    "family": family.FAMILY,
}

WRITTEN: dict[str, Claim] = {
    f"{chapter}: {name}": claim for chapter, claims in CHAPTERS.items() for name, claim in claims.items()
}
"""Written for these tests, from the papers."""

STATEMENTS: dict[str, Claim] = WRITTEN | PACKAGE
