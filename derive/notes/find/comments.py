"""What a document says to this program: the key `normproof` of its front matter, and comments that begin with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.notes.find.formula import NoteError

_BEGIN = re.compile(r"(?P<mark><!--|%+|\.\.)\s*normproof\s*:\s*(?P<rest>.*)$")
_FENCE = re.compile(r"\s*(?P<fence>`{3,}|~{3,})")
_KEY = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*:(?:\s+|$)(?P<value>.*)$")


@dataclass(frozen=True)
class Declared:
    """One `key: value`, and where the value stands; lines and columns are counted from 1."""

    key: str
    value: str
    line: int
    column: int


def declared_in(text: str, ending: str) -> list[Declared]:
    """Every declaration of a document, in its order. Raises NoteError for a line that is no `key: value`."""
    lines = text.replace("\r\n", "\n").split("\n")
    marks = {".tex": "%", ".ltx": "%", ".rst": ".."}.get(ending.lower(), "<!--")
    return [*_front_matter(lines), *_comments(lines, marks)]


def _front_matter(lines: list[str]) -> Iterator[Declared]:
    if not lines or lines[0].rstrip() != "---":
        return
    end = next((at for at in range(1, len(lines)) if lines[at].rstrip() in ("---", "...")), None)
    start = next((at for at in range(1, end or 0) if re.match(r"normproof\s*:", lines[at])), None)
    if end is None or start is None:
        return
    rest = lines[start].partition(":")[2].strip()
    if rest and not rest.startswith("#"):
        raise NoteError(f"line {start + 1}: write the keys of normproof on lines of their own below it, indented")
    stop = next((at for at in range(start + 1, end) if lines[at].strip() and not lines[at][0].isspace()), end)
    yield from _pairs([(at + 1, lines[at]) for at in range(start + 1, stop)])


def _comments(lines: list[str], mark: str) -> Iterator[Declared]:
    """Those in comments; a comment of several lines has a declaration on each. Code is passed over."""
    at, fence = 0, ""
    while at < len(lines):
        line = lines[at]
        block = _FENCE.match(line)
        if block and not fence:
            fence = block["fence"]
        elif block and block["fence"].startswith(fence):
            fence = ""
        found = None if fence else _BEGIN.search(line)
        at += 1
        if found and found["mark"][: len(mark)] == mark and (mark == "<!--" or not line[: found.start()].strip()):
            rows = [(at, " " * found.start("rest") + found["rest"])]
            while mark == "<!--" and "-->" not in rows[-1][1] and at < len(lines):
                rows.append((at + 1, lines[at]))
                at += 1
            while mark == ".." and at < len(lines) and lines[at][:1].isspace() and lines[at].strip():
                rows.append((at + 1, lines[at]))
                at += 1
            rows[-1] = (rows[-1][0], rows[-1][1].partition("-->")[0] if mark == "<!--" else rows[-1][1])
            yield from _pairs(rows)


def _pairs(rows: list[tuple[int, str]]) -> Iterator[Declared]:
    """`key: value`, `key: [value, value]`, and `key:` with `- value` on the lines below."""
    key, empty = "", 0
    for number, row in rows:
        text = row.strip()
        if not text or text.startswith("#"):
            continue
        column = len(row) - len(row.lstrip()) + 1
        if text.startswith("- ") and key:
            empty = 0
            yield Declared(key, _plain(text[2:]), number, column + 2)
            continue
        match = _KEY.match(text)
        if match is None:
            raise NoteError(f"line {number}: normproof reads lines such as `loss: f`, not `{text[:60]}`")
        _is_said(key, empty)
        key, empty = match["key"], 0 if match["value"].strip() else number
        for value in _values(match["value"].strip()):
            yield Declared(key, value, number, column + match.start("value"))
    _is_said(key, empty)


def _is_said(key: str, empty: int) -> None:
    """Raises NoteError for a key without a value, given the number of its line."""
    if empty:
        raise NoteError(f"line {empty}: `{key}:` says nothing")


def _values(text: str) -> list[str]:
    if not text:
        return []
    if text[0] != "[" or text[-1] != "]":
        return [_plain(text)]
    parts = re.findall(r"""\s*('(?:[^']|'')*'|"[^"]*"|[^,'"]+)\s*(?:,|$)""", text[1:-1])
    return [_plain(part) for part in parts]


def _plain(text: str) -> str:
    """Without quotes, or dollars, around it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "$" else text
