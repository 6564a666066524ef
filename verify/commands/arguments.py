"""Numbers and shapes as people type them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.errors import VerifyError


def shape_of(text: str) -> tuple[int, ...]:
    """The shape that was written: 64,32 or 64x32 or (64, 32)."""
    try:
        return tuple(int(size) for size in text.strip("()").replace("x", ",").split(",") if size.strip())
    except ValueError:
        raise VerifyError(f"--shape {text} is not a list of sizes; write it as 64,32 or 8,6,7,7") from None


def number(kind: Callable[[str], Any], option: str, text: str | None, example: str) -> Any:
    """The number that was written, of the kind `int` or `float`; None where nothing was."""
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        what = "whole number" if kind is int else "number"
        raise VerifyError(f"{option} {text} is not a {what}; give one such as {example}") from None


def names(given: list[str] | None) -> tuple[str, ...]:
    """Each name once, of an option that may be given again and may hold several."""
    found = [name.strip() for text in given or () for name in text.split(",") if name.strip()]
    return tuple(dict.fromkeys(found))
