"""Warnings about notation that contradicts itself: where they stand, what they say, and where there are none."""

import pytest

from .note import BATCHNORM, checked

MIXED = {
    "a variance without its square": (
        r"\frac{\partial \hat{x}_i}{\partial \mu} = -\frac{1}{\sqrt{\sigma+\epsilon}}",
        r"\sigma is the variance here, and the standard deviation elsewhere",
    ),
    "to the power of a half": (
        r"\hat{x}_i = (x_i - \mu)(\sigma + \epsilon)^{-1/2}",
        r"\sigma is the variance here, and the standard deviation elsewhere",
    ),
    "a variance called sigma": (
        r"\sigma = \frac1m\sum_i (x_i-\mu)^2",
        r"\sigma is the variance here, and the standard deviation elsewhere",
    ),
    "one less": (
        r"\sigma^2 = \frac{1}{m-1}\sum_i (x_i-\mu)^2",
        "the squares in a variance are divided by their number less 1 here, and by their number elsewhere",
    ),
    "one less in a function": (
        r"\mathrm{Var}(x) = \frac{\sum_i (x_i-\mu)^2}{m-1}",
        "the squares in a variance are divided by their number less 1 here, and by their number elsewhere",
    ),
    "two names": (r"\bar{x} = \frac1m\sum_j x_j", r"\bar{x} is defined as \mu is: two names for one thing"),
    "two limits": (
        r"\frac{\partial L}{\partial\gamma} = \sum_{i=1}^N \frac{\partial L}{\partial y_i}\hat x_i",
        "the same index runs up to N here, and up to m elsewhere",
    ),
}

FINE = {
    "the root of the variance": r"\sigma = \sqrt{\frac1m\sum_i (x_i-\mu)^2}",
    "epsilon below the root": r"\frac{\partial \hat{x}_i}{\partial \mu} = -(\sigma^2+\epsilon)^{-1/2}",
    "two names that are said to be one": r"\bar{x} = \mu = \frac1m\sum_j x_j",
    "another statistic": r"s^2 = \frac{1}{m-1}\sum_i (x_i-\mu)^2",
    "a mean of other things": r"\bar{y} = \frac1m\sum_j y_j",
    "sums of inputs up to another limit": r"\mu_D = \frac1N\sum_{i=1}^N x_i",
    "sums up to an index": r"S_i = \sum_{j=1}^i x_j",
    "a function": r"\sigma(z) = \frac{1}{1+e^{-z}}",
}


@pytest.mark.parametrize(("latex", "said"), MIXED.values(), ids=MIXED)
def test_what_is_mixed_up_is_said(latex: str, said: str):
    (found,) = checked(f"{BATCHNORM}\n$$\n{latex}\n$$\n")
    assert found.warnings == (said,)


@pytest.mark.parametrize("latex", FINE.values(), ids=FINE)
def test_what_is_no_mixture_gets_no_warning(latex: str):
    (found,) = checked(f"{BATCHNORM}\n$$\n{latex}\n$$\n")
    assert found.warnings == ()


def test_an_unbiased_variance_may_be_said_to_be_one():
    (found,) = checked(f"{BATCHNORM}\nThe unbiased one is\n\n$$\n{MIXED['one less'][0]}\n$$\n")
    assert found.warnings == ()


def test_each_section_has_its_letters():
    (found,) = checked(f"{BATCHNORM}\n## Layers\n\n$$\n{MIXED['two names'][0]}\n$$\n")
    assert found.warnings == ()


LINEAR = r"Let $W \in \mathbb{R}^{m\times n}$, $y = Wx$ and $x, b\in\mathbb{R}^n$."
COLUMNS = (
    r"\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial y}",
    r"\frac{\partial b^T x}{\partial x} = b",
    r"\frac{\partial x^T x}{\partial x} = 2x",
)
ROWS = (
    r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} W",
    r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \frac{\partial y}{\partial x}",
    r"\frac{\partial b^T x}{\partial x} = b^T",
)
OF_BOTH = (
    r"\frac{\partial y}{\partial x} = W",
    r"\frac{\partial x^T x}{\partial x^T} = 2x^T",
    r"\left(\frac{\partial L}{\partial x}\right)^T = \frac{\partial L}{\partial y}^T W",
)


@pytest.mark.parametrize(("first", "second"), [*zip(ROWS, COLUMNS, strict=True), *zip(COLUMNS, ROWS, strict=True)])
def test_both_layouts_of_a_derivative_in_one_note_are_warned_of(first: str, second: str):
    found = checked(f"{LINEAR}\n\n$${first}$$\n\n$${second}$$\n")
    assert [each.verdict for each in found] == ["proved", "proved"]
    assert not found[0].warnings and found[1].warnings[0].startswith("the derivative of a number by a vector is a ")


@pytest.mark.parametrize("latex", [COLUMNS, ROWS])
def test_one_layout_is_fine(latex: tuple[str, ...]):
    displays = "".join(f"\n\n$${each}$$\n" for each in (*latex, *OF_BOTH))
    assert not any(each.warnings for each in checked(LINEAR + displays))
