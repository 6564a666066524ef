"""One of the processes of a check: `python -m verify.ranks.process FOLDER RANK`, as `verify.ranks.launch` starts it."""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

from verify.errors import VerifyError, raised
from verify.ranks.group import Ranks, ranks_of
from verify.ranks.launch import refuse_backend
from verify.ranks.layers.check import Options, check, made


def main(place: Path, rank: int) -> int:
    """Joins the other ranks, runs the jobs, and writes what was found if this is rank 0."""
    shared = json.loads((place / "jobs.json").read_text())
    timeout = float(shared["timeout"])
    try:
        join(shared, rank)
        ranks = ranks_of(timeout)
        for number, job in enumerate(shared["jobs"]):
            found = done(job, ranks)
            if rank == 0:
                written = place / f"writing.{number}"
                written.write_bytes(pickle.dumps(found))
                written.rename(place / f"result.{number}")
            if ranks.broken:
                break
    except VerifyError as error:
        return _failed(place, rank, str(error))
    except Exception as error:
        return _failed(place, rank, f"rank {rank} raised {raised(error)}")
    _leave(ranks)
    return 0


def join(shared: Mapping[str, Any], rank: int) -> None:
    """The process group of the ranks that were started together."""
    wait = timedelta(seconds=float(shared["timeout"]) + 120)
    store = TCPStore("127.0.0.1", shared["port"], shared["ranks"] + 1, False, timeout=wait)
    torch.set_num_threads(1)
    if shared["backend"] == "nccl":
        torch.cuda.set_device(rank)
    dist.init_process_group(shared["backend"], store=store, rank=rank, world_size=shared["ranks"], timeout=wait)


@contextmanager
def joined(backend: str, timeout: float, processes: int | None) -> Iterator[Ranks]:
    """The ranks that torchrun has started; raises VerifyError if they are not `processes`."""
    world = int(os.environ["WORLD_SIZE"])
    if processes is not None and processes != world:
        raise VerifyError(f"--processes {processes}, and torchrun has started {world}; leave --processes out")
    refuse_backend(backend, int(os.environ.get("LOCAL_WORLD_SIZE", world)))
    if backend == "nccl":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group(backend, timeout=timedelta(seconds=timeout + 120))
    ranks: Ranks | None = None
    try:
        ranks = ranks_of(timeout)
        yield ranks
    finally:
        if ranks is not None and not ranks.broken:
            ranks.close()
            dist.destroy_process_group()


def done(job: Mapping[str, Any], ranks: Ranks) -> Any:
    """The result of one job, the same on every rank."""
    if job["kind"] == "statements":
        from verify.ranks.statements.evaluated import evaluated

        return evaluated(job["names"], job["plan"], job["shards"], ranks)
    lists = {name: tuple(value) for name, value in job["options"].items() if isinstance(value, list)}
    options = Options(**{**job["options"], **lists})
    return check(lambda shape: layer_for(job, options, shape), options, ranks)


def layer_for(job: Mapping[str, Any], options: Options, shape: tuple[int, ...]) -> Any:
    """The layer that the job names, for samples of this shape."""
    from verify.assertions.loading import layer_of
    from verify.loading import load

    found = load(job["target"])
    if isinstance(found, type):
        return layer_of(found, "batchnorm", (2, *shape), {"eps": options.eps}, job["arguments"])
    return made(layer_of(found, "batchnorm", (2, *shape), {}, job["arguments"]))


def _failed(place: Path, rank: int, message: str) -> int:
    (place / f"error.{rank}").write_text(message)
    sys.stderr.flush()
    os._exit(3)


def _leave(ranks: Ranks) -> None:
    """Ends the process; where a rank still waits in a collective, without waiting for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if ranks.broken:
        os._exit(0)
    ranks.close()
    dist.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
