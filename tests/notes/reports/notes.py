"""One note in the guises in which people write, with places that are easy to get wrong."""

import json
from dataclasses import replace
from functools import cache

from derive.notes.find import Formula
from derive.notes.judge import Note
from derive.notes.reports.document import Document, document

MEAN = r"\mu = \frac{1}{m}\sum_{i=1}^m x_i"
ROWS = "\\sum_i (x_i - \\mu)\n  &= \\sum_i x_i - m \\mu \\\\\n  &= 1"
FALSE = r"\sum_{i=1}^m (x_i - \mu) = 2"

MARKDOWN = f"# 均值\n\n均值是 $${MEAN}$$ 所以\n\n$$\n{ROWS}\n$$\n\n\t$${FALSE}$$\n"


def _each(mark: str) -> str:
    return "".join(f"{mark}{line}\n" for line in MARKDOWN.split("\n"))


def _notebook(indent: int | None) -> str:
    cells = [
        {"cell_type": "code", "source": ["1 + 1\n", "2"], "outputs": [{"text": ['[{"source": 1}]']}]},
        {"cell_type": "markdown", "source": MARKDOWN.splitlines(keepends=True)},
    ]
    return json.dumps(
        {"more": [{}, {"source": "$$"}], "cells": cells, "last": [{}, {"source": "$$"}]},
        indent=indent,
        ensure_ascii=indent is None,
    )


GUISES = {
    "markdown": (MARKDOWN, ".md"),
    "quote": (_each("> "), ".md"),
    "quote in a quote": (_each("> > "), ".md"),
    "list": ("- first\n" + _each("  "), ".md"),
    "tabs": (MARKDOWN.replace("  &", "\t&"), ".md"),
    "windows": (MARKDOWN.replace("\n", "\r\n"), ".md"),
    "windows, quoted": (_each("> ").replace("\n", "\r\n"), ".md"),
    "fences": (MARKDOWN.replace("$$\n", "```math\n", 1).replace("$$\n\n\t", "```\n\n\t"), ".md"),
    "korean": (MARKDOWN.replace("均值是", "평균은 ").replace("\t", "분산 "), ".md"),
    "emoji": (MARKDOWN.replace("\t", "😀 e\u0301 "), ".md"),
    "latex": (
        f"均值 % $a$\n\\begin{{equation}}\n  {MEAN} % no\n\\end{{equation}}\n"
        f"\\begin{{align}}\r\n{ROWS}\r\n\\end{{align}}\n\\[ {FALSE} \\]\n",
        ".tex",
    ),
    "restructured": (
        f"均值\n\n.. math:: {MEAN}\n\n.. math::\n\n   "
        + ROWS.replace("\n", "\n   ")
        + f"\n\n   {FALSE}\n".replace(FALSE, "")
        + f"\n* a\n\n  .. math::\n\n     {FALSE}\n",
        ".rst",
    ),
    "notebook": (_notebook(1), ".ipynb"),
    "notebook in a line": (_notebook(None), ".ipynb"),
}
"""Three formulas in each: a definition, rows of which the second is false, and one that is false."""


def judge(formulas: list[Formula]) -> list:
    """The verdicts without what is true instead, so that the sign of a relation is its place."""
    found = Note(formulas).check()
    return [replace(each, relations=tuple(replace(own, mending=None) for own in each.relations)) for each in found]


@cache
def note(text: str, ending: str = ".md", name: str = "note") -> Document:
    """A text as a document, judged once for all tests."""
    return document(f"{name}{ending}", text, ending, judge)
