"""Verdicts on their way from one process to another. A theorem never travels: it is proved again where it is asked for.

Only messages between a process and the child that it made itself are read here.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any

from derive.kernel import Theorem
from derive.language.claims import Claim
from derive.refute.search import Counterexample
from derive.verdicts import Proved, Refuted, prove


class ProvedElsewhere(Proved):
    """A claim that another process proved; `theorem` proves it here, by this process's own kernel."""

    def __init__(self, claim: Claim) -> None:
        object.__setattr__(self, "claim", claim)

    @cached_property
    def theorem(self) -> Theorem:  # type: ignore[reportIncompatibleVariableOverride]
        return prove(self.claim)

    def __reduce__(self) -> tuple[Callable, tuple]:
        return ProvedElsewhere, (self.claim,)


class RefutedElsewhere(Refuted):
    """A claim that another process refuted; what it found to be true instead is proved here where it is asked for."""

    def __init__(self, claim: Claim, counterexample: Counterexample, mended: Claim | None) -> None:
        super().__init__(claim, counterexample)
        object.__setattr__(self, "mended", mended)

    @cached_property
    def repair(self) -> Theorem | None:
        mended: Claim | None = self.__dict__["mended"]
        return prove(mended) if mended is not None else None

    def __reduce__(self) -> tuple[Callable, tuple]:
        return RefutedElsewhere, (self.claim, self.counterexample, self.__dict__["mended"])


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        """How the few things travel that can't do it by themselves."""
        if type(obj) is Proved:
            return ProvedElsewhere, (obj.claim,)
        if type(obj) is Refuted:
            repair = obj.__dict__.get("repair")
            return RefutedElsewhere, (obj.claim, obj.counterexample, repair.claim if repair is not None else None)
        if type(obj).__name__ == "ivmpf" and hasattr(obj, "_mpi_"):
            return _interval, obj._mpi_
        return NotImplemented


def _interval(lower: tuple, upper: tuple) -> Any:
    from mpmath import iv

    return iv.make_mpf((lower, upper))


def packed(message: object) -> bytes:
    """A message as bytes. Raises RecursionError and PicklingError for what is nested too deep."""
    out = io.BytesIO()
    _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(message)
    return out.getvalue()


def unpacked(data: bytes) -> Any:
    return pickle.loads(data)
