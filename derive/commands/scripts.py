"""A person's own script: run, and its statements collected."""

from __future__ import annotations

import runpy
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from derive.commands.outcome import Outcome, failed, outcome
from derive.kernel import Theorem
from derive.maxima import Maximum
from derive.theorems.derivation import Derivation, DerivationError
from derive.theorems.registry import Statement, collecting
from derive.verdicts import NotProved


class ScriptError(Exception):
    """A script that could not be run; the message is one line."""


def script_outcomes(path: Path) -> Iterator[Outcome]:
    """Runs a script and gives an outcome for each of its statements, derivations and theorems.

    Statements are functions under `@statement`; a Derivation, Theorem or Maximum that the script keeps in a variable
    counts as a statement of that name. The script is the person's own program: it is run as any Python file is.
    Raises ScriptError if it can't be run, or states nothing.
    """
    start = time.perf_counter()
    with faults_of(path), collecting() as own:
        try:
            namespace = _run(path)
        except (DerivationError, NotProved) as error:
            place = error.place if isinstance(error, DerivationError) else str(path)
            yield failed(path.stem, place, None, time.perf_counter() - start, error)
            return
        yield from _outcomes(path, own.values(), namespace)


def running_outcomes(path: Path, own: Iterable[Statement]) -> Iterator[Outcome]:
    """The same for a script that is running already, and calls this at its end."""
    with faults_of(path):
        yield from _outcomes(path, own, vars(sys.modules["__main__"]))


def _outcomes(path: Path, own: Iterable[Statement], namespace: dict) -> Iterator[Outcome]:
    kept = [
        Statement(name, f"{path.name}: {name}", lambda value=value: value)
        for name, value in namespace.items()
        if isinstance(value, Derivation | Theorem | Maximum) and not name.startswith("_")
    ]
    if not own and not kept:
        raise ScriptError(f"{path}: the script states nothing; put @statement above a function, or keep a Derivation")
    for made in (*own, *kept):
        yield outcome(made)


def _run(path: Path) -> dict:
    if not path.is_file():
        raise ScriptError(f"{path}: {'this is a directory' if path.is_dir() else 'there is no such file'}")
    known = set(sys.modules)
    sys.path.insert(0, str(path.parent))
    try:
        return runpy.run_path(str(path), run_name="__normproof__")
    finally:
        if str(path.parent) in sys.path:
            sys.path.remove(str(path.parent))
        for name in set(sys.modules) - known:
            if _stands_beside(path, sys.modules[name]):
                del sys.modules[name]


def _stands_beside(path: Path, module: object) -> bool:
    """Whether a module is the script's own neighbour: another script has other neighbours of the same name."""
    file = getattr(module, "__file__", None)
    return file is not None and path.parent.resolve() in Path(file).resolve().parents


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Turns whatever a person's program does wrong into one line that says where."""
    try:
        yield
    except (ScriptError, DerivationError, NotProved):
        raise
    except SyntaxError as error:
        place = f"{error.filename or path}:{error.lineno}" if error.lineno else str(path)
        raise ScriptError(f"{place}: {error.msg}") from None
    except UnicodeDecodeError:
        raise ScriptError(f"{path}: this is not a Python file") from None
    except SystemExit as error:
        raise ScriptError(f"{path}: the script ended itself with status {error.code}") from None
    except Exception as error:
        message = " ".join(str(error).split())
        what = type(error).__name__ + (f": {message}" if message else "")
        raise ScriptError(f"{_place(path, error)}: {what}") from None


def _place(path: Path, error: Exception) -> str:
    """The last line of the script itself in a traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)
