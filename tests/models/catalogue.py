"""The models that audits are tried on, and the normalizations that each has, found by no code of verify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from tests.models import images, texts

NORMS = {"BatchNorm2d", "BatchNormAct2d", "LayerNorm", "LayerNorm2d", "GroupNorm", "T5LayerNorm"}
"""Names of the classes that normalize; those that end in RMSNorm do so, too."""


@dataclass(frozen=True)
class Case:
    """A model, the package that it needs, and how many normalizations it has."""

    name: str
    package: str
    make: Callable[..., tuple[nn.Module, Any]]
    count: int

    def built(self, seed: int = 0) -> tuple[nn.Module, Any]:
        """The model and a batch; the parameters of the norms are random, as after some training."""
        torch.manual_seed(seed)
        model, batch = self.make()
        for path in norms_of(model):
            _trained(model.get_submodule(path))
        return model, batch

    @property
    def missing(self) -> str:
        """Why it can't be run here, "" where it can."""
        return "" if find_spec(self.package) else f"{self.package} is not installed"


CASES = (
    Case("resnet50", "timm", images.resnet50, 53),
    Case("densenet121", "timm", images.densenet121, 121),
    Case("mobilenetv3", "timm", images.mobilenetv3, 46),
    Case("efficientnet", "timm", images.efficientnet, 49),
    Case("convnext", "timm", images.convnext, 23),
    Case("vit", "timm", images.vit, 25),
    Case("swin", "timm", images.swin, 29),
    Case("llama", "transformers", texts.llama, 7),
    Case("gemma", "transformers", texts.gemma, 7),
    Case("bert", "transformers", texts.bert, 8),
    Case("t5", "transformers", texts.t5, 12),
    Case("mamba", "transformers", texts.mamba, 4),
)


def norms_of(model: nn.Module) -> tuple[str, ...]:
    """The paths of the modules that normalize, by the names of their classes."""
    return tuple(path for path, module in model.named_modules() if _is_norm(type(module).__name__))


def _is_norm(name: str) -> bool:
    return name in NORMS or name.endswith("RMSNorm")


def _trained(norm: nn.Module) -> None:
    """Weights around what they are initially, of both signs where nothing multiplies many layers; biases around 0."""
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
