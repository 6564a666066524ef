"""What a note needs not say of a layer that it names: true gradients are proved, those with one error refuted."""

import pytest

from derive.commands.check import preamble_of
from derive.notes.conventions import PREAMBLES
from derive.notes.find import formulas_in
from derive.notes.judge import Note
from derive.verdicts import Refuted
from tests.notes.note import tex

GROUPED = (
    r"@{x_{ngcs}} = \frac{1}{\sqrt{\sigma_{ng}^2+\epsilon}}\left(\gamma_{gc} @{y_{ngcs}}"
    r" - \frac{1}{CS}\sum_{a=1}^C\sum_{t=1}^S \gamma_{ga} @{y_{ngat}}"
    r" - \frac{\hat{x}_{ngcs}}{CS}\sum_{a=1}^C\sum_{t=1}^S \gamma_{ga} @{y_{ngat}} \hat{x}_{ngat}\right)"
)
TRUE = {
    "groupnorm": (r"@{\gamma_{gc}} = \sum_n \sum_s @{y_{ngcs}} \hat{x}_{ngcs}", GROUPED),
    "instancenorm": (r"@{\mu_{nc}} = -\frac{1}{\sqrt{\sigma_{nc}^2+\epsilon}} \sum_{h,w} @{\hat{x}_{nchw}}",),
    "weightnorm": (r"\nabla_v L = \frac{g}{\|v\|} \nabla_w L - \frac{g \nabla_g L}{\|v\|^2} v", r"\|w\| = |g|"),
    "l2norm": (r"\frac{\partial \hat{x}_i}{\partial x_j} = \frac{\delta_{ij} - \hat{x}_i \hat{x}_j}{\|x\|}",),
    "cross-entropy": (r"@{z} = p - y", r"@{p_i} = -\frac{y_i}{p_i}"),
}
FALSE = {
    "groupnorm": (r"@{\gamma_{gc}} = \sum_s @{y_{ngcs}} \hat{x}_{ngcs}", GROUPED.replace(r"\frac{1}{CS}", r"\frac1C")),
    "instancenorm": (r"@{\beta_c} = \sum_{h,w} @{y_{nchw}}",),
    "weightnorm": (r"\nabla_v L = \frac{g}{\|v\|} \nabla_w L - \frac{g \nabla_g L}{\|v\|} v", r"\|w\| = g"),
    "l2norm": (r"\frac{\partial \hat{x}_i}{\partial x_j} = \frac{\delta_{ij} - x_i x_j}{\|x\|}",),
    "cross-entropy": (r"@{z} = y - p", r"@{z_i} = p_i - 1"),
}


def pairs(table):
    return [(layer, tex(latex)) for layer, rows in table.items() for latex in rows]


def verdict(layer: str, latex: str) -> str:
    note = Note(formulas_in(f"<!-- normproof: layer: {layer} -->\n\n$${latex}$$"))
    note.hurried = frozenset(range(len(note.survey.formulas)))  # what is true instead is no part of this
    (found,) = note.check()
    return found.verdict


@pytest.mark.parametrize(("layer", "latex"), pairs(TRUE))
def test_what_is_true_of_a_layer_is_proved(layer, latex):
    assert verdict(layer, latex) == "proved"


@pytest.mark.parametrize(("layer", "latex"), pairs(FALSE))
def test_what_is_false_of_a_layer_is_refuted(layer, latex):
    assert verdict(layer, latex) == "refuted"


def test_the_target_of_cross_entropy_sums_up_to_1_and_may_be_one_hot():
    assert verdict("cross-entropy", r"\sum_i y_i = 1") == "proved"
    assert verdict("cross-entropy", r"y_i^2 = y_i") == verdict("cross-entropy", r"y_i y_j = 0") == "undecided"
    note = Note(formulas_in("<!-- normproof: layer: cross-entropy -->\n\n" + tex("$$@{z_i} = y_i - p_i$$")))
    decision = note.check()[0].relations[0].decision
    assert isinstance(decision, Refuted) and decision.counterexample.values["y"] == "(1, 0)"


def test_the_layers_of_the_command_are_those_of_declarations():
    for layer in PREAMBLES:
        note = Note([*preamble_of(layer), *formulas_in("$$q = 1$$")])
        declared = Note(formulas_in(f"<!-- normproof: layer: {layer} -->\n\n$$q = 1$$"))
        assert all(isinstance(read, tuple) for read in note.survey.read), layer
        assert [each.latex for each in note.survey.formulas] == [each.latex for each in declared.survey.formulas]
