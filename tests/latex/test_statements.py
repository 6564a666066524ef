"""Every formula that the package writes about its own statements renders, strictly."""

from derive import gradient
from derive.gradients import adjoints, hessian
from derive.latex import align, claim_latex, latex, theorem_latex
from derive.layers import LAYERS
from derive.maxima import Maximum
from derive.theorems.derivation import Derivation
from derive.theorems.registry import statements


def _of_statements():
    for statement in statements().values():
        theorem = statement.theorem
        yield statement.id, claim_latex(theorem.claim, quantifiers=True)
        yield statement.id, theorem_latex(theorem.claim, theorem.conditions)
        if isinstance(statement.proof, Derivation):
            yield statement.id, align(statement.proof.lines, environment="aligned")
        if isinstance(statement.proof, Maximum):
            yield statement.id, statement.proof.latex
        for variant in getattr(statement.proof, "noted", ()):
            yield statement.id, claim_latex(variant.claim)


def _of_layers():
    for name, make in LAYERS.items():
        layer = make()
        for step in (*layer.inputs, *layer.parameters, *layer.steps):
            yield name, claim_latex(gradient(layer, step.name).claim)
        for adjoint in adjoints(layer).values():
            if adjoint.definition:
                yield name, latex(adjoint.definition.body)
        yield name, claim_latex(hessian(layer).claim)


def test_they_render(katex):
    written = [*_of_statements(), *_of_layers()]
    assert len(written) > 800
    faults = katex([formula for _, formula in written])
    assert [(id, formula, fault) for (id, formula), fault in zip(written, faults, strict=True) if fault] == []
