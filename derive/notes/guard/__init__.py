"""Judges formulas in a process of its own, which is ended where one formula takes too long."""

from derive.notes.guard.guard import SECONDS, Guard

__all__ = ["SECONDS", "Guard"]
