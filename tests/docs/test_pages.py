"""The pages about the layers are what the program writes today, and every formula in them renders."""

import re
from pathlib import Path

import pytest

from derive.commands.page import page
from derive.layers import LAYERS
from tests.latex.conftest import katex

__all__ = ["katex"]

PAGES = Path(__file__).parents[2] / "docs" / "layers"
DISPLAY = re.compile(r"^\$\$\n(.*?)\n\$\$$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!\$)\$([^$\n]+)\$(?!\$)")


@pytest.mark.parametrize("name", LAYERS)
def test_the_page_is_up_to_date(name: str) -> None:
    assert (PAGES / f"{name}.md").read_text() == page(LAYERS[name]()), "run `make pages`"


def test_there_is_no_page_of_a_layer_that_is_gone() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(LAYERS)


def test_every_formula_renders(katex) -> None:
    texts = [path.read_text() for path in sorted(PAGES.glob("*.md"))]
    formulas = [formula for text in texts for formula in (*DISPLAY.findall(text), *INLINE.findall(text))]
    assert len(formulas) > 400
    faults = katex(formulas)
    assert [(formula, fault) for formula, fault in zip(formulas, faults, strict=True) if fault] == []
