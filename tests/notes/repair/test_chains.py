"""In a chain each error is told once: where it is made, and not again at the lines that stand behind it."""

from derive.notes.judge import Note
from derive.notes.reports.document import document
from derive.notes.reports.findings import findings
from tests.notes.note import BATCHNORM, of, tex

ROOT = r"\frac{1}{\sqrt{\sigma^2+\epsilon}}"
MEAN = tex(
    rf"@{{\mu}} &= -\sum_i @{{\hat{{x}}_i}} {ROOT} \\"
    rf" &= -\sum_k @{{y_k}} \gamma {ROOT} \\ &= -\gamma {ROOT} \sum_k @{{y_k}}"
)


def found(latex: str) -> list:
    text = f"{BATCHNORM}\n\n$$\n{latex}\n$$\n"
    made = document("n.md", text, ".md", lambda formulas: Note(formulas).check())
    return [each for each in findings(made) if each.kind == "refuted"]


def test_the_rows_are_true() -> None:
    assert of(MEAN).verdict == "proved"


def test_what_stands_behind_a_wrong_side_is_judged_with_that_mended() -> None:
    wrong = MEAN.replace(r"&= -\sum_k", r"&= \sum_k")
    first, second, third = of(wrong).relations
    assert (first.verdict, second.verdict, third.verdict) == ("proved", "refuted", "refuted")
    assert second.mending is not None and second.mending.code == "sign" and not second.follows
    assert third.follows
    (only,) = found(wrong)
    assert only.code == "sign" and "holds" in only.help


def test_an_error_that_is_carried_on_is_none_of_the_next_line() -> None:
    wrong = MEAN.replace(r"&= -\sum_k", r"&= \sum_k").replace(r"&= -\gamma", r"&= \gamma")
    assert [each.verdict for each in of(wrong).relations] == ["proved", "refuted", "proved"]
    assert len(found(wrong)) == 1


def test_of_two_errors_the_second_is_named_by_itself() -> None:
    """The sign is lost in one line and stays lost; the sum is lost in the next one."""
    wrong = MEAN.replace(r"&= -\sum_k", r"&= \sum_k").replace(rf"&= -\gamma {ROOT} \sum_k", rf"&= \gamma {ROOT}")
    assert [each.code for each in found(wrong)] == ["sign", "missing-sum"]
    third = of(wrong).relations[2]
    assert third.mending is not None and "&" not in third.mending.latex
    assert of(third.mending.latex).verdict == "proved"


def test_a_sum_in_names_that_are_read_as_others_is_found_missing() -> None:
    """The letter u stands for the mean all through the note, in what is put in, too."""
    context = r"$\mu = \frac1m\sum_i x_i$, $\sigma^2 = \frac1m\sum_i (x_i - u)^2$, $\hat{x}_i = \frac{x_i-u}{\sigma}$"
    right = tex(r"@{\sigma^2} \frac{2}{m} \sum_i (x_i - u) + \sum_i @{\hat{x}_i}")
    left = tex(r"\sum_i @{\hat{x}_i}")
    assert of(f"{left} = {right}", context).verdict == "proved"
    (relation,) = of(f"{left} = {right}".replace(r"\sum_i (x_i - u)", "(x_i - u)"), context).relations
    assert relation.mending is not None and relation.mending.code == "missing-sum"
