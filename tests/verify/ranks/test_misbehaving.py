"""Layers that raise, hang or end the process: a message after a short time, and nothing that goes on running."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from verify.errors import VerifyError
from verify.ranks.check import Options
from verify.ranks.launch import launch

LAYERS = Path(__file__).with_name("synchronized.py")


def run(name: str, how: str = "", timeout: float = 1.5, ranks: int = 2):
    options = Options(shards=(3,) * ranks, shape=(2,), dtypes=("float32",), timeout=timeout)
    arguments = {"how": how} if how else {}
    target = name if ":" in name else f"{LAYERS}:{name}"
    job = {"kind": "layer", "target": target, "options": asdict(options), "arguments": arguments}
    return launch([job], ranks, timeout=timeout)[0]


def left() -> list[str]:
    listed = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    own = [line.split(None, 1) for line in listed.splitlines()[1:]]
    return [args for parent, args in own if "verify.ranks.process" in args and int(parent) == os.getpid()]


def test_a_rank_that_takes_no_part_is_said():
    start = time.monotonic()
    report = run("Misbehaving", "leaves")
    assert report.verdict == "wrong"
    (says,) = report.said
    assert "rank 0 still waits in the forward of plain numbers (3,3), float32" in says
    assert says.endswith("rank 1 has finished: not every rank takes part in the same collectives")
    assert time.monotonic() - start < 60 and not left()


@pytest.mark.slow
def test_a_rank_that_raises_is_said_in_one_line(capfd):
    report = run("Misbehaving", "raises", timeout=30.0)
    assert report.verdict == "ill-posed" and not left()
    (says,) = report.said
    assert says.startswith("rank 1 raised RuntimeError: no such channel (synchronized.py:")
    assert says.endswith("in the forward; rank 0 waited for it")
    out, err = capfd.readouterr()
    assert not out and "a layer that prints" in err and "Traceback" not in err


@pytest.mark.slow
def test_a_process_that_ends_is_said():
    with pytest.raises(VerifyError, match="rank 1 ended with exit status 7 in the middle"):
        run("Misbehaving", "exits")
    assert not left()


@pytest.mark.slow
def test_ranks_that_all_wait_are_said():
    (says,) = run("Misbehaving", "sleeps").said
    assert "ranks 0 and 1 still wait in the forward" in says and not left()


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
