from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.calling import PRELUDE, Command


@pytest.fixture
def derive(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes a script that begins with the prelude."""

    def write(text: str = "", name: str = "my_norm.py", prelude: str = PRELUDE) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(prelude + text)
        return path

    return write
