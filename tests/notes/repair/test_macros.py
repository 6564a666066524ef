"""Formulas with the macros of a note are mended, and a letter that stands for another is one in what is mended, too."""

from tests.notes.note import BATCHNORM, checked, tex

MACROS = r"$\newcommand{\xh}{\hat{x}} \newcommand{\by}[1]{\frac{\partial L}{\partial #1}}$"


def test_a_formula_with_macros_is_mended_in_its_macros() -> None:
    text = f"{MACROS}\n\n{BATCHNORM}\n\n" + r"$$\by{\gamma} = \sum_{i=1}^m \by{y_i} x_i$$" + "\n"
    (relation,) = checked(text)[-1].relations
    assert relation.verdict == "refuted"
    assert relation.mending is not None
    assert relation.mending.latex in (
        r"\by{\gamma} = \sum_{i=1}^m \by{y_i} \hat{x}_i",
        r"\by{\gamma} = \sum_{i=1}^m \by{y_i} \hat{x_i}",
        r"\by{\gamma} = \sum_{i=1}^m \by{y_i} \xh_i",
    )


def test_a_chain_goes_on_from_a_mended_side_with_macros() -> None:
    right = r"\sum_{i=1}^m \by{y_i} \frac{x_i - \mu}{\sqrt{\sigma^2+\epsilon}}"
    rows = r"\by{\gamma} &= \sum_{i=1}^m \by{y_i} x_i \\ &= " + right
    text = f"{MACROS}\n\n{BATCHNORM}\n\n$$\n{rows}\n$$\n"
    first, second = checked(text)[-1].relations
    assert first.mending is not None
    assert second.verdict != "proved" and second.mending is not None
    assert r"\by{\gamma}" in second.mending.latex or r"\by{y_i}" in second.mending.latex


def test_a_letter_that_stands_for_mu_is_mu_in_what_is_mended() -> None:
    text = BATCHNORM + tex("\n\n$$@{\\mu} = \\sum_i @{x_i} (x_i - u)$$\n\n$$\\sum_i (x_i - u)^2 = 2 m \\sigma^2$$\n")
    relation = checked(text)[-1].relations[-1]
    assert relation.mending is not None
    assert "u" in relation.mending.latex


def test_a_norm_that_a_macro_writes_is_mended_behind_its_argument() -> None:
    text = r"$\newcommand{\norm}[1]{\left\lVert #1 \right\rVert} w = \frac{g}{\norm{v}} v$, $v \in \mathbb{R}^n$"
    claim = r"\frac{\partial w_i}{\partial v_j} = \frac{g}{\norm{v}}(\delta_{ij} - \frac{v_i v_j}{\norm{v}})"
    (relation,) = checked(f"{text}\n\n$$\n{claim}\n$$\n")[-1].relations
    assert relation.mending is not None
    assert relation.mending.latex == claim.replace(r"{\norm{v}})", r"{\norm{v}^2})")
