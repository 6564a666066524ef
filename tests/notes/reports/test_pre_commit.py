"""The hook for pre-commit: what the file says, and that the command which it names works."""

import shlex
from pathlib import Path

import yaml

from derive.notes.find.folders import ENDINGS
from tests.cli.calling import ROOT, process

ASKED_FOR = {"id", "name", "entry", "language"}
KNOWN = ASKED_FOR | {"description", "types_or", "files", "require_serial"}

TAGS = {".md": "markdown", ".tex": "tex", ".rst": "rst", ".ipynb": "jupyter"}
"""What pre-commit calls files with these endings."""


def hook():
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return only


def test_the_hook_is_of_the_form_that_pre_commit_asks_for():
    own = hook()
    assert ASKED_FOR <= set(own) <= KNOWN and own["id"] == "derive-check" and own["language"] == "python"
    assert set(own["types_or"]) == set(TAGS.values()) and set(TAGS) <= set(ENDINGS)


def run(folder: Path, *names: str):
    """The entry with the names of files behind it, as pre-commit calls it."""
    command, *arguments = shlex.split(hook()["entry"])
    assert command == "derive"
    return process("-m", "derive", *arguments, *names, cwd=folder)


def test_the_command_that_it_names(tmp_path):
    (tmp_path / "true.md").write_text("$$1 + 1 = 2$$\n")
    (tmp_path / "false.tex").write_text("\\[1 + 1 = 3\\]\n")
    found = run(tmp_path, "true.md", "false.tex")
    assert found.status == 1
    assert found.out.startswith("true.md: 1 formula: 1 proved\nfalse.tex:1:")
