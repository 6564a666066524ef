"""Vectors that only norms and inner products show."""

import pytest

from tests.notes.note import BATCHNORM, of

OPTIMUM = r"""
$k = \frac{\langle V_0, V^* \rangle}{\Vert V^* \Vert_2^2}$ and $\hat{V^*} = k V^*$.
"""
GAIN = r"\Vert V_0 - \hat{V^*} \Vert_2^2 - \Vert V_0 - V^* \Vert_2^2"
FREE = r"\Vert a_0 - c a^* \Vert^2 - \Vert a_0 - a^* \Vert^2"
EXPANDED = r"(c^2 - 1) \Vert a^* \Vert^2 - 2 (c - 1) \langle a_0, a^* \rangle"

CLAIMS = {
    rf"{GAIN} = (k^2 - 1) \Vert V^* \Vert_2^2 - 2 (k - 1) \langle V_0, V^* \rangle": "proved",
    rf"{GAIN} = -(k - 1)^2 \Vert V^* \Vert_2^2": "proved",
    rf"{GAIN} \le 0": "proved",
    rf"{GAIN} = -(k + 1)^2 \Vert V^* \Vert_2^2": "refuted",
    rf"{GAIN} = (k^2 - 1) \Vert V^* \Vert_2^2 - (k - 1) \langle V_0, V^* \rangle": "refuted",
    rf"{GAIN} \ge 0": "refuted",
    rf"{FREE} = {EXPANDED}": "proved",
}


@pytest.mark.parametrize(("latex", "expected"), CLAIMS.items(), ids=CLAIMS)
def test_names_in_an_inner_product_and_what_is_added_to_them_are_vectors(latex, expected):
    assert of(latex, BATCHNORM + OPTIMUM).verdict == expected


MATRICES = (
    r"\Vert V_0 V^* \Vert^2 = \Vert V_0 \Vert^2 \Vert V^* \Vert^2",
    r"\langle V_0 u, V^* u \rangle = \langle V_0, V^* \rangle \Vert u \Vert^2",
    r"\Vert V_0 - V^* \Vert_2 \le \Vert V_0 \Vert_2",
)


@pytest.mark.parametrize("latex", MATRICES)
def test_what_may_be_a_matrix_is_no_vector(latex):
    assert of(latex, BATCHNORM + r"$\langle V_0, V^* \rangle$ and $V_0 u$, $V^* u$").verdict == "undecided"
