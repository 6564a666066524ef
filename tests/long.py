"""Parameters whose tests take long are left to `make test-slow`; what each test shows is shown of the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

FOURTH_ORDER = ("theorem-4.2-rayleigh", "theorem-4.2-at-sigma")
"""Statements about Hessians at a second point: an oracle takes a minute for them."""


def without(long: Iterable[str], names: Iterable[str]) -> list[Any]:
    """Parameters for a test: those that end in one of `long` are marked slow."""
    ends = tuple(long)
    return [pytest.param(name, marks=[pytest.mark.slow] if name.endswith(ends) else []) for name in names]
