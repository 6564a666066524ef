"""Real models: every normalization is found, none is wrongly blamed, and a fault planted in one layer is named there.

A handful of cheap models are tried always, all others with `-m slow`.
"""

from __future__ import annotations

import copy
import logging
from collections import Counter
from collections.abc import Iterator

import pytest
import torch

from tests.models.catalogue import CASES, Case, norms_of
from tests.models.planting import FAULTS, HONEST, KERNEL_FAULTS, plant
from verify.audits.audit import audit
from verify.audits.record import FAULT, PASS, AuditReport, LayerAudit
from verify.workload import workload_of

CHEAP = ("vit", "llama")
"""Models that are tried by default, with a sample of the faults."""

LIKE = {
    "BatchNorm2d": "batchnorm",
    "BatchNormAct2d": "batchnorm",
    "LayerNorm": "layernorm",
    "LayerNorm2d": "layernorm",
    "T5LayerNorm": "rmsnorm",
    "LlamaRMSNorm": "rmsnorm",
    "GemmaRMSNorm": "rmsnorm",
    "MambaRMSNorm": "rmsnorm",
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """transformers warns of kernels that are not installed."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def audited(case: Case, path: str = "", fault: str = "") -> tuple[torch.nn.Module, AuditReport]:
    if case.missing:
        pytest.skip(case.missing)
    model, batch = case.built()
    if fault:
        plant(model, path, fault)
    return model, audit(workload_of((model, batch)))


def some(names: tuple[str, ...], case: Case) -> list[pytest.MarkDecorator]:
    return [] if case.name in names else [pytest.mark.slow]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name, marks=some(CHEAP, case)) for case in CASES])
def test_every_normalization_is_found_and_none_is_blamed(case: Case) -> None:
    model, report = audited(case)
    paths = norms_of(model)
    assert len(paths) == case.count, "the model is not the one that the catalogue says"
    assert Counter(layer.name for layer in report.layers) == Counter(paths)
    assert [(layer.name, layer.says) for layer in report.layers if layer.verdict != PASS] == []
    assert not report.unseen
    for layer in report.layers:
        module = model.get_submodule(layer.name)
        assert layer.like == LIKE[type(module).__name__]
        assert {row.quantity for row in layer.rows} >= due(module)
        assert layer.checked > 0 and 0 < (layer.error_by_bound or 0) <= 1 and layer.ratio is not None


def due(module: torch.nn.Module) -> set[str]:
    """The quantities that a norm with these parameters has: a pass that compared none would say nothing."""
    parameters = {f"{name} gradient" for name in ("weight", "bias") if getattr(module, name, None) is not None}
    return {"output", "input gradient", *parameters}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_normalization_is_found_in_double_precision(case: Case) -> None:
    if case.missing:
        pytest.skip(case.missing)
    model, batch = case.built()
    batch = batch.double() if isinstance(batch, torch.Tensor) else batch
    report = audit(workload_of((model.double(), batch)))
    own = [(layer.name, layer.says) for layer in report.layers if layer.verdict != PASS]
    assert own == [] and len(report.layers) == case.count


class Autocast(torch.nn.Module):
    """A model whose forward pass is in bfloat16 where torch finds it good enough."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *args: object, **kwargs: object) -> object:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.model(*args, **kwargs)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["bfloat16", "autocast", "evaluation"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_blamed_in_16_bits_or_in_evaluation_mode(case: Case, mode: str) -> None:
    """torch rounds sums of the gradients of 16-bit parameters: such a layer may be undecided, but is no fault."""
    if case.missing:
        pytest.skip(case.missing)
    model, batch = case.built()
    if mode == "bfloat16":
        model, batch = model.bfloat16(), batch.bfloat16() if isinstance(batch, torch.Tensor) else batch
    report = audit(workload_of((Autocast(model) if mode == "autocast" else model.train(mode != "evaluation"), batch)))
    assert len(report.layers) == case.count and not report.unseen
    assert [(layer.name, layer.says) for layer in report.faults] == []
    assert all("rounded to bfloat16" in layer.says for layer in report.undecided)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name, marks=some(("llama",), case)) for case in CASES])
