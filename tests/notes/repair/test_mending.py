"""Planted mistakes in several notations: each is refuted, named, marked where it is, and mended to what is proved."""

import random

import pytest

from derive.notes.conventions import PREAMBLES
from tests.notes.note import BATCHNORM, LAYERNORM, checked, of, tex

ABOVE = r"""
$\mu = \frac{1}{m}\sum_{b=1}^m y^{(b)}$, $\sigma^2 = \frac{1}{m}\sum_{b=1}^m (y^{(b)} - \mu)^2$,
$\hat{y}^{(b)} = \frac{y^{(b)} - \mu}{\sigma}$ and $z^{(b)} = \gamma \hat{y}^{(b)} + \beta$.
"""
RMSNORM, SOFTMAX = (" ".join(f"${text}$" for text in PREAMBLES[layer]) for layer in ("rmsnorm", "softmax"))

INPUT = tex(
    r"@{x_i} = \frac{\gamma}{m\sqrt{\sigma^2+\epsilon}}\left(m@{y_i}"
    r" - \sum_{k=1}^m @{y_k} - \hat{x}_i\sum_{k=1}^m @{y_k}\hat{x}_k\right)"
)
UP = tex(
    r"@{y^{(b)}} = \frac{\gamma}{m\sigma}\left(m @{z^{(b)}} - \sum_{k=1}^m @{z^{(k)}}"
    r" - \hat{y}^{(b)}\sum_{k=1}^m @{z^{(k)}}\hat{y}^{(k)}\right)"
)
FEATURES = tex(
    r"@{x_i} = \frac{1}{d\sqrt{\sigma^2+\epsilon}}\left(d\gamma_i @{y_i}"
    r" - \sum_{k=1}^d \gamma_k @{y_k} - \hat{x}_i\sum_{k=1}^d \gamma_k @{y_k}\hat{x}_k\right)"
)
ROWS = tex(r"@{\gamma} &= \sum_{i=1}^m @{y_i}\frac{\partial y_i}{\partial\gamma} \\ &= \sum_{i=1}^m @{y_i}\hat{x}_i")
QUADRATIC = tex(r"@{\gamma_i} = @{y_i}\frac{x_i}{s}")
DIFFERENTIALS = r"$\mu=\frac1m\sum_{i=1}^m x_i$, $\sigma^2=\frac1m\sum_{i=1}^m(x_i-\mu)^2$, $\hat x_i=(x_i-\mu)/\sigma$"
OF_VARIANCE = r"d\sigma^2 = \frac2m\sum_{i=1}^m (x_i-\mu)\,dx_i"
OF_NORMALIZED = r"d\hat x_i = \frac{dx_i - d\mu}{\sigma} - \frac{\hat x_i}{\sigma}d\sigma"
PROBABILITY = r"\frac{\partial p_i}{\partial x_j} = p_i(\delta_{ij} - p_j)"

