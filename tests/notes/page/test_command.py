"""Where pages go, and what is said where they can't."""

import re

import pytest

from derive.cli import main

TRUE, FALSE = "# One\n\n$$1 + 1 = 2$$\n", "# Two\n\n$$1 + 1 = 3$$\n"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "true.md").write_text(TRUE)
    (tmp_path / "false.md").write_text(FALSE)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "true.md").write_text(TRUE)
    return tmp_path


def test_a_page_goes_where_it_is_said_and_the_status_is_that_of_the_check(notes, capsys):
    assert main(["check", "false.md", "--annotate", "-o", "page.html"]) == 1
    assert capsys.readouterr().out.endswith("page.html: the page of false.md\n")
    assert "<title>Two</title>" in (notes / "page.html").read_text()
    assert main(["check", "true.md", "--annotate", "-o", "page.html"]) == 0
    assert "<title>One</title>" in (notes / "page.html").read_text()


def test_without_a_name_the_page_stands_beside_the_note(notes):
    assert main(["check", "sub/true.md", "--annotate"]) == 0
    assert (notes / "sub" / "true.html").exists()


def test_several_notes_have_a_page_each_in_a_folder(notes, capsys):
    assert main(["check", "true.md", "sub/true.md", "false.md", "--annotate", "-o", "pages", "--json"]) == 1
    assert sorted(path.name for path in (notes / "pages").iterdir()) == [
        *("false.html", "index.html", "true-2.html", "true.html"),
    ]
    assert capsys.readouterr().out.startswith("{")


def test_the_page_of_several_notes_leads_to_each_of_them_and_to_what_is_refuted(notes, capsys):
    (notes / "index.md").write_text(TRUE)
    assert main(["check", "true.md", "false.md", "index.md", "--annotate", "-o", "pages"]) == 1
    assert capsys.readouterr().out.endswith("index.html: the page of all notes\n")
    index = (notes / "pages" / "index.html").read_text()
    targets = re.findall(r'<a href="([^"]*)">([^<]*)</a>', index)
    assert targets == [
        *(("true.html", "true.md"), ("false.html", "false.md"), ("index-2.html", "index.md")),
        ("false.html#formula-1", "3:11"),
    ]
    assert 'id="formula-1"' in (notes / "pages" / "false.html").read_text()
    assert "<script" not in index and "3 formulas: 2 proved, 1 refuted" in index
    assert main(["check", "true.md", "false.md", "--annotate", "-o", "pages"]) == 1  # it is written again


def test_one_note_has_no_list_of_notes(notes):
    assert main(["check", "true.md", "--annotate", "-o", "pages/"]) == 0
    assert [path.name for path in (notes / "pages").iterdir()] == ["true.html"]


def test_several_notes_do_not_fit_on_one_page(notes, capsys):
    assert main(["check", ".", "--annotate", "-o", "page.html"]) == 2
    assert "name a folder" in capsys.readouterr().err
    assert not (notes / "page.html").exists()


def test_what_derive_did_not_write_is_not_replaced(notes, capsys):
    assert main(["check", "true.md", "--annotate", "-o", "false.md"]) == 2
    assert "was not written by derive" in capsys.readouterr().err
    assert (notes / "false.md").read_text() == FALSE


def test_a_page_that_cannot_be_written_is_said_in_one_line(notes, capsys):
    assert main(["check", "true.md", "--annotate", "-o", "true.md/page.html"]) == 2
    assert capsys.readouterr().err.startswith("derive: the page of true.md can't be written: ")


def test_the_options_that_do_not_go_together_are_said(notes, capsys):
    assert main(["check", "true.md", "-o", "page.html"]) == 2
    assert main(["check", "true.md", "--annotate", "--watch"]) == 2
    assert "--annotate" in capsys.readouterr().err


def test_missing_packages_are_named(notes, capsys, monkeypatch):
    monkeypatch.setattr("derive.commands.annotate.find_spec", lambda name: None)
    assert main(["check", "true.md", "--annotate"]) == 2
    assert "pip install 'normproof[notes]'" in capsys.readouterr().err
