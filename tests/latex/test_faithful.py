"""Random formulas mean, read as a mathematician reads LaTeX, what the term means."""

import cmath
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from random import Random

from derive.language import Delta, Derivative, Entry, Number, Scalar, Size, Tensor, Term, Vector, define, indices, loss
from derive.language.terms import Add, Div, Function, Mul, Neg, Pow, Sqrt, Sum
from derive.latex import latex

m = Size("m")
b, k, j = indices("b k j", m)
x, std = Scalar("x"), Scalar("std")
var = Scalar("var", latex=r"\sigma^2")
y, W0 = Vector("y", m), Vector("W0", m)
z = define("z", y[b], b)
g = loss("L", of=z)[1]
LENGTH = 3
VALUES = {
    x.tensor: 1.37,
    std.tensor: -0.71,
    var.tensor: 0.83,
    m.tensor: LENGTH,
    y: (0.31, -1.19, 0.57),
    W0: (-0.43, 0.77, 1.13),
    g: (0.91, 0.29, -0.67),
}
SYMBOLS = {
    r"x": x.tensor,
    r"m": m.tensor,
    r"\\mathrm\{std\}": std.tensor,
    r"\\sigma\^2": var.tensor,
    r"y_([bkj])": y,
    r"W_\{0,([bkj])\}": W0,
    r"\\frac\{\\partial L\}\{\\partial z_([bkj])\}": g,
}
VECTORS = {"y": y, "W_0": W0, r"\nabla_z L": g}


def real(value: complex) -> complex:
    """A value without the rounding that would put it on the other side of the cut of sqrt and log."""
    return complex(value.real) if abs(value.imag) <= 1e-9 * abs(value) else value


CALLS = {
    "exp": cmath.exp,
    "log": lambda value: cmath.log(real(value)),
    "tanh": cmath.tanh,
    "abs": abs,
    "sign": lambda value: value / abs(value),
}


def root(value: complex) -> complex:
    return cmath.sqrt(real(value))


def changed(value: complex) -> complex:
    """What stands for a derivative: a function of its body that no factor can be moved into."""
    return 2 * value + 1


# A term, by its definition


def meaning(value: Term, place: dict[str, int]) -> complex:
    args = [meaning(arg, place) for arg in value.args] if not isinstance(value, Sum) else []
    match value:
        case Number():
            return complex(value.value)
        case Entry():
            return looked_up(value.tensor, [place[index.name] for index in value.indices])
        case Delta():
            return float(place[value.left.name] == place[value.right.name])
        case Sum():
            return sum(meaning(value.body, {**place, value.index.name: at}) for at in range(LENGTH))
        case Add():
            return sum(args)
        case Mul():
            return product(args)
        case Pow():
            return args[0] ** value.exponent
        case Function():
            return CALLS[value.name](args[0])
    return {Neg: lambda a: -a, Div: lambda a, b: a / b, Sqrt: root, Derivative: changed}[type(value)](*args)


def looked_up(tensor: Tensor, place: list[int]) -> complex:
    return VALUES[tensor][place[0]] if place else VALUES[tensor]


def product(factors: list[complex]) -> complex:
    result = 1.0
    for factor in factors:
        result *= factor
    return result


# LaTeX, read by its grammar

Meaning = Callable[[dict[str, int]], complex]
CALLED = {r"\\exp": "exp", r"\\log": "log", r"\\tanh": "tanh", r"\\operatorname\{sign\}": "sign"}
END = r"\+|-|\)|\}|\\right|\\rvert|$"