def test_a_model_is_left_as_it_was(case: Case) -> None:
    if case.missing:
        pytest.skip(case.missing)
    model, batch = case.built()
    plant(model, PATHS[case.name], "honest operations")  # audited as a module, and the others as operations
    for parameter in list(model.parameters())[::2]:
        parameter.grad = torch.randn_like(parameter)
    before = copy.deepcopy(model.state_dict())
    gradients = {name: copy.deepcopy(parameter.grad) for name, parameter in model.named_parameters()}
    random = torch.get_rng_state()
    assert audit(workload_of((model, batch))).ok
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == (gradients[name] is None), name
        assert parameter.grad is None or torch.equal(parameter.grad, gradients[name]), name


SAYS = {
    "gradient scaled": "input gradient: it is 1.01 times what is due",
    "no projection": "the input gradient lacks the projection term",
    "no mean term": "the input gradient lacks the mean term",
    "one channel": "input gradient",
    "no bias gradient": "bias gradient",
    "weight gradient of x": "weight gradient",
    "detached statistics": "the projection term",
    "no epsilon": "computes with an epsilon of 0; it says ",
    "wrong mean": "computes something else than its",
    "corrected variance": "divided by m-1 where m is due",
}
"""Words of the sentence for each fault."""

PATHS = {
    "resnet50": "layer3.0.bn3",
    "densenet121": "features.denseblock3.denselayer11.norm2",
    "mobilenetv3": "blocks.2.1.bn1",
    "efficientnet": "blocks.4.0.bn1",
    "convnext": "stages.2.blocks.2.norm",
    "vit": "blocks.6.norm1",
    "swin": "layers.2.blocks.1.norm2",
    "llama": "model.layers.1.post_attention_layernorm",
    "gemma": "model.layers.1.input_layernorm",
    "bert": "bert.encoder.layer.1.output.LayerNorm",
    "t5": "decoder.block.0.layer.1.layer_norm",
    "mamba": "backbone.layers.1.norm",
}
"""One layer in the middle of each."""

ALWAYS = {("vit", "no projection"), ("llama", "gradient scaled"), ("llama", "corrected variance")}
"""Planted by default: a kernel in a layer of torch, and both kinds in one by hand."""


UNCENTRED = ("llama", "gemma", "t5", "mamba")
"""They have neither a mean nor a bias."""


def planted() -> Iterator[object]:
    for case in CASES:
        for fault in SAYS:
            marks = [] if (case.name, fault) in ALWAYS else [pytest.mark.slow]
            if case.name not in UNCENTRED or fault not in ("no mean term", "wrong mean", "no bias gradient"):
                yield pytest.param(case, fault, id=f"{case.name}-{fault}", marks=marks)


@pytest.mark.parametrize("case, fault", list(planted()))
def test_a_fault_in_one_layer_is_named_there_and_nowhere_else(case: Case, fault: str) -> None:
    path = PATHS[case.name]
    _, report = audited(case, path, fault)
    wrong = [layer for layer in report.layers if layer.verdict != PASS]
    assert [layer.name for layer in wrong] == [path], [(layer.name, layer.says) for layer in wrong]
    (layer,) = wrong
    assert layer.verdict == FAULT and SAYS[fault] in layer.says
    if fault in KERNEL_FAULTS:
        assert beyond(layer) and all(row.ratio > 1 for row in beyond(layer))


def beyond(layer: LayerAudit) -> list:
    return [row for row in layer.rows if not row.ok]


@pytest.mark.parametrize("honest", HONEST)
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name, marks=some(("llama",), case)) for case in CASES])
def test_an_honest_layer_by_hand_is_not_blamed(case: Case, honest: str) -> None:
    path = PATHS[case.name]
    model, report = audited(case, path, honest)
    assert [(layer.name, layer.says) for layer in report.layers if layer.verdict != PASS] == []
    assert Counter(layer.name for layer in report.layers) == Counter(norms_of(model))


def test_every_fault_is_planted_in_every_model() -> None:
    assert set(SAYS) == set(FAULTS) and set(PATHS) == {case.name for case in CASES}
