"""Opens a document and finds its formulas, by the ending of its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from derive.notes.find.around import with_sections
from derive.notes.find.codewords import with_code_words
from derive.notes.find.formula import Formula, NoteError
from derive.notes.find.macros import with_macros
from derive.notes.find.markdown import markdown
from derive.notes.find.notebook import declared, notebook
from derive.notes.find.rst import rst
from derive.notes.find.tex import tex

LARGEST = 20_000_000
"""Documents with more bytes are refused."""

READERS: dict[str, Callable[[str], list[Formula]]] = {
    ".tex": tex,
    ".ltx": tex,
    ".rst": rst,
    ".ipynb": notebook,
}
"""All others are Markdown, whatever they are called."""


def find(path: Path | str) -> list[Formula]:
    """The formulas of a document, in their order. Raises NoteError where it can't be read."""
    path = Path(path)
    text = text_of(path)
    try:
        return formulas_in(text, path.suffix)
    except NoteError as error:
        raise NoteError(f"{path}: {error}") from None


def formulas_in(text: str, ending: str = ".md") -> list[Formula]:
    """The formulas of a text, as it would be in a file with this ending, with those that it declares in comments.

    Raises NoteError for a declaration that can't be read.

    >>> formulas_in("the mean\\n\\n$$\\n\\\\mu = 1\\n$$")[0].line
    4
    """
    found = READERS.get(ending.lower(), markdown)(text)
    if ending.lower() != ".ipynb":
        found = sorted([*declared(text, ending), *found], key=lambda formula: formula.lines[0])
        found = [*with_sections(found, text)]
    return with_code_words([*with_macros(found)])


def text_of(path: Path) -> str:
    """The text of a document in UTF-8 or UTF-16. Raises NoteError, in one line."""
    return decoded(_content(path), str(path))


def decoded(data: bytes, name: str) -> str:
    """The text of bytes in UTF-8 or UTF-16, `name` being what they come from. Raises NoteError, in one line."""
    if len(data) > LARGEST:
        raise NoteError(f"{name} has more than {LARGEST // 1_000_000} million bytes, which is more than is read")
    is_wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoteError(f"{name} is not text in UTF-{16 if is_wide else 8} (byte {error.start})") from None
    if "\0" in text:
        raise NoteError(f"{name} is not text: it has a zero byte")
    return text


def _content(path: Path) -> bytes:
    """The bytes of a file, or one more than the largest document has. A pipe or a device may never come to an end."""
    try:
        mode = path.stat().st_mode
        if S_ISREG(mode):
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
    except OSError as error:
        raise NoteError(f"{path} can't be opened: {error.strerror}") from None
    except ValueError:
        raise NoteError("a path with a zero byte in it can't be opened") from None
    raise NoteError(f"{path} can't be opened: it is {'a folder' if S_ISDIR(mode) else 'no file'}")
