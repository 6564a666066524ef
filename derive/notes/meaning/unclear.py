"""The reason why something has no meaning, and the declaration that would give it one."""

from __future__ import annotations


class Unclear(ValueError):
    """A formula that can be read, and has no meaning that is known here; the reason, and where.

    `help` is the smallest declaration that would lead further, or empty; `declare` writes it.
    """

    def __init__(self, reason: str, start: int = 0, end: int = 0, help: str = "") -> None:
        super().__init__(reason)
        self.reason, self.start, self.end, self.help = reason, start, end, help


def declare(key: str, value: str) -> str:
    """What to write in a comment of the document, or below `normproof:` in its front matter."""
    return f"declare: normproof: {key}: {value}"


def help_of(error: ValueError) -> str:
    """The declaration that would lead further, where the error knows one."""
    return error.help if isinstance(error, Unclear) else ""
