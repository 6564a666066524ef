"""torchvision, whose published wheel does not load beside a torch for the CPU: timm imports it."""

from __future__ import annotations

import sys
from types import ModuleType

import torch

SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
"""The operators that torchvision/_meta_registrations.py registers a fake for even where its own library did not load;
the schemas are those of torchvision/csrc/ops/nms.cpp and quantized/cpu/qnms_kernel.cpp."""

_defined: list[torch.library.Library] = []
"""A library's definitions last as long as the object."""


def load_torchvision() -> ModuleType:
    """Imports torchvision, and where its operators are missing, says to torch what they take and return.

    They can't be called then: no model here does. Raises ImportError where it is not installed.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
        _define()
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision
    return torchvision


def _define() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in SCHEMAS.items():
        library.define(name + schema)
    _defined.append(library)
