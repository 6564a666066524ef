"""Every code block and every output in README.md and docs/ is what really happens."""

from pathlib import Path

import pytest

from tests.long import without

from .blocks import DocumentError
from .running import failures

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [path for path in (README, *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]

EXPERIMENTS = ("initialization.md", "landscape.md", "ranks.md", "signals.md")
"""What trains networks or starts processes; `make test-slow` runs these pages."""


def test_there_is_a_readme():
    assert README in DOCUMENTS, "README.md is missing"


@pytest.mark.parametrize("name", without(EXPERIMENTS, [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]))
def test_document(name: str, tmp_path: Path):
    try:
        wrong = failures(ROOT / name, name, tmp_path)
    except DocumentError as error:
        wrong = [str(error)]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)
