"""Two or three errors in one place are mended together; what may be an assumption is offered with a hat."""

import pytest

from tests.notes.note import checked, of, tex

SIMPLE = r"""
$\mu = \frac{1}{m}\sum_{i=1}^m x_i$, $\sigma^2 = \frac{1}{m}\sum_{i=1}^m (x_i - \mu)^2$,
$\hat{x}_i = \frac{x_i - \mu}{\sigma}$ and $y_i = \gamma \hat{x}_i + \beta$; $e$ is the vector of ones.
"""
LENGTH = tex(
    r"\|@{x}\| = \frac{1}{m \sigma} \left\|m @{\hat{x}_i} - \sum_j @{\hat{x}_j}"
    r" - \hat{x}_i \sum_j \hat{x}_j @{\hat{x}_j}\right\|"
)

WRONG = {
    "a sign in a norm": ((r"- \hat", r"+ \hat"),),
    "a square and a gamma": ((r"\frac{1}{m \sigma}", r"\left(\frac{\gamma}{m \sigma}\right)^2"),),
    "a square, a gamma and a sign": (
        (r"\frac{1}{m \sigma}", r"\left(\frac{\gamma}{m \sigma}\right)^2"),
        (r"- \hat", r"+ \hat"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_in_one_place_are_mended(name: str) -> None:
    assert of(LENGTH, SIMPLE).verdict == "proved"
    wrong = LENGTH
    for old, new in WRONG[name]:
        wrong = wrong.replace(old, new)
    (relation,) = of(wrong, SIMPLE).relations
    assert relation.verdict == "refuted" and relation.mending is not None
    assert of(relation.mending.latex, SIMPLE).verdict == "proved"
    codes = {relation.mending.code, *relation.mending.also}
    assert codes == {
        *(["sign"] if "sign" in name else []),
        *(["extra-square"] if "square" in name else []),
        *(["gamma-twice"] if "gamma" in name else []),
    }


def test_what_may_be_an_assumption_is_offered_with_a_hat() -> None:
    (found,) = checked(rf"{SIMPLE} $$\langle e, x \rangle = 0 \\ \langle x, x \rangle = m$$ and $\hat{{x}}$")
    first, second = found.relations
    assert (first.verdict, second.verdict) == ("undecided", "undecided")
    assert first.help == r"with \hat{x} here it is proved: \langle e, \hat{x} \rangle = 0"
    assert second.mending is not None and second.mending.code == "missing-hat"


def test_the_side_by_which_a_name_is_defined_is_mended() -> None:
    (found,) = checked(rf"{SIMPLE} $$q := \|\hat{{x}}\| = \sum_i \hat{{x}}_i^2$$")
    definition, second = found.relations
    assert (definition.verdict, second.verdict) == ("definition", "refuted")
    assert second.mending is not None and second.mending.code == "missing-square"
    assert second.mending.latex.replace(" ", "") == r"\|\hat{x}\|^2=\sum_i\hat{x}_i^2"


def test_a_sum_below_a_bar_is_found_missing() -> None:
    context = r"$p_i = \frac{e^{x_i}}{\sum_{j=1}^n e^{x_j}}$"
    (relation,) = of(r"p_i e^{-x_i} = \frac{1}{e^{x_j}}", context).relations
    assert relation.verdict == "refuted" and relation.mending is not None
    assert relation.mending.code == "missing-sum" and r"\sum" in relation.mending.instead


def test_what_is_computed_from_a_name_is_nothing_to_differentiate_it_by() -> None:
    """The deviation does not depend on the normalized values: it is not the other way round."""
    over = r"\left(\delta_{ij} - \frac{1}{m}\right) \sigma - (x_i - \mu) \frac{\partial \sigma}{\partial x_j}"
    right = rf"\frac{{{over}}}{{\sigma^2}}"
    claim = rf"\frac{{\partial}}{{\partial x_j}} \left(\frac{{x_i - \mu}}{{\sigma}}\right) = {right}"
    context = (
        r"$\mu = \frac{1}{m} \sum_{i=1}^m x_i$, $\sigma = \sqrt{\frac{1}{m} \sum_{i=1}^m (x_i - \mu)^2 + \epsilon}$"
    )
    assert of(claim, context).verdict == "proved"
    assert of(claim.replace(r"\sigma}{\partial x_j}", r"\sigma}{\partial \hat{x}_j}"), context).verdict == "undecided"
