"""A person's own script: run, and its statements collected."""

from __future__ import annotations

import runpy
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from derive.commands.outcome import Outcome, failed, outcome
from derive.decide import NotProved
from derive.kernel import Theorem
from derive.theorems.derivation import Derivation, DerivationError
from derive.theorems.registry import Statement, registered, statements


class ScriptError(Exception):
    """A script that could not be run; the message is one line."""


def script_outcomes(path: Path) -> Iterator[Outcome]:
    """Runs a script and gives an outcome for each of its statements, derivations and theorems.

    Statements are functions under `@statement`; a Derivation or Theorem that the script keeps in a variable counts
    as a statement of that name. The script is the person's own program: it is run as any Python file is.
    """
    statements()
    before = registered()
    start = time.perf_counter()
    try:
        namespace = _run(path)
    except (DerivationError, NotProved) as error:
        place = error.place if isinstance(error, DerivationError) else str(path)
        yield failed(path.stem, place, None, time.perf_counter() - start, error)
        return
    own = [made for id, made in statements().items() if id not in before]
    for made in own:
        yield outcome(made)
    for name, value in namespace.items():
        if isinstance(value, Derivation | Theorem) and not name.startswith("_"):
            yield outcome(Statement(name, f"{path.name}: {name}", lambda value=value: value))


def _run(path: Path) -> dict:
    sys.path.insert(0, str(path.parent))
    try:
        return runpy.run_path(str(path), run_name="__normproof__")
    except (DerivationError, NotProved):
        raise
    except FileNotFoundError:
        raise ScriptError(f"{path}: there is no such file") from None
    except SyntaxError as error:
        raise ScriptError(f"{path}:{error.lineno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise ScriptError(f"{path}: this is not a Python file") from None
    except SystemExit as error:
        raise ScriptError(f"{path}: the script ended itself with status {error.code}") from None
    except Exception as error:
        raise ScriptError(f"{_place(path, error)}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.remove(str(path.parent))


def _place(path: Path, error: Exception) -> str:
    """The last line of the script itself in a traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)
