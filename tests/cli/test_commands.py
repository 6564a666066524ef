"""What the commands print for a person."""

from __future__ import annotations

import ast
import json
import re

import pytest

from derive.theorems import names, statement
from tests.cli.calling import Command

OUTCOME = re.compile(r"proved    (\S+) +(\d+) steps +(\d+) ms  (.+\.)")


def test_list(derive: Command) -> None:
    called = derive("list")
    assert (called.status, called.err) == (0, "")
    *rows, blank, layers = called.out.splitlines()
    assert [row.split(maxsplit=1) for row in rows] == [[name, statement(name).title] for name in names()]
    assert blank == "" and layers.startswith("layers: batchnorm")


def test_prove_everything(derive: Command) -> None:
    called = derive("prove")
    assert (called.status, called.err) == (0, "")
    *rows, summary = called.out.splitlines()
    assert [OUTCOME.fullmatch(row)[1] for row in rows] == names()
    assert summary == f"{len(names())} of {len(names())} statements proved"


def test_prove_by_name_in_the_order_asked(derive: Command) -> None:
    called = derive("prove", "theorem-4.1", "fact-c1")
    assert called.status == 0
    first, second, summary = called.out.splitlines()
    assert OUTCOME.fullmatch(first).group(1, 2) == ("theorem-4.1", "5")
    assert OUTCOME.fullmatch(second).group(1, 4) == ("fact-c1", statement("fact-c1").title)
    assert summary == "2 of 2 statements proved"


def test_show(derive: Command) -> None:
    called = derive("show", "yhat-norm")
    assert (called.status, called.err) == (0, "")
    assert called.out == (
        "The squared norm of the normalized activations is m at epsilon = 0, and less above."
        "  (Santurkar et al. 2018, Section C.1, there for epsilon = 0)\n"
        "\n"
        "  Sum(yhat[b]**2, b)\n"
        "  = Sum((y[b] - mu)**2, b)/s**2    [s is the same for all b]\n"
        "  = m*var/s**2    [var is the mean square]\n"
        "  = m*(1 - epsilon/s**2)    [var = s^2 - epsilon]\n"
        "\n"
        "proved in 4 steps, for all m, epsilon, y\n"
        "where s != 0\n"
    )


def test_show_what_is_false_nearby(derive: Command) -> None:
    called = derive("show", "adjoint-var")
    _, refuted = called.out.split("\nbut not without the minus sign:\n")
    assert refuted == (
        "refuted: D(L, var) = Sum(D(L, yhat[k])*(y[k] - mu), k)/(2*s**3)\n"
        "at m = 2\n"
        "  with   g = (0, 1), gamma = 1, y = (0, 1), epsilon = 3/4\n"
        "  so     mu = 1/2, var = 1/4, s = 1, yhat = (-1/2, 1/2)\n"
        "  left   -1/4\n"
        "  right  1/4\n"
        "true is D(L, var) = -Sum(D(L, yhat[k])*(y[k] - mu), k)/(2*s**3), where sqrt(var + epsilon) != 0\n"
    )


def test_show_hypotheses(derive: Command) -> None:
    assert "\ngiven abs(gamma) <= s\n" in derive("show", "theorem-4.1-contraction").out


SHOWN = [pytest.param(name, marks=[pytest.mark.slow] if place % 4 else []) for place, name in enumerate(names())]


@pytest.mark.parametrize("name", SHOWN)
def test_show_every_statement(derive: Command, name: str) -> None:
    called = derive("show", name)
    assert (called.status, called.err) == (0, "")
    assert called.out.startswith(statement(name).title)
    steps = sum(theorem.steps for theorem in statement(name).theorems)
    assert f"\nproved in {steps} steps, for all " in called.out


GRADIENTS = {
    (): ("D(L, y[b]) = gamma/(m*s)*(m*g[b] - Sum(g[k], k) - yhat[b]*Sum(g[k]*yhat[k], k)) for every b, where s != 0"),
    ("--of", "input"): (
        "D(L, y[b]) = gamma/(m*s)*(m*g[b] - Sum(g[k], k) - yhat[b]*Sum(g[k]*yhat[k], k)) for every b, where s != 0"
    ),
    ("--of", "weight"): "D(L, gamma) = Sum(g[k]*yhat[k], k), where s != 0",
    ("--of", "gamma"): "D(L, gamma) = Sum(g[k]*yhat[k], k), where s != 0",
    ("--of", "bias"): "D(L, beta) = Sum(g[k], k)",
    ("--of", "z"): "D(L, z[b]) = g[b] for every b",
    ("--of", "bias", "--order", "2"): "D(D(L, beta), beta) = Sum(Sum(dg[k, l], k), l)",
    ("--of", "bias", "--order", "1", "--format", "text"): "D(L, beta) = Sum(g[k], k)",
}


