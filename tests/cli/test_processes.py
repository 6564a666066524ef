"""What only a process of its own shows: pipes, imports, warnings, optimization, scripts that are run plainly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive.theorems import names
from tests.cli.calling import CARELESS, ENVIRONMENT, PLAIN_END, PRELUDE, ROOT, SQUARE, line_of, process

COMMANDS = [
    ("list",),
    ("prove",),
    ("show", "fact-c1"),
    ("gradient", "batchnorm"),
    ("gradient", "batchnorm", "--order", "2", "--format", "latex"),
    ("gradient", "batchnorm", "--format", "python"),
    ("latex", "fact-c1", "--part", "proof"),
]

EVERY = "; ".join(f"status |= main({[*argv]}) | main({[*argv, '--json']})" for argv in COMMANDS)
"""A program that runs every command, in text and in JSON."""


def test_the_module_is_the_command() -> None:
    called = process("-m", "derive", "prove", "fact-c1")
    assert (called.status, called.err) == (0, "")
    assert called.out.splitlines()[-1] == "1 of 1 statements proved"


def test_statuses_reach_the_shell(tmp_path: Path) -> None:
    path = tmp_path / "careless.py"
    path.write_text(PRELUDE + CARELESS)
    assert process("-m", "derive", "prove", path).status == 1
    assert process("-m", "derive", "prove", "fact-c3").status == 2


def test_without_torch_and_without_verify() -> None:
    """`derive` is exact: no command needs torch, not even one that writes torch code."""
    blocked = "import sys; sys.modules['torch'] = None; sys.modules['verify'] = None"
    program = f"{blocked}; from derive.cli import main; status = 0; {EVERY}; sys.exit(status)"
    called = process("-c", program)
    assert (called.status, called.err) == (0, "")


@pytest.mark.parametrize("argv", [("list",), ("prove",), ("prove", "--json"), ("--help",)], ids=" ".join)
def test_without_sympy_and_numpy(argv: tuple[str, ...]) -> None:
    """They start at once: what they don't use is not imported."""
    program = (
        "import sys\nfrom derive.cli import main\n"
        f"try:\n    main({[*argv]})\nexcept SystemExit:\n    pass\n"
        "loaded = sys.modules.keys() & {'sympy', 'numpy', 'torch', 'verify'}\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)"
    )
    called = process("-c", program)
    assert (called.status, called.err) == (0, "")


def test_help_loads_nothing_of_the_prover() -> None:
    program = (
        "import sys\nfrom derive.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit('derive.theorems.paper.theorem_4_1' in sys.modules)"
    )
    assert process("-c", program).status == 0


def test_no_warnings() -> None:
    program = f"import sys; from derive.cli import main; status = 0; {EVERY}; sys.exit(status)"
    called = process("-c", program, options=("-W", "error", "-X", "dev"))
    assert (called.status, called.err) == (0, "")


def test_prove_without_warnings() -> None:
    called = process("-m", "derive", "prove", options=("-W", "error"))
    assert (called.status, called.err) == (0, "")


def test_optimized_python_proves_as_much(tmp_path: Path) -> None:
    """Nothing rests on `assert`; without docstrings a title is the id."""
    called = process("-m", "derive", "prove", options=("-O",))
    assert (called.status, called.err) == (0, "")
    assert called.out.endswith(f"{len(names())} of {len(names())} statements proved\n")
    path = tmp_path / "careless.py"
    path.write_text(PRELUDE + CARELESS)
    called = process("-m", "derive", "prove", path, options=("-OO",))
    assert called.status == 1 and called.out.startswith("refuted   careless")


def test_hash_seeds_change_nothing() -> None:
    """A proof, a counterexample and a Hessian read the same in every process."""
    show, gradient = ["show", "theorem-4.1-bound"], ["gradient", "batchnorm", "--order", "2"]
    program = f"from derive.cli import main; main({show}); main({gradient})"
    made = [process("-c", program, seed=seed) for seed in ("0", "1", "2")]
    assert len({called.out for called in made}) == 1 and made[0].out


# Pipes

PIPED = [("list",), ("prove",), ("prove", "fact-c1", "--json"), ("show", "fact-c1"), ("prove", "fact-c3", "--json")]


@pytest.mark.parametrize("unbuffered", [False, True], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("argv", PIPED, ids=" ".join)
def test_a_closed_pipe(argv: tuple[str, ...], unbuffered: bool) -> None:
    """As in `derive prove | head -1`, and from the first byte: no message, and no success."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**ENVIRONMENT, **({"PYTHONUNBUFFERED": "1"} if unbuffered else {})}
    command = [sys.executable, "-m", "derive", *argv]
    made = subprocess.run(command, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert (made.returncode, made.stderr) == (1, b"")


def test_head() -> None:
    command = f"{sys.executable} -m derive prove | head -1"
    made = subprocess.run(command, shell=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("proved    ") and made.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("argv", [("list",), ("prove", "--json")], ids=" ".join)
def test_a_full_disk(argv: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "derive", *argv]
        made = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert (made.returncode, made.stderr) == (2, b"derive: the output can't be written: No space left on device\n")


def test_a_terminal_that_knows_ascii_only() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "derive", "show", "theorem-4.1"],
        cwd=ROOT,
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
    )
    assert (made.returncode, made.stderr) == (0, b"")
    assert made.stdout.isascii()


# `python my_norm.py`


def test_a_plain_script(tmp_path: Path) -> None:
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + SQUARE + PLAIN_END)
    called = process(path, cwd=tmp_path)
    assert (called.status, called.err) == (0, "")
    assert called.out.splitlines()[-1] == "1 of 1 statements proved"


def test_a_plain_script_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + SQUARE + CARELESS + PLAIN_END)
    called = process(path)
    assert (called.status, called.err) == (1, "")
    assert f"{path}:{line_of(path, 'carelessly')}: this step is refuted" in called.out
    assert called.out.endswith("1 of 2 statements proved\n")


def test_a_plain_script_in_json(tmp_path: Path) -> None:
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + SQUARE + PLAIN_END)
    called = process(path, "--json")
    assert called.status == 0
    assert [row["id"] for row in json.loads(called.out)["statements"]] == ["square-of-a-sum"]


def test_a_plain_script_without_statements(tmp_path: Path) -> None:
    """The same as `derive prove` says of it."""
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + PLAIN_END)
    called = process(path)
    assert (called.status, called.out) == (2, "")
    assert "the script states nothing" in called.err


def test_a_plain_script_whose_statement_fails_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + "\n@statement('broken')\ndef broken():\n    return 1 / 0\n" + PLAIN_END)
    called = process(path)
    assert called.status == 2
    assert called.err.endswith(f"{path}:{line_of(path, '1 / 0')}: ZeroDivisionError: division by zero\n")


def test_a_plain_script_keeps_derivations_in_variables(tmp_path: Path) -> None:
    path = tmp_path / "my_norm.py"
    path.write_text(PRELUDE + "\ndouble = Derivation(x + x).eq(2 * x)\n" + PLAIN_END)
    called = process(path)
    assert called.status == 0
    assert called.out.splitlines()[-1] == "1 of 1 statements proved"


def test_ctrl_c(tmp_path: Path) -> None:
    """No traceback, and the status that a shell expects."""
    path = tmp_path / "my_norm.py"
    path.write_text("raise KeyboardInterrupt\n")
    called = process("-m", "derive", "prove", path)
    assert (called.status, called.out) == (130, "")
