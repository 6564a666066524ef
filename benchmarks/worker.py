"""Provers in processes of their own: one request a line in, one answer a line out, both JSON.

Standard library only: Debian's Python, which runs cadabra2, imports this file, too.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START = 120.0
"""Seconds that a prover has for its imports, and for the proof that warms it up."""


def serve(prove: Callable[..., bool], forget: Callable[[], None] = lambda: None) -> None:
    """Answers requests on standard input until it ends; `forget` empties every cache before each proof."""
    answer, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"ready": True}), file=answer, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        forget()
        began = time.perf_counter()
        proved = prove(**request)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "proved": proved}), file=answer, flush=True)


def missing(what: str) -> None:
    """Says that a prover is not installed, in place of `serve`."""
    print(json.dumps({"missing": what}), flush=True)


@dataclass(frozen=True)
class Answer:
    """How long a proof took, and whether it succeeded; `seconds` is None where it did not end in time."""

    seconds: float | None
    proved: bool


class Unavailable(Exception):
    """A prover that can't run here; the message says why and what would install it."""


class Prover:
    """A program that proves statements, in a process that is started when it is first asked."""

    def __init__(self, module: str, warm_up: dict, install: str = "", python: str = sys.executable) -> None:
        self.install = install
        self._warm_up = warm_up
        self._command = [python, "-m", f"benchmarks.{module}"]
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def ask(self, timeout: float, **request: object) -> Answer:
        """One proof; the process is stopped if it takes longer than `timeout` seconds."""
        if self._process is None:
            self._start()
            self._exchange(self._warm_up, START)
        reply = self._exchange(request, timeout)
        if reply is None:
            self.stop()
            return Answer(None, False)
        return Answer(reply["seconds"], reply["proved"])

    def stop(self) -> None:
        """Ends the process; the next question starts another."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process = None

    def _exchange(self, request: dict, timeout: float) -> dict | None:
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._read(timeout)

    def _start(self) -> None:
        if not Path(self._command[0]).exists():
            raise Unavailable(f"not installed; {self.install}")
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lines = queue.Queue()
        threading.Thread(target=_pass_on, args=(self._process, self._lines), daemon=True).start()
        reply = self._read(START)
        if reply is None or "missing" in reply:
            self.stop()
            raise Unavailable(f"not installed; {self.install}" if reply else f"did not start within {START:.0f} s")

    def _read(self, timeout: float) -> dict | None:
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            return None
        if not line:
            self.stop()
            raise Unavailable("its process ended without an answer")
        return json.loads(line)


def _pass_on(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in process.stdout:
        lines.put(line)
    process.stdout.close()
    lines.put("")
