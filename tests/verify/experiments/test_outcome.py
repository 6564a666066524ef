"""What an experiment hands back: verdicts, JSON, and what a person reads."""

import json
import math
from pathlib import Path

import pytest

from verify.experiments.outcome import FAILED, HELD, UNDECIDED, VERDICTS, Outcome, Result, plain, write


def outcome(verdict: str, **more: object) -> Outcome:
    return Outcome("one is one", "Peano 1889", verdict, "it was looked at", **more)  # pyright: ignore[reportArgumentType]


def result(*verdicts: str) -> Result:
    return Result("counting", {"steps": 3}, {"ones": [1, 1.0]}, tuple(outcome(each) for each in verdicts), ("a.png",))


@pytest.mark.parametrize(
    ("verdicts", "worst", "ok"),
    [
        ((HELD, HELD), HELD, True),
        ((HELD, UNDECIDED), UNDECIDED, True),
        ((UNDECIDED, HELD, FAILED, HELD), FAILED, False),
        ((), UNDECIDED, True),
    ],
)
def test_the_gravest_verdict_counts(verdicts: tuple[str, ...], worst: str, ok: bool) -> None:
    found = result(*verdicts)
    assert (found.verdict, found.ok, len(list(found))) == (worst, ok, len(verdicts))
    assert found.as_json()["ok"] is ok


def test_there_are_no_other_verdicts() -> None:
    for verdict in ("Held", "pass", "", "true"):
        with pytest.raises(ValueError, match="no verdict"):
            outcome(verdict)
    assert [outcome(verdict).ok for verdict in VERDICTS] == [True, True, False]


def test_json_has_no_number_that_is_not_finite(tmp_path: Path) -> None:
    found = Result("x", {"eps": (0.0, math.nan)}, {"inf": math.inf, "deep": [{"nan": math.nan}]}, ())
    path = tmp_path / "result.json"
    found.save(path)
    read = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert read["settings"]["eps"] == [0.0, None] and read["numbers"] == {"inf": None, "deep": [{"nan": None}]}
    assert read == found.as_json()


def test_plain_keeps_what_json_knows() -> None:
    value = {1: (True, None, "a", 2, 0.5), "p": Path("a/b")}
    assert plain(value) == {"1": [True, None, "a", 2, 0.5], "p": "a/b"}
    assert plain(True) is True


def test_what_a_person_reads() -> None:
    text = str(result(HELD, FAILED, HELD))
    assert text.startswith("counting: 2 held, 1 failed\n") and text.count("source: Peano 1889") == 3
    assert text.endswith("figure: a.png")
    assert "(theorem-4.1)" in str(outcome(HELD, statement="theorem-4.1"))


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    write(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write(path, {"a": math.nan})
    assert json.loads(path.read_text()) == {"a": 1}