PLANTED = {
    "a sign, subscripts": (BATCHNORM, INPUT, r" - \hat{x}_i", r" + \hat{x}_i", "sign"),
    "a sign, superscripts": (ABOVE, UP, r" - \hat{y}^{(b)}", r" + \hat{y}^{(b)}", "sign"),
    "a factor, superscripts": (ABOVE, UP, r"\frac{\gamma}{m\sigma}", r"\frac{\gamma}{\sigma}", "missing-factor"),
    "a hat, superscripts": (ABOVE, UP, r"\hat{y}^{(k)}", r"y^{(k)}", "missing-hat"),
    "an index, superscripts": (ABOVE, UP, r"\hat{y}^{(k)}", r"\hat{y}^{(b)}", "index-clash"),
    "a deviation": (ABOVE, UP, r"m\sigma", r"m\sigma^2", "variance-for-deviation"),
    "epsilon": (BATCHNORM, INPUT, r"\sigma^2+\epsilon", r"\sigma^2", "epsilon-dropped"),
    "a hat in rows": (BATCHNORM, ROWS, r"\hat{x}_i", "x_i", "missing-hat"),
    "a sum in rows": (BATCHNORM, ROWS, r"&= \sum_{i=1}^m @{y_i}\hat", r"&= @{y_i}\hat", "missing-sum"),
    "gamma of each feature": (LAYERNORM, FEATURES, r" - \hat{x}_i", r" + \hat{x}_i", "sign"),
    "no gamma": (LAYERNORM, FEATURES, r"d\gamma_i", "d", "missing-factor"),
    "a root mean square": (RMSNORM, QUADRATIC, r"{s}", r"{s^2}", "variance-for-deviation"),
    "softmax, a sign": (SOFTMAX, PROBABILITY, r" - p_j", r" + p_j", "sign"),
    "softmax, no delta": (SOFTMAX, PROBABILITY, r"\delta_{ij}", "1", "missing-delta"),
    "a factor in a differential": (DIFFERENTIALS, OF_VARIANCE, r"\frac2m", r"\frac1m", "missing-factor"),
    "a power in a differential": (
        DIFFERENTIALS,
        OF_NORMALIZED,
        r"\hat x_i}{\sigma}",
        r"\hat x_i}{\sigma^2}",
        "variance-for-deviation",
    ),
    "unbiased": (BATCHNORM, r"\frac{\partial\mu}{\partial x_i} = \frac1m", r"\frac1m", r"\frac{1}{m-1}", None),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_named_and_mended(name):
    context, right, old, new, code = PLANTED[name]
    old, new = tex(old), tex(new)
    place = right.rindex(old)
    wrong = right[:place] + new + right[place + len(old) :]
    found = of(wrong, context)
    assert found.verdict == "refuted"
    mending = next(relation.mending for relation in found.relations if relation.verdict == "refuted")
    assert mending is not None and mending.code == (code or "biased-for-unbiased")
    assert mending.start <= place + len(new) and place <= mending.end
    assert of(put_back(wrong, mending), context).verdict == "proved"


def put_back(latex, mending):
    return latex[: mending.start] + mending.instead + latex[mending.end :]


PAIRS = {
    "two signs": ((r" - \sum", r" + \sum"), (r" - \hat", r" + \hat")),
    "a sign and a hat": ((r" - \hat{x}_i", r" + x_i"),),
    "a sign and a factor": ((r" - \hat{x}_i", r" + \hat{x}_i"), (r"{m\sqrt", r"{\sqrt")),
    "a sign and an index": ((r" - \sum", r" + \sum"), (r"\hat{x}_k", r"\hat{x}_i")),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_mistakes_at_once_are_mended(name):
    wrong = INPUT
    for old, new in PAIRS[name]:
        wrong = wrong.replace(old, new)
    (relation,) = of(wrong).relations
    assert relation.verdict == "refuted" and relation.mending is not None
    assert of(put_back(wrong, relation.mending)).verdict == "proved"


def test_in_a_chain_the_part_that_is_wrong_is_marked_and_what_follows_is_seen_with_it():
    wrong = tex(
        r"@{\mu} = \frac{1}{\sqrt{\sigma^2+\epsilon}}\sum_i @{\hat{x}_i} = -\frac{1}{\sqrt{\sigma^2+\epsilon}}"
        r"\sum_k @{\hat{x}_k}"
    )
    first, second = of(wrong).relations
    assert first.mending is not None and first.mending.code == "sign"
    assert second.verdict == "refuted" and second.mending is not None
    assert (second.mending.start, second.mending.instead) == (first.mending.start, first.mending.instead)


def test_a_chain_that_is_true_behind_its_first_side_is_mended_there():
    wrong = r"\frac{\partial(x_k + \mu)}{\partial x_k} = 1 - \frac1m = \frac{m - 1}{m}"
    first, second = of(wrong).relations
    assert (first.verdict, second.verdict) == ("refuted", "proved") and first.mending is not None
    assert of(put_back(wrong, first.mending)).verdict == "proved"


def test_nothing_is_mended_to_its_own_left_side():
    for wrong in (r"\mu = \sigma^2 + \mu", r"\hat{x}_i = 2\hat{x}_i", tex(r"@{x_i} = 2@{x_i}")):
        for relation in of(wrong).relations:
            mending = relation.mending
            if mending is not None:
                left, _, right = mending.latex.partition("=")
                assert left.strip() != right.strip()


def test_what_a_document_means_is_left_as_it_was():
    """A false formula, mended or not, changes the verdict on none that stands behind it."""
    behind = f"\n\n$$\n{INPUT}\n$$\n\n$$\n{ROWS}\n$$\n"
    wrong = INPUT.replace(r" - \hat{x}_i", r" + \hat{x}_i").replace("{m@", "{@")
    plain = [each.verdict for each in checked(BATCHNORM + behind)]
    mixed = [each.verdict for each in checked(f"{BATCHNORM}\n\n$$\n{wrong}\n$$\n{behind}")]
    assert mixed == ["refuted", *plain]


def slips(latex, draw):
    """A random error: a sign turned, a hat lost, a square lost, a factor m lost."""
    kinds = ((" - ", " + "), (r"\hat{x}", "x"), (r"\frac{\gamma}{m", r"\frac{\gamma}{"), (r"{x}_k", "{x}_i"))
    old, new = draw.choice([kind for kind in kinds if kind[0] in latex.partition("=")[2]])
    places = [place for place in range(latex.index("="), len(latex)) if latex.startswith(old, place)]
    place = draw.choice(places)
    return latex[:place] + new + latex[place + len(old) :]


@pytest.mark.parametrize("seed", range(8))
def test_random_errors_are_mended_to_what_is_proved(seed):
    draw = random.Random(seed)
    wrong = slips(INPUT, draw)
    found = of(wrong)
    assert found.verdict == "refuted"
    mending = found.relations[0].mending
    assert mending is not None, wrong
    assert of(put_back(wrong, mending)).verdict == "proved"


def test_a_sign_that_was_typed_as_a_relation_is_offered():
    inside = r"\frac{1}{\sqrt{\sigma^2+\epsilon}}\left(1[i=k] = \frac{1}{m} - \frac{1}{m}\hat x_i\hat x_k\right)"
    wrong = of(rf"\frac{{\partial \hat x_i}}{{\partial x_k}} = {inside}")
    assert wrong.verdict == "undecided" and wrong.help.startswith("with - here it is proved: ")
