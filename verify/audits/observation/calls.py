"""The functions of torch that normalize, and what is an input, a weight or epsilon among their arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F

from verify.audits.observation.capture import INFERENCE

BATCH = "x weight bias running_mean running_var training momentum eps cudnn_enabled"
LAYER = "x normalized_shape weight bias eps cudnn_enable"
GROUP = "x num_groups weight bias eps cudnn_enabled"
INSTANCE = "x weight bias running_mean running_var use_input_stats momentum eps cudnn_enabled"
NATIVE_GROUP = "x weight bias N C HxW num_groups eps"
SIGNATURES: dict[str, tuple[str, str]] = {
    "batch_norm": ("batchnorm", BATCH),
    "native_batch_norm": ("batchnorm", BATCH),
    "layer_norm": ("layernorm", LAYER),
    "native_layer_norm": ("layernorm", LAYER),
    "group_norm": ("groupnorm", GROUP),
    "native_group_norm": ("groupnorm", NATIVE_GROUP),
    "instance_norm": ("instancenorm", INSTANCE),
    "rms_norm": ("rmsnorm", "x normalized_shape weight eps"),
}
"""By the name in torch: the kind of layer, and the arguments in their order."""
FUNCTIONAL = {
    F.batch_norm: ("batchnorm", "x running_mean running_var weight bias training momentum eps"),
    F.instance_norm: ("instancenorm", "x running_mean running_var weight bias use_input_stats momentum eps"),
    F.layer_norm: SIGNATURES["layer_norm"],
    F.group_norm: SIGNATURES["group_norm"],
    F.rms_norm: SIGNATURES["rms_norm"],
}
"""The same for torch.nn.functional, where the order is another."""
SPELLED = {"input": "x", "group": "num_groups"}
DEFAULTS: dict[str, Any] = {"eps": 1e-5, "training": False, "use_input_stats": True}


@cache
def _table() -> dict[Any, tuple[str, str]]:
    own = {getattr(torch, name): known for name, known in SIGNATURES.items() if hasattr(torch, name)}
    return {**own, **FUNCTIONAL}


def signature_of(func: Any) -> tuple[str, str] | None:
    """The kind and the arguments of a function that normalizes, None for all others."""
    if (found := _table().get(func)) is not None:
        return found
    if isinstance(func, torch._ops.OpOverload | torch._ops.OpOverloadPacket):
        namespace, _, name = str(func).partition(".")
        return SIGNATURES.get(name.partition(".")[0]) if namespace == "aten" else None
    return None


@dataclass(frozen=True)
class Call:
    """One call of such a function."""

    func: Callable[..., Any]
    kind: str
    like: str
    given: Mapping[str, Any]
    spelled: Mapping[str, str]

    @property
    def x(self) -> torch.Tensor:
        return self.given["x"]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.x.shape)

    @property
    def weight(self) -> torch.Tensor | None:
        return self.given.get("weight")

    @property
    def bias(self) -> torch.Tensor | None:
        return self.given.get("bias")

    @property
    def eps(self) -> float:
        """Epsilon; RMSNorm without one takes the machine epsilon of the dtype that it computes in."""
        eps = self.given.get("eps", None if self.like == "rmsnorm" else DEFAULTS["eps"])
        computed = torch.float32 if self.x.dtype.itemsize == 2 else self.x.dtype
        return float(torch.finfo(computed).eps if eps is None else eps)

    @property
    def num_groups(self) -> int | None:
        return self.given.get("num_groups")

    @property
    def normalized_shape(self) -> tuple[int, ...] | None:
        shape = self.given.get("normalized_shape")
        return None if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)

    @property
    def running(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        """The statistics that are used instead of those of the batch."""
        if self.like != INFERENCE:
            return None
        mean, var = self.given["running_mean"], self.given["running_var"]
        return mean.detach().clone(), var.detach().clone()

    def run(self, x: Any, weight: Any, bias: Any, **other: Any) -> Any:
        """The function with other tensors in their places."""
        given = {**self.given, "x": x, **other}
        given |= {name: value for name, value in (("weight", weight), ("bias", bias)) if name in given}
        return self.func(*(given[name] for name in given if name not in self.spelled), **self._named(given))

    def _named(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {spelled: given[name] for name, spelled in self.spelled.items()}

    def again(self, x: Any, weight: Any, bias: Any, num_groups: int | None = None) -> torch.Tensor:
        """The output for other numbers, without touching the running statistics."""
        other: dict[str, Any] = {}
        if self.like != INFERENCE:
            other = {name: None for name in ("running_mean", "running_var") if name in self.given}
        if num_groups is not None:
            other["num_groups"] = num_groups
        if "HxW" in self.given:
            other |= {"N": x.shape[0], "C": x.shape[1], "HxW": x[0, 0].numel()}
        result = self.run(x, weight, bias, **other)
        return result[0] if isinstance(result, tuple | list) else result


def call_of(func: Any, signature: tuple[str, str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call | None:
    """The call with its arguments by name, or None where it is no call on a floating tensor."""
    like, names = signature
    given = dict(zip(names.split(), args, strict=False))
    spelled = {SPELLED.get(name, name): name for name in kwargs}
    given |= {name: kwargs[own] for name, own in spelled.items()}
    x = given.get("x")
    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        return None
    if "batch_norm" in str(getattr(func, "__name__", func)) and not given.get("training", DEFAULTS["training"]):
        like = INFERENCE
    if like == "instancenorm" and not given.get("use_input_stats", True):
        like = INFERENCE
    return Call(func, _kind(func), like, given, spelled)


def _kind(func: Any) -> str:
    if isinstance(func, torch._ops.OpOverload | torch._ops.OpOverloadPacket):
        return f"torch.ops.{func}"
    home = "torch.nn.functional" if func in FUNCTIONAL else "torch"
    return f"{home}.{func.__name__}"
