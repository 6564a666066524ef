"""Matrices without a declared shape that are products of those with one."""

from tests.notes.note import verdicts

ATTENTION = r"""
$Q, K, V \in \mathbb{R}^{n \times d}$, $S = \frac{QK^\top}{\sqrt d}$, $P_{ij} = \frac{e^{S_{ij}}}{\sum_l e^{S_{il}}}$,
$O = PV$ and $dO = \partial L/\partial O$.
"""


def test_the_backward_pass_of_attention():
    claims = (r"dV = P^\top dO", r"dQ = \frac{1}{\sqrt d} dS\, K", r"dK = \frac{1}{\sqrt d} dS\, Q")
    text = ATTENTION + "".join(f"\n\n$$\n{claim}\n$$\n" for claim in claims)
    assert verdicts(text) == ["proved", "proved", "refuted"]


def test_a_bold_letter_behind_a_matrix_is_as_long_as_its_rows():
    said = r"$\mathbf y = X \mathbf w$, $X \in \mathbb{R}^{m \times p}$."
    claim = r"$$\nabla_{\mathbf w} L = X^\top \nabla_{\mathbf y} L$$"
    assert verdicts(f"{said} {claim} {claim.replace('= ', '= 2 ')}") == ["proved", "refuted"]
