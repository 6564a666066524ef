"""The pytest plugin of derive: with --derive-notes every displayed formula of a note is a test.

    pytest --derive-notes docs/

pytest imports this module in every run, so what judges formulas waits until there is a note. It needs no torch.
There are no assert statements for pytest to rewrite: PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

    from derive.notes.find import Formula
    from derive.notes.report import Checked
    from derive.notes.reports.document import Document

ENDINGS = (".md", ".markdown", ".tex", ".ltx", ".rst", ".ipynb")
"""What is collected from folders; any other file is a note if it is named on the command line."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("normproof", "normalization layers against proved formulas")
    about = "collect notes (.md, .tex, .rst, .ipynb): each displayed formula is a test that fails if it is refuted"
    group.addoption("--derive-notes", action="store_true", help=about)
    about = "the same, and a formula that is undecided or can't be read fails, too; it is skipped otherwise"
    group.addoption("--derive-notes-strict", action="store_true", help=about)
    about = "a layer of which notes leave out the definitions, such as batchnorm; derive check --help lists them"
    group.addoption("--derive-layer", metavar="LAYER", help=about)


def pytest_configure(config: pytest.Config) -> None:
    layer = config.getoption("--derive-layer")
    if layer is None:
        return
    from derive.notes.conventions import PREAMBLES

    if layer not in PREAMBLES:
        raise pytest.UsageError(f"--derive-layer {layer}: there is no such layer, only {', '.join(PREAMBLES)}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> NoteFile | None:
    """A note, where the option is given."""
    options = parent.config.option
    if not (options.derive_notes or options.derive_notes_strict):
        return None
    named = parent.session.isinitpath(file_path) and file_path.suffix != ".py"
    if named or file_path.suffix.lower() in ENDINGS:
        return NoteFile.from_parent(parent, path=file_path)
    return None


class NoteFile(pytest.File):
    """A note; it is judged once, when the first of its formulas is tested."""

    judged: Document | None = None

    def collect(self) -> Iterator[NoteItem]:
        from derive.notes.find import NoteError, find

        try:
            formulas = [formula for formula in find(self.path) if formula.display]
        except NoteError as error:
            raise self.CollectError(str(error)) from None
        for number, formula in enumerate(formulas):
            yield NoteItem.from_parent(self, name=_name(formula), number=number, line=formula.line)

    def document(self) -> Document:
        """The note with its verdicts."""
        if self.judged is None:
            from derive.notes.guard import Guard
            from derive.notes.reports.document import opened

            with Guard() as guard:
                preamble = self._preamble()
                shown = _shown(self.path, self.config.invocation_params.dir)
                self.judged = opened(self.path, lambda own: guard.check([*preamble, *own]), shown)
        return self.judged

    def _preamble(self) -> list[Formula]:
        from derive.commands.check import preamble_of

        return preamble_of(self.config.getoption("--derive-layer"))


class NoteItem(pytest.Item):
    """A displayed formula of a note; `number` counts them from 0."""

    def __init__(self, *, number: int, line: int, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[reportArgumentType]
        self.number, self.line = number, line

    def runtest(self) -> None:
        note = self._note()
        checked = note.document().found[self.number]
        if checked.verdict in ("proved", "definition"):
            return
        if checked.verdict == "refuted" or self.config.getoption("--derive-notes-strict"):
            raise NoteFailure(told(note.document(), checked))
        reason = f": {checked.reason}" if checked.reason else ""
        pytest.skip(f"{note.document().name}:{self.name}: {checked.verdict}{reason}")

    def _note(self) -> NoteFile:
        if not isinstance(self.parent, NoteFile):
            raise TypeError(f"{self.nodeid} belongs to no note")
        return self.parent

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str | TerminalRepr:
        """What the command `derive check` says of the formula; the summary at the end has its first line.

        pytest shortens the lines of its summary on a terminal, and not where CI is set.
        """
        if not isinstance(excinfo.value, NoteFailure):
            return str(super().repr_failure(excinfo))
        shown = excinfo.getrepr(style="value")
        if shown.reprcrash is not None:
            first = str(excinfo.value).partition("\n")[0]
            shown.reprcrash = replace(shown.reprcrash, path=str(self.path), lineno=self.line, message=first)
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, f"{_shown(self.path, self.config.invocation_params.dir)}:{self.name}"


class NoteFailure(Exception):
    """A formula that is not as it should be; the message is for people."""


def told(document: Document, checked: Checked) -> str:
    """Everything that is said of one formula, as on the command line."""
    from derive.notes.reports.findings import of_formula
    from derive.notes.reports.text import of_finding

    return "\n".join(line for finding in of_formula(checked) for line in of_finding(document, finding))


def _name(formula: Formula) -> str:
    """Its place, as in the messages: 12:1, in a notebook cell3:12:1."""
    cell = f"cell{formula.cell}:" if formula.cell is not None else ""
    return f"{cell}{formula.line}:{formula.column}"


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
