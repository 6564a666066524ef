"""Finds what a person names on the command line, MODULE:NAME, and makes a layer of it."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from verify.assertions.families import SOFTMAXES
from verify.assertions.observe import raised
from verify.errors import VerifyError

WIDTH, CHANNELS, GROUPS = 37, 6, 3
"""What a layer that has to be constructed is made for, where nobody says it."""
FIRST = ("normalized_shape", "hidden_size", "d_model", "dim", "features", "size", "width", "n_embd", "embed_dim", "D")
CHANNELED = ("num_features", "num_channels", "channels", "features", "dim", "C")
BATCHED = ("batchnorm", "batchnorm2d", "batchnorm3d", "groupnorm", "instancenorm")


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


def layer_of(
    found: Any, like: str, shape: Sequence[int] | None, known: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    """A module constructed for a shape, where the name is that of a class; a function with the arguments given."""
    import torch

    if inspect.isclass(found) and issubclass(found, torch.nn.Module):
        return _constructed(found, like, shape, known, given)
    if inspect.isclass(found) and not issubclass(found, torch.autograd.Function):
        raise VerifyError(f"{found.__name__} is a class that is no torch.nn.Module; name a function or an instance")
    if given:
        if isinstance(found, torch.nn.Module) or inspect.isclass(found):
            raise VerifyError("--arg is for classes of modules and for functions")
        return partial(found, **given)
    return found


def _constructed(
    kind: Callable, like: str, shape: Sequence[int] | None, known: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    name = getattr(kind, "__name__", "the class")
    try:
        parameters = inspect.signature(kind).parameters
        values = {**_sizes(parameters, like, shape, known), **given}
        return kind(**values)
    except VerifyError:
        raise
    except Exception as error:
        takes = ", ".join(inspect.signature(kind).parameters) if callable(kind) else ""
        raise VerifyError(
            f"{name} can't be constructed: {raised(error)}; it takes {takes}: give them as --arg key=value"
        ) from error


def _sizes(
    parameters: Mapping[str, Any], like: str, shape: Sequence[int] | None, known: Mapping[str, Any]
) -> dict[str, Any]:
    """What the shape and the options say about the arguments of a constructor."""
    found = {name: value for name, value in known.items() if name in parameters and value is not None}
    if like in SOFTMAXES:
        return {"dim": -1} if "dim" in parameters else {}
    if like in BATCHED:
        channels = shape[1] if shape is not None and len(shape) > 1 else CHANNELS
        if like == "groupnorm" and "num_groups" in parameters:
            found.setdefault("num_groups", GROUPS if channels % GROUPS == 0 else 1)
        name = next((name for name in CHANNELED if name in parameters), None)
        return {**found, **({} if name is None else {name: channels})}
    if "normalized_shape" in found:
        return found
    width = known.get("normalized_shape") or (shape[-1] if shape else WIDTH)
    name = next((name for name in FIRST if name in parameters), None)
    return {**found, **({} if name is None else {name: width})}
