"""Names, docstrings, sums and messages of the functions that are written."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from fractions import Fraction

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from derive.cli import main
from derive.gradients import adjoints, gradient, hessian
from derive.kernel import KernelError, by_normal_form
from derive.language import (
    Abs,
    Delta,
    Derivative,
    Entry,
    Eq,
    Index,
    LanguageError,
    Scalar,
    Size,
    Sum,
    Tensor,
    Term,
    Vector,
    define,
    exp,
    indices,
    log,
    loss,
    sign,
    sqrt,
    tanh,
    term,
)
from derive.language.terms import FUNCTIONS
from derive.layers import Layer, batchnorm
from derive.python_source import function, source
from derive.python_source.names import Names, spelled
from tests.python_source.running import arguments, array, defined, exactly, returned, written

layer = batchnorm()
m = Size("m")
i, j = indices("i j", m)
u, v = Vector("u", m), Vector("v", m)
a = Scalar("a")

BY_THE_INPUT = '''\
def batchnorm_gradient(y, g, gamma, epsilon):
    """Batch normalization, training mode: dL/dy, with g = dL/dz.

    y, g: (m,) or (m, features); gamma, epsilon: () or (features,).
    Proved by normproof for every m, y, g, gamma and epsilon >= 0, where s != 0.
    """
    m = y.shape[0]
    mu = y.sum(0) / m
    var = ((y - mu) ** 2).sum(0) / m
    s = (var + epsilon) ** 0.5
    yhat = (y - mu) / s
    sum_g = g.sum(0)
    sum_g_yhat = (g * yhat).sum(0)
    return gamma / (m * s) * (m * g - sum_g - yhat * sum_g_yhat)'''


def lines(text: str) -> list[str]:
    """The lines of a function after its docstring."""
    return [line.strip() for line in text.split('"""')[-1].splitlines() if line]


def vector(over: Index, value: Term) -> str:
    """The function for an array of one axis."""
    return function(Eq(Entry(Tensor("result", (over.size,)), (over,)), value), layer, (), "Stated")


def test_the_gradient_by_the_input() -> None:
    assert source(gradient(layer), layer) == BY_THE_INPUT


@pytest.mark.parametrize("of", ["input", "weight", "bias"])
@pytest.mark.parametrize("order", [1, 2])
def test_the_command_prints_it(of: str, order: int, capsys: pytest.CaptureFixture) -> None:
    command = ["gradient", "batchnorm", "--of", of, "--order", str(order), "--format", "python"]
    assert main(command) == 0
    found = {1: gradient, 2: hessian}[order](layer, of)
    assert capsys.readouterr().out == source(found, layer) + "\n"


