"""The one error that people see: a sentence that says what is wrong and what to do. Other errors in one line."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path


class VerifyError(ValueError):
    """Input that can't be read, or a formula that can't be evaluated; the message is one line."""


def raised(error: BaseException) -> str:
    """An exception in one line, with the last place of somebody's own code that it came through."""
    text = str(error).strip().partition("\n")[0]
    where = _own_place(error)
    return f"{type(error).__name__}: {text[:300]}" + (f" ({where})" if where else "")


def _own_place(error: BaseException) -> str:
    """FILE:LINE outside of torch and of this package."""
    torch = sys.modules.get("torch")
    known = [str(Path(__file__).parent), *([str(Path(torch.__file__).parent)] if torch and torch.__file__ else [])]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith((*known, "<"))]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
