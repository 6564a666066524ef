"""`--json`: the fields that other programs rely on, and nothing else on the standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.layers import LAYERS
from derive.maxima import Maximum
from derive.theorems import names, statement
from tests.cli.calling import CARELESS, SQUARE, Command

LINES = [str]
"""A schema is a type, a list of one schema, a dict of schemas, a set of values, or a tuple of alternatives."""

OUTCOME = {
    "id": str,
    "title": str,
    "layer": str | None,
    "relation": {"=", "<=", ">=", "<", ">", "!=", None},
    "verdict": {"proved", "refuted", "undecided"},
    "for_all": LINES,
    "hypotheses": LINES,
    "conditions": LINES,
    "steps": int,
    "seconds": float,
    "statement": str | None,
    "statement_latex": str | None,
    "reason": str,
}

MAXIMUM = {
    **OUTCOME,
    "maximum": bool,
    "bound": str,
    "witness": LINES,
    "feasible": LINES,
    "attained": str,
}

COUNTEREXAMPLE = {
    "sizes": dict,
    "values": dict,
    "derived": dict,
    "at": dict,
    "left": str,
    "right": str,
    "exact": bool,
}

REFUTED = {
    "claim": str,
    "because": str,
    "verdict": {"refuted"},
    "counterexample": COUNTEREXAMPLE,
    "repair": str | None,
    "reason": str,
}

SHOWN = {
    **OUTCOME,
    "start": str,
    "lines": [{"relation": {"=", "<=", ">=", "<"}, "formula": str, "because": str}],
    "refuted": [REFUTED],
}

SCHEMAS: dict[tuple[str, ...], Any] = {
    ("list",): {
        "statements": [{"id": str, "title": str, "layer": str | None, "source": str}],
        "layers": [{"name": str, "title": str}],
    },
    ("prove",): {"statements": [(OUTCOME, MAXIMUM)]},
    ("prove", "fact-c1", "fact-c2"): {"statements": [OUTCOME]},
    ("show", "fact-c1"): SHOWN,
    ("show", "theorem-4.1-bound"): SHOWN,
    ("gradient", "batchnorm"): {
        "layer": {"batchnorm"},
        "of": {"input"},
        "kind": {"vjp"},
        "order": {1},
        "format": {"text"},
        "verdict": {"proved"},
        "gradient": str,
        "conditions": LINES,
        "definitions": LINES,
    },
    ("gradient", "batchnorm", "--of", "var", "--order", "2", "--format", "latex"): {
        "layer": {"batchnorm"},
        "of": {"var"},
        "kind": {"hessian"},
        "order": {2},
        "format": {"latex"},
        "verdict": {"proved"},
        "gradient": str,
        "conditions": LINES,
        "definitions": LINES,
    },
    ("latex", "fact-c1"): {"id": {"fact-c1"}, "part": {"statement"}, "latex": str},
    ("latex", "fact-c1", "--part", "proof", "--document"): {"id": {"fact-c1"}, "part": {"proof"}, "latex": str},
}


def fault(value: Any, schema: Any, at: str = "") -> str:
    """Where a value leaves its schema, or ""."""
    if isinstance(schema, dict):
        if not isinstance(value, dict) or set(value) != set(schema):
            return f"{at}: {sorted(value)} is not {sorted(schema)}"
        return next(filter(None, (fault(value[key], schema[key], f"{at}.{key}") for key in schema)), "")
    if isinstance(schema, list):
        if not isinstance(value, list):
            return f"{at} is no list"
        return next(filter(None, (fault(each, schema[0], f"{at}[{n}]") for n, each in enumerate(value))), "")
    if isinstance(schema, tuple):
        faults = [fault(value, each, at) for each in schema]
        return "" if "" in faults else faults[0]
    if isinstance(schema, set):
        return "" if value in schema else f"{at} is {value!r}"
    return "" if isinstance(value, schema) and not (schema is int and value is True) else f"{at} is {value!r}"


@pytest.mark.parametrize("argv", SCHEMAS, ids=" ".join)
def test_schema(derive: Command, argv: tuple[str, ...]) -> None:
    called = derive(*argv, "--json")
    assert (called.status, called.err) == (0, "")
    assert fault(json.loads(called.out), SCHEMAS[argv]) == ""


@pytest.mark.parametrize("argv", SCHEMAS, ids=" ".join)
def test_the_option_may_stand_first(derive: Command, argv: tuple[str, ...]) -> None:
    command, *rest = argv
    assert isinstance(json.loads(derive(command, "--json", *rest).out), dict)


def test_a_schema_is_strict() -> None:
    assert fault({"a": 1}, {"a": str}) == ".a is 1"
    assert fault({"a": "1", "b": 2}, {"a": str}) == ": ['a', 'b'] is not ['a']"
    assert fault({"a": [True]}, {"a": [int]}) == ".a[0] is True"


def test_list(derive: Command) -> None:
    found = json.loads(derive("list", "--json").out)
    assert [row["id"] for row in found["statements"]] == names()
    assert [row["source"] for row in found["statements"]] == [statement(name).source for name in names()]
    assert [row["name"] for row in found["layers"]] == list(LAYERS)


def test_prove(derive: Command) -> None:
    rows = json.loads(derive("prove", "--json").out)["statements"]
    assert [row["id"] for row in rows] == names()
    for row in rows:
        theorem = statement(row["id"]).theorem
        assert row["verdict"] == "proved" and row["reason"] == ""
        proof = statement(row["id"]).proof
        if isinstance(proof, Maximum):
            assert (row["relation"], row["statement"], row["bound"]) == ("=", str(proof), str(proof.bound))
        else:
            assert (row["relation"], row["steps"]) == (theorem.claim.relation, theorem.steps)
            assert row["statement"] == str(theorem.claim)
        assert row["hypotheses"] == [str(hypothesis) for hypothesis in theorem.claim.hypotheses]
        assert row["layer"] in (None, *LAYERS) and row["for_all"]
        assert 0 <= row["seconds"] < 60


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fact-c2", ["m", "epsilon", "y", "b", "k"]),
        ("yhat-norm", ["m", "epsilon", "y"]),
        ("fact-c1", ["m", "L", "beta", "epsilon", "g", "gamma", "y", "b"]),
    ],
)
def test_what_a_statement_is_for_all_values_of(derive: Command, name: str, expected: list[str]) -> None:
    (row,) = json.loads(derive("prove", name, "--json").out)["statements"]
    assert row["for_all"] == expected


def test_the_same_with_and_without(derive: Command) -> None:
    for argv in (("gradient", "batchnorm", "--of", "mu"), ("latex", "fact-c2"), ("latex", "fact-c2", "--document")):
        found = json.loads(derive(*argv, "--json").out)
        assert derive(*argv).out == found.get("gradient", found.get("latex")) + "\n"


def test_a_script_with_a_false_statement(derive: Command, script: Callable[..., Path]) -> None:
    path = script(SQUARE + CARELESS)
    called = derive("prove", path, "--json")
    assert (called.status, called.err) == (1, "")
    found = json.loads(called.out)
    assert fault(found, {"statements": [OUTCOME]}) == ""
    true, false = found["statements"]
    assert (true["id"], true["verdict"], true["layer"]) == ("square-of-a-sum", "proved", None)
    assert (false["id"], false["verdict"], false["steps"]) == ("careless", "refuted", 0)
    assert false["statement"] == "Sum(Sum(u[b]*u[k], b), k) = Sum(u[b]**2, b)", "the line that is wrong"
    assert false["for_all"] == ["m", "u"]
    assert str(path) in false["reason"] and "at m = 2" in false["reason"]


def test_what_a_script_prints_goes_to_the_standard_error(derive: Command, script: Callable[..., Path]) -> None:
    late = SQUARE.replace("    return", "    print('late')\n    return")
    called = derive("prove", script("print('early')\n" + late), "--json")
    assert called.status == 0
    assert fault(json.loads(called.out), {"statements": [OUTCOME]}) == ""
    assert called.err.splitlines() == ["early", "late"]


WRONG = [
    ("prove", "fact-c3"),
    ("prove", "fact-c1", "fact-c3"),
    ("prove", "no_such_file.py"),
    ("show", "fact-c3"),
    ("latex", "fact-c3"),
    ("gradient", "batchnrm"),
    ("gradient", "batchnorm", "--of", "nothing"),
]


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
def test_errors(derive: Command, argv: tuple[str, ...]) -> None:
    """The message of the text is the error of the JSON, alone on the standard output."""
    called = derive(*argv, "--json")
    assert (called.status, called.err) == (2, "")
    found = json.loads(called.out)
    assert fault(found, {"error": str}) == ""
    assert derive(*argv).err == f"derive: {found['error']}\n"


REFUSED = [("gradient", "batchnorm", "--order", "3"), ("show",), ("list", "extra")]


@pytest.mark.parametrize("argv", REFUSED, ids=" ".join)
def test_calls_that_are_refused_before_they_begin(derive: Command, argv: tuple[str, ...]) -> None:
    called = derive(*argv, "--json")
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith("usage: derive")
