"""An index below that says of which feature everything is, beside one above for the samples."""

from tests.notes.note import verdicts

LAYER = r"""
$\mu_j = \frac1m\sum_{b=1}^m y_j^{(b)}$, $\sigma_j^2 = \frac1m\sum_{b=1}^m (y_j^{(b)} - \mu_j)^2$,
$\hat y_j^{(b)} = \frac{y_j^{(b)} - \mu_j}{\sigma_j}$ and $z_j^{(b)} = \gamma \hat y_j^{(b)} + \beta$.
"""


def test_the_vector_of_a_feature_is_over_the_samples():
    whole = r"\langle \hat{\boldsymbol y}_j, \mathbf 1\rangle = 0"
    claims = (whole, whole.replace("0", "1"), r"\|\hat{\boldsymbol y}_j\|^2 = m", r"\sum_b (\hat y_j^{(b)})^2 = 1")
    text = LAYER + "".join(f"\n\n$$\n{claim}\n$$\n" for claim in claims)
    assert verdicts(text) == ["proved", "refuted", "proved", "refuted"]


def test_two_letters_below_are_two_indices():
    text = rf"{LAYER} $$\frac{{\partial L}}{{\partial y_j^{{(b)}}}} = \frac{{\partial L}}{{\partial y_k^{{(b)}}}}$$"
    assert verdicts(text) != ["proved"]
