"""Notes that other people wrote, with a verdict for each formula: used where they lie beside the repository."""

import json
from pathlib import Path

import pytest

from derive.notes import check

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
MEANING = {"DEFINITION": "definition", "PROVED": "proved", "REFUTED": "refuted", "OUT_OF_SCOPE": "undecided"}

pytestmark = pytest.mark.skipif(not (CORPUS / "expected.json").exists(), reason="there is no ../shared/corpus here")


def judged() -> list[tuple[str, str, set[str]]]:
    """Every formula with its verdict and those that can be defended."""
    found = []
    for note in json.loads((CORPUS / "expected.json").read_text(encoding="utf-8")):
        for own, due in zip(check(CORPUS / note["file"]), note["equations"], strict=True):
            verdict = "undecided" if own.verdict == "unread" else own.verdict
            accepted = {MEANING[each] for each in (due["verdict"], *due.get("accept", ()))}
            found.append((f"{note['file']} {due['index']}", verdict, accepted))
    return found


def test_no_verdict_is_wrong_and_most_are_as_expected():
    found = judged()
    wrong = [name for name, verdict, accepted in found if _is_wrong(verdict, accepted)]
    assert not wrong
    assert sum(verdict in accepted for _, verdict, accepted in found) >= 0.95 * len(found)


NOTES = CORPUS.parent / "notes"

MENDED = {
    "000": "189 missing-hat, 239 missing-hat",
    "003": (
        "56 missing-sum, 56 missing-sum, 71 gamma-twice, 72 index-clash, 73 sign, 87 sign, 114 sign, 125 missing-hat, "
        "140 hypothesis-missing, 151 missing-square, 151 missing-square, 173 hypothesis-missing, 188 missing-hat"
    ),
}
"""What is wrong in real notes and has a repair that is proved: its line, and the first of its mistakes."""


@pytest.mark.skipif(not NOTES.is_dir(), reason="there is no ../shared/notes here")
@pytest.mark.parametrize("start", MENDED)
def test_what_is_wrong_in_real_notes_is_mended(start):
    (path,) = NOTES.glob(f"{start}_*")
    found = [
        f"{checked.formula.place(relation.mending.start)[0]} {relation.mending.code}"
        for checked in check(path)
        for relation in checked.relations
        if relation.verdict == "refuted" and relation.mending is not None
    ]
    assert ", ".join(found) == MENDED[start]


def _is_wrong(verdict: str, accepted: set[str]) -> bool:
    """Proved where only a refutation can be defended, or refuted where a proof or a definition is due."""
    if verdict == "proved":
        return accepted == {"refuted"}
    return verdict == "refuted" and "refuted" not in accepted and bool(accepted & {"proved", "definition"})
