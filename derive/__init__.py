"""Exact: derivations and proofs for normalization layers, for every size and epsilon. Never imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.closed_form import closed_form
    from derive.decide import NotProved, Proved, Refuted, Undecided, Verdict, decide, prove
    from derive.kernel import Theorem, by_certificate, by_normal_form, by_transitivity
    from derive.language import (
        Abs,
        Claim,
        Delta,
        Derivative,
        Eq,
        Index,
        Matrix,
        Ne,
        Scalar,
        Size,
        Sum,
        Vector,
        define,
        exp,
        indices,
        inner,
        log,
        loss,
        mean,
        norm,
        sign,
        sqrt,
        squared_norm,
        tanh,
    )

_ROOMS = {
    "derive.closed_form": ("closed_form",),
    "derive.decide": ("NotProved", "Proved", "Refuted", "Undecided", "Verdict", "decide", "prove"),
    "derive.kernel": ("Theorem", "by_certificate", "by_normal_form", "by_transitivity"),
    "derive.language": (
        "Abs", "Claim", "Delta", "Derivative", "Eq", "Index", "Matrix", "Ne", "Scalar", "Size", "Sum", "Vector",
        "define", "exp", "indices", "inner", "log", "loss", "mean", "norm", "sign", "sqrt", "squared_norm", "tanh",
    ),
}  # fmt: skip
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 - the names are listed once, above


def __getattr__(name: str) -> object:
    """Loads a public name from its room when it is first asked for, so that `derive --help` loads nothing."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOM_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
