"""Faults that show only in several cases beside each other."""

from __future__ import annotations

from dataclasses import replace

import torch

from tests.verify.diagnosis.runs import case_of, due, observed
from tests.verify.planted.implementation import Call
from tests.verify.planted.inputs import another_layout, large_mean, tiny_variance, usual
from tests.verify.planted.kernel import Kernel
from tests.verify.planted.oracle import Inputs
from tests.verify.planted.recipe import Mistake
from verify.diagnosis import across
from verify.diagnosis.across import Compared
from verify.diagnosis.residual import residuals

FLOAT = torch.float32


def compared(call: Call, inputs: Inputs) -> Compared:
    seen, case = observed(call, inputs), case_of(inputs)
    expected = due(case, seen.values)
    ok = not any(each.wrong for each in residuals(case, seen, expected).values())
    return case, seen, expected, ok


def said(call: Call, *inputs: Inputs) -> str:
    cases = [compared(call, each) for each in inputs]
    assert len({ok for *_, ok in cases}) == 2, "some are wrong and some right"
    found = across(cases)
    return found.says if found else ""


def rows(count: int, length: int) -> Inputs:
    return usual("layernorm", FLOAT, {"layernorm": ((count, length), {})})


def test_only_another_layout() -> None:
    plain = rows(6, 16)
    turned = replace(plain, x=another_layout(plain.x))
    found = said(Kernel("layernorm", mistake=Mistake(strides_ignored=True)), plain, rows(5, 24), turned)
    assert found == "it is wrong only where the input or the upstream gradient is not contiguous"


def test_only_a_large_mean() -> None:
    found = said(Kernel("layernorm", mistake=Mistake(naive_variance=True)), rows(6, 16), large_mean(rows(6, 16)))
    assert found.startswith("it is wrong only where the mean is large: from mean/std = ")


def test_only_a_small_variance() -> None:
    plain = replace(rows(6, 16), eps=1e-12)
    found = said(Kernel("layernorm", mistake=Mistake(eps_factor=10.0)), plain, tiny_variance(plain))
    assert found.startswith("it is wrong only where epsilon matters: with a variance of up to ")


def test_only_tails() -> None:
    found = said(Kernel("layernorm", mistake=Mistake(tail=8)), rows(6, 16), rows(6, 24), rows(6, 20))
    assert found == "it is wrong only for rows of 20 elements, which is no multiple of 8"


def test_what_the_cases_cannot_tell_is_said() -> None:
    plain, odd = rows(6, 16), rows(6, 20)
    found = said(Kernel("layernorm", mistake=Mistake(tail=8)), plain, replace(odd, x=another_layout(odd.x)))
    assert found.startswith("either it is wrong only where the input")
    assert found.endswith("no multiple of 8 (these cases can't tell)")


def test_wrong_everywhere_has_no_trait() -> None:
    cases = [compared(Kernel("layernorm", mistake=Mistake(mean_terms=0)), each) for each in (rows(6, 16), rows(6, 20))]
    assert across(cases) is None
    assert across([compared(Kernel("layernorm"), rows(6, 16))]) is None
