"""Calls that can't be answered: status 2 and one line that says what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import Command

NAMES_OF_BATCHNORM = "input, weight, bias, y, gamma, beta, epsilon, mu, var, s, yhat, z"

MESSAGES = {
    ("prove", "fact-c3"): "there is no statement 'fact-c3'; did you mean fact-c2 or fact-c1 or fact-c1-found?",
    ("prove", "theorem-41"): "there is no statement 'theorem-41'; did you mean theorem-4.1",
    ("prove", "Fact-C1"): "there is no statement 'Fact-C1'; did you mean fact-c1",
    ("prove", "yhat_mean"): "there is no statement 'yhat_mean'; did you mean yhat-mean",
    ("prove", "zzz"): "there is no statement 'zzz'; `derive list` shows all",
    ("prove", ""): "there is no statement ''; `derive list` shows all",
    ("prove", "σ"): "there is no statement 'σ'; `derive list` shows all",
    ("prove", "__import__('os')"): "there is no statement \"__import__('os')\"; `derive list` shows all",
    ("show", "adjoint-sigma"): "there is no statement 'adjoint-sigma'; did you mean adjoint-",
    ("latex", "mean"): "there is no statement 'mean'; did you mean ",
    ("gradient", "batchnrm"): "there is no layer 'batchnrm'; did you mean batchnorm or batchnorm3d or batchnorm2d?",
    ("gradient", "fact-c1"): "there is no layer 'fact-c1'; `derive list` shows all",
    ("gradient", "batchnorm", "--of", "sigma"): f"batchnorm has no sigma; it has {NAMES_OF_BATCHNORM}",
    ("gradient", "batchnorm", "--of", "m"): f"batchnorm has no m; it has {NAMES_OF_BATCHNORM}",
    ("gradient", "batchnorm", "--of", ""): f"batchnorm has no ; it has {NAMES_OF_BATCHNORM}",
    ("gradient", "batchnorm", "--of", "_loss"): f"batchnorm has no _loss; it has {NAMES_OF_BATCHNORM}",
    ("prove", "missing.py"): "missing.py: there is no such file",
    ("prove", "/dev/null/missing.py"): "/dev/null/missing.py: there is no such file",
}


@pytest.mark.parametrize("argv", MESSAGES, ids=" ".join)
def test_messages(derive: Command, argv: tuple[str, ...]) -> None:
    called = derive(*argv)
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith(f"derive: {MESSAGES[argv]}")
    assert called.err.count("\n") == 1


REFUSED = {
    (): "the following arguments are required: COMMAND",
    ("proof",): "argument COMMAND: invalid choice: 'proof' (choose from ",
    ("show",): "the following arguments are required: NAME",
    ("latex",): "the following arguments are required: NAME",
    ("gradient",): "the following arguments are required: LAYER",
    ("gradient", "batchnorm", "--order", "3"): "argument --order: invalid choice: 3",
    ("gradient", "batchnorm", "--order", "two"): "argument --order: invalid int value: 'two'",
    ("gradient", "batchnorm", "--format", "html"): "argument --format: invalid choice: 'html'",
    ("latex", "fact-c1", "--part", "all"): "argument --part: invalid choice: 'all'",
    ("list", "everything"): "unrecognized arguments: everything",
    ("prove", "--fast"): "unrecognized arguments: --fast",
}


@pytest.mark.parametrize("argv", REFUSED, ids=" ".join)
def test_calls_that_are_refused(derive: Command, argv: tuple[str, ...]) -> None:
    called = derive(*argv)
    assert (called.status, called.out) == (2, "")
    *usage, message = called.err.splitlines()
    assert usage[0].startswith("usage: derive")
    assert f": error: {REFUSED[argv]}" in message


def test_one_name_of_several_is_unknown(derive: Command) -> None:
    """What was proved until then stands there; the status is that of a wrong call."""
    called = derive("prove", "fact-c1", "fact-c3")
    assert called.status == 2
    assert called.err.startswith("derive: there is no statement 'fact-c3'")


def test_a_directory(derive: Command, tmp_path: Path) -> None:
    folder = tmp_path / "scripts.py"
    folder.mkdir()
    called = derive("prove", folder)
    assert (called.status, called.out, called.err) == (2, "", f"derive: {folder}: this is a directory\n")


def test_a_folder_without_the_ending_is_no_statement(derive: Command, tmp_path: Path) -> None:
    called = derive("prove", tmp_path)
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith(f"derive: there is no statement '{tmp_path}'")


@pytest.mark.parametrize("order", ["1", "2"])
def test_every_name_of_the_program_has_a_gradient(derive: Command, order: str) -> None:
    for name in NAMES_OF_BATCHNORM.split(", "):
        called = derive("gradient", "batchnorm", "--of", name, "--order", order)
        assert (called.status, called.err) == (0, ""), name
