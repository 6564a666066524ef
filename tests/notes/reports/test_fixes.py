"""What should be written instead: put into the file at the place that is given, it makes the formula true."""

import json

import pytest

from derive.notes.judge import Note
from derive.notes.report import REFUTED
from derive.notes.reports.document import document, place_of
from derive.notes.reports.findings import findings
from derive.notes.reports.record import of_document
from derive.notes.reports.sarif import of_documents
from derive.notes.reports.snippet import marked
from tests.notes.note import BATCHNORM, tex
from tests.notes.reports.test_places import under

WRONG = {
    "hat": tex(r"@{\gamma} = \sum_i @{y_i} x_i"),
    "sign": tex(r"@{\beta} = -\sum_i @{y_i}"),
    "sum": tex(r"@{\gamma} = @{y_i} \hat{x}_i"),
}

DEFINED = BATCHNORM.strip()


def note(text, ending):
    return document(f"note{ending}", text, ending, lambda formulas: Note(formulas).check())


def quoted(text):
    return "".join(f"> {line}\n" for line in text.split("\n"))


GUISES = {
    "alone": lambda latex: (f"{DEFINED}\n\n$$\n{latex}\n$$\n", ".md"),
    "in a line": lambda latex: (f"{DEFINED}\n\n方差 😀 $$ {latex} $$ 。\n", ".md"),
    "quoted": lambda latex: (quoted(f"{DEFINED}\n\n$$ {latex} $$"), ".md"),
    "windows": lambda latex: (f"{DEFINED}\n\n1. $$\n\t{latex}\n$$\n".replace("\n", "\r\n"), ".md"),
    "latex": lambda latex: (f"{DEFINED}\n\\begin{{equation}}\n  {latex} % 方差\n\\end{{equation}}\n", ".tex"),
    "restructured": lambda latex: (_rst(latex), ".rst"),
    "notebook": lambda latex: (_notebook(latex), ".ipynb"),
}


def _notebook(latex):
    text = f'{DEFINED}\n\n方差 😀 "a" $$ {latex} $$'
    cells = [{"cell_type": "markdown", "source": text.splitlines(keepends=True)}]
    return json.dumps({"cells": cells}, indent=1)


def _rst(latex):
    inline = DEFINED.replace("\n", " ").split("$")
    text = "".join(f":math:`{each}`" if place % 2 else each for place, each in enumerate(inline))
    return f"{text}\n\n  * 方差\n\n    .. math::\n       :label: a\n\n       {latex}\n"


def fixed(document, text):
    """The text of a file with every fix of SARIF made, the last one first."""
    lines = text.split("\n")
    results = of_documents([document])["runs"][0]["results"]
    replacements = [
        replacement
        for result in results
        for fix in result.get("fixes", ())
        for change in fix["artifactChanges"]
        for replacement in change["replacements"]
    ]
    for replacement in reversed(replacements):
        cut = replacement["deletedRegion"]
        row = lines[cut["startLine"] - 1].encode("utf-16-le")
        start, end = 2 * cut["startColumn"] - 2, 2 * cut["endColumn"] - 2
        new = replacement["insertedContent"]["text"].encode("utf-16-le")
        lines[cut["startLine"] - 1] = (row[:start] + new + row[end:]).decode("utf-16-le")
    return "\n".join(lines), len(replacements)


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("mistake", WRONG)
def test_fixes(guise, mistake):
    text, ending = GUISES[guise](WRONG[mistake])
    found = note(text, ending)
    (checked,) = found.found
    (relation,) = checked.relations
    assert relation.verdict == REFUTED and relation.mending is not None
    mending = relation.mending
    written = checked.formula.latex[mending.start : mending.end]
    assert found.text(place_of(checked.formula, mending.start, mending.end)) == written
    (finding,) = findings(found)
    (line,) = marked(found, finding.place)
    assert under(line.shown, line.marks).startswith(written)
    new, count = fixed(found, text)
    assert count == 1 and new != text
    assert [each.verdict for each in note(new, ending).found] == ["proved"]


def test_the_mended_formula_in_json_is_the_one_in_the_file():
    text, ending = GUISES["in a line"](WRONG["hat"])
    (equation,) = of_document(note(text, ending))["equations"]
    (relation,) = equation["relations"]
    mending = relation["mending"]
    row = text.split("\n")[mending["line"] - 1]
    assert row[mending["column"] - 1 : mending["end_column"] - 1] == mending["written"]
    new = row[: mending["column"] - 1] + mending["instead"] + row[mending["end_column"] - 1 :]
    assert relation["repair"] in new
