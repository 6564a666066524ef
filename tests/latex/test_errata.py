"""The formulas of the errata render: as they are printed, as they are read, and what replaces them."""

from derive.errata import all_errata
from derive.latex import claim_latex, theorem_latex
from derive.maxima import Maximum


def _written():
    for id, entry in all_errata().items():
        yield id, entry.printed
        yield id, claim_latex(entry.claim, quantifiers=True)
        if entry.replacement is not None:
            proof, theorem = entry.replacement.proof, entry.replacement.theorem
            yield id, proof.latex if isinstance(proof, Maximum) else theorem_latex(theorem.claim, theorem.conditions)


def test_they_render(katex):
    written = list(_written())
    assert len(written) == 3 * len(all_errata())
    faults = katex([formula for _, formula in written])
    assert [(id, formula, fault) for (id, formula), fault in zip(written, faults, strict=True) if fault] == []
