"""What a note declares in comments and front matter, and that following the help of a verdict helps."""

import pytest

from derive.notes.find import NoteError, find, formulas_in
from derive.notes.judge import Note
from tests.notes.note import BATCHNORM, checked

GRADIENT = r"\frac{\partial A}{\partial \beta} = \sum_i \frac{\partial A}{\partial y_i}"


def declaring(*lines: str, text: str) -> list[str]:
    comment = "".join(f"<!-- normproof: {line} -->\n\n" for line in lines)
    return [each.verdict for each in checked(comment + text)]


@pytest.mark.parametrize(
    ("line", "formula", "context", "before", "after"),
    [
        ("loss: A", GRADIENT, BATCHNORM, "undecided", "proved"),
        ("loss: A", GRADIENT.replace("= ", "= 2"), BATCHNORM, "undecided", "refuted"),
        ("layer: rmsnorm", r"\sum_i \hat{x}_i^2 = m - \frac{m \epsilon}{s^2}", "", "undecided", "proved"),
        (r"define: q_i = 2 x_i, r_i = 3 q_i", r"\sum_i r_i = 6 \sum_i x_i", "", "undecided", "proved"),
        (r"shapes: P, Q \in \mathbb{R}^{n \times n}", "(PQ)^T = Q^T P^T", "", "undecided", "proved"),
        ("positive: k, c", r"\sqrt{k^2 c^2} = k c", "", "undecided", "proved"),
        ("free: q", "q = 3 q", "", "undecided", "refuted"),
        (r"assume: |\gamma| \le 1", r"\gamma^2 \le 1", "", "undecided", "proved"),
        ("vectors: rows", r"x y^T = \sum_{i=1}^d x_i y_i", r"$x, y \in \mathbb{R}^d$", "refuted", "proved"),
        ("ignore: measured", r"\sum_i x_i^2 = -1 - \sum_i x_i^2", BATCHNORM, "refuted", "undecided"),
    ],
)
def test_a_declaration_changes_the_verdict(line, formula, context, before, after):
    text = f"{context}\n\n$$\n{formula}\n$$\n"
    assert declaring(text=text) == [before]
    assert declaring(line, text=text) == [after]


def test_an_assumption_is_told_with_the_verdict():
    (found,) = checked("<!-- normproof: assume: |\\gamma| \\le 1 -->\n\n$$\\gamma^2 \\le 1$$")
    assert (found.verdict, found.reason) == ("proved", r"given |\gamma| \le 1")


def test_what_holds_anyway_needs_no_assumption():
    (found,) = checked("<!-- normproof: assume: |\\gamma| \\le 1 -->\n\n$$\\gamma^2 \\ge 0$$")
    assert (found.verdict, found.reason) == ("proved", "")


def test_assumptions_that_contradict_each_other_prove_nothing():
    both = (r"assume: |\gamma| \le 1", r"assume: |\gamma| \ge 2")
    found = checked("".join(f"<!-- normproof: {line} -->\n\n" for line in both) + r"$$\gamma^2 \le \frac12$$")
    assert [each.verdict for each in found] == ["undecided"] and "no numbers are found" in found[0].reason
    assert declaring(*both, text="$$\\beta = \\beta$$") == ["proved"]


def test_an_assumption_about_other_names_is_left_out():
    (found,) = checked("<!-- normproof: assume: |\\gamma| \\le 1, c > 2 -->\n\n$$3 c \\ge 6$$")
    assert (found.verdict, found.reason) == ("proved", "given c > 2")


CONDITIONS = {
    r"|c|^3 = c^3 \quad \text{for } c \ge 0": "proved",
    r"|c| = -c, \quad c < 0": "proved",
    r"c^2 = |c| c \quad \text{if } 0 \le c \le 3": "proved",
    r"\frac{\partial x_i}{\partial x_j} = 0 \quad (i \ne j)": "proved",
    r"\frac{\partial x_i}{\partial x_j} = 1 \quad \text{if } i = j": "proved",
    r"\frac{\partial \mu}{\partial x_j} = \frac{2}{m}, \quad j > 1": "refuted",
    r"x_i \le \sum_j x_j, \quad x_i \ge 0": "undecided",
}


