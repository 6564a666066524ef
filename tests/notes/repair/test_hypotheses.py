"""What is true under a hypothesis only is mended by saying it, and what is said of one formula counts for no other."""

import pytest

from tests.notes.note import BATCHNORM, checked, of

RMS = r"$r = \sqrt{\frac{1}{m}\sum_{i=1}^m x_i^2}$ and $\mathrm{RMSNorm}(x)_i = \frac{x_i}{r}$."
SHORTER = r"\|\nabla_x L\| \le \|\nabla_y L\|"

NEEDED = {
    "a norm": (BATCHNORM, r"\|\gamma x\| = \gamma \|x\|", r"\gamma \ge 0"),
    "a quotient": (BATCHNORM, r"\frac{\gamma}{|\gamma|} x_i = x_i", r"\gamma > 0"),
    "a scale": (RMS, r"\mathrm{RMSNorm}(k x) = \mathrm{RMSNorm}(x)", "k > 0"),
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_hypothesis_is_found(name: str) -> None:
    context, wrong, text = NEEDED[name]
    (relation,) = of(wrong, context).relations
    assert relation.verdict == "refuted" and relation.mending is not None
    assert (relation.mending.code, relation.mending.latex) == ("hypothesis-missing", rf"{wrong} \quad ({text})")
    assert of(relation.mending.latex, context).verdict == "proved"


def test_a_gradient_is_shorter_where_gamma_is_no_larger_than_what_is_divided_by() -> None:
    found = of(SHORTER)
    assert found.verdict != "proved"
    mending = found.relations[0].mending
    assert mending is not None and mending.code == "hypothesis-missing"
    assert mending.latex.endswith(r"\quad (|\gamma| \le \sqrt{\sigma^2 + \epsilon})")
    assert of(mending.latex).verdict == "proved"


def test_what_is_said_behind_one_formula_is_not_said_of_another() -> None:
    formula = NEEDED["a scale"][1]
    pair = checked(rf"{RMS} $$ {formula} $$ and $$ {formula}, \quad k > 0 $$")
    assert [each.verdict for each in pair] == ["refuted", "proved"]
    assert checked(rf"{RMS} For $k > 0$ it holds that $$ {formula} $$")[0].verdict == "proved"
    indicator = r"$$ \frac{\partial L}{\partial \beta} = \sum_i \frac{\partial L}{\partial y_i} 1[\gamma > 0] $$"
    assert checked(rf"{BATCHNORM} {indicator} $$ \sqrt{{\gamma^2}} = \gamma $$")[-1].verdict == "refuted"
