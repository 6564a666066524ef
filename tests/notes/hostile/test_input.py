"""Input that was made to do harm, or that is none: it is refused, or undecided with a reason, at once."""

import os
import time

import pytest

from derive.cli import main
from derive.latex.reader import Unread, parse
from derive.notes.find import NoteError, find, formulas_in
from derive.notes.judge import Note

DEEP = 10_000


def nested(opening, closing, inside="x", depth=DEEP):
    return f"{opening * depth}{inside}{closing * depth} = 1"


NESTED = {
    "tower": nested("x^{x", "}"),
    "subscripts": nested("x_{x", "}"),
    "fractions": nested(r"\frac{", "}{2}"),
    "continued fractions": nested(r"\frac{1}{1+", "}"),
    "parentheses": nested("(", ")"),
    "brackets": nested("[", "]"),
    "braces": nested("{", "}"),
    "sets": nested(r"\{", r"\}"),
    "left": nested(r"\left(", r"\right)"),
    "angles": nested(r"\langle ", r"\rangle "),
    "bars": nested("|", "|"),
    "norms": nested(r"\|", r"\|"),
    "roots": nested(r"\sqrt{", "}"),
    "hats": nested(r"\hat{", "}"),
    "fonts": nested(r"\mathbf{", "}"),
    "labels": nested(r"\underbrace{", "}_a"),
    "tables": nested(r"\begin{matrix}", r"\end{matrix}"),
    "rows": nested(r"\begin{aligned}", r"\end{aligned}"),
    "boxes": nested(r"\boxed{", "}"),
    "exponentials": nested("e^{", "}", depth=1_000),
}
OPENED = ["(", "{", "[", r"\{", r"\left(", "|", r"\|", "x_"]
OPENED += [r"\frac{", r"\sqrt[", r"\text{", r"\begin{matrix}", r"\overset{"]
LONG = {
    **{f"opened {part}": part * DEEP for part in OPENED},
    **{f"closed {part}": part * DEEP for part in (")", "}", "]", r"\}", r"\right)", r"\end{matrix}")},
    **{f"many {part}": part * DEEP for part in ("+", "&", r"\\", r"a = b \\ ", "-", "x^", r"\partial", r"\log ", "'")},
    "terms": " + ".join(["x"] * 100_000) + " = 1",
    "distinct terms": "+".join(f"x_{{{number}}}" for number in range(100_000)) + "= 1",
    "factors": " ".join(["x"] * 100_000) + " = 1",
    "sides": "=".join(["x"] * 100_000),
    "statements": ", ".join(["x = 1"] * 50_000),
    "a megabyte": "a" * 1_000_000,
    "digits": "x = " + "1" * 1_000_000,
    "decimals": "x = 0." + "1" * 1_000_000,
    "a name": "\\" + "a" * 1_000_000,
    "a subscript": "x_{" + "i" * 100_000 + "} = 1",
    "a number below": "x_{" + "1" * 100_000 + "} = 1",
    "a power": "9^{99999} = 1",
    "a tower of digits": "9^{9^{9^{9}}} = 1",
    "a power of a sum": "(a+b+c)^{1000} = 1",
    "powers of sums": "(a+b)^{1000}(a+c)^{1000} = (a+b)^{1000}",
    "a large range": r"\sum_{i=1}^{1000000000} i = 1",
    "derivatives": r"\frac{\partial}{\partial x}" * 25 + r"\sqrt{x^2 + 1} = 1",
    "marks above": "x" + "\u0302" * 100_000 + " = 1",
    "no letters": "x\u200b\u200d\ufeff = \u00ad\u200f",
    "writes backwards": "x = \u202e1",
    "a surrogate": "x\ud800 = 1",
    "a zero byte": "x\0 = 1",
    "nothing": "% \n &&& \\\\",
}


