"""Tests marked gpu are skipped, with the reason, where there is no CUDA device."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    reason = no_cuda_reason() if on_gpu else ""
    if reason:
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=reason))


def no_cuda_reason() -> str:
    try:
        import torch
    except ImportError:
        return "torch is not installed, so no CUDA device can be used"
    return "" if torch.cuda.is_available() else "torch finds no CUDA device here"
