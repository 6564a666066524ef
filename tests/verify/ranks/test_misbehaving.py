"""Layers that raise, hang or end the process: a message after a short time, and nothing that goes on running."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import pytest

import verify.ranks.launch as launching
from verify.errors import VerifyError
from verify.ranks.launch import launch
from verify.ranks.layers.check import Options

LAYERS = Path(__file__).with_name("synchronized.py")


def run(name: str, how: str = "", timeout: float = 3.0, ranks: int = 2):
    options = Options(shards=(3,) * ranks, shape=(2,), dtypes=("float32",), timeout=timeout)
    arguments = {"how": how} if how else {}
    target = name if ":" in name else f"{LAYERS}:{name}"
    job = {"kind": "layer", "target": target, "options": asdict(options), "arguments": arguments}
    return launch([job], ranks, timeout=timeout)[0]


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """Every process that is started; when a test is over all of them have to have ended, and have been waited for."""
    processes, start = [], launching._started

    def recorded(place, rank):
        processes.append(start(place, rank))
        return processes[-1]

    monkeypatch.setattr(launching, "_started", recorded)
    yield processes
    assert all(process.returncode is not None for process in processes)


def test_a_rank_that_takes_no_part_is_said(started):
    start = time.monotonic()
    report = run("Misbehaving", "leaves")
    assert report.verdict == "wrong"
    (says,) = report.said
    assert "rank 0 still waits in the forward of plain numbers (3,3), float32" in says
    assert says.endswith("rank 1 has finished: not every rank takes part in the same collectives")
    assert time.monotonic() - start < 60 and len(started) == 2


@pytest.mark.slow
def test_a_rank_that_raises_is_said_in_one_line(capfd):
    report = run("Misbehaving", "raises", timeout=30.0)
    assert report.verdict == "ill-posed"
    (says,) = report.said
    assert says.startswith("forward: rank 1 raised RuntimeError: no such channel (synchronized.py:")
    assert says.endswith("in the forward; rank 0 waited for it")
    out, err = capfd.readouterr()
    assert not out and "a layer that prints" in err and "Traceback" not in err


@pytest.mark.slow
def test_a_process_that_ends_is_said():
    with pytest.raises(VerifyError, match="rank 1 ended with exit status 7 in the middle"):
        run("Misbehaving", "exits")


@pytest.mark.slow
def test_ranks_that_all_wait_are_said():
    (says,) = run("Misbehaving", "sleeps").said
    assert "ranks 0 and 1 still wait in the forward" in says


@pytest.mark.slow
def test_torch_takes_no_cpu_tensors():
    report = run("torch.nn:SyncBatchNorm")
    assert report.verdict == "ill-posed"
    assert "SyncBatchNorm expected input tensor to be on GPU" in report.said[0]


@pytest.mark.slow
def test_a_constructor_that_refuses():
    with pytest.raises(VerifyError, match="can't be constructed"):
        run("Base", "nothing")
    with pytest.raises(VerifyError, match="has no Nothing"):
        run("Nothing")


@pytest.mark.slow
def test_an_empty_shard_may_be_refused():
    options = Options(shape=(2,), dtypes=("float32",), timeout=30.0)
    job = {"kind": "layer", "target": f"{LAYERS}:NoEmpty", "options": asdict(options), "arguments": {}}
    report = launch([job], 2, timeout=30.0)[0]
    assert report.ok and "expected at least one sample" in dict(report.refused)["no sample on rank 1 (5,0), float32"]
