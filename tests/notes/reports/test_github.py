"""Workflow commands of GitHub: read back by the rules that its runner has for them."""

import re

import pytest

from derive.notes.reports.github import failure, github
from tests.notes.reports.made import one
from tests.notes.reports.notes import GUISES, note

COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:\n\r]*)::(?P<message>[^\n\r]*)")


def plain(text):
    """As the runner takes its escapes back, the one for % last."""
    for escape, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(escape, letter)
    return text


def read(line):
    match = COMMAND.fullmatch(line)
    assert match, line
    properties = dict(each.split("=", 1) for each in match["properties"].split(","))
    return match["level"], {name: plain(value) for name, value in properties.items()}, plain(match["message"])


@pytest.mark.parametrize("guise", GUISES)
def test_each_false_relation_is_an_error_at_its_place(guise):
    document = note(*GUISES[guise])
    found = [read(line) for line in github(document)]
    assert [level for level, *_ in found] == ["error", "error"]
    for _, properties, message in found:
        assert properties["file"] == document.name and properties["title"] == "refuted"
        assert "it fails at m = " in message.split("\n")[0]
        line = GUISES[guise][0].split("\n")[int(properties["line"]) - 1]
        assert line[int(properties["col"]) - 1 : int(properties["endColumn"]) - 1] == "="


def test_levels():
    text = "$$1 = 2$$\n\n$$1 = 1$$\n\n$$q = 3 q + 1$$\n\n$$\\frac{a}{b = c$$\n\n$$1 + 1 = 2\n"
    assert [read(line)[0] for line in github(note(text))] == ["error", "notice", "notice", "warning"]


def test_what_would_end_a_command_is_escaped():
    document = one("1 + 1 = 0 % 50%", "+", "-", name="a,b:c%0A")
    level, properties, message = read(next(github(document)))
    assert level == "error" and properties["file"] == "a,b:c%0A.md" and properties["title"] == "refuted [sign]"
    assert "true is: 1 - 1 = 0 % 50%" in message.split("\n")
    assert message.endswith("see: derive explain sign")


def test_a_document_that_is_not_there():
    assert read(failure("gone.md", "gone.md can't be opened")) == (
        "error",
        {"file": "gone.md"},
        "gone.md can't be opened",
    )


def test_a_notebook_says_the_cell():
    *_, message = read(next(github(note(*GUISES["notebook"]))))
    assert message.startswith("cell 2:8:4: ")
