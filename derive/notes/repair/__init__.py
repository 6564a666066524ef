"""What is wrong in a refuted formula, and what is true instead, in the notation of its document."""

from derive.notes.repair.mend import mending

__all__ = ["mending"]
