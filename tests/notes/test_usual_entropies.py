r"""Entropies and divergences that a note defines: what everybody means by their names, or else undecided."""

import pytest

from tests.notes.note import checked, verdicts

CROSS = r"-\sum_i p_i \log q_i"
KNOWN = rf"$H(p,q) = {CROSS}$ and $H(p) = -\sum_i p_i \log p_i$"


@pytest.mark.parametrize(
    ("said", "latex", "verdict"),
    [
        (KNOWN, "D_{KL} = H(p,q) + H(p)", "undecided"),
        (KNOWN, r"D_{KL}(p\|q) = H(p,q) - H(p)", "definition"),
        ("", r"D_{KL}(q\|p) = \sum_i q_i \log \frac{q_i}{p_i}", "definition"),
        ("", r"\mathrm{KL}(p\|q) = \sum_i p_i \log \frac{q_i}{p_i}", "undecided"),
        ("", r"\mathrm{KL}(p\|q) := \sum_i p_i \log \frac{q_i}{p_i}", "definition"),
        ("", r"D_{KL}(p\|q) = \sum_i p_i \log_2 \frac{p_i}{q_i}", "definition"),
        ("", r"H(p) = \sum_i p_i \log p_i", "undecided"),
        ("", r"H(p) = -\sum_i p_i \log p_i", "definition"),
        ("", r"H(p) = -p \log p - (1-p)\log(1-p)", "definition"),
        ("", r"D_{KL} = \frac12 \sum_i (\mu_i^2 + s_i^2 - \log s_i^2 - 1)", "definition"),
    ],
)
def test_verdicts(said, latex, verdict):
    assert verdicts(f"{said}\n\n$${latex}$$\n")[-1] == verdict


def test_what_it_usually_is_is_told():
    (found,) = checked(r"$$H(p) = \sum_i p_i \log p_i$$")
    assert found.reason == r"H usually is -\sum_i p_i \log p_i, and here something else"
