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
