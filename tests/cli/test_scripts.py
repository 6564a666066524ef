"""`derive prove FILE.py`: a person's own program, with everything that can be wrong with one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from derive.theorems import names
from tests.cli.calling import CARELESS, PLAIN_END, SQUARE, Command, line_of

Script = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """A script changes neither where Python looks for modules nor what the package states."""
    path, before = list(sys.path), names()
    yield
    changed, sys.path[:] = sys.path != path, path
    assert not changed
    assert names() == before


def test_a_true_statement(derive: Command, script: Script) -> None:
    called = derive("prove", script(SQUARE))
    assert (called.status, called.err) == (0, "")
    row, summary = called.out.splitlines()
    assert row.startswith("proved    square-of-a-sum") and row.endswith("The square of a sum is a double sum.")
    assert summary == "1 of 1 statements proved"


def test_one_of_two_is_false(derive: Command, script: Script) -> None:
    """The step that is wrong is named by its line, with the numbers that refute it."""
    path = script(CARELESS + SQUARE)
    called = derive("prove", path)
    assert (called.status, called.err) == (1, "")
    false, *why, true, summary = called.out.splitlines()
    assert false.startswith("refuted   careless ")
    assert why == [
        f"    {path}:{line_of(path, 'carelessly')}: this step is refuted: Sum(Sum(u[b]*u[k], b), k) = Sum(u[b]**2, b)",
        "    at m = 2",
        "      with   u = (1, 1)",
        "      left   4",
        "      right  2",
    ]
    assert true.startswith("proved    square-of-a-sum ")
    assert summary == "1 of 2 statements proved"


def test_a_wrong_step_outside_of_a_function(derive: Command, script: Script) -> None:
    path = script("\nchain = Derivation(x + x)\nchain.eq(2 * x)\nchain.eq(3 * x)\nlater = 1 / 0\n")
    called = derive("prove", path)
    assert called.status == 1
    assert f"{path}:{line_of(path, '3 * x')}: this step is refuted: 2*x = 3*x" in called.out
    assert called.out.endswith("0 of 1 statements proved\n")


def test_a_claim_that_is_not_proved(derive: Command, script: Script) -> None:
    called = derive("prove", script("\ntheorem = prove(Eq(x, -x))\n"))
    assert (called.status, called.err) == (1, "")
    assert called.out.startswith("refuted   my_norm ")
    assert "refuted: x = -x" in called.out


def test_what_is_undecided_is_not_proved(derive: Command, script: Script) -> None:
    text = "\nfrom derive import exp\ntheorem = prove(exp(x) >= 1 + x)\n"
    called = derive("prove", script(text))
    assert called.status == 1
    assert called.out.startswith("undecided my_norm ")
    assert called.out.endswith("0 of 1 statements proved\n")


def test_derivations_and_theorems_in_variables_count(derive: Command, script: Script) -> None:
    text = "\ndouble = Derivation(x + x).eq(2 * x)\nsame = prove(Eq(x, x))\n_private = prove(Eq(x, x))\n"
    called = derive("prove", script(text))
    assert called.status == 0
    assert [line.split()[:2] for line in called.out.splitlines()[:-1]] == [["proved", "double"], ["proved", "same"]]


def test_several_targets(derive: Command, script: Script) -> None:
    first, second = script(SQUARE, "first.py"), script(CARELESS, "second.py")
    called = derive("prove", first, "fact-c1", second)
    assert called.status == 1
    rows = [line.split()[:2] for line in called.out.splitlines() if not line.startswith(" ")]
    assert rows[:-1] == [["proved", "square-of-a-sum"], ["proved", "fact-c1"], ["refuted", "careless"]]


def test_the_same_script_twice(derive: Command, script: Script) -> None:
    path = script(CARELESS)
    called = derive("prove", path, path)
    assert (called.status, called.out.count("\nrefuted ") + called.out.startswith("refuted ")) == (1, 2)


# What is false must never pass for proved


def test_an_id_of_the_package_does_not_hide_a_false_statement(derive: Command, script: Script) -> None:
    called = derive("prove", script(CARELESS.replace('"careless"', '"fact-c1"')))
    assert called.status == 1
    assert called.out.startswith("refuted   fact-c1 ")
    assert derive("prove", "fact-c1").status == 0


def test_an_id_stands_once_in_a_script(derive: Command, script: Script) -> None:
    path = script(CARELESS + SQUARE.replace('"square-of-a-sum"', '"careless"'))
    called = derive("prove", path)
    assert (called.status, called.out) == (2, "")
    line = line_of(path, "def square_of_a_sum") - 1
    message = "LanguageError: two statements are called careless: careless and square_of_a_sum"
    assert called.err == f"derive: {path}:{line}: {message}\n"


@pytest.mark.parametrize("prelude", ["", "# nothing but a comment\n", "x = 1\n"], ids=repr)
def test_empty(derive: Command, script: Script, prelude: str) -> None:
    """A forgotten `@statement` does not look like a proof."""
    path = script(prelude=prelude)
    called = derive("prove", path)
    assert (called.status, called.out) == (2, "")
    assert called.err == (
        f"derive: {path}: the script states nothing; put @statement above a function, or keep a Derivation\n"
    )


# What can't be run

BROKEN = {
    "x = (\n": ":1: '(' was never closed",
    "\n\ndef f(:\n": ":3: invalid syntax",
    "if True:\nx = 1\n": ":2: expected an indented block after 'if' statement on line 1",
    "x = 'a\n": ":1: unterminated string literal (detected at line 1)",
    "raise ValueError('no such weather')\n": ":1: ValueError: no such weather",
    "def f():\n    return 1 / 0\n\nf()\n": ":2: ZeroDivisionError: division by zero",
    "raise ValueError\n": ":1: ValueError",
    "raise ValueError('two\\nlines')\n": ":1: ValueError: two lines",
    "\nimport no_such_module\n": ":2: ModuleNotFoundError: No module named 'no_such_module'",
    "from . import neighbour\n": ":1: ImportError: attempted relative import with no known parent package",
    "import json\njson.loads('')\n": ":2: JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    "def f():\n    f()\nf()\n": ":2: RecursionError: maximum recursion depth exceeded",
    "from derive import *\nScalar('x') + 0.5\n": ":2: LanguageError: 0.5 is a rounded number; write it exactly, as ",
    "import sys\nsys.exit(0)\n": ": the script ended itself with status 0",
    "import sys\nsys.exit('bye')\n": ": the script ended itself with status bye",
    "raise SystemExit\n": ": the script ended itself with status None",
}


@pytest.mark.parametrize("text", BROKEN, ids=repr)
def test_what_can_not_be_run(derive: Command, script: Script, text: str) -> None:
    path = script(prelude=text)
    called = derive("prove", path)
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith(f"derive: {path}{BROKEN[text]}")
    assert called.err.count("\n") == 1


def test_a_script_that_clears_the_path(derive: Command, script: Script) -> None:
    before = list(sys.path)
    called = derive("prove", script("\nsys.path.clear()\n" + SQUARE))
    sys.path[:] = before
    assert called.status == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "null bytes"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ""),
        (b'x = "\xff\xfe"\n', ""),
        (bytes(range(256)), ""),
        ("x = 1\n".encode("utf-16"), ""),
        (b"# -*- coding: nonsense -*-\n", "nonsense"),
    ],
    ids=["elf", "png", "latin", "bytes", "utf-16", "coding"],
)
def test_what_is_no_python_file(derive: Command, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(content)
    called = derive("prove", path)
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith(f"derive: {path}") and message in called.err
    assert ":None" not in called.err
    assert called.err.count("\n") == 1


FUNCTIONS = {
    "    return 1 / 0": "ZeroDivisionError: division by zero",
    "    return None": "LanguageError: broken returns None, which is neither a Derivation, a Theorem nor a Maximum",
    "    return Eq(x, x)": (
        "LanguageError: broken returns <x = x>, which is neither a Derivation, a Theorem nor a Maximum"
    ),
    "    return Derivation(u)": "LanguageError: u is a tensor with 1 axes; index it, as u[b]",
    "    return Derivation(u[b])": "LanguageError: a derivation without a step proves nothing",
    "    sys.exit(0)": "the script ended itself with status 0",
}


@pytest.mark.parametrize("body", FUNCTIONS, ids=str.strip)
def test_a_statement_that_fails_otherwise(derive: Command, script: Script, body: str) -> None:
    path = script(f'\n@statement("broken")\ndef broken():\n    """It does not work."""\n{body}\n')
    called = derive("prove", path)
    assert called.status == 2
    assert called.err.startswith(f"derive: {path}") and called.err.endswith(f": {FUNCTIONS[body]}\n")
    if "1 / 0" in body or "(u)" in body:
        assert f"{path}:{line_of(path, body.strip())}: " in called.err


# Neighbours


def test_a_neighbour_is_found(derive: Command, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From whatever folder the command is called."""
    script(name="a_first_neighbour.py")
    path = script("from a_first_neighbour import u as v\nsame = prove(Eq(Sum(v[b], b), Sum(u[b], b)))\n")
    monkeypatch.chdir("/")
    assert derive("prove", path).status == 0
    monkeypatch.chdir(tmp_path)
    assert derive("prove", path.name).status == 0


