"""Statistics of a batch that is scaled, mu_{aB}, and capitals right before a word, Ndout and \\sum_N dout."""

import pytest

from tests.notes.note import BATCHNORM, of

SCALED = r"$x = W u$, $\mu_B = \frac{1}{m}\sum_{i=1}^m x_i$, $\sigma_B^2 = \frac{1}{m}\sum_i (x_i - \mu_B)^2$, $c > 0$"


@pytest.mark.parametrize(
    ("latex", "verdict"),
    [
        (r"2\mu_{cB} = 2c\mu_B", "proved"),
        (r"\frac{cWu - \mu_{cB}}{\sigma_{cB}} = \frac{Wu - \mu_B}{\sigma_B}", "proved"),
        (r"2\sigma_{cB} = 2\sigma_B", "refuted"),
        (r"2\mu_{cB} = 2c^2\mu_B", "refuted"),
        (r"2\mu_{qB} = 2q\mu_A", "undecided"),
    ],
)
def test_a_letter_before_the_batch_scales_it(latex: str, verdict: str) -> None:
    assert of(latex, SCALED).verdict == verdict


GRADIENT = r"dx = \frac{\gamma}{N\sqrt{\sigma^2+\epsilon}}(Ndout - \sum_Ndout - \hat{x}\sum_Ndout*\hat{x})"


def test_a_capital_stands_right_before_a_word() -> None:
    context = BATCHNORM.replace("m}", "N}").replace("^m", "^N") + r" $dout_i = \partial L/\partial y_i$"
    assert of(GRADIENT, context).verdict == "proved"
    assert of(GRADIENT.replace(r"\hat{x}\sum_N", r"\sum_N"), context).verdict == "refuted"
