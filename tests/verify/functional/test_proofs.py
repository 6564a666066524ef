"""What runs is what was proved: every vector form equals its theorem, by the kernel, and a wrong one does not pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from derive import gradients, prove
from derive.gradients.modes import entry
from derive.kernel import KernelError, Theorem, by_normal_form, is_theorem
from derive.language import Entry, Eq, Number, Size, Sum, Tensor, Term, define, indices, terms
from derive.language.terms import Definition
from derive.layers import LAYERS, Layer
from verify import forms, functional
from verify.functional import requests
from verify.functional.layer import KINDS
from verify.functional.vector_form import VectorForm

SLOW = ("batchnorm3d", "linear-batchnorm", "linear-batchnorm-inference", "batchnorm-running")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in LAYERS])
def test_every_form_of_every_layer_is_proved(name: str) -> None:
    layer = functional.functional(name)
    for kind in KINDS:
        form = layer.form(kind)
        found = form.proofs()
        assert set(found) == set(form.results)
        for what, theorem in found.items():
            assert is_theorem(theorem)
            assert theorem.claim.lhs == form.says[what]
    given = requests.vjp(layer.layer, tuple(requests.statistics(layer.layer)))
    assert all(map(is_theorem, given.proofs().values()))
    moving = requests.hvp(layer.layer, moving_upstream=True)
    assert all(map(is_theorem, moving.proofs().values()))


def changed(form: VectorForm, name: str, change: Callable[[Term], Term]) -> VectorForm:
    """The form with another body for one of its results."""
    result = form.results[name]
    assert result.definition is not None
    body = change(result.definition.body)
    wrong = replace(result, definition=Definition(result.definition.indices, body))
    return VectorForm(form.layer, {**form.results, name: wrong}, form.says, form.given)


@pytest.mark.parametrize("name", ["layernorm", "batchnorm", "softmax", "clip-norm"])
def test_a_form_that_lacks_a_summand_is_refused(name: str) -> None:
    form = functional.functional(name).form("vjp")
    first = next(iter(form.results))

    def without_the_last(body: Term) -> Term:
        *kept, _ = body.args
        return kept[0] if len(kept) == 1 else body.rebuild(tuple(kept))

    with pytest.raises(KernelError, match="different normal forms"):
        changed(form, first, without_the_last).proofs()
    with pytest.raises(KernelError, match="different normal forms"):
        changed(form, first, lambda body: 2 * body).proofs()


def with_upstream(value: Term, old: Tensor, new: Tensor) -> Term:
    if isinstance(value, Entry):
        return Entry(new, value.indices) if value.tensor == old else value
    return value.rebuild(tuple(with_upstream(arg, old, new) for arg in value.args)) if value.args else value


def upstream_moves(layer: Layer) -> Tensor:
    """The Hessian of an arbitrary loss by the output, times the JVP."""
    at = entry(layer, layer.output)
    by = entry(layer, layer.output, taken=at.indices)
    jvp = gradients.jvp(layer).claim
    moved = define("zmoved", jvp.rhs, *at.indices)
    body: Term = Entry(layer.second, (*at.indices, *by.indices)) * Entry(moved, by.indices)
    for index in by.indices:
        body = Sum(body, index)
    return define("gmoved", body, *at.indices)


@pytest.mark.parametrize("name", ["batchnorm", "layernorm", "rmsnorm", "instancenorm", "softmax"])
def test_a_hessian_is_the_part_for_a_fixed_upstream_and_the_gradient_for_the_one_that_moves(name: str) -> None:
    layer = LAYERS[name]()
    moved = with_upstream(gradients.gradient(layer).claim.rhs, layer.gradient, upstream_moves(layer))
    given = forms.upstream(layer)
    whole = with_upstream(gradients.hvp(layer).claim.rhs, layer.gradient, given)
    fixed = with_upstream(gradients.double_backward(layer).claim.rhs, layer.gradient, given)
    theorem = by_normal_form(Eq(whole, fixed + moved))
    assert isinstance(theorem, Theorem)
    with pytest.raises(KernelError):
        by_normal_form(Eq(whole, fixed + 2 * moved))


def test_blocks_are_put_together_exactly() -> None:
    """Chan, Golub and LeVeque (1983), for K blocks of L values: what `blocks.moments` computes."""
    outer, length = Size("K"), Size("L")
    (k,), (l,) = indices("k", outer), indices("l", length)
    a, b = (Tensor(name, (outer, length)) for name in "ab")

    def means(tensor: Tensor) -> tuple[Tensor, Entry]:
        own = define(f"{tensor.name}_block", Sum(tensor[k, l], l) / length, k)
        whole = define(f"{tensor.name}_whole", Sum(tensor[k, l], l, k) / (outer * length))
        return own, whole

    (a_own, a_whole), (b_own, b_whole) = means(a), means(b)
    exact = Sum((a[k, l] - a_whole) * (b[k, l] - b_whole), l, k)
    within = Sum((a[k, l] - a_own[k]) * (b[k, l] - b_own[k]), l, k)
    between = Sum((a_own[k] - a_whole) * (b_own[k] - b_whole), k)
    assert prove(Eq(exact, within + length * between))
    with pytest.raises(KernelError):
        by_normal_form(Eq(exact, within + between))


def test_no_form_squares_before_it_centres() -> None:
    """Nowhere a product of two raw inputs is summed: E[y^2] - E[y]^2 can't come up."""
    for name in ("batchnorm2d", "layernorm", "groupnorm", "instancenorm", "weight-standardization", "l1-batchnorm"):
        layer = LAYERS[name]()
        raw = {layer.inputs[0].name, f"{layer.inputs[0].name}dot"}
        for kind in KINDS:
            for step in functional.functional(name).form(kind).steps:
                body = step.definition.body if step.definition else Number(0)
                if isinstance(body, terms.Sum):
                    words = [part for part in str(body).replace("*", " ").split() if part.split("[")[0] in raw]
                    assert len(words) < 2, f"{name} {kind}: {step} = {body}"
