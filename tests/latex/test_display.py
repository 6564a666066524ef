"""How theorems and verdicts show themselves in a notebook."""

from derive import Eq, Scalar, decide

x = Scalar("x")


def test_a_theorem_shows_its_conditions():
    verdict = decide(Eq(x / x, 1))
    assert verdict._repr_latex_() == r"$\displaystyle \frac{x}{x} = 1, \quad \text{where } x \ne 0$"
    assert str(verdict) == "proved: x/x = 1, where x != 0"


def test_what_is_not_proved_says_so():
    assert decide(Eq(x, 1))._repr_latex_() == r"$\displaystyle \text{refuted: } x = 1$"
    assert decide(Eq(1 / (x - x), 1))._repr_latex_().startswith(r"$\displaystyle \text{undecided: } \frac{1}{x - x}")


def test_what_is_no_claim_has_no_latex():
    verdict = decide("x = 1")
    assert (verdict.verdict, verdict._repr_latex_()) == ("undecided", None)
    assert "'x = 1' is not a claim" in str(verdict)


def test_every_display_renders(katex):
    shown = [decide(claim)._repr_latex_().strip("$") for claim in (Eq(x / x, 1), Eq(x, 1), Eq(1 / (x - x), 1))]
    assert katex(shown) == [None, None, None]
