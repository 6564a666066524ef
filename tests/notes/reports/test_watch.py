"""`--watch` in a real process, and what it says of each kind of change."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from derive.commands.watch import Watch
from derive.notes.reports.changes import changes
from derive.notes.reports.paint import Paint
from tests.cli.calling import ENVIRONMENT, ROOT
from tests.notes.reports.notes import judge, note

TRUE, FALSE, OTHER = "$$1 + 1 = 2$$\n", "$$1 + 1 = 3$$\n", "$$2 + 2 = 4$$\n"


def said(before, now):
    return [change.said for change in changes(note(before).found, note(now).found)]


CHANGES = {
    "mended": (FALSE, TRUE, ["mended: proved, was refuted"]),
    "mended among others": (OTHER + FALSE + OTHER, OTHER + TRUE + OTHER, ["", "mended: proved, was refuted", ""]),
    "newly refuted": (TRUE, FALSE, ["refuted, was proved"]),
    "moved": (FALSE + TRUE, "text\n\n" + FALSE + TRUE, ["still refuted", ""]),
    "new": (TRUE, OTHER + TRUE, ["new: proved", ""]),
    "gone": (FALSE + TRUE, TRUE, ["gone, was refuted", ""]),
    "less clear": (FALSE, "$$q = 3 q + 1$$", ["undecided, was refuted"]),
    "blanks": (TRUE, "$$ 1+1 = 2 $$", [""]),
}


@pytest.mark.parametrize(("before", "now", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_said_of_a_change(before, now, expected):
    assert said(before, now) == expected


class Watching:
    """A watch that looks when it is told to."""

    def __init__(self, *paths, only=False):
        self.lines = []
        self.watch = Watch([str(path) for path in paths], judge, self.lines.append, only, Paint())

    def __call__(self):
        """What two looks print: at the first a change is seen, at the second it is judged."""
        del self.lines[:]
        self.watch.look()
        self.watch.look()
        return [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in self.lines]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "note.md"
    path.write_text(FALSE)
    return path


def write(path, text):
    """Writes a file; its time differs from that before even where clocks are coarse."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_nothing_is_said_while_nothing_changes(path):
    watching = Watching(path)
    assert watching()[0].startswith(f"{path}:1:")
    assert watching() == [] and watching.watch.status == 1


def test_a_mended_formula_is_told_and_the_status_goes_with_it(path):
    watching = Watching(path, only=True)
    watching()
    write(path, TRUE)
    assert watching() == [
        f"{path} has changed",
        f"{path}:1:3: mended: proved, was refuted",
        f"{path}: 1 formula: 1 proved",
    ]
    assert watching.watch.status == 0


def test_a_newly_refuted_formula_is_shown_in_full(path):
    watching = Watching(path)
    watching()
    write(path, FALSE + "$$2 + 2 = 5$$\n")
    lines = watching()
    assert lines[:2] == [f"{path} has changed", f"{path}:1:3: still refuted"]
    assert lines[2].startswith(f"{path}:2:") and lines[3] == "    2 | $$2 + 2 = 5$$" and "^" in lines[4]


def test_a_change_of_words_changes_no_verdict(path):
    watching = Watching(path)
    write(path, TRUE)
    watching()
    write(path, "Words. " + TRUE)
    assert watching()[1] == "no verdict has changed"


def test_a_file_that_vanishes_and_comes_back(path):
    watching = Watching(path)
    watching()
    path.unlink()
    assert watching() == [f"{path} is gone"] and watching.watch.status == 2
    assert watching() == []
    path.write_text(TRUE)
    assert watching()[:2] == [f"{path} is back", f"{path}:1:3: mended: proved, was refuted"]
    assert watching.watch.status == 0


def test_a_file_that_is_not_text_for_a_while(path):
    watching = Watching(path)
    watching()
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not text" in watching()[0] and watching.watch.status == 2
    write(path, FALSE)
    assert "still refuted" in watching()[1]


def test_a_file_that_is_being_written_is_waited_for(path):
    watching = Watching(path)
    watching()
    path.unlink()
    watching.watch.look()
    path.write_text(FALSE)
    watching.watch.look()
    assert "gone" not in " ".join(watching())


def test_folders(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    watching = Watching(folder)
    assert "has no document" in watching()[0] and watching.watch.status == 2
    (folder / "a.md").write_text(FALSE)
    assert watching()[0].startswith(f"{folder / 'a.md'}:1:") and watching.watch.status == 1
    (folder / "a.md").rename(folder / "b.md")
    assert {line.split(" ")[-1] for line in watching()} >= {"gone"} and watching.watch.status == 1
    (folder / "b.md").unlink()
    folder.rmdir()
    watching()
    assert watching.watch.status == 2
    folder.mkdir()
    (folder / "a.md").write_text(TRUE)
    watching()
    assert watching.watch.status == 0


def test_a_real_process(tmp_path):
    path = tmp_path / "note.md"
    path.write_text(FALSE)
    with Process(path) as made:
        made.until("watching 1 file; ctrl-C ends")
        assert made.seen[0].startswith("note.md:1:")
        write(path, TRUE)
        made.until("note.md:1:3: mended: proved, was refuted")
        path.unlink()
        made.until(" note.md is gone")
        path.write_text(FALSE)
        made.until(" note.md is back")
        made.until("note.md: 1 formula: 1 refuted")
        assert made.interrupted() == 1
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in made.seen if line.endswith(("changed", "gone", "back")))


def test_ctrl_c_gives_the_status_of_the_last_look(tmp_path):
    (tmp_path / "note.md").write_text(TRUE)
    with Process(tmp_path / "note.md") as made:
        made.until("watching 1 file; ctrl-C ends")
        assert made.interrupted() == 0


class Process:
    """`derive check --watch` on one file, and the lines that it prints."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "derive", "check", "--watch", path.name],
            cwd=path.parent,
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.seen, self.lines = [], queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()

    def until(self, end):
        deadline = time.monotonic() + 30
        while not self.seen or not self.seen[-1].endswith(end):
            self.seen.append(self.lines.get(timeout=max(0.1, deadline - time.monotonic())))

    def interrupted(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(10)
        assert self.process.stderr.read() == ""
        return status


def test_what_cannot_be_watched(capsys):
    from derive.cli import main

    assert main(["check", "--watch", "-"]) == 2
    assert main(["check", "--watch", "note.md", "--json"]) == 2
    assert "files and folders" in capsys.readouterr().err
