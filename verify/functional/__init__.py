"""Proved theorems as fast functions: the output, VJP, JVP, HVP and double backward of every layer.

    >>> from verify.functional import layernorm
    >>> grad = layernorm.vjp(x, grad_output, weight, bias).input

The names are those of `derive.layers`, with underscores.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from derive.layers import LAYERS
from verify.arrangement import ARRANGED

NAMES = tuple(name.replace("-", "_") for name in LAYERS)

__all__ = [*NAMES, "NAMES", "functional"]  # pyright: ignore[reportUnsupportedDunderAll] - made when first asked for


@cache
def functional(name: str) -> Any:
    """The functions of a layer by its name, such as `layernorm` or `log-softmax`."""
    from derive.naming import no_such
    from verify.errors import VerifyError
    from verify.functional.layer import Functional
    from verify.functional.normalization import Normalization

    name = name.replace("_", "-")
    if name not in LAYERS:
        raise VerifyError(no_such("layer", name, LAYERS))
    return Normalization(name) if name in ARRANGED else Functional(name)


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"verify.functional has no {name}; it has {', '.join(NAMES)}")
    return functional(name)
