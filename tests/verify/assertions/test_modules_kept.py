"""A module is left as it was, down to the objects that hold its hooks."""

import torch

from verify.assertions.modules import kept, untouched


def test_a_hook_can_be_removed_after_the_module_was_borrowed():
    layer, seen = torch.nn.LayerNorm(4), []
    handle = layer.register_forward_hook(lambda *_: seen.append(1))
    with untouched(layer, torch.float64, None):
        layer(torch.ones(2, 4, dtype=torch.float64))
    assert layer.weight.dtype == torch.float32
    handle.remove()
    layer(torch.ones(2, 4))
    assert seen == [1]


def test_what_a_forward_adds_is_taken_away():
    layer = torch.nn.Linear(2, 2)
    layer.cache = {"a": 1}
    cache = layer.cache
    with kept(layer):
        layer.cache["b"] = 2
        layer.other = 3
        layer.cache = {}
    assert layer.cache is cache and cache == {"a": 1} and not hasattr(layer, "other")
