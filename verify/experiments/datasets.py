"""Images to train on: the digits that come with scikit-learn, or CIFAR-10 from a folder that a person has."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from verify.errors import VerifyError
from verify.experiments.extras import require


@dataclass(frozen=True)
class Dataset:
    """Images (N, C, H, W) in float32, each channel with mean 0 and variance 1, and labels (N,) below `classes`."""

    name: str
    images: torch.Tensor
    labels: torch.Tensor
    classes: int

    def batch(self, generator: torch.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """`size` samples, drawn without replacement. Raises VerifyError where there are fewer."""
        if not 1 <= size <= len(self.labels):
            raise VerifyError(f"{self.name} has {len(self.labels)} samples; a batch takes 1 to {len(self.labels)}")
        drawn = torch.randperm(len(self.labels), generator=generator)[:size]
        return self.images[drawn], self.labels[drawn]


def digits() -> Dataset:
    """1,797 handwritten digits of 8 x 8 pixels. Source: UCI, as scikit-learn ships them; nothing is downloaded."""
    found = require("sklearn.datasets").load_digits()
    images = torch.tensor(found.images, dtype=torch.float32)[:, None]
    return Dataset("digits", standardized(images), torch.tensor(found.target, dtype=torch.int64), 10)


def standardized(images: torch.Tensor) -> torch.Tensor:
    """Each channel with mean 0 and variance 1 over all images."""
    axes = (0, 2, 3)
    deviation = images.std(axes, correction=0, keepdim=True)
    return (images - images.mean(axes, keepdim=True)) / torch.where(deviation > 0, deviation, 1.0)
