"""Formulas of notes as tests: what is collected, what fails, what is skipped; without the option it costs nothing."""

import json

import pytest

from tests.cli.calling import ROOT

pytest_plugins = ["pytester"]

ARGS = ["-p", "derive.pytest_plugin", "-p", "no:cacheprovider", "-W", "error"]
"""The name of the plugin is that of its module, whether it is installed or not."""

NOTE = r"""
With the $x_i$:

$$\sum_i (x_i - \mu) = 0$$

- and

  $$
  1 + 1 = 3
  $$

$$q = 3 q + 1$$

$$\frac{a}{b = c$$
"""


@pytest.fixture
def folder(pytester):
    (pytester.path / "note.md").write_text(NOTE)
    (pytester.path / "paper.tex").write_text("$$ 1 = 1 $$ and $1 = 2$")
    (pytester.path / "page.rst").write_text(".. math:: 1 = 1\n")
    cells = [{"cell_type": "markdown", "source": ["$$1 = 1$$"]}]
    (pytester.path / "book.ipynb").write_text(json.dumps({"cells": cells}))
    (pytester.path / "words.txt").write_text("$$1 = 1$$")
    pytester.makepyfile(test_it="def test_it(): pass")
    return pytester


def test_each_displayed_formula_is_a_test(folder):
    result = folder.runpytest_inprocess(*ARGS, "--derive-notes", "--collect-only", "-q")
    names = [line for line in result.outlines if "::" in line]
    assert names == [
        "book.ipynb::cell1:1:3",
        *("note.md::4:3", "note.md::9:3", "note.md::12:3", "note.md::14:3"),
        *("page.rst::1:11", "paper.tex::1:4", "test_it.py::test_it"),
    ]


def test_verdicts(folder):
    result = folder.runpytest_inprocess(*ARGS, "--derive-notes", "-rs")
    result.assert_outcomes(passed=5, failed=1, skipped=2)
    text = result.stdout.str()
    assert "note.md:12:3: undecided: nothing is said of q" in text and "note.md:14:3: unread: " in text
    assert "    9 |   1 + 1 = 3" in text and "Traceback" not in text and "pytest_plugin" not in _failures(text)

def test_the_summary_is_a_line_for_each_formula_in_ci_as_on_a_terminal(folder, monkeypatch):
    """pytest shortens its summary to the width of the terminal, and prints whole messages where CI is set."""
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    on_a_terminal = _summary(folder)
    monkeypatch.setenv("CI", "true")
    assert _summary(folder) == on_a_terminal
    assert len(on_a_terminal) == 1 and on_a_terminal[0].startswith("FAILED note.md::9:3 - note.md:9:11: refuted")


def _summary(folder):
    """What stands between the rulers at the end of a run."""
    lines = folder.runpytest_inprocess(*ARGS, "--derive-notes").outlines
    return lines[next(at for at, line in enumerate(lines) if "short test summary info" in line) + 1 : -1]


def _failures(text):
    return text.partition("FAILURES")[2].partition("short test summary")[0]


def test_a_failure_says_what_the_command_says(folder, capsys):
    from derive.cli import main

    main(["check", str(folder.path / "note.md"), "--only"])
    command = capsys.readouterr().out.replace(f"{folder.path}/", "")
    own = [line for line in command[: command.index("note.md:12:")].splitlines() if line.strip()]
    result = folder.runpytest_inprocess(*ARGS, "--derive-notes", "note.md")
    assert "\n".join(own) in result.stdout.str()


def test_strict_fails_what_is_undecided(folder):
    result = folder.runpytest_inprocess(*ARGS, "--derive-notes-strict", "note.md")
    result.assert_outcomes(passed=1, failed=3)
    assert "      |     ^" in result.stdout.str()


def test_one_formula_by_its_name(folder):
    result = folder.runpytest_inprocess(*ARGS, "--derive-notes", "note.md::9:3")
    result.assert_outcomes(failed=1)


def test_a_file_of_another_kind_if_it_is_named(folder):
    folder.runpytest_inprocess(*ARGS, "--derive-notes", "words.txt").assert_outcomes(passed=1)


def test_a_layer(folder):
    path = folder.path / "gradient.md"
    path.write_text("$$\\frac{\\partial L}{\\partial \\beta} = \\sum_i \\frac{\\partial L}{\\partial y_i}$$")
    folder.runpytest_inprocess(*ARGS, "--derive-notes", "gradient.md", "--derive-layer", "batchnorm").assert_outcomes(
        passed=1
    )
    wrong = folder.runpytest_inprocess(*ARGS, "--derive-notes", "gradient.md", "--derive-layer", "nonsense")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR and "no such layer" in wrong.stderr.str()


def test_a_note_that_is_no_text_is_an_error(pytester):
    (pytester.path / "note.md").write_bytes(b"\xff\xfe\x00")
    result = pytester.runpytest_inprocess(*ARGS, "--derive-notes")
    result.assert_outcomes(errors=1)
    assert "note.md is not text" in result.stdout.str() and "Traceback" not in result.stdout.str()


def test_without_the_option_nothing_is_collected_and_nothing_loaded(folder):
    folder.makeconftest("""
        import sys

        def pytest_unconfigure():
            heavy = {"torch", "sympy", "numpy", "mpmath"} & set(sys.modules)
            print("loaded:", sorted(heavy), sorted(name for name in sys.modules if name.startswith("derive")))
    """)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        result = folder.runpytest_subprocess(*ARGS, "-s")
    result.assert_outcomes(passed=1)
    assert "loaded: [] ['derive', 'derive.pytest_plugin']" in result.stdout.str()


def test_the_notes_themselves_need_no_torch(folder):
    folder.makeconftest("""
        import sys

        def pytest_unconfigure():
            print("torch" in sys.modules)
    """)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        result = folder.runpytest_subprocess(*ARGS, "-s", "--derive-notes", "page.rst")
    result.assert_outcomes(passed=1)
    assert result.outlines[-1] == "False"
