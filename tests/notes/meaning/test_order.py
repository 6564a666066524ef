"""Sums up to an index, names at places beside each other, running means and maxima."""

import pytest

from derive.notes.repair.counterexample import shown
from tests.notes.note import checked, of, verdicts

PREFIX = r"$S_i = \sum_{j=1}^{i} x_j$"
WELFORD = r"$\mu_n = \frac{1}{n}\sum_{i=1}^n x_i$ and $M_n = \sum_{i=1}^n (x_i - \mu_n)^2$"
ONLINE = r"$\ell_i = \sum_{j=1}^{i} e^{x_j - m_i}$"

TRUE = [
    (PREFIX, r"S_i = S_{i-1} + x_i"),
    (PREFIX, r"S_{i+1} = S_i + x_{i+1}"),
    (PREFIX, r"S_i = \sum_{j<i} x_j + x_i = \sum_{j \le i} x_j = \sum_{1 \le j \le i} x_j"),
    (PREFIX, r"\sum_{j=1}^{N} x_j = S_i + \sum_{j=i+1}^{N} x_j = S_{i-1} + \sum_{j=i}^N x_j"),
    (PREFIX, r"\frac{\partial L}{\partial x_j} = \sum_{i=j}^{N} \frac{\partial L}{\partial S_i}"),
    (PREFIX, r"\frac{\partial L}{\partial x_j} = \sum_{i \ge j} \frac{\partial L}{\partial S_i}"),
    (PREFIX, r"\sum_{i=1}^N \sum_{j=1}^i x_j = \sum_{j=1}^N \sum_{i=j}^N x_j"),
    (PREFIX, r"\sum_{j=1}^i 1 = i = 1 + \sum_{j<i} 1"),
    (PREFIX, r"S_i^2 - S_{i-1}^2 = x_i(S_i + S_{i-1})"),
    (WELFORD, r"\mu_n = \mu_{n-1} + \frac{x_n - \mu_{n-1}}{n}"),
    (WELFORD, r"\mu_{n+1} = \frac{n\mu_n + x_{n+1}}{n+1}"),
    (WELFORD, r"M_n = M_{n-1} + (x_n - \mu_{n-1})(x_n - \mu_n)"),
    (ONLINE, r"\ell_i = \ell_{i-1}e^{m_{i-1} - m_i} + e^{x_i - m_i}"),
    (ONLINE, r"\frac{e^{x_i - m_N}}{\ell_N} = \frac{e^{x_i}}{\sum_{j=1}^N e^{x_j}}"),
]
FALSE = [
    (PREFIX, r"S_i = S_{i-1} + x_{i-1}"),
    (PREFIX, r"S_{i+1} = S_i + x_i"),
    (PREFIX, r"S_i = \sum_{j<i} x_j"),
    (PREFIX, r"S_i = \sum_{j<i+1} x_j + x_i"),
    (PREFIX, r"2 S_i = 2 \sum_{j=1}^N x_j"),
    (PREFIX, r"\sum_{j=1}^{N} x_j = S_i + \sum_{j=i}^{N} x_j"),
    (PREFIX, r"\frac{\partial L}{\partial x_j} = \sum_{i=1}^{j} \frac{\partial L}{\partial S_i}"),
    (PREFIX, r"\frac{\partial L}{\partial x_j} = \sum_{i > j} \frac{\partial L}{\partial S_i}"),
    (PREFIX, r"\sum_{i=1}^N S_i = \sum_{j=1}^N x_j"),
    (PREFIX, r"S_{i+1} - S_{i-1} = x_i + x_{i-1}"),
    (PREFIX, r"\sum_{j=1}^{i} x_j^2 = S_i^2"),
    (PREFIX, r"\sum_{j<i} 1 = i"),
    (WELFORD, r"\mu_n = \mu_{n-1} + \frac{x_n - \mu_{n-1}}{n-1}"),
    (WELFORD, r"M_n = M_{n-1} + (x_n - \mu_{n-1})^2"),
    (ONLINE, r"\ell_i = \ell_{i-1}e^{m_i - m_{i-1}} + e^{x_i - m_i}"),
    (ONLINE, r"\ell_i = \ell_{i-1} + e^{x_i - m_i}"),
    (ONLINE, r"\frac{e^{x_i - m_i}}{\ell_N} = \frac{e^{x_i}}{\sum_{j=1}^N e^{x_j}}"),
]
NEVER_PROVED = [
    r"\sum_{i=2}^m x_i = \sum_{i=1}^m x_i",
    r"\sum_{i=0}^m x_i = \sum_{i=1}^m x_i",
    r"\sum_{j=i}^N x_j = \sum_{j=1}^N x_j",
    r"\sum_{i=1}^{i} x_i = \sum_{i=1}^N x_i",
    r"\sum_{i=1}^{N-1} x_i = \sum_{i=1}^N x_i",
    r"\sum_{i,j=1}^{k} x_{ij} y_k = \sum_{i,j} x_{ij} y_k",
    r"\sum_{i<j} x_i x_j = \sum_{i,j} x_i x_j",
    r"\sum_{1\le i<j\le N} x_i x_j = \sum_{i,j} x_i x_j",
    r"\sum_{j<i} x_j y_i = \sum_{j \le i} x_j y_i",
    r"y_i = \sum_{j=1}^{i} x_j = \sum_{j=1}^{i-1} x_j",
]


