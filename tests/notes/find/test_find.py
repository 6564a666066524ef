"""Formulas are found where people put them, at the right place, and code is not taken for one."""

import json

import pytest

from derive.notes.find import NoteError, find, formulas_in


def shown(text, ending=".md"):
    return [formula.latex for formula in formulas_in(text, ending) if formula.display]


def inline(text, ending=".md"):
    return [formula.latex for formula in formulas_in(text, ending) if not formula.display]


DISPLAYS = {
    "dollars": "$$\na = b\n$$",
    "one line": "so $$a = b$$ holds",
    "brackets": "\\[\na = b\n\\]",
    "escaped brackets": "\\\\[ a = b \\\\]",
    "fence": "```math\na = b\n```",
    "tilde fence": "~~~ math\na = b\n~~~",
    "equation": "\\begin{equation}\na = b\n\\end{equation}",
    "align with a star": "\\begin{align*}\na = b\n\\end{align*}",
    "alignat": "\\begin{alignat}{2}\na = b\n\\end{alignat}",
    "in a list": "- first\n\n  $$\n  a = b\n  $$\n",
    "after a bullet": "1. $$ a = b $$",
    "deep in a list": "- x\n    - y\n\n        $$\n        a = b\n        $$",
    "in a quote": "> $$\n> a = b\n> $$",
    "in a quote of a quote": "> > $$\n> > a = b\n> > $$",
    "fence in a list": "* see\n  ```math\n  a = b\n  ```",
    "fence in a quote": "> ```math\n> a = b\n> ```",
    "after a price": "it costs $5 and\n\n$$a = b$$",
    "after code": "`$$` opens\n\n$$a = b$$",
    "windows line ends": "$$\r\na = b\r\n$$\r\n",
    "MyST": "```{math}\na = b\n```",
    "MyST with options": "```{math}\n:label: one\n:nowrap:\n\na = b\n```",
    "MyST with colons": ":::{math}\na = b\n:::",
    "in a MyST directive": "````{note}\n```{math}\na = b\n```\n````\nand `$x$`",
    "in a directive with a title": ":::{prf:theorem} One\n$$a = b$$\n:::",
    "in a container": "::: tip\n$$a = b$$\n:::",
    "empheq": "\\begin{empheq}[box=\\fbox]{align}a = b\\end{empheq}",
    "IEEEeqnarray": "\\begin{IEEEeqnarray}{rCl}a = b\\end{IEEEeqnarray}",
    "subequations": "\\begin{subequations}\\begin{align}a = b\\end{align}\\end{subequations}",
    "Hugo": "{{< katex display >}}\na = b\n{{< /katex >}}",
    "Hugo, with dollars inside": "{{< katex >}}$$a = b$${{< /katex >}}",
    "Jekyll": "{% katex display %}\na = b\n{% endkatex %}",
    "in a table": "| what | formula |\n|---|---|\n| one | $$a = b$$ |",
    "after tabs": "\t$$a = b$$",
    "a mark of order in front": "\ufeff$$a = b$$",
    "displaystyle": "1. $\\displaystyle a = b$",
}


@pytest.mark.parametrize("text", DISPLAYS.values(), ids=DISPLAYS.keys())
def test_displays(text):
    (latex,) = shown(text)
    assert latex.removeprefix("\\displaystyle").strip() == "a = b"


def test_blank_lines_and_alignment_inside():
    assert shown("$$\na &= b \\\\\n\n  &= c\n$$") == ["a &= b \\\\\n\n  &= c"]


NOT_FORMULAS = {
    "code fence": "```python\nprint('$$a = b$$')\n```",
    "tilde fence": "~~~\n$$a = b$$\n~~~",
    "longer fence": "````\n```\n$$a = b$$\n````",
    "code span": "write `$$a = b$$` or ``$a`b$``",
    "comment": "<!-- $$a = b$$ -->",
    "element": "<pre>\n$$a = b$$\n</pre>",
    "escaped": "\\$a = b\\$",
    "prices": "from $5 to $6 each",
    "MyST code": "```{code-block} latex\n$$a = b$$\n```",
    "R code": "```{r}\n$$a = b$$\n```",
    "dollars with words": "it costs $5 and \\$6",
    "only macros": "$$\n\\newcommand{\\R}{\\mathbb{R}}\n\\def\\x#1{x_{#1}}\n$$\n\n$\\let\\eps\\epsilon$",
    "a link": "see [a](b) and f(x)[1]",
}


@pytest.mark.parametrize("text", NOT_FORMULAS.values(), ids=NOT_FORMULAS.keys())
def test_what_is_no_formula(text):
    assert formulas_in(text) == []


INLINE = {
    "tight": "the mean $\\mu = 1$ is",
    "with blanks": "the mean $ \\mu = 1 $ is",
    "parentheses": "the mean \\(\\mu = 1\\) is",
    "escaped parentheses": "the mean \\\\(\\mu = 1\\\\) is",
    "backticks": "the mean $`\\mu = 1`$ is",
    "over two lines": "the mean $\\mu\n= 1$ is",
}


@pytest.mark.parametrize("text", INLINE.values(), ids=INLINE.keys())
def test_inline(text):
    assert [latex.split() for latex in inline(text)] == [["\\mu", "=", "1"]]


