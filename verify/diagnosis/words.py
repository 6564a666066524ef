"""Formulas in a reader's words: `-xhat <g*gamma, xhat>/D`, without indices, inner products as brackets."""

from __future__ import annotations

from derive.language import Entry, Number, Tensor, Term
from derive.language.terms import Pow, Sum
from derive.language.text import text
from verify.diagnosis.contractions import contraction, factors_of
from verify.diagnosis.summands import Summand, common, is_size, summands, taken_out

HATS = ("hat", "hatdot")


def term_words(part: Summand) -> str:
    """One summand: its sign, what stands in front, its inner products, and what it is divided by."""
    sign = "-" if part.coefficient < 0 else ""
    above = [_power(base, power) for base, power in part.powers if power > 0 and not isinstance(base, Sum)]
    inner = [_power(base, power) for base, power in part.powers if power > 0 and isinstance(base, Sum)]
    below = [_power(base, -power) for base, power in part.powers if power < 0]
    number = abs(part.coefficient)
    above = ([str(number.numerator)] if number.numerator != 1 else []) + above
    below = ([str(number.denominator)] if number.denominator != 1 else []) + below
    written = " ".join(["*".join(above), *inner] if above else inner) or "1"
    if below:
        written += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    return sign + written


def form_words(term: Term) -> str:
    """A closed form: the common factor in front of its summands."""
    parts = summands(term)
    if not parts:
        return "0"
    front = common(parts)
    first, *rest = (term_words(taken_out(part, front)) for part in parts)
    inside = first + "".join(f" - {each[1:]}" if each.startswith("-") else f" + {each}" for each in rest)
    if not front.powers and front.coefficient == 1:
        return inside
    above = [item for item in front.powers if item[1] > 0]
    sign = "-" if front.coefficient < 0 else ""
    if above:
        return f"{term_words(front)} ({inside})"
    below = [_power(base, -power) for base, power in front.powers]
    under = f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})" if below else ""
    return f"{sign}({inside}){under}"


def _power(base: Term, power: int) -> str:
    written = contraction_words(base) if isinstance(base, Sum) else _plain(base)
    return written if power == 1 else f"{written}^{power}"


def contraction_words(term: Term) -> str:
    """A sum as an inner product: with xhat if that is a factor, else with 1."""
    found = contraction(term)
    if found is None:
        return text(term)
    factors = [_plain(factor) for factor in factors_of(found.body)]
    hats = [factor for factor in factors if factor.endswith(HATS)]
    if not hats:
        return f"<1, {'*'.join(factors)}>"
    rest = list(factors)
    rest.remove(hats[-1])
    return f"<{'*'.join(rest) or '1'}, {hats[-1]}>"


def _plain(term: Term) -> str:
    """A factor without its indices."""
    match term:
        case Entry():
            return term.tensor.name
        case Number():
            return str(term.value)
        case Pow():
            return f"{_plain(term.base)}^{term.exponent}"
    return f"({text(_bare(term))})"


def _bare(term: Term) -> Term:
    if isinstance(term, Entry) and not is_size(term):
        return Entry(Tensor(term.tensor.name))
    return term.rebuild(tuple(map(_bare, term.args))) if term.args else term


def count_words(sizes: tuple[Term, ...]) -> str:
    """The number of summands of a mean: `D`, `N*H*W`."""
    return "*".join(map(text, sizes))


def listed(items: list[str], joint: str = "and") -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joint} {items[-1]}"


def spans(numbers: list[int], noun: str) -> str:
    """Numbers as runs: 'rows 3 and 4', 'rows 32 to 63', 'row 5'."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    if len(numbers) == 1:
        return f"{noun} {numbers[0]}"
    if len(numbers) <= 4:
        return f"{noun}s {listed(list(map(str, sorted(numbers))))}"
    written = [str(a) if a == b else f"{a} to {b}" for a, b in runs]
    if len(written) <= 4:
        return f"{noun}s {listed(written)}"
    return f"{len(numbers)} {noun}s ({', '.join(written[:3])}, ...)"