@pytest.mark.parametrize("find", [gradient, hessian])
@pytest.mark.parametrize("of", ["s", "var", "mu", "yhat", "z", *("input", "weight", "bias")])
def test_lines_are_in_order_and_none_is_missing_or_idle(of: str, find: object) -> None:
    text = source(find(layer, of), layer)
    (tree,) = ast.parse(text).body
    known, used = {arg.arg for arg in tree.args.args} | {"range"}, set()
    for line in tree.body[1:]:
        read = {node.id for node in ast.walk(line) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        assert read <= known
        used |= read
        known |= {target.id for target in getattr(line, "targets", [])}
    assert used | {"range"} == known
    assert max(map(len, text.splitlines())) <= 120


def test_what_the_functions_are_called() -> None:
    made = [gradient(layer), gradient(layer, "weight"), hessian(layer), hessian(layer, "bias")]
    names = [source(theorem, layer).partition("(")[0].removeprefix("def ") for theorem in made]
    assert names == [
        "batchnorm_gradient",
        "batchnorm_gradient_gamma",
        "batchnorm_hessian",
        "batchnorm_hessian_beta",
    ]


def test_adjoints_take_each_other() -> None:
    found = adjoints(layer)
    text = written(Entry(found[layer.s.tensor]))
    assert "Here dL_dyhat is dL/dyhat and dL_ds is dL/ds." in text
    assert [line.partition(" = ")[0] for line in lines(text)[-3:]] == ["dL_dyhat", "dL_ds", "return dL_ds"]


# Sums


def test_a_sum_of_two_places_is_computed_once() -> None:
    centred = define("centred", u[i] - Sum(u[j], j) / m, i)
    text = written(Sum(centred[i] ** 2, i) / (1 + Sum(u[i], i)) + Sum(u[j], j) ** 2)
    assert lines(text) == [
        "sum_u = u.sum(0)",
        "m = u.shape[0]",
        "centred = u - sum_u / m",
        "sum_centred = (centred ** 2).sum(0)",
        "return sum_centred / (1 + sum_u) + sum_u ** 2",
    ]


def test_sums_in_sums() -> None:
    text = written(Sum(u[i] * Sum(Delta(i, j) * v[j], j), i) + 1)
    assert lines(text)[-3:] == [
        "sums_delta_v = (delta * v[None, :]).sum(1)",
        "sum_u_delta_v = (u * sums_delta_v).sum(0)",
        "return sum_u_delta_v + 1",
    ]


def test_a_sum_may_bind_an_index_that_is_free_outside() -> None:
    text = vector(i, u[i] * Sum(u[i] * v[i], i))
    assert lines(text)[-1] == "return u * sum_u_v"
    found = exactly(text)(u=array([1, 2, 3]), v=array([1, 1, 1]))
    assert found.tolist() == [6, 12, 18]


# Names


def test_the_names_of_sums_give_way_to_those_of_the_formula() -> None:
    taken, other = Scalar("sum_u"), Scalar("sum_u_2")
    text = written(Sum(u[i], i) * taken + other)
    assert lines(text)[0] == "sum_u_3 = u.sum(0)"
    assert returned(text) == "sum_u_3 * sum_u + sum_u_2"
    assert exactly(text)(u=array([1, 2]), sum_u=Fraction(10), sum_u_2=Fraction(100)) == 130


def test_what_the_function_makes_gives_way_too() -> None:
    ones, place, delta, xp = (Vector(name, m) for name in ("ones", "place", "delta", "xp"))
    value = Sum(Delta(i, j) * delta[j] * ones[j], j) + place[i] + exp(xp[i])
    made = defined(vector(i, value))
    given = {name: numpy.array([1.0, 2.0]) for name in ("delta", "ones", "place", "xp")}
    assert made(**given).tolist() == (numpy.array([2, 6]) + numpy.exp([1, 2])).tolist()


def test_two_tensors_of_one_name() -> None:
    first, second = Vector("u", m), Vector("u", m, positive=True)
    text = written(Sum(first[i] - 2 * second[i], i))
    assert returned(text) == "(u - 2 * u_2).sum(0)"
    assert "Here u_2 is u." in text


@pytest.mark.parametrize("name", ["lambda", "class", "None", "__debug__", "dL/dvar", "2x", "", "a b", "ﬁ", "µ", "x²"])
def test_strange_names_are_spelled_otherwise(name: str) -> None:
    strange, plain = Scalar(name), Scalar(spelled(name))
    text = written(strange - 2 * plain)
    assert exactly(text)(**dict(zip(arguments(defined(text)), (1, 1), strict=True))) == -1
    assert len(set(arguments(defined(text)))) == 2
    assert f" is {name}" in text


@pytest.mark.parametrize("name", ["abs", "range", "type", "__import__"])
def test_functions_that_the_source_calls_are_not_hidden(name: str) -> None:
    w = Tensor("w", (m, m))
    text = vector(i, Abs(Scalar(name) * w[i, i]))
    found = defined(text)(**{f"{name}_": -2.0, "w": numpy.ones((2, 2))})
    assert found.tolist() == [2, 2]


@given(st.lists(st.text(max_size=6), unique=True))
def test_every_name_is_an_identifier_of_its_own(wishes: list[str]) -> None:
    names = Names()
    given = [names(wish, wish) for wish in wishes]
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in given)
    assert len({unicodedata.normalize("NFKC", name) for name in given}) == len(wishes)
    assert given == [names(wish, "something else") for wish in wishes]