@pytest.mark.parametrize(("latex", "verdict"), CONDITIONS.items())
def test_conditions_behind_a_formula_are_hypotheses(latex, verdict):
    (found,) = checked(rf"$\mu = \frac1m \sum_i x_i$ $${latex}$$")
    assert found.verdict == verdict, found.reason


def test_a_new_scope_forgets_names():
    text = "$$a = \\sum_i x_i$$\n\n{}\n\n$$b = 2 a$$\n\n$$b = 2 \\sum_i x_i$$\n"
    assert declaring(text=text.format("")) == ["definition", "definition", "proved"]
    assert declaring(text=text.format("<!-- normproof: scope: new -->"))[-1] != "proved"


FRONT = r"""---
title: something [else]
normproof:
  loss: Q
  define:
    - '\hat{y}_i = 2 y_i'
    - "c = 3"
  assume: [ '|\gamma| \le 1', 'b > 0' ]
tags: [a, b]
---
"""


def test_front_matter_and_other_documents():
    found = [(formula.latex, formula.mark, formula.line) for formula in formulas_in(FRONT)]
    assert (r"\hat{y}_i = 2 y_i", "normproof", 6) in found and ("Q", "normproof: loss", 4) in found
    assert ("b > 0", "normproof: assume", 8) in found
    tex = formulas_in("% normproof: loss: Q\n\\[ a = b \\]", ".tex")
    assert [(each.latex, each.line) for each in tex] == [("Q", 1), ("a = b", 2)]
    rst = formulas_in(".. normproof: loss: Q\n   layer: softmax\n\ntext", ".rst")
    assert [each.mark for each in rst] == ["normproof: loss", "normproof"]


def test_code_and_other_front_matter_are_left_alone():
    assert formulas_in("```\n<!-- normproof: lose: Q -->\n```\n") == []
    assert formulas_in("---\nnormproofs: 3\nloss: L\n---\n") == []


WRONG = {
    "lose: Q": "line 3: normproof has no key `lose`",
    "layer: crossnorm": "line 3: there is no layer `crossnorm`",
    "define: y": "line 3: `define` takes a formula",
    r"assume: \frac{1}{": "can't be read",
    "loss:": "line 3: `loss:` says nothing",
    "nonsense": "line 3: normproof reads lines such as",
}


@pytest.mark.parametrize(("line", "message"), WRONG.items())
def test_a_wrong_declaration_is_an_error_with_its_line(line, message, tmp_path):
    note = tmp_path / "note.md"
    note.write_text(f"a\n\n<!-- normproof: {line} -->\n", encoding="utf-8")
    with pytest.raises(NoteError, match=r"note\.md: .*line 3") as error:
        find(note)
    assert message in str(error.value)


HELPED = {
    "loss": (GRADIENT, BATCHNORM, "proved"),
    "free": (r"q^2 - 1 = (q + 1) (q - 2)", "", "refuted"),
    "assume": (r"\sum_i x_i = 0", "", "proved"),
    "shapes": (r"(UV)^T = V^T U^T", "", None),
    "vectors": (r"\langle c v, w \rangle = \frac{c}{2} \langle w, 2 v \rangle", "", "proved"),
    "layer": (r"\frac{\partial L}{\partial \mu} = \frac{\partial L}{\partial \mu} + 0", "", "proved"),
}


@pytest.mark.parametrize(("formula", "context", "after"), HELPED.values(), ids=HELPED.keys())
def test_following_the_help_helps(formula, context, after):
    text = f"{context}\n\n$$\n{formula}\n$$\n"
    (found,) = checked(text)
    assert found.verdict == "undecided" and found.help.startswith("declare: normproof: "), (found.reason, found.help)
    line = found.help.removeprefix("declare: ")
    (again,) = Note(formulas_in(f"<!-- {line} -->\n\n{text}")).check()
    assert again.reason != found.reason
    assert after is None or again.verdict == after, again.reason
