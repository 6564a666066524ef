"""False variants: what a statement says is not true, refuted with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.verdicts import Proved, Refuted, Undecided, decide, refute


class DerivationError(Exception):
    """A step that is not a theorem; says at which line of the script, and why."""

    def __init__(self, place: str, verdict: Refuted | Undecided) -> None:
        super().__init__(f"{place}: this step is {verdict}")
        self.place = place
        self.verdict = verdict


@dataclass(frozen=True)
class Variant:
    """A claim that is said to be false, with a remark and the line of the script that says so."""

    claim: Claim
    because: str
    place: str

    @cached_property
    def refuted(self) -> Refuted:
        """The numbers; raises LanguageError if it is a theorem, DerivationError if no numbers are found."""
        verdict = refute(self.claim) or decide(self.claim)
        if isinstance(verdict, Proved):
            raise LanguageError(f"{self.place}: '{self.claim}' was to be refuted, but it is a theorem")
        if isinstance(verdict, Undecided):
            raise DerivationError(self.place, verdict)
        return verdict


_later: ContextVar[bool] = ContextVar("_later", default=False)


@contextmanager
def later() -> Iterator[None]:
    """Inside, variants are noted and not refuted before somebody asks: a statement has its proof without them."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


class Variants:
    """The false variants of one statement."""

    def __init__(self, variants: tuple[Variant, ...] = ()) -> None:
        self._noted = list(variants)

    def add(self, claim: Claim, because: str, place: str) -> None:
        """Notes a variant, and refutes it at once unless that is left for later."""
        variant = Variant(claim, because, place)
        if not _later.get():
            _ = variant.refuted
        self._noted.append(variant)

    @property
    def noted(self) -> tuple[Variant, ...]:
        return tuple(self._noted)

    @property
    def refutations(self) -> list[tuple[Refuted, str]]:
        """Each with the numbers that refute it."""
        return [(variant.refuted, variant.because) for variant in self._noted]
