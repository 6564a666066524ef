"""Commands that a document defines hold from there on, whatever the way of defining them."""

import json

import pytest

from derive.latex.reader import Unread, parse
from derive.notes.find import formulas_in
from tests.latex.reader.shape import shape
from tests.notes.note import verdicts


def read(text, ending=".md"):
    """The shapes of the displayed formulas, or why they are not read."""
    found = []
    for formula in formulas_in(text, ending):
        if formula.display:
            try:
                found.append([shape(each.chain) for each in parse(formula.latex, formula.macros)])
            except Unread as error:
                found.append(error.reason)
    return found


def plain(latex):
    return [[shape(each.chain) for each in parse(latex)]]


SAME = {
    "newcommand": (r"\newcommand{\R}{\mathbb{R}}", r"x = \R", r"x = \mathbb{R}"),
    "no braces": (r"\newcommand\eps{\epsilon}", r"x = \eps", r"x = \epsilon"),
    "renewcommand": (r"\renewcommand{\vec}[1]{\mathbf{#1}}", r"\vec{x} = 1", r"\mathbf{x} = 1"),
    "an argument": (r"\newcommand{\pd}[1]{\frac{\partial L}{#1}}", r"\pd{x_i} = 1", r"\frac{\partial L}{x_i} = 1"),
    "arguments without braces": (r"\newcommand{\pd}[2]{\frac{#1}{#2}}", r"\pd ab = 1", r"\frac{a}{b} = 1"),
    "an argument twice": (r"\newcommand{\sq}[1]{#1 \cdot #1}", r"\sq{a} = 1", r"a \cdot a = 1"),
    "a macro in a macro": (r"\newcommand{\a}{b}\newcommand{\c}{\a + \a}", r"x = \c", "x = b + b"),
    "def": (r"\def\xh{\hat{x}}", r"\xh_i = 1", r"\hat{x}_i = 1"),
    "def with arguments": (r"\def\f#1#2{\frac{#1}{#2}}", r"\f{a}{b} = 1", r"\frac{a}{b} = 1"),
    "let": (r"\let\eps\epsilon", r"x = \eps", r"x = \epsilon"),
    "let with a sign": (r"\let\eps=\epsilon", r"x = \eps", r"x = \epsilon"),
    "operator": (r"\DeclareMathOperator{\rms}{RMS}", r"\rms(x) = 1", r"\operatorname{RMS}(x) = 1"),
    "operator with a star": (r"\DeclareMathOperator*{\rms}{RMS}", r"\rms(x) = 1", r"\operatorname{RMS}(x) = 1"),
    "delimiters": (r"\DeclarePairedDelimiter{\norm}{\|}{\|}", r"\norm{x} = 1", r"\left\|x\right\| = 1"),
    "an argument in text": (r"\newcommand{\op}[1]{\operatorname{#1}}", r"\op{Q}(x) = 1", r"\operatorname{Q}(x) = 1"),
    "provided before": (r"\newcommand{\a}{b}\providecommand{\a}{c}", r"x = \a", "x = b"),
    "provided": (r"\providecommand{\a}{c}", r"x = \a", "x = c"),
}


@pytest.mark.parametrize("around", ["$$\n%\n$$\n\n", "$%$\n\n", "%\n\n", "```math\n%\n```\n\n"])
@pytest.mark.parametrize(("definition", "used", "means"), SAME.values(), ids=SAME.keys())
def test_a_macro_means_what_it_stands_for(definition, used, means, around):
    assert read(around.replace("%", definition) + f"$$\n{used}\n$$") == plain(means)


def test_in_the_same_display():
    text = "$$\n\\newcommand{\\a}{b}\n\\a = c\n$$"
    (found,) = formulas_in(text)
    assert read(text) == plain("b = c") and found.latex == r"\a = c" and found.place(5) == (3, 6)


def test_a_macro_holds_from_where_it_stands_and_until_it_is_redefined():
    text = "$$\\a = 1$$\n\n\\def\\a{b}\n\n$$\\a = 1$$\n\n\\renewcommand{\\a}{c}\n\n$$\\a = 1$$"
    first, *others = read(text)
    assert "not read" in first and others == [*plain("b = 1"), *plain("c = 1")]


def test_code_defines_nothing():
    assert "not read" in read("```latex\n\\def\\a{b}\n```\n\n`\\def\\a{b}`\n\n$$\\a = 1$$")[0]


def test_other_kinds_of_documents():
    assert read("\\newcommand{\\a}{b}\n\\begin{document}\n\\[\\a = 1\\]\n\\end{document}", ".tex") == plain("b = 1")
    assert read(".. math:: \\def\\a{b}\n\n.. math:: \\a = 1\n", ".rst") == plain("b = 1")
    cells = [{"cell_type": "markdown", "source": [text]} for text in ("$\\def\\a{b}$", "$$\\a = 1$$")]
    assert read(json.dumps({"cells": cells}), ".ipynb") == plain("b = 1")


def test_a_note_is_judged_by_its_macros():
    text = r"""
$$\newcommand{\xh}{\hat{x}} \newcommand{\avg}[1]{\frac{1}{m}\sum_{k=1}^m #1}$$

$\mu = \avg{x_k}$ and

$$\avg{(x_k - \mu)} = 0$$

$$\avg{(x_k - \mu)} = 1$$
"""
    assert verdicts(text) == ["proved", "refuted"]


BOMBS = {
    "doubles": "".join(rf"\def\a{chr(97 + n)}{{\a{chr(98 + n)}\a{chr(98 + n)}}}" for n in range(25)) + r"\def\az{x}",
    "itself": r"\def\aa{\aa}",
    "itself and more": r"\def\aa{x \aa \aa}",
    "one another": r"\def\aa{\ab}\def\ab{\aa}",
    "arguments": r"\def\aa#1{\ab{#1#1}}\def\ab#1{\aa{#1#1}}",
    "long": r"\def\aa{" + "x" * 3_000 + r"}\def\ab{" + r"\aa" * 900 + r"}\def\aa{\ab\ab}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused(bomb):
    (reason,) = read(f"$${bomb}$$\n\n$$\\aa{{x}} = 1$$")
    assert "beyond all bounds" in reason or "nested more than" in reason


BROKEN = [r"\newcommand", r"\def", r"\newcommand{\a", r"\newcommand{\a}[9", r"\def\a#1.#2{x}", r"\let\a"]
BROKEN += [r"\newcommand{\a}{\b"]
BROKEN += [r"\newcommand{\a}[1][b]{x}", r"\def\a#3{#3 #9}", r"\def\1{x}", r"\newcommand{a}{b}", r"\def\a{\verb|\?|}"]


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_definition_is_passed_over(broken):
    for around in ("$$\n%\n$$\n\n", "%\n\n", "$%$\n\n"):
        for ending in (".md", ".tex"):
            formulas_in(around.replace("%", broken) + "$$x = 1$$", ending)
        assert [*plain("x = 1")] == read(f"{broken}\n\n$$x = 1$$")[-1:]


def test_a_digit_may_be_the_name_of_a_macro():
    text = r"\newcommand{\1}{\mathbf{1}}$x \in \mathbb{R}^n$ $$\1^\top x = \sum_{i=1}^n x_i$$ $$\2 x = 1$$"
    assert verdicts(text) == ["proved", "unread"]
