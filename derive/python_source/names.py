"""Names as Python identifiers, no two of them the same."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Hashable

RESERVED = frozenset({*keyword.kwlist, "__debug__", "__import__", "abs", "range", "type"})
"""What can't be the name of a variable, or has a meaning in the source that is written."""


def spelled(name: str) -> str:
    """A name as a Python identifier.

    >>> spelled("dL/dvar"), spelled("lambda"), spelled("2x")
    ('dL_dvar', 'lambda_', '_2x')

    It is in the form in which Python compares identifiers (NFKC), so that different spellings are different names.
    """
    name = unicodedata.normalize("NFKC", name)
    name = "".join(c if f"a{c}".isidentifier() else "_" for c in name)
    name = name if name.isidentifier() else f"_{name}"
    return f"{name}_" if name in RESERVED else name


class Names:
    """Gives each thing a name: the one that it asks for, numbered where that is taken."""

    def __init__(self) -> None:
        self._names: dict[Hashable, str] = {}

    def __call__(self, thing: Hashable, wish: str) -> str:
        if thing not in self._names:
            taken, name, number = set(self._names.values()), spelled(wish), 1
            while name in taken:
                number += 1
                name = f"{spelled(wish)}_{number}"
            self._names[thing] = name
        return self._names[thing]
