"""Attention in indices, where its definition is written in matrices."""

import pytest

from tests.notes.note import verdicts

CONTEXT = r"""With $S = QK^\top$, $P = \mathrm{softmax}(S)$ and $O = PV$:

$$P_{ij} = \frac{e^{S_{ij}}}{\sum_{k=1}^N e^{S_{ik}}}$$

$$O_{ic} = \sum_{j=1}^N P_{ij} V_{jc}$$

"""
TRUE = [
    r"\frac{\partial L}{\partial V_{jc}} = \sum_{i=1}^N P_{ij} \frac{\partial L}{\partial O_{ic}}",
    r"\frac{\partial L}{\partial S_{ij}} = P_{ij}\left(\frac{\partial L}{\partial P_{ij}}"
    r" - \sum_{k=1}^N P_{ik}\frac{\partial L}{\partial P_{ik}}\right)",
]
FALSE = [
    TRUE[0].replace(r"P_{ij} \frac", r"P_{ji} \frac"),
    TRUE[1].replace("P_{ik}", "P_{kj}"),
    TRUE[1].replace("- ", "+ "),
]


@pytest.mark.parametrize("latex", TRUE)
def test_true_gradients_are_proved(latex):
    assert verdicts(f"{CONTEXT}$${latex}$$\n")[-1] == "proved"


@pytest.mark.parametrize("latex", FALSE)
def test_false_gradients_are_refuted(latex):
    assert verdicts(f"{CONTEXT}$${latex}$$\n")[-1] == "refuted"
