"""Every mistake of the table: its example is refuted with its code and mended; docs, table and checker are in step."""

import json
import re
from pathlib import Path

import pytest

from derive.cli import main
from derive.notes.conventions import PREAMBLES
from derive.notes.mistakes import MISTAKES
from tests.notes.note import of

ROOT = Path(__file__).parents[3]
NO_VERDICT = {"equals-in-brackets"}
"""What has no meaning as it stands is not refuted; it is mended all the same."""


def context(layer):
    return " ".join(f"${text}$" for text in PREAMBLES[layer])


@pytest.mark.parametrize("code", MISTAKES)
def test_the_example_is_refuted_with_its_code_and_mended(code):
    mistake = MISTAKES[code]
    found = of(mistake.wrong, context(mistake.layer))
    (relation,) = found.relations
    assert found.verdict == ("undecided" if code in NO_VERDICT else "refuted")
    mending = relation.mending
    assert mending is not None and (mending.code, mending.latex) == (code, mistake.right)
    assert mistake.wrong[: mending.start] + mending.instead + mistake.wrong[mending.end :] == mistake.right
    assert of(mistake.right, context(mistake.layer)).verdict == "proved"


def test_every_code_of_the_checker_is_in_the_table():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "derive/notes/repair").rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r'"([a-z]+(?:-[a-z]+)+)"', text)} | {"sign", "arithmetic"}
    assert codes == set(MISTAKES)


def test_the_page_has_every_code_and_no_other():
    page = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$", page, re.MULTILINE)
    assert [code for code, _, _ in rows] == list(MISTAKES)
    for code, what, spot in rows:
        assert what == f"{MISTAKES[code].title} {MISTAKES[code].why}" and spot == MISTAKES[code].spot


def test_explain_shows_one_and_lists_all(capsys):
    assert main(["explain", "sign"]) == 0
    assert MISTAKES["sign"].wrong in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(MISTAKES)
    assert main(["explain", "sign", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["right"] == MISTAKES["sign"].right


def test_an_unknown_code_says_which_are_near(capsys):
    assert main(["explain", "missing-hats"]) == 2
    assert "did you mean missing-hat" in capsys.readouterr().err
