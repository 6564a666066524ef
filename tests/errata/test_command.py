"""`derive errata`: the table, an entry in full, LaTeX, JSON, and calls that can't be answered."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from derive.errata import all_errata, entry
from derive.language import Eq, Scalar, tanh
from derive.latex import document
from tests.cli.calling import Command, process
from tests.errata.test_verdicts import VERDICTS

FIELDS = {
    "id", "title", "where", "seen", "printed_latex", "claim", "claim_latex", "definitions", "reading", "verdict",
    "counterexample", "replaced_by", "reason",
}  # fmt: skip


@pytest.fixture
def derive(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def test_table(derive: Command) -> None:
    called = derive("errata")
    assert (called.status, called.err) == (0, "")
    head, blank, *rows, blank_below, told = called.out.splitlines()
    assert head.startswith("Santurkar et al. 2018") and blank == blank_below == ""
    assert told == "40 formulas: 10 proved, 30 refuted; `derive errata ID` shows one in full"
    assert [row.split()[0] for row in rows] == list(all_errata())
    for row in rows:
        assert f"  {VERDICTS[row.split()[0]]}" in row and len(row) < 150


def test_an_entry_in_full(derive: Command) -> None:
    called = derive("errata", "4.2-smoother")
    assert (called.status, called.err) == (0, "")
    lines = called.out.splitlines()
    assert lines[0] == "4.2-smoother  after Theorem 4.2: Positive semidefinite H and <g, yhat> >= 0 make it smoother"
    assert "refuted: the layer turns the gradient, and H can be flat along g and curved along v" in lines
    assert {"    left   14", "    right  0"} <= set(lines)
    assert any(line.startswith("theorem-4.2-rayleigh, proved: ") for line in lines)
    assert "    with   v[b] = D(L, y[b])" in lines


def test_a_maximum_replaces_a_formula(derive: Command) -> None:
    called = derive("errata", "4.4-gamma")
    assert called.status == 0
    assert "theorem-4.4, proved: " in called.out and "the maximum of " in called.out


def test_several_entries(derive: Command) -> None:
    called = derive("errata", "c1", "4.5")
    assert called.status == 0
    assert [line.split()[0] for line in called.out.splitlines() if "Fact C.1: " in line or "Lemma 4.5: " in line] == [
        "c1",
        "4.5",
    ]


def test_json(derive: Command) -> None:
    called = derive("errata", "--json")
    assert (called.status, called.err) == (0, "")
    rows = json.loads(called.out)["errata"]
    assert {row["id"]: row["verdict"] for row in rows} == VERDICTS
    for row in rows:
        assert set(row) == FIELDS
        assert (row["counterexample"] is None) == (row["verdict"] == "proved")
        assert row["replaced_by"]["verdict"] == "proved"
        assert {"id", "statement", "statement_latex"} <= set(row["replaced_by"])
        assert all(isinstance(row[name], str) and row[name] for name in FIELDS - STRUCTURED)


STRUCTURED = {"counterexample", "replaced_by", "definitions"}


def test_json_of_one(derive: Command) -> None:
    (row,) = json.loads(derive("errata", "4.1-sqrt", "--json").out)["errata"]
    assert row["printed_latex"].count(r"\frac{1}{\sqrt{m}}") == 1 and row["printed_latex"].count(r"\frac{1}{m}") == 1
    assert row["claim_latex"].count(r"\sqrt{m}") == 1
    assert row["definitions"] == ["v[b] = D(L, y[b]) for every b", "sigma = sqrt(var)"]
    assert row["counterexample"]["values"]["g"] == "(1, 1, -1, -1)"
    assert (row["counterexample"]["left"], row["counterexample"]["right"]) == ("0", "-4")
    assert row["replaced_by"]["id"] == "theorem-4.1-bound"


def test_latex_has_every_formula(derive: Command) -> None:
    called = derive("errata", "--format", "latex")
    assert called.status == 0
    assert called.out.count(r"\paragraph{") == len(VERDICTS)
    for each in all_errata().values():
        assert rf"\[ {each.printed} \]" in called.out


@pytest.mark.slow
def test_latex_compiles(derive: Command, tmp_path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed, so no document can be compiled")
    (tmp_path / "errata.tex").write_text(document([derive("errata", "--format", "latex").out], "Errata"))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "errata.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout


MESSAGES = {
    "4.9": "there is no erratum '4.9'; did you mean ",
    "theorem-9": "there is no erratum 'theorem-9'; `derive errata` shows all",
    "": "there is no erratum ''; `derive errata` shows all",
    "__import__('os')": "there is no erratum \"__import__('os')\"; `derive errata` shows all",
}


@pytest.mark.parametrize("id", MESSAGES)
def test_unknown_ids(derive: Command, id: str) -> None:
    called = derive("errata", "4.1", id)
    assert (called.status, called.out) == (2, "")
    assert called.err.startswith(f"derive: {MESSAGES[id]}") and called.err.count("\n") == 1


def test_unknown_id_as_json(derive: Command) -> None:
    called = derive("errata", "4.9", "--json")
    assert (called.status, called.err) == (2, "")
    assert json.loads(called.out)["error"].startswith("there is no erratum '4.9'")


def test_unknown_format(derive: Command) -> None:
    called = derive("errata", "--format", "html")
    assert called.status == 2 and "argument --format: invalid choice: 'html'" in called.err


def test_an_undecided_entry_is_a_failure(derive: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    x = Scalar("x")
    monkeypatch.setitem(entry._entries, "4.1", _other(lambda: Eq(tanh(2 * x), 2 * tanh(x) / (1 + tanh(x) ** 2))))
    called = derive("errata", "4.1")
    assert called.status == 1 and "undecided: " in called.out
    assert "1 undecided" in derive("errata").out


def test_a_replacement_that_fails_is_a_failure(derive: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    x = Scalar("x")
    from derive.theorems import registry

    def careless():
        from derive import prove

        return prove(Eq(x, 2 * x))

    monkeypatch.setitem(registry._package, "careless", registry.Statement("careless", "Careless", careless))
    monkeypatch.setitem(entry._entries, "4.1", replace(all_errata()["4.1"], replaced_by="careless"))
    called = derive("errata", "4.1")
    assert called.status == 1 and "careless, refuted: Careless" in called.out
    table = derive("errata")
    assert table.status == 1 and "    careless, which replaces it, is refuted" in table.out


def _other(build):
    return replace(all_errata()["4.1"], build=build)


def test_in_a_process_of_its_own() -> None:
    called = process("-m", "derive", "errata", "4.5-square")
    assert (called.status, called.err) == (0, "")
    assert "refuted: the square of the bracket is lacking" in called.out


def test_help_names_the_command(derive: Command) -> None:
    assert "errata" in derive("--help").out


def test_two_entries_of_one_name() -> None:
    from derive.language import LanguageError

    words = dict.fromkeys(("seen", "printed", "reading", "remark"), "")
    with pytest.raises(LanguageError, match=r"^two errata are called 4\.1$"):
        entry.erratum("4.1", "", **words)(lambda: Eq(Scalar("x"), 0))
