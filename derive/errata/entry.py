"""Entries: a formula as it is printed, the claim that it is read as, and the theorem that says it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Term
from derive.refute.at_point import counterexample_at
from derive.refute.search import Counterexample
from derive.theorems.registry import Statement, statements
from derive.verdicts import Refuted, Verdict, decide

GROUPS = ("facts", "gradients", "curvature", "weights")
"""The modules of this package that hold the entries, in the order of the paper."""


@dataclass(frozen=True)
class Erratum:
    """A formula of the paper in a wording that circulates; what is said of it here is found out, not stored.

    `where` is its place in the paper, `seen` says who prints it so, `printed` is the formula in LaTeX as it is
    printed, `reading` is what is assumed where it is read as `claim`, and `remark` says in one line what is wrong
    with it, or that nothing is. `replaced_by` is the id of the statement that says it right. `point` is a
    counterexample that reads well, as the sizes and the values that `counterexample_at` takes; it counts only if the
    claim fails there. `certificate` shows an inequality where `decide` would have to look for one.
    """

    id: str
    title: str
    where: str
    seen: str
    printed: str
    reading: str
    remark: str
    build: Callable[[], Claim]
    replaced_by: str | None = None
    point: tuple[dict[str, int], dict[str, Any]] | None = None
    certificate: Term | None = None

    @cached_property
    def claim(self) -> Claim:
        """The claim that the formula is read as."""
        return self.build()

    @cached_property
    def verdict(self) -> Verdict:
        """Whether the claim is true: refuted at the point that is given, or what `decide` says."""
        failure = counterexample_at(self.claim, *self.point) if self.point else None
        return Refuted(self.claim, failure) if failure else decide(self.claim, certificate=self.certificate)

    @property
    def counterexample(self) -> Counterexample | None:
        """The numbers at which the claim fails, if it is refuted."""
        return self.verdict.counterexample if isinstance(self.verdict, Refuted) else None

    @property
    def replacement(self) -> Statement | None:
        """The statement that says it right; to prove it is to ask for its proof."""
        return None if self.replaced_by is None else statements()[self.replaced_by]

    def __str__(self) -> str:
        return f"{self.id}: {self.where}, {self.title}"


_entries: dict[str, Erratum] = {}


def erratum(
    id: str,
    where: str,
    *,
    seen: str,
    printed: str,
    reading: str,
    remark: str,
    replaced_by: str | None = None,
    point: tuple[dict[str, int], dict[str, Any]] | None = None,
    certificate: Term | None = None,
) -> Callable[[Callable[[], Claim]], Erratum]:
    """Registers the function below it as the claim of an entry; its docstring's first line is the title."""

    def register(build: Callable[[], Claim]) -> Erratum:
        if id in _entries:
            raise LanguageError(f"two errata are called {id}")
        title = (build.__doc__ or id).strip().splitlines()[0].rstrip(".")
        made = Erratum(id, title, where, seen, printed, reading, remark, build, replaced_by, point, certificate)
        _entries[id] = made
        return made

    return register


def all_errata() -> dict[str, Erratum]:
    """Every entry by its id, in the order of the paper.

    >>> from derive import all_errata
    >>> print(all_errata()["4.1-sqrt"].verdict.verdict)
    refuted
    """
    for group in GROUPS:
        import_module(f"{__package__}.{group}")
    return dict(_entries)
