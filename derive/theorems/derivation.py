"""Derivations: chains of formulas in which the kernel checks every step as it is written."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from derive.kernel import Theorem, by_transitivity
from derive.language.claims import Claim
from derive.language.node import LanguageError
from derive.language.terms import Term, term
from derive.variants import DerivationError, Variant, Variants
from derive.verdicts import Proved, Refuted, decide


@dataclass(frozen=True)
class Step:
    """One line of a derivation: `relation term`, the reason a person would give, and the kernel's theorem."""

    relation: str
    term: Term
    because: str
    theorem: Theorem


class Derivation:
    """A chain `start = ... <= ... = end`, built line by line; a wrong line raises DerivationError at once.

    >>> from derive import Derivation, Size, Sum, Vector, indices
    >>> m = Size("m"); b, k = indices("b k", m); u = Vector("u", m)
    >>> chain = Derivation(Sum(u[b], b) ** 2).eq(Sum(u[b] * u[k], b, k), "the square of a sum is a double sum")
    >>> print(chain.theorem)
    Sum(u[b], b)**2 = Sum(Sum(u[b]*u[k], b), k)

    Every line is stated under the hypotheses `given`.
    """

    def __init__(self, start: Any, given: tuple[Claim, ...] | Claim = ()) -> None:
        self.start = term(start)
        self.given = given if isinstance(given, tuple) else (given,)
        self.steps: list[Step] = []
        self.variants = Variants()

    def eq(self, value: Any, because: str = "") -> Derivation:
        """The next line, equal to the one before."""
        return self._step("=", value, because, None)

    def le(self, value: Any, because: str = "", certificate: Term | None = None) -> Derivation:
        """The next line, at least the one before; `certificate` is their difference in a visibly nonnegative shape."""
        return self._step("<=", value, because, certificate)

    def lt(self, value: Any, because: str = "", certificate: Term | None = None) -> Derivation:
        """The next line, greater than the one before."""
        return self._step("<", value, because, certificate)

    def ge(self, value: Any, because: str = "", certificate: Term | None = None) -> Derivation:
        """The next line, at most the one before."""
        return self._step(">=", value, because, certificate)

    def but_not(self, claim: Claim, because: str = "") -> Derivation:
        """States that a claim nearby is false; fails unless it is refuted with numbers."""
        self.variants.add(claim, because, _place())
        return self

    @property
    def noted(self) -> tuple[Variant, ...]:
        """The false variants that the script warns of."""
        return self.variants.noted

    @property
    def refutations(self) -> list[tuple[Refuted, str]]:
        """The same, each with the numbers that refute it."""
        return self.variants.refutations

    @property
    def end(self) -> Term:
        """The last line so far."""
        return self.steps[-1].term if self.steps else self.start

    @property
    def theorem(self) -> Theorem:
        """What the chain as a whole proves."""
        if not self.steps:
            raise LanguageError("a derivation without a step proves nothing")
        if len(self.steps) == 1:
            return self.steps[0].theorem
        return by_transitivity(*(step.theorem for step in self.steps))

    def __str__(self) -> str:
        lines = [f"  {self.start}"]
        for step in self.steps:
            lines.append(f"  {step.relation} {step.term}" + (f"    [{step.because}]" if step.because else ""))
        return "\n".join(lines)

    def _repr_latex_(self) -> str:
        from derive.latex import align

        return f"$${align(self.lines, environment='aligned')}$$"

    @property
    def lines(self) -> list[tuple[Term | None, str, Term, str]]:
        """The chain as lines for a writer: left side (of the first line only), relation, term, reason."""
        return [
            (self.start if number == 0 else None, step.relation, step.term, step.because)
            for number, step in enumerate(self.steps)
        ]

    def _step(self, relation: str, value: Any, because: str, certificate: Term | None) -> Derivation:
        following = term(value)
        claim = Claim(self.end, relation, following, self.given)
        verdict = decide(claim, certificate=certificate)
        if not isinstance(verdict, Proved):
            raise DerivationError(_place(), verdict)
        self.steps.append(Step(relation, following, because, verdict.theorem))
        return self


def _place() -> str:
    """The line of the script that wrote the step at hand."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


__all__ = ["Derivation", "DerivationError", "Step"]
