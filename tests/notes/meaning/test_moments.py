"""Expectations and variances: of the samples of a batch they are means, of what is random they are not decided."""

import pytest

from tests.notes.note import BATCHNORM, checked, of

BATCH = {
    r"\mathbb{E}[x] = \mu": "proved",
    r"\operatorname{Var}(x) = \sigma^2": "proved",
    r"\mathbb{E}_x[x^2] = \mu^2 + \sigma^2": "proved",
    r"\mathbb{E}[\hat{x}] = 0": "proved",
    r"\text{Var}(c x) = c^2 \text{Var}(x)": "proved",
    r"\mathbb{E}[x^2] = \mu^2": "refuted",
    r"\text{Var}(2 x) = 2 \text{Var}(x)": "refuted",
    r"\operatorname{Cov}(x, \hat{x}) = \sigma^2": "refuted",
}


@pytest.mark.parametrize(("latex", "verdict"), BATCH.items())
def test_means_over_a_batch_are_judged(latex, verdict):
    assert of(latex).verdict == verdict, of(latex).reason


RANDOM = (
    r"\text{Var}(w) = \frac{2}{n}",
    r"\text{Var}(X + Y) = \text{Var}(X) + \text{Var}(Y)",
    r"\mathbb{E}[X Y] = \mathbb{E}[X] \mathbb{E}[Y]",
    r"\mathbb{E}[w_i x_i] = \mathbb{E}[w_i] \mathbb{E}[x_i]",
    r"\mathbb{E}[\xi] = 0",
    r"\mathbb{E}_{x \sim p}[x] = \mu",
    r"\mathbb{P}(x > 0) = \frac12",
)


@pytest.mark.parametrize("latex", RANDOM)
def test_what_is_random_is_undecided_beside_a_layer_too(latex):
    found = of(latex)
    assert found.verdict == "undecided" and "random" in found.reason, found.reason


SAMPLES = {
    r"\text{Var}(X) = \mathbb{E}[X^2] - \mathbb{E}[X]^2": "proved",
    r"\mathbb{E}[X + Y] = \mathbb{E}[X] + \mathbb{E}[Y]": "proved",
    r"\text{Var}(X + Y) = \text{Var}(X) + \text{Var}(Y)": "refuted",
    r"\text{Cov}(X, Y) = \mathbb{E}[X Y] - \mathbb{E}[X] \mathbb{E}[Y]": "proved",
}


@pytest.mark.parametrize(("latex", "verdict"), SAMPLES.items())
def test_what_is_declared_to_be_samples_has_means(latex, verdict):
    (before,) = checked(f"$${latex}$$")
    assert before.verdict == "undecided" and before.help.startswith("declare: normproof: samples: ")
    line = before.help.removeprefix("declare: ").replace("samples: X", "samples: X, Y").replace("Y, Y", "Y")
    (after,) = checked(f"<!-- {line} -->\n\n$${latex}$$")
    assert after.verdict == verdict, after.reason


NORMS = {
    r"\|x\|_1 = \sum_i |x_i|": "proved",
    r"\|x\|_1 \le \sqrt{m} \|x\|_2": "proved",
    r"\|x\|_1 = \sum_i x_i": "refuted",
    r"\|x\|_\infty \le \|x\|": "maximum norm",
    r"\|x\|_0 \le m": "not 0",
    r"\|x\|_p \ge 0": "open p",
    r"\|A\|_2 \le \|A\|_F": "spectral norm",
    r"\|A\|_F^2 = \sum_{i,j} A_{ij}^2": "proved",
}


@pytest.mark.parametrize(("latex", "said"), NORMS.items())
def test_norms_are_computed_or_named(latex, said):
    found = of(latex, BATCHNORM + r"$A \in \mathbb{R}^{m \times n}$")
    assert said in (found.verdict, *found.reason.split(";")) or said in found.reason, found.reason


NAMED = {
    r"\int_0^1 x \, dx = 1": "integral",
    r"\lim_{\epsilon \to 0} \hat{x}_i = 0": "limit",
    r"\prod_{i=1}^m x_i = 1": "product over a range",
    r"w^* = \arg\min_w L(w)": "where something is largest or smallest",
    r"\operatorname{KL}(p \,\|\, q) \ge 0": "distributions",
}


@pytest.mark.parametrize(("latex", "reason"), NAMED.items())
def test_operators_without_a_value_are_named(latex, reason):
    found = of(latex)
    assert found.verdict == "undecided" and reason in found.reason, found.reason


def test_the_largest_entries_of_two_arrays_are_two_numbers():
    assert of(r"\max(x) = \max(x)").verdict == "proved"
    for latex in (r"\max(2 x) = \max(x)", r"\max(x) = \max(y)", r"\max(x) + 1 = \max(x + 1)"):
        assert of(latex).verdict == "undecided"
    assert of(r"e^{x_i - \max(x)} = \frac{e^{x_i}}{e^{\max(x)}}").verdict == "proved"
