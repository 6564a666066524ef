"""Which documents people mean who name files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from derive.notes.find.formula import NoteError

ENDINGS = (".md", ".markdown", ".tex", ".ltx", ".rst", ".ipynb", ".txt")
"""What the names of documents end in; in a folder others are passed over."""


def documents_in(path: Path) -> Iterator[Path]:
    """The file itself, or the documents in a folder and below it, by name.

    Passed over are folders whose name begins with a dot, virtual environments, and `node_modules`. Raises NoteError
    where a folder has no documents.
    """
    if not path.is_dir():
        yield path
        return
    found = False
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not _is_passed_over(Path(folder, name)))
        for name in sorted(names):
            if Path(name).suffix.lower() in ENDINGS:
                found = True
                yield Path(folder, name)
    if not found:
        raise NoteError(f"{path} has no document in it; their names end in {', '.join(ENDINGS)}")


def _is_passed_over(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name == "node_modules" or (folder / "pyvenv.cfg").exists()
