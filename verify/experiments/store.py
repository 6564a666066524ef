"""The folder of an experiment: finished runs are kept, and an interrupted one goes on from its last checkpoint."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import torch

from verify.errors import VerifyError
from verify.experiments.outcome import plain, write

Numbers = dict[str, Any]


class Store:
    """Runs by name under one folder, for one choice of settings.

    A run's numbers are JSON, so they come back equal to what was kept, whether the run was made now or before. Without
    a folder nothing is kept. Raises VerifyError where the folder belongs to other settings, or can't be written.
    """

    def __init__(self, folder: Path | str | None, settings: Mapping[str, Any], *, fresh: bool = False) -> None:
        self.folder = None if folder is None else Path(folder)
        self.settings = plain(settings)
        if self.folder is not None:
            _open(self.folder, self.settings, fresh)

    def run(self, key: str, work: Callable[[Checkpoint], Numbers]) -> Numbers:
        """The numbers of a run: those that were kept, or what `work` returns, which is kept."""
        path = None if self.folder is None else self.folder / "runs" / f"{_file(key)}.json"
        if path is not None and path.exists():
            return _read(path)
        checkpoint = Checkpoint(None if path is None else path.with_suffix(".pt"))
        numbers = json.loads(json.dumps(plain(work(checkpoint)), allow_nan=False))
        if path is not None:
            write(path, numbers)
        checkpoint.drop()
        return numbers

    def has(self, key: str) -> bool:
        """Whether a run is there already."""
        return self.folder is not None and (self.folder / "runs" / f"{_file(key)}.json").exists()


class Checkpoint:
    """The state of one unfinished run: a dictionary of tensors, numbers, texts, lists and dictionaries."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def load(self) -> dict[str, Any] | None:
        """What was kept last, or None at the beginning. Raises VerifyError for a file that can't be read."""
        if self.path is None or not self.path.exists():
            return None
        try:
            return torch.load(self.path, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, KeyError) as error:
            raise VerifyError(f"{self.path} can't be read ({type(error).__name__}); delete it to begin again") from None

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keeps a state in place of the last one: it is there whole, or not at all."""
        if self.path is not None:
            part = self.path.with_suffix(".part")
            torch.save(dict(state), part)
            part.replace(self.path)

    def drop(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _open(folder: Path, settings: Any, fresh: bool) -> None:
    try:
        if fresh and (folder / "settings.json").exists():
            shutil.rmtree(folder / "runs", ignore_errors=True)
            (folder / "settings.json").unlink()
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        if (folder / "settings.json").exists() and any((folder / "runs").iterdir()):
            _refuse_others(folder, _read(folder / "settings.json"), settings)
        write(folder / "settings.json", settings)
    except OSError as error:
        raise VerifyError(f"{folder} can't be written: {error.strerror}; name another folder with -o") from None


def _refuse_others(folder: Path, kept: Any, settings: Any) -> None:
    kept = kept if isinstance(kept, dict) else {}
    other = [name for name in {**kept, **settings} if kept.get(name) != settings.get(name)]
    if other:
        name = other[0]
        raise VerifyError(
            f"{folder} has runs with {name} = {kept.get(name)}, and this one has {settings.get(name)}; "
            "name another folder with -o, or begin again with --fresh"
        )


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        raise VerifyError(f"{path} can't be read; delete it to make that run again") from None


def _file(key: str) -> str:
    """A name for each key, and another one for another."""
    return quote(key, safe="=+,")
