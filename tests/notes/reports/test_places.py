"""What is marked is what is meant: in every guise of a note, and below every relation."""

import unicodedata

import pytest

from derive.latex.reader.syntax import Chain
from derive.notes.find import find
from derive.notes.reports.document import Document, lines_of, place_of
from derive.notes.reports.findings import Finding, findings, of_relation
from derive.notes.reports.snippet import marked
from derive.notes.reports.text import of_finding
from derive.notes.survey import Survey
from tests.cli.calling import ROOT
from tests.notes.reports.notes import FALSE, GUISES, note


def cells(shown):
    """What a terminal has in each of its columns; a wide letter fills two, a combining one none of its own."""
    found = []
    for letter in shown:
        if unicodedata.combining(letter):
            found[-1] += letter
        else:
            found += [letter, ""] if unicodedata.east_asian_width(letter) in ("W", "F") else [letter]
    return found


def under(shown, marks):
    """The text above the marks."""
    start, end = len(marks) - len(marks.lstrip()), len(marks)
    assert set(marks.strip()) <= set("^~") and marks.strip()[0] == "^"
    return "".join(cells(shown)[start:end])


@pytest.mark.parametrize("guise", GUISES)
def test_each_guise_has_its_three_formulas(guise):
    document = note(*GUISES[guise])
    assert [checked.verdict for checked in document.found] == ["definition", "refuted", "refuted"]


@pytest.mark.parametrize("guise", GUISES)
def test_the_marks_stand_below_every_relation(guise):
    document = note(*GUISES[guise])
    seen = 0
    for checked in document.found:
        for relation in checked.relations:
            place = place_of(checked.formula, relation.offset, relation.offset + len(relation.op))
            (line,) = marked(document, place)
            assert under(line.shown, line.marks) == relation.op
            assert document.text(place) == relation.op
            seen += 1
    assert seen == 4


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("width", [None, 40])
def test_the_marks_stand_below_every_part(guise, width):
    """Any part of any formula, as a mending could have it, also where the terminal is narrow."""
    document = note(*GUISES[guise])
    for checked in document.found:
        latex = checked.formula.latex
        for start in range(0, len(latex), 3):
            for end in (start + 1, start + 7):
                part = latex[start:end]
                if "\n" in part or not part.strip() or "\t" in part:
                    continue
                (line,) = marked(document, place_of(checked.formula, start, start + len(part)), width)
                assert under(line.shown, line.marks) == part, (start, end)
                assert width is None or len(cells(line.shown)) <= width


@pytest.mark.parametrize("guise", GUISES)
def test_the_printed_line_and_column_are_those_of_the_file(guise):
    """Read back from what is printed: the letter of the file at line:col is the first of what is marked."""
    text, ending = GUISES[guise]
    document = note(text, ending)
    for finding in findings(document):
        if finding.kind != "refuted":
            continue
        head, source, marks, *_ = of_finding(document, finding)
        *_, line, column = head.partition(": ")[0].split(":") if ending != ".ipynb" else _cell(head)
        if ending != ".ipynb":
            own = text.split("\n")[int(line) - 1]
            assert own[int(column) - 1] == "="
            assert source == f"{line:>5} | {own.rstrip(chr(13)).replace(chr(9), '    ')}"
        assert under(source, " " * 5 + "  " + marks[7:]) == "="


def _cell(head):
    return head.split(": ")[0].removeprefix("note.ipynb:cell ").split(":")


def test_columns_in_a_list_and_a_quote():
    document = note(*GUISES["quote in a quote"])
    assert str(of_relation(document.found[2], document.found[2].relations[0])) == f"11:{8 + FALSE.rindex('=')}"


def test_a_part_of_several_lines_is_marked_in_each():
    document = note("> $$\n> x +\n>   y\n> $$")
    (checked,) = document.found
    lines = marked(document, place_of(checked.formula, 0, len(checked.formula.latex)))
    assert [under(line.shown, line.marks) for line in lines] == ["x +", "y"]
    assert document.text(place_of(checked.formula, 0, len(checked.formula.latex))) == "x +\n  y"


def test_of_many_lines_the_middle_is_left_out():
    document = note("$$\n" + "a +\n" * 20 + "b\n$$")
    (checked,) = document.found
    lines = marked(document, place_of(checked.formula, 0, len(checked.formula.latex)))
    assert [line and line.number for line in lines] == [2, 3, 4, None, 21, 22]


def test_an_empty_part_gets_one_mark():
    document = note("$$ab = c$$")
    (line,) = marked(document, place_of(document.found[0].formula, 1, 1))
    assert line.marks == "   ^"


def test_what_would_move_the_cursor_is_not_sent_to_a_terminal():
    document = note("$$a \x1b[2J\u202e = \x07 b$$\r\n")
    (finding,) = findings(document)
    printed = "\n".join(of_finding(document, finding))
    assert not any(unicodedata.category(letter) in ("Cc", "Cf") for letter in printed.replace("\n", ""))


def test_what_should_stand_there_is_said_behind_the_marks():
    document = note("$$\na + b = c\n$$")
    place = place_of(document.found[0].formula, 2, 3)
    missing = place_of(document.found[0].formula, 2, 2)

    def label(place, instead):
        finding = Finding("refuted", place, written=document.text(place), instead=instead)
        return list(of_finding(document, finding))[2]

    assert label(place, "-") == "      |   ^ should be -"
    assert label(place, "") == "      |   ^ should not be here"
    assert label(missing, "m") == "      |   ^ m is missing here"
    assert label(place, "x" * 100) == "      |   ^"


SIGNS = {"plus": r"\mathrel{+}=", "over": r"\overset{!}{=}", "said": r"\coloneqq", "long": r"\leqslant"}


@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS.keys())
def test_a_sign_is_marked_as_it_is_written(sign):
    document = note(f"$$q {sign} 1 + r$$")
    (relation,) = document.found[0].relations
    assert document.text(of_relation(document.found[0], relation)) == sign


SHARED = ROOT.parent / "shared"
DOCUMENTS = [*(ROOT / "docs").glob("**/*.md"), *SHARED.glob("corpus/*.md"), *SHARED.glob("notes/*.txt")]


def test_the_marks_stand_below_every_sign_of_whole_documents():
    """The documents of the project, and those beside it where there are any; nothing is judged."""
    seen = 0
    for path in DOCUMENTS:
        survey, text = Survey(find(path)), path.read_text(encoding="utf-8-sig")
        document = Document(path.name, lines_of(text, path.suffix), ())
        for number, statement in survey.statements():
            formula = survey.formulas[number]
            for sign in statement.chain.signs if isinstance(statement.chain, Chain) else ():
                written = formula.latex[sign.start : sign.end]
                place = place_of(formula, sign.start, sign.end)
                lines = marked(document, place)
                assert document.text(place) == written
                assert "\n" in written or [under(line.shown, line.marks) for line in lines] == [written]
                seen += 1
    assert seen > 500
