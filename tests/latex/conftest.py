"""KaTeX, the second reader of every formula that derive writes."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def katex() -> Callable[[list[str]], list[str | None]]:
    """Renders formulas in display mode: for each, None or KaTeX's own message."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on PATH, so KaTeX can't render what derive writes")
    if not (HERE / "node_modules" / "katex").is_dir():
        pytest.fail("KaTeX is not installed in tests/latex/node_modules: `make test` installs it", pytrace=False)

    def render(formulas: list[str]) -> list[str | None]:
        command = [node, str(HERE / "render.mjs")]
        done = subprocess.run(command, input=json.dumps(formulas), capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.fail(f"tests/latex/render.mjs did not finish:\n{done.stderr}", pytrace=False)
        return json.loads(done.stdout)

    return render
