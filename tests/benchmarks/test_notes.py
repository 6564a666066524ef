"""The benchmark of notes runs, and says of each folder how far it is below its limit. No times."""

from __future__ import annotations

import pytest

from benchmarks import notes

NOTE = r"""
With $\mu = \frac{1}{m}\sum_{i=1}^m x_i$,

$$
\sum_{i=1}^m (x_i - \mu) = 0
$$

$$
\sum_{i=1}^m (x_i - \mu)^2 = \sum_{i=1}^m x_i^2 + m \mu^2
$$
"""


def test_one_run_has_the_refuted_formulas(tmp_path):
    (tmp_path / "note.md").write_text(NOTE)
    found = notes.once(tmp_path)
    assert len(found["refuted"]) == 1
    assert 0 < found["refuted"][0] < found["seconds"]


def test_each_run_is_a_process_and_medians_are_compared_with_limits(tmp_path, monkeypatch):
    (tmp_path / "note.md").write_text(NOTE)
    monkeypatch.setattr(notes, "folders", lambda: {"notes": tmp_path, "corpus": tmp_path, "examples": tmp_path})
    real, corpus, own = notes.measured(1)
    assert (real.measured, corpus.measured) == (real.checks, corpus.processes)
    assert corpus.processes[0] > corpus.checks[0] > corpus.slowest[0] > 0
    assert real.record()["ratio"] == pytest.approx(2 / real.checks[0])
    assert own.record()["ratio"] is None
    head, _, *rows = notes.report([real, own])
    assert [row.count("|") for row in rows] == [head.count("|")] * 2


def test_our_own_notes_are_measured_where_there_are_no_others(monkeypatch, tmp_path):
    monkeypatch.setattr(notes, "SHARED", tmp_path)
    assert list(notes.folders()) == ["examples"]
