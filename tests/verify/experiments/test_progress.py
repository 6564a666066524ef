"""Progress is on stderr, and nowhere if it is not wanted."""

import sys

import pytest

from verify.experiments.progress import Progress


def test_the_items_come_through(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(Progress().over(range(3, 6), "counting", total=6, done=3)) == [3, 4, 5]
    shown = capsys.readouterr()
    assert not shown.out and "counting" in shown.err and "3/6" in shown.err


def test_a_step_is_said_before_it_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().step("thinking"):
        assert capsys.readouterr().err == "thinking ...\n"
    with pytest.raises(ZeroDivisionError), Progress().step("failing"):
        raise ZeroDivisionError


def test_quiet_is_quiet_and_needs_no_tqdm(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    quiet = Progress(quiet=True)
    with quiet.step("thinking"):
        assert list(quiet.over([1, 2], "counting")) == [1, 2]
    shown = capsys.readouterr()
    assert not shown.out and not shown.err
