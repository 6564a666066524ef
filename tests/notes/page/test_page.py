"""What is on a page: the text of the note, each displayed formula once with its verdict, and what is wrong."""

import json
from dataclasses import replace

import pytest

from derive.notes.find import formulas_in
from derive.notes.judge import Note
from derive.notes.page.page import page
from derive.notes.report import Mending
from tests.notes.note import BATCHNORM
from tests.notes.page.reading import Element, parsed, read

NOTE = rf"""# Batch *norm*

Forwards {BATCHNORM} And $a_1 * b_2$ then $c_1 * d_2$.

$$
\frac{{\partial L}}{{\partial \gamma}} = \sum_{{i=1}}^m \frac{{\partial L}}{{\partial y_i}} \hat{{x}}_i
$$

1. in a list
   $$
   \frac{{\partial L}}{{\partial \beta}} = 2 \sum_{{i=1}}^m \frac{{\partial L}}{{\partial y_i}}
   $$
   and on

> in a quote
> $$
> \zeta = \Xi(q)
> $$
"""


def verdicts_of(found: Element) -> list[str]:
    return [each.classes[1] for each in found.of(name="formula")]


def test_every_displayed_formula_stands_there_once_with_one_verdict():
    found = read(NOTE)
    expected = [each.verdict for each in Note(formulas_in(NOTE)).check()]
    assert verdicts_of(found) == expected
    assert expected[:2] == ["proved", "refuted"]
    for formula, verdict in zip(found.of(name="formula"), expected, strict=True):
        (badge,) = formula.of(name="badge")
        assert badge.text.endswith(verdict) and len(badge.text) > len(verdict) + 1
        assert len(formula.of("aside")) == 1
        assert formula.of("math")


def test_the_text_is_kept_and_formulas_are_not_read_as_markdown():
    article = read(NOTE).of("article")[0]
    for part in ("Forwards", "then", "in a list", "and on", "in a quote"):
        assert part in article.text
    assert [each.text for each in article.of("em")] == ["norm"]
    assert "\ue000" not in article.text
    assert not [each for each in article.of("p") if each.of("div")]


def test_what_is_refuted_has_its_numbers_and_what_is_true():
    found = read(NOTE)
    (refuted,) = found.of(name="refuted")[-1:]
    (below,) = refuted.of(name="below")
    assert "for" in below.of(name="numbers")[0].text or "left" in below.of(name="numbers")[0].text
    assert below.of(name="true")[0].of("math")
    assert r"\frac{\partial L}{\partial \beta} =" in below.of("details")[0].text


def test_the_wrong_part_is_marked_and_what_should_be_there():
    checked = Note(formulas_in(NOTE)).check()
    latex = checked[1].formula.latex
    start = latex.index("2")
    mending = Mending(start, start + 1, "1", latex.replace("2", "1", 1), "missing-factor")
    relation = replace(checked[1].relations[0], mending=mending)
    checked[1] = replace(checked[1], relations=(relation,))
    refuted = parsed(page("note.md", NOTE, ".md", checked)).of(name="formula")[1]
    wrong, right = refuted.of(name="marked")
    assert wrong.text == "2"
    assert "true" in [name for each in ancestors(right) for name in each.classes]
    assert refuted.of(name="mistake")[0].text.startswith("missing-factor")


def ancestors(element: Element) -> list[Element]:
    found = []
    while element.parent is not None:
        element = element.parent
        found.append(element)
    return found


def test_a_part_that_cannot_be_marked_in_the_formula_is_marked_in_its_source():
    checked = Note(formulas_in(NOTE)).check()
    latex = checked[1].formula.latex
    start = latex.index("}{") - 1
    relation = replace(checked[1].relations[0], mending=Mending(start, start + 3, "", latex))
    checked[1] = replace(checked[1], relations=(relation,))
    refuted = parsed(page("note.md", NOTE, ".md", checked)).of(name="formula")[1]
    assert not refuted.of(name="set")[0].of(name="marked")
    assert [each.text for each in refuted.of("mark")] == [latex[start : start + 3]]


def test_the_head_counts_filters_and_leads_to_what_is_refuted():
    found = read(NOTE)
    header = found.of("header")[0]
    expected = verdicts_of(found)
    labels = [label.text for label in header.of("label")]
    assert labels[0] == f"all {len(expected)}"
    assert any(label.endswith(f"{expected.count('refuted')} refuted") for label in labels)
    ids = {each.attributes.get("id") for each in found.every()}
    assert {label.attributes["for"] for label in header.of("label")} <= ids
    links = [link.attributes["href"] for link in header.of("nav")[0].of("a")]
    assert len(links) == expected.count("refuted") and {link[1:] for link in links} <= ids
    style = found.of("style")[0].text
    assert "#show-refuted:checked" in style


