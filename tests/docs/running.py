"""Runs a document in an empty directory, and says what came out differently from what it shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer

from .blocks import Block, Command, commands, difference, read

TIME_LIMIT = 300.0
SESSION = Path(__file__).with_name("session.py")


class Python:
    """One process for all python blocks of a document, started with the first of them."""

    def __init__(self, document: Path, directory: Path) -> None:
        self.document = document
        self.directory = directory
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Python:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def run(self, block: Block) -> str:
        """What the block prints, exceptions included."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, str(SESSION)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True, cwd=self.directory, env=environment(),
            )
        assert self.process.stdin and self.process.stdout
        request = {"source": block.text, "path": str(self.document), "line": block.line}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        limit = Timer(TIME_LIMIT, self.process.kill)
        limit.start()
        reply = self.process.stdout.readline()
        limit.cancel()
        return json.loads(reply) if reply else f"[the block ended its process, or took more than {TIME_LIMIT:g} s]\n"


def environment() -> dict[str, str]:
    """This interpreter's commands first on PATH, and output that depends neither on the terminal nor on CI."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "80", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    own = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return {**own, **plain, "PATH": path}


def failures(document: Path, name: str, directory: Path) -> list[str]:
    """One text for each block or command that does not do what the document shows."""
    found: list[str] = []
    with Python(document, directory) as python:
        for block in read(document.read_text(encoding="utf-8"), name):
            if block.file:
                (directory / block.file).write_text(block.text, encoding="utf-8")
            elif block.language == "python":
                shown = block.output or replace(block, text="")
                found.append(difference(shown.text, python.run(block), f"{name}:{shown.line}"))
            else:
                found.extend(_console(commands(block, name), name, directory))
    return [failure for failure in found if failure]


def _console(block: list[Command], name: str, directory: Path) -> list[str]:
    """Every command gets a shell of its own, in the document's directory, that knows the last exit status."""
    found: list[str] = []
    status = 0
    for command, after in zip(block, [*block[1:], None], strict=True):
        printed, status = _shell(command.text, status, directory)
        place = f"{name}:{command.line}"
        wrong = difference(command.expected, printed, place)
        if not wrong and status and not _shows_failure(command, after, status):
            meant = "show it with `$ echo $?` if that is meant"
            wrong = f"{place}: `{command.text}` exits with {status}; {meant}\n{printed}"
        found.append(wrong)
    return found


def _shows_failure(command: Command, after: Command | None, status: int) -> bool:
    """Exit 1 is our word for "refuted", clear from any output that is shown; all else is said with `echo $?`."""
    shown = [line for line in command.expected.split("\n") if line.strip() not in ("", "...")]
    return bool(after and after.text.strip() == "echo $?") or (status == 1 and bool(shown))


def _shell(command: str, status: int, directory: Path) -> tuple[str, int]:
    try:
        done = subprocess.run(
            f"(exit {status})\n{command}", shell=True, cwd=directory, env=environment(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        return f"[took more than {TIME_LIMIT:g} s]\n", 124
    return done.stdout, done.returncode
