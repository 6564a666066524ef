"""Every declaration that a verdict offers changes that verdict or its reason; warnings stand at what they are about."""

from pathlib import Path

import pytest

from derive.notes.find import find, formulas_in
from derive.notes.judge import Note
from derive.notes.reports.document import document
from derive.notes.reports.text import text
from tests.notes.note import BATCHNORM, tex

EXAMPLES = sorted(path for path in (Path(__file__).parent / "examples").rglob("*.md"))


def judged(formulas, extra=()):
    note = Note([*extra, *formulas])
    note.hurried = frozenset(range(len(note.survey.formulas)))
    return note.check()


def helps(formulas):
    """Each offered declaration that changes nothing."""
    for place, found in enumerate(judged(formulas)):
        if found.verdict == "undecided" and found.help.startswith("declare: "):
            again = judged(formulas, formulas_in(f"<!-- {found.help.removeprefix('declare: ')} -->\n"))[place]
            if (again.verdict, again.reason) == (found.verdict, found.reason):
                yield found.formula.line, found.reason, found.help


def test_what_is_offered_in_the_example_notes_changes_something():
    assert len(EXAMPLES) > 20
    undecided = [path for path in EXAMPLES if any(each.verdict == "undecided" for each in judged(find(path)))]
    assert [(path.name, row) for path in undecided for row in helps(find(path))] == []


OFFERED = (
    r"\begin{align} \langle u, x \rangle &= 0 \\ \langle u, u \rangle &= m \end{align}",
    r"\epsilon = 10^{-5}",
    r"\mu = 0",
    r"q^2 = 2 q + 1",
    r"(PQ)^T = Q^T P^T",
    r"\|Q\|_F^2 = \sum_{i,j} Q_{ij}^2 + q",
    r"\text{Var}(X) = 2 \mathbb{E}[X]",
    r"\nabla_Q = \nabla_Y X",
    tex(r"@{\mu} = 2 @{\sigma^2}"),
    tex(r"@{A} = @{B} C"),
    r"f(x) = f(2 x)",
)


@pytest.mark.parametrize("latex", OFFERED)
@pytest.mark.parametrize("context", ["", BATCHNORM], ids=["alone", "beside a layer"])
def test_what_is_offered_changes_something(latex, context):
    assert list(helps(formulas_in(f"{context}\n\n$$\n{latex}\n$$\n"))) == []


MIXED = r"""
$$
\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}
$$

$$
\begin{aligned}
y_i &= 2 x_i \\
z_i &= \frac{x_i - \mu}{\sigma + \epsilon}
\end{aligned}
$$

$$
w_i = \frac{x_i}{\sqrt{\sigma^2 + \epsilon}}
$$
"""


def test_an_epsilon_on_the_other_side_of_the_root_is_warned_of_at_its_place():
    shown = list(text(document("note.md", MIXED, ".md", judged)))
    (at,) = [place for place, line in enumerate(shown) if ": warning: " in line]
    assert shown[at].startswith("note.md:9:") and "outside of the root here, and inside" in shown[at]
    assert shown[at + 1].split("|")[1].strip().startswith("z_i")
    assert shown[at + 2].split("|")[1].strip() == "^~~~~~~~" and len(shown) == at + 3 + 2


def test_what_is_not_mixed_is_not_warned_of():
    for latex in (r"\sqrt{\sigma^2 + \epsilon} = (\epsilon + \sigma^2)^{1/2}", r"\sqrt{v} + \epsilon", r"\sigma + 1"):
        (found,) = judged(formulas_in(f"{BATCHNORM}$${latex}$$"))
        assert found.warnings == ()