@pytest.mark.parametrize("options", GRADIENTS, ids=" ".join)
def test_gradient(derive: Command, options: tuple[str, ...]) -> None:
    called = derive("gradient", "batchnorm", *options)
    assert (called.status, called.out, called.err) == (0, GRADIENTS[options] + "\n", "")


def test_the_hessian_by_the_input(derive: Command) -> None:
    called = derive("gradient", "batchnorm", "--order", "2")
    assert called.status == 0
    assert called.out.startswith("D(D(L, y[b]), y[k]) = ")


def test_double_backward(derive: Command) -> None:
    """What the backward of a backward computes, by every pair of names."""
    called = derive("gradient", "batchnorm", "--kind", "double-backward", "--along", "weight")
    assert (called.status, called.err) == (0, "")
    assert called.out == (
        "D(Sum(g[k]*D(z[k], gamma)*gammadot, k), y[b]) = "
        "gammadot/(m*s)*(m*g[b] - Sum(g[k], k) - yhat[b]*Sum(g[k]*yhat[k], k)) for every b, where s != 0\n"
    )
    called = derive("gradient", "layernorm", "--kind", "double-backward", "--of", "weight", "--json")
    found = json.loads(called.out)
    assert (found["kind"], found["order"]) == ("double-backward", 2)
    assert found["gradient"].startswith("D(Sum(") and "Sum(g[n, d]*xhatdot[n, d], n)" in found["gradient"]


def test_gradient_in_latex(derive: Command) -> None:
    called = derive("gradient", "batchnorm", "--of", "bias", "--format", "latex")
    assert called.status == 0
    assert called.out == (
        r"\frac{\partial \mathcal{L}}{\partial \beta} = \sum_{k=1}^{m} \frac{\partial \mathcal{L}}{\partial z_k}" + "\n"
    )


@pytest.mark.parametrize("of", ["input", "weight", "bias"])
def test_gradient_in_python(derive: Command, of: str) -> None:
    """A program: it parses, it has a function, and it needs neither derive nor sympy."""
    called = derive("gradient", "batchnorm", "--of", of, "--format", "python")
    assert (called.status, called.err) == (0, "")
    tree = ast.parse(called.out)
    assert any(isinstance(node, ast.FunctionDef) for node in tree.body)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported <= {"torch", "numpy", "math"}


def test_latex_of_a_statement(derive: Command) -> None:
    called = derive("latex", "mean-derivative")
    assert (called.status, called.out) == (0, "\\frac{\\partial \\mu}{\\partial y_k} = \\frac{1}{m}\n")


def test_latex_of_a_proof(derive: Command) -> None:
    called = derive("latex", "adjoint-beta", "--part", "proof")
    assert called.status == 0
    lines = called.out.splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{align*}", r"\end{align*}")
    assert lines[1].endswith(r"&& \text{(every output moves with beta)} \\")
    assert [line.count("&=") for line in lines] == [0, 1, 1, 0]


@pytest.mark.parametrize("part", ["statement", "proof"])
@pytest.mark.parametrize("name", names())
def test_latex_documents(derive: Command, name: str, part: str) -> None:
    called = derive("latex", name, "--part", part, "--document")
    assert (called.status, called.err) == (0, "")
    assert called.out.startswith("\\documentclass")
    assert called.out.rstrip().endswith(r"\end{document}")
    assert ".." not in called.out, "a sentence ends with one period"
    for environment in ("document", "align*"):
        assert called.out.count(rf"\begin{{{environment}}}") == called.out.count(rf"\end{{{environment}}}")
    assert called.out.count(r"\[") == called.out.count(r"\]") == (part == "statement")


@pytest.mark.parametrize("command", ["", "list", "prove", "show", "gradient", "latex"])
def test_help(derive: Command, command: str) -> None:
    called = derive(*command.split(), "--help")
    assert (called.status, called.err) == (0, "")
    assert called.out.startswith(f"usage: derive {command}".rstrip())
    assert command == "" or "print JSON and nothing else" in called.out


def test_version(derive: Command) -> None:
    called = derive("--version")
    assert (called.status, called.err) == (0, "")
    assert re.fullmatch(r"normproof(,)? \S.*\n", called.out)
