"""`derive check` and `derive claim` as people call them."""

import io
import json
import os
import re
import sys

import pytest

from tests.cli.calling import Command, process

TRUE, FALSE, OPEN = "$$1 + 1 = 2$$\n", "$$1 + 1 = 3$$\n", "$$q = 3 q + 1$$\n"


@pytest.fixture
def derive(capsys):
    return Command(capsys)


@pytest.fixture
def notes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "true.md").write_text(TRUE)
    (tmp_path / "false.md").write_text(f"分散 {FALSE}")
    (tmp_path / "open.tex").write_text(OPEN)
    return tmp_path


@pytest.fixture
def stdin(monkeypatch):
    def give(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def test_text(derive, notes):
    """The mark stands below the sign, or below the number that is wrong, where that is known."""
    found = derive("check", "false.md")
    head, source, marks, *details, summary = found.out.splitlines()
    place = re.fullmatch(r"false\.md:1:(\d+): refuted( \[[a-z-]+\])?: (.*; )?it fails at .*", head)
    assert found.status == 1 and place
    assert source == "    1 | 分散 $$1 + 1 = 3$$"
    assert marks.index("^") - len("    1 | ") == int(place[1]) - 1 + len("分散")
    assert any("2" in line and "3" in line for line in details)
    assert summary == "false.md: 1 formula: 1 refuted"


def test_one_that_cannot_be_opened_keeps_no_other_back(derive, notes):
    found = derive("check", "gone.md", "true.md", "false.md")
    assert found.status == 2
    assert found.err == "derive: gone.md can't be opened: No such file or directory\n"
    assert "true.md:1:3: proved" in found.out and "false.md: 1 formula: 1 refuted" in found.out
    assert found.out.endswith("2 files: 2 formulas: 1 proved, 1 refuted; 1 can't be opened\n")


def test_folders(derive, notes):
    (notes / "below" / "more").mkdir(parents=True)
    (notes / ".hidden").mkdir()
    for name in ("below/more/a.rst", "below/b.txt", "below/c.py", ".hidden/d.md"):
        (notes / name).write_text(TRUE)
    (notes / "below" / "n.ipynb").write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": [TRUE]}]}))
    found = json.loads(derive("check", ".", "true.md", "below", "--json").out)
    names = ["false.md", "open.tex", "below/b.txt", "below/n.ipynb", "below/more/a.rst", "true.md"]
    assert [file["path"] for file in found["files"]] == names


def test_a_folder_without_documents_is_said(derive, notes):
    (notes / "empty").mkdir()
    found = derive("check", "empty", "true.md")
    assert found.status == 2 and "empty has no document in it" in found.err and "1 proved" in found.out


def test_standard_input(derive, stdin):
    stdin(FALSE)
    found = derive("check", "-")
    assert found.status == 1 and found.out.startswith("<stdin>:1:11: refuted")
    stdin("% $$1 = 2$$\n\\[ 1 = 1 \\]")
    found = derive("check", "-", "--stdin-filename", "paper.tex")
    assert found.status == 0 and found.out == "paper.tex:2:4: proved\npaper.tex: 1 formula: 1 proved\n"


def test_standard_input_that_is_no_text(derive, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00$$")))
    found = derive("check", "-")
    assert found.status == 2 and "<stdin> is not text" in found.err


def test_only(derive, notes):
    assert derive("check", "true.md", "--only").out == "true.md: 1 formula: 1 proved\n"
    found = derive("check", "open.tex", "--only")
    assert found.status == 0 and "undecided" in found.out


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_formats_are_one_json_value_whatever_happens(derive, notes, format):
    found = derive("check", "gone.md", "true.md", "false.md", "--format", format)
    assert found.status == 2 and isinstance(json.loads(found.out), dict)


def test_json_is_the_short_form_of_its_format(derive, notes):
    assert derive("check", "false.md", "--json") == derive("check", "false.md", "--format", "json")


def test_github(derive, notes):
    found = derive("check", "gone.md", "false.md", "--format", "github")
    assert found.status == 2
    assert found.out.splitlines()[0] == "::error file=gone.md::gone.md can't be opened: No such file or directory"
    assert found.out.splitlines()[1].startswith("::error file=false.md,line=1,endLine=1,col=")


def test_a_layer_that_nobody_knows(derive, notes):
    assert derive("check", "true.md", "--layer", "nonsense").status == 2
    found = derive("check", "true.md", "--layer", "nonsense", "--format", "json")
    assert "nonsense" in json.loads(found.out)["error"]


def test_conventions_are_told_once(derive, tmp_path):
    path = tmp_path / "note.md"
    row = "$$\n\\sum_i (x_i - \\mu) = 0\n$$\n"
    path.write_text(f"The $x_i$ have a mean.\n\n{row}\n{row}")
    assert derive("check", path).out.count("note: \\mu is taken to be the mean of x") == 1


def test_letters_that_the_output_cannot_hold(notes):
    code = "import sys; sys.stdout.reconfigure(encoding='ascii'); from derive.cli import main; sys.exit(main())"
    found = process("-c", code, "check", notes / "false.md")
    assert found.status == 1 and "?? $$1 + 1 = 3$$" in found.out


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
@pytest.mark.parametrize("format", ["text", "json", "github", "sarif"])
def test_names_of_files_that_are_no_names(tmp_path, format):
    for name in (b"a\nb\x1b[2J.md", b"\xff.md"):
        (tmp_path / os.fsdecode(name)).write_text(FALSE)
        (tmp_path / f"gone {os.fsdecode(name)}").symlink_to("nowhere")
    found = process("-m", "derive", "check", tmp_path, "--format", format)
    assert found.status == 2
    assert "\x1b" not in found.err and "can't be opened" in found.err
    if format == "text":
        assert "\x1b" not in found.out and "2 formulas: 2 refuted; 2 can't be opened" in found.out
    elif format != "github":
        assert json.loads(found.out)


CLAIMS = {
    "bare": "1 + 1 = 3",
    "dollars": "$1 + 1 = 3$",
    "two dollars": "$$1 + 1 = 3$$",
    "brackets": "\\[1 + 1 = 3\\]",
    "environment": "\\begin{align}\n1 + 1 &= 3\n\\end{align}",
}


@pytest.mark.parametrize("latex", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_claim_with_delimiters_and_without(derive, latex):
    found = derive("claim", latex)
    assert found.status == 1
    head, source, marks, *_ = found.out.splitlines()
    assert re.fullmatch(r"refuted.*", head)
    assert source[marks.index("^")] in "=3+1"


def test_a_claim_from_standard_input(derive, stdin):
    stdin("1 + 1 = 2\n")
    assert derive("claim", "-").out == "proved\n"


def test_a_claim_as_json(derive):
    found = json.loads(derive("claim", "1 + 1 = 3", "--format", "json").out)
    assert found["verdict"] == "refuted" and found["counterexample"]["right"] == "3"
    assert {"repair", "reason", "code", "equations"} <= set(found)


def test_a_claim_that_is_not_read(derive):
    found = derive("claim", r"\frac{a}{b = c")
    assert found.status == 2 and found.out.startswith("unread: ")
    assert "^" in found.out
