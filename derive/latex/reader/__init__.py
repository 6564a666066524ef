"""Reads LaTeX as people write it into a small tree, and evaluates nothing."""

from derive.latex.reader.errors import Unread
from derive.latex.reader.parser import parse

__all__ = ["Unread", "parse"]
