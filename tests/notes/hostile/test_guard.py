"""A formula that takes too long, or brings the process down, is undecided; all others get their verdicts."""

import ctypes
import os
import signal
import threading
import time

import pytest

from derive.kernel import is_theorem
from derive.notes import check
from derive.notes.find import formulas_in
from derive.notes.guard import Guard, guard, worker
from derive.notes.guard.processes import Forked, Spawned
from derive.notes.judge import Note
from derive.verdicts import Proved, Refuted
from tests.notes.note import BATCHNORM

NOTE = BATCHNORM + r"""
$$\sum_i \hat{x}_i = 0$$

$$\sum_i (x_i - \mu) = 0 = \beta - \beta = \sum_i \hat{x}_i - 1$$

$$s = \beta + \mu$$

$$s = \mu$$

$$m s = \sum_i x_i$$
"""
GOOD = ["proved", "refuted", "definition", "definition", "proved"]

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="what is planted here is seen by a fork alone"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # of a fork under pytest-xdist
]


@pytest.fixture
def planted(monkeypatch):
    """Makes something happen in the child when it decides a claim about beta less beta."""
    real = worker.decide
    monkeypatch.setattr(guard, "child", Forked)

    def plant(happen):
        def decide(claim):
            return happen() if str(claim.lhs) == "beta - beta" or "beta - beta" in str(claim.rhs) else real(claim)

        monkeypatch.setattr(worker, "decide", decide)

    return plant


def judged(seconds=20.0, text=NOTE):
    with Guard(seconds) as own:
        return own.check(formulas_in(text))


def test_a_child_says_the_same_as_this_process():
    assert [each.verdict for each in judged()] == [each.verdict for each in Note(formulas_in(NOTE)).check()] == GOOD


def test_a_fresh_interpreter_says_the_same(monkeypatch):
    monkeypatch.setattr(guard, "child", lambda serve: Spawned())
    assert [each.verdict for each in judged()] == GOOD


def test_from_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend(judged()))
    thread.start()
    thread.join()
    assert [each.verdict for each in found] == GOOD


def test_what_takes_too_long_is_undecided_and_the_rest_is_judged(planted):
    planted(lambda: time.sleep(60))
    begun = time.monotonic()
    found = judged(seconds=1.0)
    assert time.monotonic() - begun < 30
    assert [each.verdict for each in found] == ["proved", "undecided", "definition", "definition", "proved"]
    assert found[1].reason == "it took more than 1 second" and "--seconds" in found[1].help
    assert [each.verdict for each in found[1].relations] == ["proved", "undecided", "undecided"]


def test_what_was_decided_before_is_kept(planted):
    planted(lambda: time.sleep(60))
    (found,) = judged(1.0, BATCHNORM + r"$$\sum_i \hat{x}_i = 0 = \beta - \beta$$")
    assert [each.verdict for each in found.relations] == ["proved", "undecided"]


HAPPENINGS = {
    "a crash": (lambda: ctypes.string_at(0), "ended by itself"),
    "an exit": (lambda: os._exit(3), "exit status 3"),
    "memory": (lambda: bytearray(1 << 40), "GB of memory"),
    "an error": (lambda: {}["missing"], "an error in derive: KeyError: 'missing'"),
    "recursion": (lambda: _recurses(), "nested too deep"),
}


def _recurses():
    return _recurses()


@pytest.mark.parametrize(("happen", "reason"), HAPPENINGS.values(), ids=HAPPENINGS.keys())
def test_whatever_happens_the_other_formulas_are_judged(planted, happen, reason):
    planted(happen)
    found = judged()
    assert [each.verdict for each in found] == ["proved", "undecided", "definition", "definition", "proved"]
    assert reason in found[1].reason and found[1].help


def test_a_formula_that_cannot_be_read_in_time(monkeypatch):
    real = worker.read
    monkeypatch.setattr(guard, "child", Forked)

    def read(formula):
        return time.sleep(60) if "(x_i" in formula.latex and formula.display else real(formula)

    monkeypatch.setattr(worker, "read", read)
    found = judged(seconds=0.7)
    assert [each.verdict for each in found] == ["proved", "undecided", "definition", "definition", "proved"]
    assert found[1].reason == "it took more than 0.7 seconds"


@pytest.mark.parametrize("slow", ["derive.verdicts._mended", "derive.notes.repair.mending"])
def test_a_search_for_what_is_true_instead_takes_nothing_from_the_verdict(slow, monkeypatch):
    monkeypatch.setattr(guard, "child", Forked)
    monkeypatch.setattr(slow, lambda *_: time.sleep(60))
    (found,) = judged(0.7, BATCHNORM + r"$$\sum_i \hat{x}_i = 1$$")
    assert found.verdict == "refuted"
    (relation,) = found.relations
    assert isinstance(relation.decision, Refuted) and relation.decision.repair is None
    assert "x = (" in str(relation.decision.counterexample)


def test_theorems_are_made_by_this_process():
    first, *_ = judged()
    decision = first.relations[0].decision
    assert isinstance(decision, Proved) and is_theorem(decision.theorem)
    decision.theorem.recheck()


def test_repairs_and_counterexamples_come_along():
    text = BATCHNORM + r"$$\sum_i (x_i - \mu)^2 = \sigma^2$$ and $$\sqrt{2} = 1$$"
    square, root = judged(text=text)
    here = Note(formulas_in(text)).check()
    for found, own in zip((square, root), here, strict=True):
        there, decision = found.relations[0].decision, own.relations[0].decision
        assert isinstance(there, Refuted) and isinstance(decision, Refuted)
        assert there.counterexample.as_json() == decision.counterexample.as_json()
        assert found.relations[0].mending == own.relations[0].mending
        if found.relations[0].mending is None:
            assert str(there.repair) == str(decision.repair)


def test_no_process_is_left():
    judged()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_ctrl_c_ends_the_child(planted):
    planted(lambda: time.sleep(60))
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Guard(30) as own:
        timer.start()
        own.check(formulas_in(NOTE))
    timer.join()
    assert time.monotonic() - begun < 20
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_the_door_takes_seconds(tmp_path):
    path = tmp_path / "note.md"
    path.write_text(NOTE, encoding="utf-8")
    assert [each.verdict for each in check(path, seconds=30)] == GOOD
