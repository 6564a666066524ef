"""A child process that answers messages: a fork where that is safe and cheap, else a fresh interpreter."""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from derive.notes.guard.transfer import packed, unpacked

_LENGTH = struct.Struct("!Q")


class Overdue(Exception):
    """No message came in time."""


class Ended(Exception):
    """The other process is no more; the message says how it ended, where that is known."""


class Channel:
    """Messages over two pipes, each as its length and its bytes."""

    def __init__(self, reads: int, writes: int) -> None:
        self.reads, self.writes = reads, writes

    def send(self, message: object) -> None:
        data = packed(message)
        try:
            self._write(_LENGTH.pack(len(data)) + data)
        except OSError:
            raise Ended("") from None

    def receive(self, deadline: float | None = None) -> Any:
        """The next message. Raises Overdue after the deadline, a time of `monotonic`, and Ended where none can come."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        return unpacked(self._read(length, deadline))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.writes, view) :]

    def _read(self, length: int, deadline: float | None) -> bytes:
        parts = []
        while length:
            if deadline is not None and not select.select([self.reads], [], [], max(0.0, deadline - monotonic()))[0]:
                raise Overdue
            part = os.read(self.reads, min(length, 1 << 20))
            if not part:
                raise Ended("")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        for own in {self.reads, self.writes}:
            os.close(own)


class Child(Protocol):
    """A process that answers; `end` ends it at once, and says how it ended if it had ended by itself."""

    def send(self, message: object) -> None: ...

    def receive(self, deadline: float) -> Any: ...

    def end(self) -> str: ...


Serve = Callable[[Channel], None]
"""What a child does with the messages that it gets."""


class Forked(Child):
    """A copy of this process: all that was imported is there at once."""

    def __init__(self, serve: Serve) -> None:
        asks, asked = os.pipe()
        answered, answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _serve_and_exit(serve, Channel(asks, answers), (asked, answered))
        os.close(asks)
        os.close(answers)
        self.channel = Channel(answered, asked)

    def send(self, message: object) -> None:
        self.channel.send(message)

    def receive(self, deadline: float) -> Any:
        return self.channel.receive(deadline)

    def end(self) -> str:
        self.channel.close()
        try:
            os.kill(self.pid, signal.SIGKILL)  # its number is its own until it is waited for
            _, status = os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            return "in a way that is not known"  # where somebody else waits for every child of this process
        return _how(os.waitstatus_to_exitcode(status))


def _serve_and_exit(serve: Serve, channel: Channel, others: tuple[int, ...]) -> None:
    """The whole life of a fork. It leaves without the rites of an exit, which are its parent's."""
    try:
        for each in others:
            os.close(each)
        silence()
        serve(channel)
    finally:
        os._exit(0)


def silence() -> None:
    """What a process prints goes nowhere from here on, and ctrl-C is for its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nowhere, each)
    os.close(nowhere)


class Spawned(Child):
    """A fresh interpreter: where there is no fork, and where other threads run, whose locks a fork would keep."""

    def __init__(self) -> None:
        path = os.pathsep.join(each or str(Path.cwd()) for each in sys.path)
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from derive.notes.guard.worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        asked, answered = self.process.stdin, self.process.stdout
        if asked is None or answered is None:
            raise Ended("it has no pipes")
        self.channel = Channel(answered.fileno(), asked.fileno())

    def send(self, message: object) -> None:
        self.channel.send(message)

    def receive(self, deadline: float) -> Any:
        """A message; a timer ends the process after the deadline, since not every system can wait for a pipe."""
        late = threading.Event()
        timer = threading.Timer(max(0.0, deadline - monotonic()), lambda: (late.set(), self.process.kill()))
        timer.daemon = True
        timer.start()
        try:
            return self.channel.receive()
        except Ended:
            if late.is_set():
                raise Overdue from None
            raise
        finally:
            timer.cancel()
            timer.join()

    def end(self) -> str:
        self.process.kill()
        code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return _how(code)


def child(serve: Serve) -> Child:
    """A child in the cheapest way that is safe here."""
    if hasattr(os, "fork") and threading.active_count() == 1:
        return Forked(serve)
    return Spawned()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"
