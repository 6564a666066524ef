"""What to say of a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def no_such(kind: str, name: str, known: Iterable[str], listing: str = "") -> str:
    """A sentence with the names that are near; where none is, with the command that lists them, or with all."""
    names = list(known)
    if near := get_close_matches(name, names, n=3):
        hint = f"did you mean {' or '.join(near)}?"
    else:
        hint = f"`{listing}` shows all" if listing else f"there are {', '.join(names)}"
    return f"there is no {kind} {name!r}; {hint}"
