"""The blocks of a Markdown document, and what their output may look like.

    ```console        `$ command` lines, each followed by everything that it prints
    ```python         run top to bottom, all in one namespace; a ```text or ```output block
                      directly below is what it prints, and without one it prints nothing
    # file: NAME.py   as the first line of a python or markdown block: saved under that name, not run

In an output, `...` on a line of its own stands for any number of lines, and inside a line for any
text. `<!-- skip: reason -->` on the line above a block leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<language>[^\s`]*)[^`]*")
SKIP = re.compile(r"\s*<!--\s*skip\b:?\s*(?P<reason>.*?)\s*-->\s*")
FILE = re.compile(r"# file: (?P<name>[\w.-]+)\s*")
PROMPT = "$ "
OUTPUTS = ("text", "output")
RENAMED = {"": "text", "py": "python", "pycon": "python", "bash": "console", "sh": "console", "shell": "console"}


class DocumentError(Exception):
    """A document that breaks the conventions above."""


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is that of its first line of content, `output` the block that says what it prints."""

    language: str
    text: str
    line: int
    skip: str = ""
    output: Block | None = None

    @property
    def file(self) -> str:
        """The name that the block is to be saved under, if it is a file."""
        found = FILE.fullmatch(self.text.partition("\n")[0])
        return found["name"] if self.language in ("python", "markdown") and found else ""


@dataclass(frozen=True)
class Command:
    """One command of a console block, and what it prints; `line` is the command's own."""

    text: str
    expected: str
    line: int


def read(document: str, name: str) -> list[Block]:
    """The blocks that are to be run, in order, each with its output."""
    lines = document.splitlines()
    blocks: list[Block] = []
    end = 0
    for block, start, after in _fenced(lines, name):
        between = lines[end : start - 1 - bool(block.skip)]
        if block.language in OUTPUTS:
            if blocks and end and not "".join(between).strip() and _takes_output(blocks[-1]):
                blocks[-1] = replace(blocks[-1], output=replace(block, text="...") if block.skip else block)
            elif block.language == "output":
                raise DocumentError(f"{name}:{start}: an output block stands directly below the python block it is of")
            end = 0
        elif block.language in ("python", "console") or block.file:
            blocks.append(block)
            end = after
        else:
            end = 0
    return [block for block in blocks if not block.skip]


def _takes_output(block: Block) -> bool:
    return block.language == "python" and not block.file and block.output is None


def _fenced(lines: list[str], name: str) -> Iterator[tuple[Block, int, int]]:
    """Each fenced block, the number of its opening line, and the number of its closing line."""
    number = 0
    skip: str | None = None
    while number < len(lines):
        opening = FENCE.fullmatch(lines[number])
        if opening is None:
            if skip is not None:
                raise DocumentError(f"{name}:{number}: a skip comment stands directly above a block")
            skip = _skip(lines[number], f"{name}:{number + 1}")
            number += 1
            continue
        start = number + 1
        close = re.compile(rf" *{re.escape(opening['fence'])}{opening['fence'][0]}* *")
        number = next((at for at in range(start, len(lines)) if close.fullmatch(lines[at])), -1)
        if number < 0:
            raise DocumentError(f"{name}:{start}: the block that opens here is never closed")
        language = opening["language"]
        if language in RENAMED and not skip:
            raise DocumentError(f"{name}:{start}: ```{language} is not checked: write ```{RENAMED[language]}")
        indent = re.compile(f" {{0,{len(opening['indent'])}}}")
        text = "".join(indent.sub("", line, count=1) + "\n" for line in lines[start:number])
        number += 1
        yield Block(language, text, start + 1, skip or ""), start, number
        skip = None
    if skip is not None:
        raise DocumentError(f"{name}:{number}: a skip comment stands directly above a block")


def _skip(line: str, place: str) -> str | None:
    found = SKIP.fullmatch(line)
    if found and not found["reason"]:
        raise DocumentError(f"{place}: say why the block is skipped: <!-- skip: reason -->")
    return found["reason"] if found else None


def commands(block: Block, name: str) -> list[Command]:
    """The commands of a console block; a line that ends in a backslash goes on in the next."""
    found: list[Command] = []
    lines = block.text.splitlines()
    number = 0
    while number < len(lines):
        at = block.line + number
        if not lines[number].startswith(PROMPT):
            raise DocumentError(f"{name}:{at}: a console block starts with `$ command`")
        text = [lines[number].removeprefix(PROMPT)]
        while text[-1].endswith("\\") and number + 1 < len(lines):
            number += 1
            text.append(lines[number].removeprefix("> "))
        number += 1
        output = number
        while number < len(lines) and not lines[number].startswith(PROMPT):
            number += 1
        found.append(Command("\n".join(text), "\n".join(lines[output:number]), at))
    return found


def difference(expected: str, printed: str, place: str) -> str:
    """Nothing where `printed` is what the document says, otherwise the two as a unified diff."""
    written, got = _lines(expected), _lines(printed)
    pattern = "".join(r"(?:.*\n)*" if line.strip() == "..." else _line_pattern(line) for line in written)
    if re.fullmatch(pattern, "".join(line + "\n" for line in got)):
        return ""
    return "\n".join(unified_diff(written, got, f"{place} as written", f"{place} as run", lineterm=""))


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("...")) + r"\n"


def _lines(text: str) -> list[str]:
    """Lines without the spaces at their ends, and without the empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().split("\n")] if text.strip() else []