HOSTILE = ['"""\nimport os\n"""', "\\", '"', 'x"""', "\n", "a\\", "\0", "\ud800", "#", "{x}", "'''"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_ends_the_docstring(name: str) -> None:
    hostile = Layer(name, name, inputs=(u,), parameters=(), constants=(), steps=(Vector(name, m),))
    value = Scalar(name)
    text = function(Eq(value, value).given(Eq(value, 1)), hostile, (Eq(value, 1),), "Stated")
    (made,) = ast.parse(text).body
    assert isinstance(made, ast.FunctionDef)
    assert [type(line) for line in made.body] == [ast.Expr, ast.Return]


# What needs a module, or an array of ones

x, y = Vector("x", m), Vector("y", m)
positive = numpy.array([0.25, 1.5, 3.0])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_work_on_both(name: str) -> None:
    make = {"exp": exp, "log": log, "abs": Abs, "sign": sign, "tanh": tanh}[name]
    made = defined(vector(i, make(x[i]) - make(a) * make(m)))
    expected = getattr(numpy, name)(positive) - getattr(numpy, name)(0.5) * getattr(numpy, name)(3)
    numpy.testing.assert_array_max_ulp(made(x=positive, a=0.5), expected, 2)
    module = getattr(torch, name)
    x_torch, three = torch.from_numpy(positive), torch.tensor(3.0, dtype=torch.float64)
    a_torch = torch.tensor(0.5, dtype=torch.float64)
    assert torch.equal(made(x=x_torch, a=0.5), module(x_torch) - module(a_torch) * module(three))


def test_the_module_is_picked_only_when_needed() -> None:
    assert "xp" not in written(Sum(Abs(x[i]), i))
    assert lines(written(tanh(a * Sum(x[i], i)))) == [
        'xp = __import__(type(x).__module__.partition(".")[0])  # numpy or torch',
        "sum_x = x.sum(0)",
        "return xp.tanh(a * sum_x)",
    ]


def test_what_does_not_depend_on_its_index_has_all_entries() -> None:
    theorem = by_normal_form(Eq(Derivative(layer.mu, layer.y[i]), 1 / term(m)))
    text = source(theorem, layer)
    assert lines(text) == ["m = y.shape[0]", "ones = y ** 0", "return 1 / m * ones"]
    assert defined(text)(numpy.zeros(4)).tolist() == [0.25] * 4
    assert defined(text)(torch.full((4, 2), torch.nan)).tolist() == [[0.25] * 2] * 4


def test_a_size_comes_from_what_the_derivative_is_by() -> None:
    theorem = by_normal_form(Eq(Derivative(Sum(x[i] * y[i], i), x[j]), y[j]))
    assert lines(source(theorem, layer)) == ["return y"]
    theorem = by_normal_form(Eq(Derivative(Sum(x[i], i), x[j]), 1))
    assert arguments(defined(source(theorem, layer))) == ("x",)


def test_a_long_sum_has_a_line_for_each_summand() -> None:
    text = source(hessian(layer), layer)
    assert "dg = d(dL/dz)/dz" in text
    assert "The axes of the result are b and k." in text
    assert "    return -gamma / (m ** 2 * s ** 2) * (\n        m * delta * sum_g_yhat\n        - m ** 2 * gamma" in text
    assert text.endswith("\n    )")


def test_hypotheses_are_said() -> None:
    claim = Eq(a * a, 1).given(Eq(a, 1))
    assert "Proved by normproof, given a = 1." in source(by_normal_form(claim), layer)


# Messages


def test_only_theorems_are_called_proved() -> None:
    with pytest.raises(KernelError, match=r"not a theorem of the kernel; prove its claim"):
        source(Eq(a, a), layer)  # type: ignore[arg-type]


def test_only_equations_say_what_to_compute() -> None:
    with pytest.raises(LanguageError, match=r"'a <= 1' is not an equation, so it doesn't say what to compute"):
        function(a <= 1, layer, (), "Stated")


def test_a_size_that_nothing_has() -> None:
    with pytest.raises(LanguageError, match=r"can't know the size n: none of its arguments is an array of that size"):
        written(a * Size("n"))


def test_no_arguments_to_choose_the_module_from() -> None:
    with pytest.raises(LanguageError, match=r"can't choose between numpy and torch: it has no arguments"):
        written(exp(1))


def test_a_third_derivative_has_no_name() -> None:
    L, _ = loss("L", of=u)
    third = Derivative(Derivative(Derivative(L, u[i]), u[j]), u[indices("k", m)[0]])
    with pytest.raises(LanguageError, match="no name is declared for the derivative of dg"):
        written(third)


def test_roots_of_numbers() -> None:
    assert defined(written(sqrt(a) / sqrt(2)))(2.0) == 1