class Reader:
    """Each method reads one kind of formula where the last one stopped."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.at = 0

    def take(self, pattern: str) -> re.Match | None:
        found = re.compile(rf"(?:\s|\\left(?![a-z])|\\right(?![a-z])|\\,)*(?:{pattern})").match(self.written, self.at)
        self.at = found.end() if found else self.at
        return found

    def need(self, pattern: str) -> re.Match:
        found = self.take(pattern)
        assert found, f"{pattern} expected at {self.written[self.at :]!r}"
        return found

    def total(self, end: str) -> Meaning:
        signs, terms = [-1 if self.take("-") else 1], [self.product()]
        while sign := self.take(r"\+|-"):
            signs.append(-1 if "-" in sign[0] else 1)
            terms.append(self.product())
        self.need(end)
        return lambda place: sum(sign * term(place) for sign, term in zip(signs, terms, strict=True))

    def product(self) -> Meaning:
        factors = [self.factor()]
        while not re.compile(rf"\s*(?:{END})").match(self.written, self.at):
            number_next = re.compile(r"\s*\d").match(self.written, self.at)
            assert self.take(r"\\cdot") or not number_next, f"a number runs into a factor: {self.written}"
            factors.append(self.factor())
        return lambda place: product([factor(place) for factor in factors])

    def factor(self) -> Meaning:
        if opened := self.take(r"\\sum_\{([bkj])=1\}\^\{m\}"):
            index, body = opened[1], self.product()
            return lambda place: sum(body({**place, index: at}) for at in range(LENGTH))
        if self.take(r"\\frac\{\\partial\}\{\\partial x\}"):
            derived = self.product()
            return lambda place: changed(derived(place))
        if self.take(r"e\^\{"):
            exponent = self.total(r"\}")
            assert not self.take(r"\^")
            return lambda place: cmath.exp(exponent(place))
        base = self.base()
        power = self.take(r"\^(?:(\d)|\{(-?\d+)(/2)?\})")
        if power is None:
            return base
        exponent, outer = int(power[1] or power[2]), root if power[3] else complex
        assert not self.take(r"\^"), f"a double superscript: {self.written}"
        return lambda place: outer(base(place)) ** exponent

    def base(self) -> Meaning:
        for pattern, tensor in SYMBOLS.items():
            if found := self.take(pattern):
                return self.symbol(tensor, found.groups())
        if found := self.take(r"(\d+)"):
            return lambda place: complex(found[1])
        if found := self.take(r"\\delta_\{(.)(.)\}"):
            return lambda place: float(place[found[1]] == place[found[2]])
        if self.take(r"\\frac\{"):
            above, below = self.total(r"\}"), (self.need(r"\{"), self.total(r"\}"))[1]
            assert not self.written[self.at :].startswith("^")
            return lambda place: above(place) / below(place)
        if self.take(r"\\sqrt\{"):
            arg = self.total(r"\}")
            return lambda place: root(arg(place))
        if self.take(r"\\lvert"):
            inside = self.total(r"\\rvert")
            return lambda place: abs(inside(place))
        if found := self.take(r"\\lVert (.*?) \\rVert"):
            vector = VALUES[VECTORS[found[1]]]
            return lambda place: cmath.sqrt(sum(value * value for value in vector))
        if found := self.take(r"\\langle (.*?), (.*?) \\rangle"):
            pair = [VALUES[VECTORS[found[1]]], VALUES[VECTORS[found[2]]]]
            return lambda place: sum(left * right for left, right in zip(*pair, strict=True))
        for pattern, name in CALLED.items():
            if self.take(pattern):
                self.need(r"\(")
                argument = self.total(r"\)")
                assert not self.written[self.at :].startswith("^")
                return lambda place, name=name: CALLS[name](argument(place))
        self.need(r"\(")
        return self.total(r"\)")

    def symbol(self, tensor: Tensor, names: tuple[str, ...]) -> Meaning:
        assert tensor is not var.tensor or not self.written[self.at :].startswith("^")
        return lambda place: looked_up(tensor, [place[name] for name in names])


def read(written: str) -> Meaning:
    reader = Reader(written)
    return reader.total("$")


# Random terms


def random_term(rng: Random, depth: int, scope: tuple = (b,)) -> Term:
    if depth == 0 or rng.random() < 0.1:
        return leaf(rng, scope)

    def part(scope: tuple = scope) -> Term:
        return random_term(rng, depth - 1, scope)

    kind = rng.choice((Add, Add, Neg, Mul, Mul, Mul, Div, Div, Pow, Sqrt, Function, Sum, Sum, Derivative))
    match kind.__name__:
        case "Add" | "Mul":
            return kind(tuple(part() for _ in range(rng.choice((1, 2, 2, 3)))))
        case "Div":
            return Div(part(), part())
        case "Pow":
            return Pow(part(), rng.choice((-3, -2, -1, 2, 2, 3)))
        case "Function":
            return Function(rng.choice(("exp", "log", "abs", "tanh", "sign")), part())
        case "Sum":
            free = [index for index in (k, j) if index not in scope]
            return Sum(part((*scope, free[0])), free[0]) if free else leaf(rng, scope)
        case "Derivative":
            return Derivative(Add((part(), x)), x)
    return kind(part())


def leaf(rng: Random, scope: tuple) -> Term:
    entries = [tensor[index] for tensor in (y, W0, g) for index in scope]
    numbers = [Number(value) for value in (0, 1, 2, -1, -3, Fraction(1, 2), Fraction(-2, 3))]
    deltas = [Delta(*pair) for pair in combinations(scope, 2)]
    return rng.choice([rng.choice(entries), rng.choice((x, std, var, m)), rng.choice(numbers + deltas)])


def random_product(rng: Random) -> Term:
    """A sum that is an inner product or a norm, or is nearly one."""
    left, right = (rng.choice((y, W0, g))[rng.choice((k, k, k, b))] for _ in range(2))
    body = rng.choice((left * right, left**2, left * right * x, left**3, -left * right))
    total = Sum(body, k)
    return rng.choice((total, Sqrt(total), total**2, total / m, Sqrt(total) ** 3, x * total * x, -total))


SHAPES = [random_term(Random(seed), 2 + seed % 4) for seed in range(600)]
SHAPES += [random_product(Random(seed)) for seed in range(200)]


def value_of(formula: Meaning, place: dict[str, int]) -> complex | None:
    try:
        return formula(place)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def same(left: complex | None, right: complex | None) -> bool:
    if left is None or right is None:
        return True
    return left == right or abs(left) > 1e12 or cmath.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9)


def test_what_is_written_is_what_is_meant():
    compared, wrong = 0, []
    for term in SHAPES:
        expected = value_of(lambda place, term=term: meaning(term, place), {"b": 1})
        compared += expected is not None
        for written in (latex(term), latex(term, products=False)):
            if not same(expected, value_of(read(written), {"b": 1})):
                wrong.append((str(term), written))
    assert wrong == []
    assert compared > 500


def test_random_terms_render(katex):
    formulas = [latex(term) for term in SHAPES]
    complaints = zip(formulas, katex(formulas), strict=True)
    assert [(formula, message) for formula, message in complaints if message] == []
