"""The largest gradient by the weights over inputs of bounded norm."""

import pytest

from tests.notes.meaning.test_curvature import PAIR
from tests.notes.note import verdicts

MOST = r"\max_{\|X\|_2 \le \lambda}"

TRUE = {
    "squared": MOST + r"\|\nabla_W \hat L\|^2 = \lambda^2 \|\nabla_x \hat L\|^2",
    "not squared": MOST + r"\|\nabla_W \hat L\| = \lambda \|\nabla_x \hat L\|",
    "a quadratic form": MOST + r"(\nabla_x \hat L)^T X^T X \nabla_x \hat L = \lambda^2 \|\nabla_x \hat L\|^2",
    "the theorem": MOST
    + r"\|\nabla_W \hat L\|^2 = \frac{\gamma^2}{\sigma^2}\left(\lambda^2\|\nabla_x L\|^2"
    + r" - \frac{\lambda^2}{m}\langle 1, \nabla_x L\rangle^2"
    + r" - \frac{\lambda^2}{m}\langle\nabla_x L, \hat x\rangle^2\right)",
}


@pytest.mark.parametrize("latex", TRUE.values(), ids=TRUE.keys())
def test_maxima_are_known(latex):
    assert verdicts(f"{PAIR}\n\n$${latex}$$\n") == ["proved"]


@pytest.mark.parametrize(
    "wrong",
    [
        TRUE["squared"].replace(r"\lambda^2", r"\lambda"),
        TRUE["squared"].replace(r"\nabla_x \hat L", r"\nabla_x L"),
        TRUE["not squared"].replace(r"\lambda \|", r"\lambda^2 \|"),
        TRUE["the theorem"].replace(r"\frac{\lambda^2}{m}\langle\nabla", r"\lambda^2\langle\nabla"),
    ],
)
def test_errors_in_them_are_refuted(wrong):
    assert verdicts(f"{PAIR}\n\n$${wrong}$$\n") == ["refuted"]


def test_a_maximum_may_have_a_name():
    text = PAIR + f"$$g := {MOST}" + r"\|\nabla_W L\|^2$$" + "\n\n" + r"$$g = \lambda^2\|\nabla_x L\|^2$$"
    first, second = verdicts(text)
    assert first == "definition" and second in ("proved", "definition")


@pytest.mark.parametrize(
    "latex",
    [
        r"\max_{x} \|\nabla_W L\| = 1",
        MOST + r"\|X\| = \lambda",
        MOST + r"\|\nabla_X L\|^2 = \lambda^2 \|\nabla_x L\|^2",
        r"\max_{\|X\| \ge \lambda}\|\nabla_W L\|^2 = \lambda^2 \|\nabla_x L\|^2",
    ],
)
def test_other_maxima_are_undecided(latex):
    assert verdicts(f"{PAIR}\n\n$${latex}$$\n") == ["undecided"]
