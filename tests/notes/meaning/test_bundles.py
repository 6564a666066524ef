"""Samples that are vectors, x_i of w^T x_i + b."""

import pytest

from tests.notes.note import verdicts

REGRESSION = r"$\hat y_i = w^\top x_i + b$ and $J = \frac{1}{2m}\sum_{i=1}^m (\hat y_i - y_i)^2$."
ABOVE = r"$a^{(i)} = w^T x^{(i)} + b$ and $J = \frac{1}{2m}\sum_{i=1}^m (a^{(i)} - y^{(i)})^2$."
LOGISTIC = r"""$\hat y_i = \frac{1}{1 + e^{-(w^\top x_i + b)}}$ and
$J = -\frac1m\sum_{i=1}^m (y_i \log \hat y_i + (1 - y_i) \log(1 - \hat y_i))$."""

CLAIMS = [
    (REGRESSION, r"\nabla_w J = \frac1m\sum_{i=1}^m (\hat y_i - y_i) x_i", "proved"),
    (REGRESSION, r"\frac{\partial J}{\partial b} = \frac1m\sum_{i=1}^m (\hat y_i - y_i)", "proved"),
    (REGRESSION, r"\nabla_w J = \sum_{i=1}^m (\hat y_i - y_i) x_i", "refuted"),
    (ABOVE, r"\frac{\partial J}{\partial w} = \frac1m\sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}", "proved"),
    (ABOVE, r"\frac{\partial J}{\partial w} = \frac1m\sum_{i=1}^m (a^{(i)} - y^{(i)})", "refuted"),
    (LOGISTIC, r"\frac{\partial J}{\partial b} = \sum_{i=1}^m (\hat y_i - y_i)", "refuted"),
    (LOGISTIC, r"\frac{\partial J}{\partial b} = \frac1m\sum_{i=1}^m (\hat y_i - y_i)", "undecided"),
]


@pytest.mark.parametrize(("said", "latex", "verdict"), CLAIMS)
def test_a_sample_beside_transposed_weights_is_a_vector(said, latex, verdict):
    assert verdicts(f"{said}\n\n$$\n{latex}\n$$\n") == [verdict]