def test_a_syntax_error_in_a_neighbour_is_named_there(derive: Command, script: Script) -> None:
    neighbour = script("\n\nx = (\n", name="a_broken_neighbour.py")
    called = derive("prove", script("import a_broken_neighbour\n"))
    assert (called.status, called.err) == (2, f"derive: {neighbour}:8: '(' was never closed\n")


def test_a_wrong_step_in_a_neighbour_is_named_there(derive: Command, script: Script) -> None:
    neighbour = script("def wrong():\n    return Derivation(x).eq(-x)\n", name="a_wrong_neighbour.py")
    called = derive("prove", script("from a_wrong_neighbour import wrong\nstatement('wrong')(wrong)\n"))
    assert called.status == 1
    assert f"{neighbour}:{line_of(neighbour, 'return')}: this step is refuted: x = -x" in called.out


def test_neighbours_of_the_same_name(derive: Command, script: Script) -> None:
    """Each script has the neighbour from its own folder."""
    for folder, right in (("one", "2 * x"), ("two", "3 * x")):
        script(f"right = {right}\n", name=f"{folder}/a_common_name.py")
        script("from a_common_name import right\nchain = Derivation(x + x).eq(right)\n", name=f"{folder}/norm.py")
    folder = script(name="unused.py").parent
    called = derive("prove", folder / "one/norm.py", folder / "two/norm.py")
    assert called.status == 1
    assert "this step is refuted: x + x = 3*x" in called.out


def test_the_last_line_of_a_script_does_not_run_here(derive: Command, script: Script) -> None:
    called = derive("prove", script(SQUARE + PLAIN_END))
    assert (called.status, called.out.count("square-of-a-sum")) == (0, 1)
