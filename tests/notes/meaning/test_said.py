r"""What the text says of free names, macros of a document, and samples above with features below."""

import pytest

from derive.latex.reader import parse
from derive.notes.find import formulas_in
from derive.notes.judge import Note
from tests.latex.reader.shape import shape
from tests.notes.note import verdicts

PROJECTION = r"Let $u \in \mathbb{R}^n$ with $\|u\| = 1$ and $P = I - u u^T$. "


@pytest.mark.parametrize("latex", ["P u = 0", "P^2 = P", r"\|Px\|^2 = \|x\|^2 - (u^T x)^2"])
def test_a_length_that_is_said_is_used(latex):
    assert verdicts(f"{PROJECTION}$${latex}$$")[-1] == "proved"
    assert verdicts(f"{PROJECTION}$${latex}$$".replace(r"with $\|u\| = 1$", ""))[-1] == "refuted"


def test_what_is_said_of_computed_names_is_no_condition():
    text = r"with $y_i = 2 x_i$ and $\sum_{i=1}^n y_i = 1$: $$\sum_{i=1}^n x_i = \frac{1}{2}$$"
    assert verdicts(text)[-1] != "proved"


FACTS = r"""
With $\hat y_j = \frac{y_j - \mu_j}{\sigma_j}$, $\mu = \frac1m \sum_{b=1}^m y^{(b)}$ and
$\sigma^2 = \frac1m \sum_{b=1}^m (y^{(b)} - \mu)^2$:
$$\frac{\partial \hat y^{(b)}}{\partial y^{(k)}} =
\frac1\sigma (\mathbf{1}[b=k] - \frac1m SIGN \frac1m \hat y^{(b)}\hat y^{(k)})$$
"""


def test_a_feature_below_is_left_out_where_samples_stand_above():
    assert verdicts(FACTS.replace("SIGN", "-")) == ["proved"]
    assert verdicts(FACTS.replace("SIGN", "+")) == ["refuted"]


TEX = r"""
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}  \def\half#1{\frac12#1}  \DeclareMathOperator{\lse}{lse}
\newcommand{\optional}[2][x]{#1#2}
\[ \newcommand{\R}{\mathbb{R}} \lse(x) = \log \sum_{k=1}^n e^{x_k} \]
\[ \pd{\lse(x)}{x_i} = \frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}} \]
"""


def test_macros_of_the_document_are_put_in():
    found = Note(formulas_in(TEX, ".tex")).check()
    assert [each.verdict for each in found] == ["definition", "proved"]
    macros = formulas_in(TEX, ".tex")[0].macros
    assert sorted(macros) == ["R", "half", "lse", "pd"]
    assert shape(parse(r"\half{x}2", macros)[0].chain) == "([1 over 2] x 2)"


def test_a_macro_that_calls_itself_is_not_read():
    (found,) = Note(formulas_in(r"\newcommand{\a}{\a\a} \[ \a = 1 \]", ".tex")).check()
    assert found.verdict == "unread"
