"""The one door: a claim in, a verdict out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

from derive.certificates import inequality
from derive.closed_forms import closed_form
from derive.kernel import KernelError, Theorem, by_certificate, by_normal_form
from derive.language.audit import audited
from derive.language.binding import walk
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Derivative, Term
from derive.normal_form import OutsideFragment, Reducer, Undefined
from derive.refute.repair import repair as repaired
from derive.refute.search import Counterexample, held_at, search


@dataclass(frozen=True)
class Proved:
    """The claim holds; `theorem` is the proof."""

    claim: Claim
    theorem: Theorem

    verdict = "proved"
    reason = ""

    def __str__(self) -> str:
        return f"proved: {self.theorem}"

    def __bool__(self) -> bool:
        return True

    def _repr_latex_(self) -> str:
        return self.theorem._repr_latex_()


@dataclass(frozen=True)
class Refuted:
    """The claim fails: `counterexample` shows where, with numbers that anyone can check."""

    claim: Claim
    counterexample: Counterexample

    verdict = "refuted"

    @cached_property
    def repair(self) -> Theorem | None:
        """The nearest true formula, proved: a small edit of the claim, or its left side in closed form."""
        return _mended(self.claim)

    @cached_property
    def held(self) -> tuple[dict[str, int], ...]:
        """The sizes at which an equation was seen to hold at every point tried."""
        if self.claim.relation != "=":
            return ()
        names = list(self.counterexample.sizes)
        return tuple(dict(zip(names, sizes, strict=True)) for sizes in held_at(self.claim, self.counterexample))

    @property
    def reason(self) -> str:
        """Why the claim is refuted, in words."""
        seen = [_sizes_text(sizes) for sizes in self.held if max(sizes.values()) > 1]
        return f"{self.failing}; it was seen to hold at {', '.join(seen)}" if seen else self.failing

    @property
    def failing(self) -> str:
        """Where the claim fails, in words."""
        failing = _sizes_text(self.counterexample.sizes)
        return f"it fails at {failing}" if failing else "it fails at the point shown"

    def as_json(self) -> dict:
        """The fields that other programs rely on."""
        return {
            "verdict": self.verdict,
            "counterexample": self.counterexample.as_json(),
            "repair": str(self.repair.claim) if self.repair else None,
            "reason": self.reason,
        }

    def _repr_latex_(self) -> str | None:
        return _verdict_latex("refuted", self.claim)

    def __str__(self) -> str:
        lines = [f"refuted: {self.claim}", str(self.counterexample)]
        if "seen to hold" in self.reason:
            lines.append(f"  {self.reason}")
        if self.repair:
            lines.append(f"true is {self.repair}")
        return "\n".join(lines)

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True)
class Undecided:
    """Neither proved nor refuted, for the reason given."""

    claim: Claim
    reason: str

    verdict = "undecided"

    def __str__(self) -> str:
        return f"undecided: {_written(self.claim)}\n  {self.reason}"

    def _repr_latex_(self) -> str | None:
        return _verdict_latex("undecided", self.claim)

    def __bool__(self) -> bool:
        return False


Verdict = Proved | Refuted | Undecided

INEQUALITIES = 24
"""A certificate is looked for in so many candidates for a repair, since looking in vain takes long.

