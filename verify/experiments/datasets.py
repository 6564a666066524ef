"""Images to train on: the digits that come with scikit-learn, or CIFAR-10 from a folder that a person has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from verify.errors import VerifyError
from verify.experiments import cifar10 as files
from verify.extras import require

NAMES = ("digits", "cifar10")


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


def cifar10(folder: Path | str, *, train: bool = True) -> Dataset:
    """50,000 photographs of 32 x 32 pixels (10,000 with `train=False`) from a local folder; nothing is downloaded.

    The folder holds data_batch_1.bin and the others (the binary version) or data_batch_1 and the others (the Python
    version), or the folder that its archive unpacks to. Source: Krizhevsky 2009. Raises VerifyError for files that
    are missing, cut short or something else.
    """
    images, labels = files.read(folder, train=train)
    return Dataset(
        "cifar10", standardized(torch.from_numpy(images).float()), torch.from_numpy(labels).long(), files.CLASSES
    )


def dataset(name: str, folder: Path | str | None = None) -> Dataset:
    """The images of this name: `digits`, or `cifar10` from a folder.

    >>> dataset("digits").images.shape
    torch.Size([1797, 1, 8, 8])

    Raises VerifyError for another name, and for a folder that is missing or not needed.
    """
    if name not in NAMES:
        raise VerifyError(f"there are no images called {name!r}; there are {' and '.join(NAMES)}")
    if name == "digits":
        if folder is not None:
            raise VerifyError("the digits come with scikit-learn; --data is the folder of --dataset cifar10")
        return digits()
    if folder is None:
        raise VerifyError("cifar10 is not downloaded; give the folder that holds it with --data")
    return cifar10(folder)


def standardized(images: torch.Tensor) -> torch.Tensor:
    """Each channel with mean 0 and variance 1 over all images; one that is constant is 0."""
    axes = (0, 2, 3)
    variance, mean = torch.var_mean(images, axes, correction=0, keepdim=True)
    same = (images == images[:1, :, :1, :1]).all(0).all(-1, keepdim=True).all(-2, keepdim=True)
    scale = torch.where(same, 0.0, variance.rsqrt())
    return torch.where(same, 0.0, images - mean).mul_(scale)
