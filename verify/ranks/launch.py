"""Starts the processes of a check on this machine, and brings back what they found.

Every process has a rank; they meet in a store that this process keeps, on a port that is free. Nothing that they start
is left behind: whatever happens, all of them have ended before this returns.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from verify.errors import VerifyError
from verify.ranks.layers.check import Options
from verify.ranks.layers.report import RankReport

MOST = 64
"""More processes than this are refused: a batch has no use for them."""
GRACE = 2.0
"""How many seconds the other processes have, once one has ended in the middle."""
BACKENDS = ("gloo", "nccl")


def launch_ranks(
    target: str,
    like: str = "batchnorm",
    *,
    processes: int | None = None,
    backend: str = "gloo",
    arguments: Mapping[str, Any] | None = None,
    **options: Any,
) -> RankReport:
    """Starts processes, each with the layer that MODULE:NAME or FILE.py:NAME names, and checks it across them.

    `processes` is their number (default: one for each shard, else 2), `arguments` are for the constructor of the layer,
    the other options those of `check_ranks`. With `backend="nccl"` every process has a GPU of its own.
    Raises VerifyError for what can't be started, and for a process that ends in the middle.
    """
    found = Options(like=like, **{name: _plain(value) for name, value in options.items()})
    job = {"kind": "layer", "target": target, "options": asdict(found), "arguments": dict(arguments or {})}
    count = processes_of(processes, found.shards)
    found.refuse(count)
    return launch([job], count, backend, found.timeout)[0]


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def processes_of(processes: int | None, shards: Sequence[int] | None) -> int:
    """How many processes there are to be."""
    count = processes if processes is not None else len(shards) if shards else 2
    if not 2 <= count <= MOST:
        raise VerifyError(f"{count} processes; start from 2 to {MOST}")
    return count


def launch(jobs: Sequence[Mapping[str, Any]], processes: int, backend: str = "gloo", timeout: float = 60.0) -> list:
    """Runs the jobs one after the other in one group of processes; raises VerifyError for the first that can't be."""
    refuse_backend(backend, processes)
    from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

    wait = timedelta(seconds=timeout + 120)
    store = TCPStore("127.0.0.1", 0, processes + 1, True, timeout=wait, wait_for_workers=False)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shared = {"jobs": list(jobs), "backend": backend, "timeout": timeout, "port": store.port, "ranks": processes}
        (place / "jobs.json").write_text(json.dumps(shared))
        started: list[subprocess.Popen[bytes]] = []
        try:
            started.extend(_started(place, rank) for rank in range(processes))
            _waited(started, place)
        finally:
            for process in started:
                process.kill()
                process.wait()
        return _results(place, len(jobs))


def refuse_backend(backend: str, processes: int) -> None:
    """Raises VerifyError for a backend that there is not, or that has too few GPUs."""
    import torch
    import torch.distributed as dist

    if backend not in BACKENDS:
        raise VerifyError(f"there is no backend {backend!r} here; use {' or '.join(BACKENDS)}")
    if not dist.is_available() or not (dist.is_gloo_available() and (backend == "gloo" or dist.is_nccl_available())):
        raise VerifyError(f"torch {torch.__version__} is built without {backend}; use a build that has it")
    if backend == "nccl" and torch.cuda.device_count() < processes:
        found = torch.cuda.device_count()
        raise VerifyError(f"nccl takes a GPU for each process, and there are {found} for {processes}; use gloo")


def _started(place: Path, rank: int) -> subprocess.Popen[bytes]:
    path = [str(Path(each or ".").resolve()) for each in sys.path]
    own = {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    environment = {**own, **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"}}
    command = [sys.executable, "-m", "verify.ranks.process", str(place), str(rank)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, env=environment)


def _waited(started: Sequence[subprocess.Popen[bytes]], place: Path) -> None:
    """Waits for all; if one ends in the middle the others would wait for it for long, so they have little time left."""
    limit = float("inf")
    while any(process.poll() is None for process in started) and time.monotonic() < limit:
        time.sleep(0.02)
        if limit == float("inf") and any(process.poll() for process in started):
            limit = time.monotonic() + GRACE
    broken = [(rank, process.returncode) for rank, process in enumerate(started) if process.poll()]
    if not broken:
        return
    silent = [(rank, code) for rank, code in broken if not (place / f"error.{rank}").is_file()]
    if not silent:
        raise VerifyError((place / f"error.{broken[0][0]}").read_text())
    rank, code = silent[0]  # the others complain that it is gone
    raise VerifyError(f"rank {rank} ended {_how(code)} in the middle of the check, before anything could be compared")


def _how(code: int) -> str:
    if code >= 0:
        return f"with exit status {code}"
    names = {each.value: each.name for each in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}"


def _results(place: Path, jobs: int) -> list:
    """What rank 0 wrote, job by job."""
    found = []
    for number in range(jobs):
        file = place / f"result.{number}"
        if not file.is_file():
            raise VerifyError("the ranks ended before all checks were done: in the check before, one never came back")
        found.append(pickle.loads(file.read_bytes()))
    return found
