"""Vision models of timm with random weights, each with a batch of small images: `images.py:resnet50`."""

from __future__ import annotations

import os
from typing import Any

import torch

from tests.models.operators import load_torchvision

ARCHITECTURES = {
    "resnet50": "resnet50",
    "densenet121": "densenet121",
    "mobilenetv3": "mobilenetv3_large_100",
    "efficientnet": "efficientnet_b0",
    "convnext": "convnext_tiny",
    "vit": "vit_tiny_patch16_224",
    "swin": "swin_tiny_patch4_window7_224",
}
"""Ours, and timm's name."""

RESIZED = ("vit", "swin")
"""These are built for one size of images."""


def image_model(name: str, size: int = 64, batch: int = 4, classes: int = 10) -> tuple[torch.nn.Module, torch.Tensor]:
    """A model in training mode and a batch of random images; nothing is downloaded."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    load_torchvision()
    import timm

    given: dict[str, Any] = {"img_size": size} if name in RESIZED else {}
    model = timm.create_model(ARCHITECTURES[name], pretrained=False, num_classes=classes, **given)
    return model.train(), torch.randn(batch, 3, size, size)


def resnet50(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("resnet50", size, batch)


def densenet121(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("densenet121", size, batch)


def mobilenetv3(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("mobilenetv3", size, batch)


def efficientnet(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("efficientnet", size, batch)


def convnext(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("convnext", size, batch)


def vit(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("vit", size, batch)


def swin(size: int = 64, batch: int = 4) -> tuple[torch.nn.Module, torch.Tensor]:
    return image_model("swin", size, batch)