Where the two sides differ by more than `SHORT` terms it takes seconds, and one has to do."""

SHORT = 20


class NotProved(Exception):
    """A claim that `prove` could not prove; `verdict` says why."""

    def __init__(self, verdict: Refuted | Undecided) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


def decide(claim: Any, *, certificate: Term | None = None) -> Verdict:
    """Decides a claim: proved, refuted with numbers, or undecided with the reason.

    >>> from derive import Eq, Index, Size, Sum, Vector, decide
    >>> m = Size("m"); b, k = Index("b", m), Index("k", m); y = Vector("y", m)
    >>> print(decide(Eq(Sum(y[b] * y[k], b, k), Sum(y[b], b) ** 2)))
    proved: Sum(Sum(y[b]*y[k], b), k) = Sum(y[b], b)**2

    `claim` is a Claim or a SymPy relation. `certificate` is a term that shows an inequality, where none is found.
    """
    try:
        claim = as_claim(claim)
        if type(claim) is not Claim or claim.relation != "=":
            audited(claim)
    except (LanguageError, OutsideFragment, RecursionError) as reason:
        return Undecided(claim, str(reason) or "it is nested too deep")
    proved = attempt(claim, certificate)
    if isinstance(proved, Theorem):
        return Proved(claim, proved)
    try:
        audited(claim)  # an equation was audited by the kernel, which does not say so in its reasons
        found = search(claim)
    except (LanguageError, RecursionError) as reason:
        return Undecided(claim, str(reason) or proved)
    if found.counterexample is None:
        return Undecided(claim, f"{proved}; {found.reason}")
    return Refuted(claim, found.counterexample)


def refute(claim: Claim) -> Refuted | None:
    """A claim refuted with numbers, without a look for a proof; None where no numbers are found."""
    try:
        audited(claim)
        found = search(claim)
    except (LanguageError, OutsideFragment, RecursionError):
        return None
    return Refuted(claim, found.counterexample) if found.counterexample else None


def prove(claim: Any, *, certificate: Term | None = None) -> Theorem:
    """The theorem of a claim; raises NotProved, with the verdict, if it is not one."""
    verdict = decide(claim, certificate=certificate)
    if isinstance(verdict, Proved):
        return verdict.theorem
    raise NotProved(verdict)


def as_claim(value: Any) -> Claim:
    """A claim, or a SymPy relation as a claim."""
    if isinstance(value, Claim):
        return value
    if hasattr(value, "__sympy__"):
        from derive.language.sympy_bridge import claim_from_sympy

        return claim_from_sympy(value)
    raise LanguageError(f"{value!r} is not a claim; state one with Eq(left, right), <= or >=")


def attempt(claim: Claim, certificate: Term | None = None) -> Theorem | str:
    """The theorem of a claim, or the reason why there is none."""
    if claim.relation == "=":
        try:
            return by_normal_form(claim)
        except KernelError as reason:
            return str(reason)
    if certificate is not None:
        try:
            return by_certificate(claim, certificate)
        except KernelError as reason:
            return str(reason)
    try:
        return inequality(claim)
    except (KernelError, LanguageError, RecursionError) as error:
        return str(error)


def _verdict_latex(verdict: str, claim: object) -> str | None:
    from derive.latex import claim_latex

    if not isinstance(claim, Claim):
        return None
    return f"$\\displaystyle \\text{{{verdict}: }} {claim_latex(claim)}$"


def _written(claim: object) -> str:
    try:
        return str(claim)
    except (RecursionError, ValueError, AttributeError, TypeError):
        return "a claim that can't be written"


def _sizes_text(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sizes.items())


def is_short(claim: Claim, most: int = SHORT) -> bool:
    """Whether the two sides differ by few terms, so that a certificate is soon found, or soon given up."""
    try:
        return len(Reducer(claim.hypotheses)(claim.rhs - claim.lhs)) <= most
    except (OutsideFragment, Undefined, LanguageError, RecursionError):
        return False


def _mended(claim: Claim) -> Theorem | None:
    """The theorem nearest to a false claim: an edit of it, or its left side in closed form."""

    left = count(INEQUALITIES if is_short(claim) else 1, -1)

    def proof(candidate: Claim) -> Theorem | None:
        if candidate.relation != "=" and next(left) <= 0:
            return None
        made = attempt(candidate)
        return made if isinstance(made, Theorem) else None

    mended = repaired(claim, proof)
    if mended is None and claim.relation == "=" and any(isinstance(part, Derivative) for part in walk(claim.lhs)):
        try:
            mended = Claim(claim.lhs, "=", closed_form(claim.lhs, claim.hypotheses), claim.hypotheses)
        except (OutsideFragment, Undefined, LanguageError):
            return None
    return proof(mended) if mended is not None else None
