"""What other programs rely on in the JSON."""

import json

from derive.notes.reports.record import of_documents
from tests.notes.reports.made import mended, one
from tests.notes.reports.notes import GUISES, note

FILE = {"path", "counts", "equations"}
PLACE = {"line", "column", "end_line", "end_column"}
EQUATION = PLACE | {
    *("index", "cell", "latex", "verdict", "reason", "unread", "help", "warnings", "conventions", "relations"),
}
RELATION = {
    *("op", "line", "column", "verdict", "reason", "place", "help", "code", "also", "follows"),
    *("counterexample", "repair", "mending"),
}


def value(*documents, errors=()):
    return json.loads(json.dumps(of_documents(documents, errors), allow_nan=False))


def test_every_field_is_there():
    found = value(*(note(*guise) for guise in GUISES.values()), errors=[("gone.md", "can't be opened")])
    assert set(found) == {"version", "files", "counts", "errors"} and found["version"] == 1
    assert found["errors"] == [{"path": "gone.md", "message": "can't be opened"}]
    assert found["counts"] == {"definition": len(GUISES), "refuted": 2 * len(GUISES)}
    for file in found["files"]:
        assert set(file) == FILE
        for number, equation in enumerate(file["equations"], 1):
            assert set(equation) == EQUATION and equation["index"] == number
            assert all(set(relation) == RELATION for relation in equation["relations"])


def test_a_refuted_relation_has_its_numbers_and_its_place():
    (file,) = value(note("so $$1 + 1 = 3$$"))["files"]
    (equation,) = file["equations"]
    (relation,) = equation["relations"]
    assert (equation["column"], equation["end_column"], equation["latex"]) == (6, 15, "1 + 1 = 3")
    assert (relation["op"], relation["line"], relation["column"]) == ("=", 1, 12)
    assert relation["place"] == {"line": 1, "column": 12, "end_line": 1, "end_column": 13}
    assert (relation["counterexample"]["left"], relation["counterexample"]["right"]) == ("2", "3")


def test_a_mending_says_what_to_write_where():
    (relation,) = value(one("1 + 1 = 0", "+", "-", "> "))["files"][0]["equations"][0]["relations"]
    assert relation["mending"] == {
        **{"line": 1, "column": 7, "end_line": 1, "end_column": 8},
        **{"written": "+", "instead": "-"},
    }
    assert (relation["repair"], relation["code"]) == ("1 - 1 = 0", "sign")


def test_what_is_not_read_has_its_place():
    (equation,) = value(note("so $$\\frac{a}{b = c$$"))["files"][0]["equations"]
    assert equation["verdict"] == "unread" and equation["relations"] == []
    assert set(equation["unread"]) == PLACE and equation["unread"]["column"] >= 6


def test_conventions_are_named():
    text = "$x_i$\n\n$$\n\\sum_i (x_i - \\mu) = 0\n$$\n"
    (equation,) = value(note(text))["files"][0]["equations"]
    assert equation["conventions"] == [{"latex": "\\mu", "meaning": "the mean of x"}]


def test_only_the_relations_that_are_mended_have_a_code():
    document = mended(note(*GUISES["markdown"]), 2, "2", "0", None)
    (relation,) = value(document)["files"][0]["equations"][2]["relations"]
    assert relation["code"] is None and relation["mending"]["instead"] == "0"