@pytest.mark.parametrize(
    ("text", "place", "at"),
    [
        ("$$\na = b\n$$", (2, 1), (2, 5)),
        ("so $$a = b$$", (1, 6), (1, 10)),
        ("x\n\n> > $$\n> > a = b\n> > $$", (4, 5), (4, 9)),
        ("- y\n\n  $$\n  a = b\n  $$", (4, 3), (4, 7)),
        ("```math\na = b\n```", (2, 1), (2, 5)),
    ],
)
def test_places(text, place, at):
    (formula,) = formulas_in(text)
    assert (formula.line, formula.column) == place
    assert formula.place(formula.latex.index("b")) == at


def test_places_in_later_lines():
    (formula,) = formulas_in("> $$\n> a &= b \\\\\n>   &= c\n> $$")
    assert formula.place(formula.latex.index("c")) == (3, 8)


@pytest.mark.parametrize("text", ["$$\na = b\n\n# Next\n\ntext $$c$$", "\\begin{align}\na = b\n\nmore"])
def test_an_unclosed_formula_is_said_and_does_not_swallow_the_rest(text):
    first, *_ = formulas_in(text)
    assert first.unclosed and first.latex == "a = b"


def test_after_an_unclosed_one_the_next_is_found():
    assert shown("$$\na = b\n\n# Next\n\n$$c = d$$\n") == ["a = b", "c = d"]


TEX = r"""
\documentclass{article} % $no$
\begin{document}
The price is 5\$. The mean $\mu = 1$ % and $b$
\begin{verbatim}
$$ a = c $$
\end{verbatim}
\verb|$x$| and 50\% of
\begin{align}
  a &= b \\ % first
    &= c
\end{align}
\end{document}
"""


def test_tex():
    found = formulas_in(TEX, ".tex")
    assert [formula.latex.split() for formula in found] == [["\\mu", "=", "1"], "a &= b \\\\ &= c".split()]
    assert found[1].place(found[1].latex.index("c")) == (11, 8)


TEX_MACROS = r"""
\newcommand{\loss}{\mathcal{L}} % $a$ and $b = c$
\DeclareMathOperator{\rms}{RMS}
\title{About $x$}
\begin{document}
$$\loss = 1$$
\end{document}
$$\loss = 2$$
"""


def test_of_a_preamble_the_macros_are_taken_and_of_what_is_behind_the_end_nothing():
    (found,) = formulas_in(TEX_MACROS, ".tex")
    assert (found.latex, found.line) == (r"\loss = 1", 6) and set(found.macros) == {"loss", "rms"}


RST = """
Mean
====

.. math:: a = b

.. math::
   :label: two

   c &= d

   e &= f

The mean :math:`\\mu = 1` is, ``:math:`x` ``::

    :math:`code`

.. code-block:: python

   :math:`more`
"""


def test_rst():
    assert shown(RST, ".rst") == ["a = b", "c &= d\n\ne &= f"]
    assert inline(RST, ".rst") == ["\\mu = 1"]
    assert [formula.line for formula in formulas_in(RST, ".rst")] == [5, 10, 14]


def test_notebooks():
    cells = [
        {"cell_type": "code", "source": ["'$$x$$'"]},
        {"cell_type": "markdown", "source": ["text\n", "\n", "$$a = b$$"]},
        {"cell_type": "markdown", "source": "$c$"},
    ]
    found = formulas_in(json.dumps({"cells": cells}), ".ipynb")
    assert [(formula.latex, formula.cell, formula.line) for formula in found] == [("a = b", 2, 3), ("c", 3, 1)]


def test_old_notebooks():
    cells = [{"cell_type": "code", "input": ["x"]}, {"cell_type": "markdown", "source": ["$$a = b$$"]}]
    (found,) = formulas_in(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}), ".ipynb")
    assert (found.latex, found.cell) == ("a = b", 2)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '{"cells": 3}', "{}"])
def test_a_notebook_that_is_none(text):
    with pytest.raises(NoteError, match="so it is no notebook"):
        formulas_in(text, ".ipynb")


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.md").write_bytes(b"\xe4\xf6$$a$$")
    (tmp_path / "binary.md").write_bytes(b"$$\0$$")
    (tmp_path / "sixteen.md").write_text("$$a = b$$", encoding="utf-16")
    for name, message in (("nothing.md", "can't be opened"), ("latin.md", "byte 0"), ("binary.md", "zero byte")):
        with pytest.raises(NoteError, match=message):
            find(tmp_path / name)
    with pytest.raises(NoteError, match="can't be opened"):
        find(tmp_path)
    assert find(tmp_path / "sixteen.md")[0].latex == "a = b"


PARTS = (
    *("{{< katex >}} $", "{% math %}", "\\newcommand{\\a}{", "\\def\\a#1", "$\\let\\a="),
    *("$$\\def\\a{$$", "\\newcommand"),
    *(":::{note}\n", "```{math}\n:label: a\n", ":::\n", "```{note}\n```{math}\n```\n", ".. math::\n\n   a\n"),
    *("$$", "$", "$a ", "$$\n\n", "\\(", "\\[", "\\\\[", "\\begin{align}"),
    *("`", "``a`", "```\n", "> ", "<pre>", "<!--", "\\verb|"),
)


@pytest.mark.parametrize("part", PARTS)
def test_unbalanced_documents_take_linear_time(part):
    """Twenty thousand openings; quadratic time would be minutes."""
    for ending in (".md", ".tex", ".rst"):
        formulas_in(part * 20_000, ending)
