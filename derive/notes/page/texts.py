"""Text as it is read, never as markup."""

from __future__ import annotations

import unicodedata
from html import escape


def text(value: object) -> str:
    """Any text, for a page or the value of an attribute; what turns a line around is shown as its code."""
    return escape("".join(_shown(letter) for letter in str(value)))


def _shown(letter: str) -> str:
    if letter in "\n\t\u200c\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs"):
        return letter
    return f"[U+{ord(letter):04X}]" if letter in _TURNING else "\ufffd" if unicodedata.category(letter) != "Cf" else ""


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What makes text run from right to left, by which code and words can be made to look like others."""
