"""The ranks of a process group: what they tell each other beside what the layer sends, and how a hang is noticed.

The layer runs in a thread of its own, and what came of it goes through a second group, so that a rank that waits in a
collective for ever is given up and can still be reported. A rank that raises says so in the store: the others, which
may be waiting for it, are given up soon.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import torch
import torch.distributed as dist
from torch.distributed import distributed_c10d

from verify.errors import VerifyError, raised

GRACE = 1.0
"""How many seconds a rank is still waited for after another one has raised."""
POLL = 0.02
A_DAY = 86400


@dataclass(frozen=True)
class Ended:
    """How a piece of work ended on one rank: with a value, with an error in one line, or not (it `waits`).

    `phase` says where it was, and `refused` whether the error is one of a wrong call.
    """

    value: Any = None
    error: str = ""
    refused: bool = False
    waits: bool = False
    phase: str = ""

    @property
    def ok(self) -> bool:
        return not self.error and not self.waits


class Ranks:
    """The ranks of the default process group; every rank has to make one, and call the same methods in one order."""

    def __init__(self, timeout: float, device: torch.device) -> None:
        self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self.timeout, self.device = timeout, device
        allowed = timedelta(seconds=3 * timeout + 60)
        self.exchange: Any = dist.new_group(backend="gloo", timeout=allowed)
        self.turn, self.broken = 0, False
        mark = self.shared(uuid4().hex)  # what an earlier check has left in the store is none of this one's business
        self.store = distributed_c10d.PrefixStore(f"normproof {mark}", distributed_c10d._get_default_store())

    def together(self, work: Callable[[Callable[[str], None]], Any]) -> list[Ended]:
        """Runs the work on every rank, and says on every rank how it ended on each.

        The work is told how to say in which phase it is.
        """
        self.turn += 1
        found = self._alone(work)
        ended: list[Any] = [None] * self.count
        dist.all_gather_object(ended, found, group=self.exchange)
        self.broken = self.broken or any(each.waits for each in ended)
        return ended

    def _alone(self, work: Callable[[Callable[[str], None]], Any]) -> Ended:
        phases, found = ["start"], []

        def run() -> None:
            try:
                with torch.enable_grad():
                    found.append(Ended(work(phases.append)))
            except BaseException as error:
                if not self.others_raised():  # an error that follows from another one is not said
                    self.store.set(self._key(), str(self.rank))
                refused = isinstance(error, VerifyError)
                found.append(Ended(None, str(error) if refused else raised(error), refused, phase=phases[-1]))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        limit = time.monotonic() + self.timeout
        while thread.is_alive() and time.monotonic() < limit:
            thread.join(POLL)
            if thread.is_alive() and self.others_raised():
                limit = min(limit, time.monotonic() + GRACE)
                thread.join(GRACE)
        return found[0] if found else Ended(waits=True, phase=phases[-1])

    def _key(self) -> str:
        return f"raised {self.turn}"

    def others_raised(self) -> bool:
        return bool(self.store.check([self._key()]))

    def shared(self, value: Any) -> Any:
        """The value of rank 0, on every rank."""
        found = [value]
        dist.broadcast_object_list(found, src=0, group=self.exchange)
        return found[0]

    def close(self) -> None:
        """Gives the second group back; not where a rank still waits in the first."""
        if not self.broken:
            dist.destroy_process_group(self.exchange)


def ranks_of(timeout: float) -> Ranks:
    """The ranks of the process group that this process is in; raises VerifyError if there is none."""
    if not dist.is_available():
        raise VerifyError("this torch is built without torch.distributed, so there are no ranks")
    if not dist.is_initialized():
        raise VerifyError(
            "there is no process group; call torch.distributed.init_process_group first, or use verify.launch_ranks"
        )
    if dist.get_world_size() < 2:
        raise VerifyError("one rank has nothing to synchronize; start at least 2, or use verify.check_layer")
    refuse_timeout(timeout)
    return Ranks(timeout, device_of(str(dist.get_backend())))


def refuse_timeout(timeout: float) -> None:
    """Raises VerifyError for a number of seconds that nobody can wait."""
    if not 0 < timeout <= A_DAY:
        raise VerifyError(f"the timeout is {timeout:g}; give a positive number of seconds such as 60, at most {A_DAY}")


def device_of(backend: str) -> torch.device:
    """Where the tensors of a backend are: NCCL has one GPU for each rank."""
    if "nccl" not in backend:
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def told(ended: list[Ended], what: str, timeout: float) -> str:
    """Why a piece of work did not end on every rank, in one line; "" where it did."""
    if all(each.ok for each in ended):
        return ""
    errors = [f"rank {rank} raised {each.error}, in the {each.phase}" for rank, each in enumerate(ended) if each.error]
    waiting = [rank for rank, each in enumerate(ended) if each.waits]
    done = [rank for rank, each in enumerate(ended) if each.ok]
    if errors:
        first = errors[0] + (f" (and so did {len(errors) - 1} more)" if len(errors) > 1 else "")
        return first + (f"; {ranks_named(waiting)} waited for it" if waiting else "")
    phase = ended[waiting[0]].phase
    waits = f"{ranks_named(waiting)} still {'waits' if len(waiting) == 1 else 'wait'} in the {phase} of {what}"
    if not done:
        return f"after {timeout:g} seconds {waits}: for each other, or for something that does not come"
    rest = f"{ranks_named(done)} {'has' if len(done) == 1 else 'have'} finished"
    return f"after {timeout:g} seconds {waits}, and {rest}: not every rank takes part in the same collectives"


def ranks_named(ranks: list[int]) -> str:
    """`rank 2`, or `ranks 0 and 2`."""
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    listed = ", ".join(map(str, ranks[:-1]))
    return f"ranks {listed} and {ranks[-1]}"
