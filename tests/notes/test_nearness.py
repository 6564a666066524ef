"""Numbers with \\approx, and decimals that were rounded: the verdicts agree with long decimals."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, localcontext
from random import Random

import pytest

from tests.notes.note import checked, of


def numbers(count):
    """Numbers as LaTeX, each with its value to 50 digits."""
    random = Random(7)
    with localcontext() as context:
        context.prec = 50
        for _ in range(count):
            n, k = random.randint(2, 90), random.randint(2, 9)
            yield rf"\sqrt{{{n}}}", Decimal(n).sqrt()
            yield rf"-\frac{{{n}}}{{{k}}}", -Decimal(n) / k
            yield rf"e^{{-{k}}}", Decimal(-k).exp()
            yield rf"\log {n}", Decimal(n).ln()


def test_near_numbers_agree_with_long_decimals():
    random, seen = Random(8), set()
    for latex, value in numbers(6):
        unit = Decimal(1).scaleb(-random.randint(1, 6))
        rounded, cut = (value.quantize(unit, rounding) for rounding in (ROUND_HALF_EVEN, ROUND_DOWN))
        for written, signs in (
            (rounded, ("proved",)),
            (cut if cut else rounded, ("proved",)),
            (rounded + 3 * unit, ("refuted",)),
            (rounded - 2 * unit, ("undecided", "refuted")),
        ):
            (found,) = checked(rf"$${latex} \approx {written:f}$$")
            assert found.verdict in signs, (latex, written, found.reason)
            seen.add(found.verdict)
            (exact,) = checked(f"$${latex} = {written:f}$$")
            near = abs(value - written) < unit and exact.verdict != "proved"
            assert exact.verdict in (("undecided", "refuted") if near else ("proved", "refuted")), (latex, written)
            assert exact.verdict != "proved" or value == written
    assert {"proved", "refuted"} <= seen


CASES = {
    r"\frac13 = 0.333": "undecided",
    r"\frac23 = 0.66 = \frac23": "undecided",
    r"\frac13 = 0.334": "refuted",
    r"0.5 = \frac12": "proved",
    r"\frac{1}{819} \approx 1.22 \times 10^{-3}": "proved",
    r"\frac{1}{819} \approx 1.32 \times 10^{-3}": "refuted",
    r"\sqrt{2} \approx 1{,}41": "proved",
    r"\sqrt{2} \doteq 1.9": "refuted",
    r"\sqrt{2} \sim 14.1": "undecided",
    r"\sqrt{2/\pi} \approx 0.798": "proved",
    r"\pi \approx 0.3": "undecided",
    r"\pi \approx 3": "undecided",
    r"2^{10} \approx 10^3": "undecided",
    r"0.04 \approx 0.0": "proved",
    r"0.09 \approx 0.0": "undecided",
    r"\sum_{i=1}^m 1 \approx 3.0": "undecided",
    r"\sigma^2 + \epsilon \approx \sigma^2": "undecided",
    r"\sqrt{-1} \approx 1.0": "undecided",
    r"\hat{x}_i \approx 0.5": "undecided",
}


@pytest.mark.parametrize(("latex", "verdict"), CASES.items())
def test_what_near_says(latex, verdict):
    found = of(latex)
    assert found.verdict == verdict, found.reason
    assert found.verdict != "undecided" or found.reason


def test_a_decimal_with_wrong_digits_is_mended():
    (relation,) = of(r"\sqrt{2} \approx 2.41").relations
    assert relation.mending is not None and relation.mending.instead == "1.41"
    assert of(relation.mending.latex).verdict == "proved"


def test_what_is_rounded_says_so_and_the_help_helps():
    found = of(r"\frac{1}{3} = 0.333")
    assert "digits" in found.reason and found.help == r"write \approx where it is not exact"
    assert of(r"\frac{1}{3} \approx 0.333").verdict == "proved"


def test_e_beside_a_number_leaves_powers_of_e_alone():
    text = r"$$e \approx 2.718$$ $$e^{x + y} = e^x e^y$$"
    assert [each.verdict for each in checked(text)] == ["proved", "proved"]
