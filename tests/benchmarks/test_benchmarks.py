"""The benchmarks run, and their rivals prove what is true and nothing else. No times: those are for a quiet machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import proofs
from benchmarks.comparison import Row, duration, pairs, table
from benchmarks.statements import STATEMENTS, prove, refute
from benchmarks.worker import ROOT, Answer, Prover, Unavailable


@pytest.mark.parametrize("statement", STATEMENTS)
def test_ours_proves_what_is_true_and_refutes_what_is_not(statement: str) -> None:
    assert prove(statement)
    assert not prove(statement, planted=True)
    assert refute(statement)


LONG = pytest.mark.slow  # SymPy simplifies the Hessian for half a minute
METHODS = [
    pytest.param(statement, method, marks=LONG if (statement, method) == ("4.2", "simplify") else [])
    for statement in STATEMENTS
    for method in ("ring", "simplify")
]


@pytest.mark.parametrize(("statement", "method"), METHODS)
def test_sympy_rejects_a_planted_sign_error(statement: str, method: str) -> None:
    from benchmarks.rivals import sympy_fixed

    assert sympy_fixed.prove(statement, m=3, method=method)
    assert not sympy_fixed.prove(statement, planted=True, m=3, method=method)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rival", [r for r in proofs.RIVALS if r.prover is not proofs.SYMPY], ids=lambda rival: rival.label
)
def test_a_rival_rejects_a_planted_sign_error(rival: proofs.Rival) -> None:
    try:
        for statement in rival.statements:
            proved = rival.prover.ask(60, statement=statement, **rival.options)
            planted = rival.prover.ask(60, statement=statement, planted=True, **rival.options)
            assert proved.proved or (rival.label, statement) == ("tensorgrad", "4.1")
            assert not planted.proved
    except Unavailable as reason:
        pytest.skip(f"{rival.label}: {reason}")
    finally:
        rival.prover.stop()


def test_a_rival_that_is_missing_is_named_with_what_installs_it() -> None:
    nowhere = Prover("rivals.cadabra2_rival", {}, "apt-get install cadabra2", "/nowhere/python3")
    row = pairs(Row("C.2", "cadabra2"), lambda: 0.001, lambda: nowhere.ask(1, statement="C.2"), repeat=3)
    assert list(table([row]))[1].split("cadabra2", 1)[1].strip() == "not installed; apt-get install cadabra2  -"


def test_a_rival_that_does_not_end_has_no_ratio() -> None:
    row = pairs(Row("4.1", "SymPy"), lambda: 0.001, lambda: Answer(None, False), repeat=3)
    assert row.ratio is None
    assert "not within 20 s" in list(table([row]))[1]


def test_the_ratio_is_of_medians() -> None:
    answers = iter([0.2, 0.1, 0.6])
    row = pairs(Row("C.1", "SymPy"), lambda: 0.002, lambda: Answer(next(answers), True), repeat=3)
    assert row.ratio == pytest.approx(100)
    assert list(table([row]))[1].split() == ["C.1", "3", "2", "ms", "SymPy", "200", "ms", "100x"]


def test_durations_have_a_unit_that_suits_them() -> None:
    assert [duration(seconds) for seconds in (0.00123, 0.0456, 0.9996, 12.34)] == [
        "1.23 ms",
        "45.6 ms",
        "1 s",
        "12.3 s",
    ]


def test_the_plot_is_the_same_for_the_same_curves(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.growth import Curve
    from benchmarks.plot import PANELS, draw

    curves = [Curve("a family", unit, {10: 0.001, 100: 0.02}, stopped=300) for unit in PANELS]
    draw(curves, tmp_path / "one.svg")
    draw(curves, tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_text() == (tmp_path / "two.svg").read_text()
    assert "time (ms)" in (tmp_path / "one.svg").read_text()


def test_every_family_is_true() -> None:
    from benchmarks.growth import FAMILIES
    from derive.kernel import by_normal_form

    for _, _, family, sizes in FAMILIES:
        by_normal_form(family(sizes[0]))


@pytest.mark.slow
def test_the_command_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "prove", "--repeat", "1", "--json", str(tmp_path / "out.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = json.loads((tmp_path / "out.json").read_text())["prove"]
    assert {row["what"] for row in rows} == set(STATEMENTS)
    assert "SymPy rings, only m = 8" in done.stdout