@pytest.mark.parametrize(("context", "latex"), TRUE)
def test_true_formulas_are_proved(context, latex):
    assert of(latex, context).verdict == "proved", of(latex, context).reason


@pytest.mark.parametrize(("context", "latex"), FALSE)
def test_false_formulas_are_refuted(context, latex):
    assert of(latex, context).verdict == "refuted", of(latex, context).reason


@pytest.mark.parametrize("latex", NEVER_PROVED)
def test_other_ranges_are_never_the_whole_one(latex):
    assert checked(f"\n\n$${latex}$$\n")[-1].verdict != "proved"
    assert checked(f"{PREFIX}\n\n$${latex}$$\n")[-1].verdict != "proved"


def test_what_is_opened_in_a_derivative_still_rests_on_its_names():
    context = r"$S_i = \sum_{j=i}^{N} x_j$ and $y_i = S_i^2$"
    assert of(r"\frac{\partial y_i}{\partial S_i} = 2 S_i", context).verdict == "proved"
    assert of(r"\frac{\partial y_i}{\partial S_i} = 0", context).verdict != "proved"


def test_a_recurrence_is_a_definition_and_what_rests_on_it_is_not_refuted():
    for name in ("h", r"\mu"):
        text = f"$${name}_t = a {name}_{{t-1}} + x_t$$\n\n$${name}_t + {name}_{{t-1}} = 2x_t$$\n\n"
        assert verdicts(text) == ["definition", "undecided"]
        solved = rf"$${name}_t = \sum_{{s=1}}^t a^{{t-s}} x_s$$"
        assert not {"proved", "refuted"} & {*verdicts(text + solved)}


def test_a_computed_subscript_is_another_at_another_place():
    context = r"$S_t = c_{2t} + \sum_{s=1}^{t} x_s$"
    assert of(r"S_t - S_{t-1} = x_t", context).verdict == "undecided"


def test_the_running_maximum_has_its_values_in_a_counterexample():
    text = (
        r"$$u_i = \max(u_{i-1}, x_i)$$" "\n\n" r"$$\ell_i = \sum_{j=1}^i e^{x_j - u_j}$$" "\n\n"
        r"$$\ell_i = \ell_{i-1} e^{u_{i-1} - u_i} + e^{x_i - u_i}$$"
    )
    assert verdicts(text) == ["definition", "definition", "refuted"]
    lines = " ".join(shown(checked(text)[-1].relations[0]))
    values = {name: numbers_of(lines, name) for name in ("x", "u")}
    running = [max(values["x"][: place + 1]) for place in range(len(values["x"]))]
    assert values["u"] == running


def numbers_of(lines: str, name: str) -> list[float]:
    inside = lines.split(f"{name} = (")[1].split(")")[0]
    return [float(each) for each in inside.split(", ")]


def test_a_counterexample_shows_no_masks_and_a_true_place():
    (found,) = checked(PREFIX + "\n\n" + r"$$S_{i+1} = S_i + x_i$$")
    lines = " ".join(shown(found.relations[0]))
    assert "upto" not in lines and "S(" not in lines
    x, place = numbers_of(lines, "x"), int(lines.split("for i = ")[1].split(":")[0])
    assert sum(x[: place + 1]) != sum(x[:place]) + x[place - 1]


def test_indices_may_begin_at_zero():
    context = r"$S_i = \sum_{j=1}^{i} x_j$"
    assert of(r"\sum_{i=0}^{N-1} x_i^2 - \sum_{i=0}^{N-1} x_i^2 = 0", context).verdict != "refuted"
