"""One thread, for small tensors, and for numbers that have to come out the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch with a single thread, and with as many as before afterwards.

    Hundreds of operations on small arrays are faster so: on a busy machine threads mostly wait for each other.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
