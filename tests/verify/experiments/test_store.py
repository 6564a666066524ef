"""Runs that are kept: the same numbers now and later, checkpoints, and folders that belong to something else."""

from pathlib import Path

import pytest
import torch

from verify.errors import VerifyError
from verify.experiments.store import Checkpoint, Store

SETTINGS = {"steps": 3, "eps": (0.0, 1e-5)}


def never(checkpoint: Checkpoint) -> dict:
    raise AssertionError("it was made before")


def test_a_run_is_made_once_and_comes_back_the_same(tmp_path: Path) -> None:
    numbers = {"third": 1 / 3, "pair": (1, 2.5), "none": None, "text": "x", 4: float("inf")}
    made = Store(tmp_path, SETTINGS).run("seed 1/a", lambda checkpoint: numbers)
    assert made == {"third": 1 / 3, "pair": [1, 2.5], "none": None, "text": "x", "4": None}
    again = Store(tmp_path, SETTINGS)
    assert again.has("seed 1/a") and not again.has("seed 2/a")
    assert again.run("seed 1/a", never) == made


def test_without_a_folder_nothing_is_kept() -> None:
    store = Store(None, SETTINGS)
    assert store.run("a", lambda checkpoint: {"pair": (1, 2)}) == {"pair": [1, 2]}
    assert not store.has("a")
    with pytest.raises(AssertionError, match="it was made before"):
        store.run("a", never)


def interrupted(checkpoint: Checkpoint) -> dict:
    checkpoint.keep({"done": 2, "weights": torch.arange(3.0), "names": ["a"], "nested": {"k": 1.5}})
    raise KeyboardInterrupt


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, SETTINGS).run("a", interrupted)
    seen = []

    def rest(checkpoint: Checkpoint) -> dict:
        seen.append(checkpoint.load())
        return {"done": 3}

    store = Store(tmp_path, SETTINGS)
    assert not store.has("a") and store.run("a", rest) == {"done": 3}
    (state,) = seen
    assert state["done"] == 2 and torch.equal(state["weights"], torch.arange(3.0)) and state["nested"] == {"k": 1.5}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a.json"]


def test_another_run_does_not_see_the_checkpoint(tmp_path: Path) -> None:
    store = Store(tmp_path, SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        store.run("a", interrupted)
    assert store.run("b", lambda checkpoint: {"state": checkpoint.load()}) == {"state": None}


@pytest.mark.parametrize("content", [b"", b"nonsense", b"cos\nsystem\n(S'touch owned'\ntR."])
def test_a_checkpoint_that_is_none(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    with pytest.raises(VerifyError, match=r"a\.pt can't be read .*delete it to begin again"):
        Checkpoint(path).load()
    assert not (tmp_path / "owned").exists()


def test_other_settings_are_refused(tmp_path: Path) -> None:
    Store(tmp_path, SETTINGS).run("a", lambda checkpoint: {"a": 1})
    with pytest.raises(VerifyError, match="has runs with steps = 3, and this one has 4; name another folder"):
        Store(tmp_path, {**SETTINGS, "steps": 4})
    with pytest.raises(VerifyError, match="has runs with model = None, and this one has vgg"):
        Store(tmp_path, {**SETTINGS, "model": "vgg"})
    fresh = Store(tmp_path, {**SETTINGS, "steps": 4}, fresh=True)
    assert not fresh.has("a")


def test_fresh_forgets_runs_and_checkpoints_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, SETTINGS).run("a", interrupted)
    (tmp_path / "notes.txt").write_text("mine")
    store = Store(tmp_path, SETTINGS, fresh=True)
    assert store.run("a", lambda checkpoint: {"state": checkpoint.load()}) == {"state": None}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_fresh_leaves_alone_what_is_no_folder_of_ours(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine.txt").write_text("mine")
    Store(tmp_path, SETTINGS, fresh=True)
    assert (tmp_path / "runs" / "mine.txt").read_text() == "mine"


def test_files_that_can_not_be_read_or_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VerifyError, match="can't be written"):
        Store(tmp_path / "file", SETTINGS)
    Store(tmp_path / "new", SETTINGS).run("a", lambda checkpoint: {"a": 1})
    (tmp_path / "new" / "runs" / "a.json").write_text('{"a": ')
    with pytest.raises(VerifyError, match=r"a\.json can't be read; delete it to make that run again"):
        Store(tmp_path / "new", SETTINGS).run("a", never)
    (tmp_path / "new" / "settings.json").write_text("[1]")
    with pytest.raises(VerifyError, match="has runs with steps = None, and this one has 3"):
        Store(tmp_path / "new", SETTINGS)


def test_names_of_runs_that_differ_are_files_that_differ(tmp_path: Path) -> None:
    store = Store(tmp_path, SETTINGS)
    for value, key in enumerate(("lr 0.1", "lr_0.1", "lr/0.1", "../lr")):
        assert store.run(key, lambda checkpoint, value=value: {"value": value}) == {"value": value}
    assert all(path.parent == tmp_path / "runs" for path in tmp_path.rglob("*.json") if path.name != "settings.json")
