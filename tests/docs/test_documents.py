"""Every code block and every output in README.md and docs/ is what really happens."""

from pathlib import Path

import pytest

from .blocks import DocumentError
from .running import failures

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [path for path in (README, *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]


def test_there_is_a_readme():
    assert README in DOCUMENTS, "README.md is missing"


@pytest.mark.parametrize("document", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS])
def test_document(document: Path, tmp_path: Path):
    try:
        wrong = failures(document, document.relative_to(ROOT).as_posix(), tmp_path)
    except DocumentError as error:
        wrong = [str(error)]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)
