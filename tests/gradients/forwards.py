"""Forward passes written by hand in torch, one for each layer, and the numbers that they are tried on.

Each takes the arrays of a layer by name, and gives its output. Nothing here is made from the programs of the package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

Values = dict[str, torch.Tensor]


def normalized(x: torch.Tensor, axes: tuple[int, ...], epsilon: torch.Tensor) -> torch.Tensor:
    centred = x - x.mean(axes, keepdim=True)
    return centred / ((centred**2).mean(axes, keepdim=True) + epsilon).sqrt()


def batchnorm(v: Values) -> torch.Tensor:
    return v["gamma"] * normalized(v["y"], (0,), v["epsilon"]) + v["beta"]


def batchnorm_inference(v: Values) -> torch.Tensor:
    return v["gamma"] * (v["y"] - v["mu"]) / (v["var"] + v["epsilon"]).sqrt() + v["beta"]


def channels(weight: torch.Tensor, axes: int) -> torch.Tensor:
    """A vector for the axis of channels, the second of all."""
    return weight.reshape(-1, *[1] * (axes - 2))


def batchnorm_images(v: Values) -> torch.Tensor:
    x = v["x"]
    over = tuple(axis for axis in range(x.ndim) if axis != 1)
    return channels(v["gamma"], x.ndim) * normalized(x, over, v["epsilon"]) + channels(v["beta"], x.ndim)


def linear_batchnorm(v: Values) -> torch.Tensor:
    return v["gamma"] * normalized(v["X"] @ v["W"], (0,), v["epsilon"]) + v["beta"]


def linear_batchnorm_inference(v: Values) -> torch.Tensor:
    y = v["x"] @ v["W"].T + v["bias"]
    return v["gamma"] * (y - v["mu"]) / (v["var"] + v["epsilon"]).sqrt() + v["beta"]


def layernorm(v: Values) -> torch.Tensor:
    return v["gamma"] * normalized(v["x"], (1,), v["epsilon"]) + v["beta"]


def rmsnorm(v: Values) -> torch.Tensor:
    return v["gamma"] * v["x"] / ((v["x"] ** 2).mean(1, keepdim=True) + v["epsilon"]).sqrt()


def groupnorm(v: Values) -> torch.Tensor:
    return v["gamma"][..., None] * normalized(v["x"], (2, 3), v["epsilon"]) + v["beta"][..., None]


def instancenorm(v: Values) -> torch.Tensor:
    return v["gamma"][:, None] * normalized(v["x"], (2,), v["epsilon"]) + v["beta"][:, None]


def weightnorm(v: Values) -> torch.Tensor:
    return v["gain"][:, None] * v["v"] / (v["v"] ** 2).sum(1, keepdim=True).sqrt()


def weight_standardization(v: Values) -> torch.Tensor:
    return v["gain"][:, None] * normalized(v["v"], (1,), v["epsilon"])


def lp(v: Values, length: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    centred = v["y"] - v["y"].mean()
    return v["gamma"] * centred / length(centred) + v["beta"]


def l1_batchnorm(v: Values) -> torch.Tensor:
    return lp(v, lambda u: u.abs().mean())


def lp_batchnorm(v: Values) -> torch.Tensor:
    return lp(v, lambda u: (u.abs() ** v["p"]).mean() ** (1 / v["p"]))


def linf_batchnorm(v: Values) -> torch.Tensor:
    return lp(v, lambda u: u.abs().max())


def softmax(v: Values) -> torch.Tensor:
    e = v["x"].exp()
    return e / e.sum(1, keepdim=True)


def log_softmax(v: Values) -> torch.Tensor:
    return v["x"] - v["x"].exp().sum(1, keepdim=True).log()


def cross_entropy(v: Values) -> torch.Tensor:
    return -(v["target"] * log_softmax(v)).sum() / len(v["x"])


def clip_value(v: Values) -> torch.Tensor:
    return torch.maximum(torch.minimum(v["y"], v["c"]), -v["c"])


def clip_norm(v: Values) -> torch.Tensor:
    return v["y"] * torch.clamp(v["c"] / (v["y"] ** 2).sum().sqrt(), max=1.0)


@dataclass(frozen=True)
class Trial:
    """A layer, its forward pass, sizes that differ wherever they can, and the constants that are not drawn."""

    layer: str
    forward: Callable[[Values], torch.Tensor]
    sizes: dict[str, int]
    constants: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.layer}-{'x'.join(map(str, self.sizes.values()))}"


def rows(layer: str, forward: Callable, names: str, *lengths: tuple[int, ...], **constants: Any) -> list[Trial]:
    return [Trial(layer, forward, dict(zip(names.split(), each, strict=True)), constants) for each in lengths]


EPSILON = {"epsilon": 0.125}

TRIALS: list[Trial] = [
    *rows("batchnorm", batchnorm, "m", (2,), (5,), **EPSILON),
    *rows("batchnorm", batchnorm, "m", (6,), epsilon=0.0),
    *rows("batchnorm-inference", batchnorm_inference, "m", (5,), **EPSILON),
    *rows("batchnorm-running", batchnorm, "m", (5,), **EPSILON, momentum=0.1, running_mean=0.3, running_var=1.5),
    *rows("batchnorm2d", batchnorm_images, "N C H W", (3, 2, 1, 4), (2, 1, 4, 3), **EPSILON),
    *rows("batchnorm3d", batchnorm_images, "N C D H W", (3, 2, 1, 4, 1), (2, 3, 1, 1, 4), **EPSILON),
    *rows("linear-batchnorm", linear_batchnorm, "m d", (5, 3), (3, 4), **EPSILON),
    *rows("linear-batchnorm-inference", linear_batchnorm_inference, "N O I", (4, 3, 2), (2, 3, 4), **EPSILON),
    *rows("layernorm", layernorm, "N D", (3, 5), (4, 2), **EPSILON),
    *rows("rmsnorm", rmsnorm, "N D", (3, 5), (4, 1), **EPSILON),
    *rows("groupnorm", groupnorm, "N G C P", (2, 3, 1, 4), (1, 2, 4, 3), **EPSILON),
    *rows("instancenorm", instancenorm, "N C P", (2, 3, 4), (3, 2, 5), **EPSILON),
    *rows("weightnorm", weightnorm, "O I", (3, 4), (4, 2)),
    *rows("weight-standardization", weight_standardization, "O I", (3, 5), (4, 3), **EPSILON),
    *rows("l1-batchnorm", l1_batchnorm, "m", (5,), (6,)),
    *rows("lp-batchnorm", lp_batchnorm, "m", (5,), p=3.0),
    *rows("lp-batchnorm", lp_batchnorm, "m", (4,), p=1.5),
    *rows("linf-batchnorm", linf_batchnorm, "m", (5,), (4,)),
    *rows("softmax", softmax, "N K", (2, 4), (3, 5)),
    *rows("log-softmax", log_softmax, "N K", (2, 4), (4, 3)),
    *rows("cross-entropy", cross_entropy, "N K", (2, 4), (4, 3)),
    *rows("clip-value", clip_value, "m", (7,), c=0.75),
    *rows("clip-norm", clip_norm, "m", (5,), c=0.75),
    *rows("clip-norm", clip_norm, "m", (4,), c=6.0),
]
