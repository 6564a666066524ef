"""A small fully connected network with a batch normalization after each hidden layer."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from verify.errors import VerifyError


def perceptron(inputs: int, classes: int, widths: Sequence[int] = (32, 32, 32)) -> nn.Sequential:
    """Linear, BatchNorm1d and ReLU for each width, and a last linear layer for the classes.

    >>> perceptron(64, 10)(torch.randn(8, 1, 8, 8)).shape
    torch.Size([8, 10])

    Takes (N, ...) with `inputs` numbers a sample. Raises VerifyError for sizes below 1.
    """
    sizes = [inputs, *widths]
    if min([*sizes, classes]) < 1:
        raise VerifyError(f"there is no network of the sizes {(*sizes, classes)}; give sizes of at least 1")
    layers: list[nn.Module] = [nn.Flatten()]
    for before, width in zip(sizes, widths, strict=False):
        layers += [nn.Linear(before, width), nn.BatchNorm1d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))