def test_the_page_needs_nothing_else():
    found = read(NOTE)
    assert not found.of("script") and not found.of("link") and not found.of("img")
    assert "url(" not in found.of("style")[0].text and "@import" not in found.of("style")[0].text
    policy = next(each for each in found.of("meta") if each.attributes.get("http-equiv"))
    assert policy.attributes["content"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("text", "title", "language"),
    [
        ("---\ntitle: '层归一化'\n---\n# 其他\n\n我们把每一个样本的输入减去它的平均数\n", "层归一化", "zh-Hans"),
        ("# 배치 정규화와 $x$\n\n배치의 평균을 뺀다.\n", "배치 정규화와", "ko"),
        ("## The mean of it\n\nand the rest is for the reader\n", "The mean of it", "en"),
        ("---\nlang: eo\n---\nx\n", "note.md", "eo"),
    ],
)
def test_a_page_has_the_title_and_the_language_of_its_note(text, title, language):
    found = read(text)
    assert found.of("title")[0].text == title
    assert found.of("html")[0].attributes.get("lang") == language
    assert all(each.attributes["lang"] == "en" for each in [*found.of("header"), *found.of("aside")])


def test_a_formula_that_cannot_be_typeset_is_shown_as_its_source():
    found = read("$$\n\\unknowncommand{x} < 1\n$$\n\nand $\\strangething y$\n")
    assert found.of("pre", "source")[0].text == "\\unknowncommand{x} < 1"
    assert found.of("code", "source")[0].text == "\\strangething y"
    assert len(found.of(name="badge")) == 1


LATEX = r"""
\documentclass{article}
\title{Layer norm}
\begin{document}
\maketitle
\section{Forward \emph{pass}} % not this
The mean, see~\eqref{eq:mean}, of 50\% of ``it'':
\begin{equation}
\mu = \frac{1}{m} \sum_{i=1}^m x_i \label{eq:mean}
\end{equation}
\begin{itemize}
\item one $x_1$
\item two
\end{itemize}
\begin{verbatim}
$$ no formula $$
\end{verbatim}
\end{document}
"""


def test_a_latex_document_has_its_headings_lists_and_code():
    found = read(LATEX, ".tex")
    article = found.of("article")[0]
    assert [each.text for each in article.of("h1")] == ["Layer norm"]
    assert [each.text for each in article.of("h2")] == ["Forward pass"]
    assert [each.text.split()[0] for each in article.of("li")] == ["one", "two"]
    assert "50% of “it”" in article.text and "not this" not in article.text
    assert article.of("pre")[0].text == "$$ no formula $$"
    assert verdicts_of(found) == ["definition"]


RST = r"""
Layer norm
==========

The **mean** of ``x``, that is :math:`\mu`:

.. math::
   :label: mean

   \mu = \frac{1}{m} \sum_{i=1}^m x_i

- one
- two

Code::

    y = 1
"""


def test_a_restructuredtext_document_has_its_headings_lists_and_code():
    found = read(RST, ".rst")
    article = found.of("article")[0]
    assert [each.text for each in article.of("h1")] == ["Layer norm"]
    assert [each.text for each in article.of("strong")] == ["mean"]
    assert [each.text for each in article.of("li")] == ["one", "two"]
    assert article.of("pre")[0].text.strip() == "y = 1"
    assert verdicts_of(found) == ["definition"] and len(article.of(name="inline")) == 1


def test_a_notebook_has_its_cells():
    cells = [
        {"cell_type": "markdown", "source": ["# Norm\n", "$$\n", "1 + 1 = 2\n", "$$\n"]},
        {"cell_type": "code", "source": "x = '<b>$$1=2$$</b>'", "outputs": []},
        {"cell_type": "markdown", "source": "$$1 + 1 = 3$$"},
    ]
    found = read(json.dumps({"cells": cells}), ".ipynb", "a.ipynb")
    assert verdicts_of(found) == ["proved", "refuted"]
    assert found.of("pre", "cell")[0].text == "x = '<b>$$1=2$$</b>'"
    assert found.of(name="place")[1].text.startswith("cell 3:")


@pytest.mark.parametrize("text", ["    $$1 + 1 = 2$$\n", "# a $$1 + 1 = 2$$\n", "|a|b|\n|-|-|\n|$$1+1=2$$|x|\n"])
def test_formulas_stand_in_code_headings_and_tables(text):
    assert verdicts_of(read(text)) == ["proved"]


@pytest.mark.parametrize("text", ["[a](u$$1+1=2$$)\n", '[a](u "$$1+1=2$$")\n', "<img alt='x' data='$$1+1=2$$'>\n"])
def test_a_formula_in_a_place_that_is_not_shown_is_shown_at_the_end(text):
    found = read(text)
    assert verdicts_of(found) == ["proved"]
    assert "the text is not shown" in found.text


def test_letters_that_hold_formulas_may_stand_in_a_note():
    found = read("a \ue0000\ue001 b\n\n$$1 + 1 = 2$$\n")
    assert verdicts_of(found) == ["proved"]


def test_the_commands_that_a_note_defines_are_typeset():
    preamble = r"\newcommand{\loss}{\mathcal{L}} \newcommand{\by}[2]{\frac{\partial #1}{\partial #2}}"
    own = r"\newcommand{\own}{\by{\loss}{x}}"
    found = read(f"{preamble} {own}\n\n" + r"\[ \own = \text{a} \] and $\loss$", ".tex")
    (formula,) = found.of(name="set")
    assert formula.of("mfrac") and not found.of("pre", "source") and not found.of("code", "source")


def test_a_command_that_stands_for_itself_is_shown_as_source():
    found = read("$\\newcommand{\\a}{\\a\\a}$ and $$\\a = 1$$\n")
    assert found.of("pre", "source")[0].text == "\\a = 1"