@pytest.mark.parametrize("latex", {**NESTED, **LONG}.values(), ids=[*NESTED, *LONG])
def test_a_formula_that_is_too_much_is_undecided_or_unread_with_a_reason(latex):
    begun = time.monotonic()
    for found in Note(formulas_in(f"$$\n{latex}\n$$\n")).check():
        assert found.verdict in ("unread", "undecided", "proved"), found.verdict
        assert found.verdict == "proved" or 0 < len(found.reason) < 1_000
    assert time.monotonic() - begun < 30  # some hundredths of a second; what grows beyond all bounds would take hours


@pytest.mark.parametrize("depth", [100, 20_000])
@pytest.mark.parametrize("latex", NESTED.keys())
def test_nesting_is_noticed_at_once(latex, depth):
    """The same work however deep it is: nothing is read of it."""
    opening = NESTED[latex].split("x = 1")[0][:20]
    with pytest.raises(Unread):
        parse(opening * depth)


INJECTIONS = [
    r"\operatorname{__import__('os').system('touch PLANTED')}(x) = 1",
    r"\text{__import__('pathlib').Path('PLANTED').touch()} = 1",
    r"x_{__import__('os').system('touch PLANTED')} = 1",
    r"\mathrm{exec(open('PLANTED','w'))} = 2",
    r"{0.__class__.__mro__} = \{x.__init__\}",
    r"\input{/etc/passwd} = \write18{touch PLANTED}",
    r"\href{javascript:alert(1)}{x} = 1",
]


@pytest.mark.parametrize("latex", INJECTIONS)
def test_nothing_that_is_typed_is_run(latex, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.md").write_text(f"$${latex}$$\n", encoding="utf-8")
    main(["claim", latex.replace("\\write", "write")])
    main(["check", "note.md"])
    assert not (tmp_path / "PLANTED").exists()
    assert "Traceback" not in "".join(capsys.readouterr())


def refused(path):
    with pytest.raises(NoteError) as error:
        find(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_is_no_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    (tmp_path / "link.md").symlink_to("/dev/zero")
    assert "it is no file" in refused(pipe)
    assert "it is no file" in refused(tmp_path / "link.md")
    assert "it is no file" in refused("/dev/zero")
    assert "it is a folder" in refused(tmp_path)
    assert "can't be opened" in refused(loop)
    assert "can't be opened" in refused(tmp_path / "missing.md")
    assert "can't be opened" in refused(tmp_path / ("x" * 5_000))
    assert "can't be opened" in refused("a\0b.md")


def test_a_link_to_a_note_is_a_note(tmp_path):
    (tmp_path / "note.md").write_text("$$a = b$$", encoding="utf-8")
    (tmp_path / "link.md").symlink_to(tmp_path / "note.md")
    assert len(find(tmp_path / "link.md")) == 1


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "note.md"
    for data, message in ((b"\xff" * 99, "not text"), (b"\0" * 99, "zero byte"), (b"\x89PNG\r\n\x1a\n", "not text")):
        path.write_bytes(data)
        assert message in refused(path)
    path.write_bytes(b"")
    assert find(path) == []


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "note.md"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert "million bytes" in refused(path)


BROKEN = ["{", "[" * 100_000, '{"cells": ' * 50_000, '{"cells": ' + "1" * 10_000 + "}"]
BROKEN += ["null", '{"cells": {}}', "\ufeff{}"]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_notebook_that_is_none_is_refused(text, tmp_path, capsys):
    path = tmp_path / "note.ipynb"
    path.write_text(text, encoding="utf-8")
    assert "no notebook" in refused(path)
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


CELLS = ['[1, null, "x"]', '[{"cell_type": "markdown"}]', '[{"cell_type": "markdown", "source": {"a": [[]]}}]']


@pytest.mark.parametrize("cells", CELLS)
def test_cells_that_are_none_are_passed_over(cells):
    assert formulas_in(f'{{"cells": {cells}}}', ".ipynb") == []
