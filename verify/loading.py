"""Finds what a person names on the command line: MODULE:NAME or FILE.py:NAME, and arguments as key=value."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify.errors import VerifyError, raised


def load(target: str) -> Any:
    """The object that MODULE:NAME or FILE.py:NAME names.

    Raises VerifyError where there is none, or where importing it fails.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise VerifyError(f"{target!r} is not MODULE:NAME; write it as torch.nn:LayerNorm or kernels.py:my_layer_norm")
    found = _module(place)
    for part in name.split("."):
        if not hasattr(found, part):
            near = difflib.get_close_matches(part, dir(found), n=1)
            raise VerifyError(f"{place} has no {part}" + (f"; did you mean {near[0]}?" if near else ""))
        found = getattr(found, part)
    return found


def _module(place: str) -> Any:
    path = Path(place)
    try:
        if path.suffix == ".py" or path.is_file():
            return _from_file(path)
        if "" not in sys.path:
            sys.path.insert(0, "")
        return importlib.import_module(place)
    except VerifyError:
        raise
    except ModuleNotFoundError as error:
        if error.name is not None and (place == error.name or place.startswith(f"{error.name}.")):
            raise VerifyError(f"there is no module {place}; a file is written {place}.py:NAME") from None
        raise VerifyError(f"{place} can't be imported: {raised(error)}") from error
    except SyntaxError as error:
        where = f"{Path(error.filename or place).name}:{error.lineno}"
        raise VerifyError(f"{place} can't be read: {error.msg} ({where})") from None
    except (Exception, SystemExit) as error:
        raise VerifyError(f"{place} can't be imported: {raised(error)}") from error


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise VerifyError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise VerifyError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def arguments_of(texts: Sequence[str]) -> dict[str, Any]:
    """The arguments written as key=value; numbers, true, false, none and lists such as 3,4 are read as such."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.isidentifier():
            raise VerifyError(f"--arg {text} is not key=value; write it as --arg num_groups=3")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if "," in text:
        return tuple(_value(part.strip()) for part in text.strip("()[]").split(",") if part.strip())
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
