"""Proved equations as Python functions, which run on NumPy arrays and torch tensors alike."""

from derive.python_source.functions import function, source

__all__ = ["function", "source"]
