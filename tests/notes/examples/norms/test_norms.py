"""Notes on normalization layers, as people write them, with a verdict for each displayed formula."""

from pathlib import Path

import pytest

from derive.notes import check

HERE = Path(__file__).parent
NOTES = sorted(path for path in HERE.iterdir() if path.suffix in (".md", ".tex"))


def due(path: Path) -> list[str]:
    """The verdicts beside a note, one for each displayed formula."""
    return path.with_suffix(".verdicts").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.stem)
def test_each_formula_has_its_verdict(path):
    found = [(each.formula.line, each.verdict) for each in check(path)]
    assert [verdict for _, verdict in found] == due(path), found
