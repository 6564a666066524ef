"""Colours are for terminals alone."""

import io
import re

import pytest

from derive.notes.reports.paint import Paint, paint_for
from derive.notes.reports.text import text
from tests.notes.reports.notes import GUISES, note

CODES = re.compile(r"\x1b\[[\d;]*m")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "set", "colours"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_when_there_are_colours(monkeypatch, stream, set, colours):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in set.items():
        monkeypatch.setenv(name, value)
    assert paint_for(stream).colours is colours


def test_colours_change_nothing_else():
    document = note(*GUISES["markdown"])
    bare, painted = list(text(document)), list(text(document, paint=Paint(True)))
    assert bare != painted and [CODES.sub("", line) for line in painted] == bare


def test_warnings_are_counted():
    *_, warning, source, marks, end = text(note("so $$1 + 1 = 2\n"))
    assert warning.startswith("note.md:1:6: warning: the formula is not closed")
    assert source.endswith("so $$1 + 1 = 2") and marks.endswith("|      ^~~~~~~~~")
    assert end == "note.md: 1 formula: 1 proved; 1 warning"
