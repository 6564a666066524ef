"""Maxima: an upper bound that is a theorem, and a point at which it is attained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from derive.calculus import derivative
from derive.kernel import Theorem, is_theorem
from derive.language.binding import fresh, rename
from derive.language.claims import Claim, Eq
from derive.language.node import LanguageError
from derive.language.substitution import Substitution, reached
from derive.language.terms import REAL, Definition, Entry, Number, Tensor, Term
from derive.refute.search import search
from derive.variants import Variants
from derive.verdicts import Refuted, prove

_SIGNED = {
    frozenset({1}): ">",
    frozenset({0, 1}): ">=",
    frozenset({-1, 1}): "!=",
    frozenset({-1, 0}): "<=",
    frozenset({-1}): "<",
    frozenset({0}): "=",
}


@dataclass(frozen=True, eq=False)
class Maximum:
    """The maximum of a formula over some tensors under constraints, proved: a bound, and a point that attains it.

    >>> from derive import Scalar, prove
    >>> x = Scalar("x")
    >>> print(Maximum(prove(2 * x - x**2 <= 1), {x: 1}))
    the maximum of 2*x - x**2 over x is 1
      attained at x = 1

    `bound` is a theorem objective <= value, or a derivation of one. `witness` gives the point: a formula for each
    tensor that is varied, in the form that `substitute` takes. The hypotheses and conditions of the bound in which a
    varied tensor occurs are the constraints; that they hold at the witness (`feasible`) and that the objective is the
    value there (`attained`) is proved under the other hypotheses and under `given`, which must be satisfiable.
    Raises NotProved where one of these fails, LanguageError if this is no bound or no witness.
    """

    bound: Any
    witness: Mapping[Tensor | Entry, Any]
    given: tuple[Claim, ...] | Claim = ()

    constraints: tuple[Claim, ...] = field(init=False)
    """The hypotheses and conditions of the bound that say something of what is varied."""

    values: Mapping[Tensor, Definition] = field(init=False)
    """The witness: for each varied tensor its indices and the formula for its entries."""

    feasible: tuple[Theorem, ...] = field(init=False)
    attained: Theorem = field(init=False)
    derivation: Any = field(init=False)
    variants: Any = field(init=False)

    word: ClassVar[str] = "maximum"
    relation: ClassVar[str] = "<="

    def __post_init__(self) -> None:
        derivation, given = self.bound, self.given if isinstance(self.given, tuple) else (self.given,)
        bound = getattr(derivation, "theorem", derivation)
        if not is_theorem(bound):
            raise LanguageError(f"{bound!r} is not a theorem of the kernel; a {self.word} needs a bound that is one")
        claim = bound.claim
        if claim.relation != self.relation:
            raise LanguageError(f"'{claim}' does not say that its left side is {self.relation} something")
        at = Substitution(self.witness, (claim, *bound.conditions, *given), derivative=derivative)
        _ask(at, claim.rhs, given)
        said = [*claim.hypotheses, *bound.conditions]
        constraints = tuple(each for each in said if _concerned(at, each))
        context = (*(h for h in claim.hypotheses if not _concerned(at, h)), *given)
        needed = [*map(at, constraints), *(each for item in at.values.items() for each in _assumed(*item))]
        feasible = tuple(prove(each.given(*context)) for each in needed)
        attained = prove(Eq(at(claim.lhs), claim.rhs).given(*context))
        _ask_satisfiable((*context, *dict.fromkeys(c for t in (*feasible, attained) for c in t.conditions)))
        own = {"bound": bound, "given": given, "constraints": constraints, "values": dict(at.values)}
        own |= {"feasible": feasible, "attained": attained, "derivation": derivation}
        own["variants"] = Variants(getattr(derivation, "noted", ()))
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def but_not(self, claim: Claim, because: str = "") -> Self:
        """States that a claim nearby is false; fails unless it is refuted with numbers."""
        self.variants.add(claim, because, f"the {self.word} of {self.objective}")
        return self

    @property
    def refutations(self) -> list[tuple[Refuted, str]]:
        """The false variants nearby, each with the numbers that refute it."""
        return self.variants.refutations

    @property
    def objective(self) -> Term:
        return self.bound.claim.lhs

    @property
    def value(self) -> Term:
        return self.bound.claim.rhs

    @property
    def theorem(self) -> Theorem:
        """The bound, which holds everywhere."""
        return self.bound

    @property
    def theorems(self) -> tuple[Theorem, ...]:
        """Everything that was proved: the bound, that the witness is feasible, that it attains the value."""
        return (self.bound, *self.feasible, self.attained)

    @property
    def point(self) -> list[str]:
        """The witness in words: `X[b, i] = ...`."""
        return [f"{Entry(tensor, own.indices)} = {own.body}" for tensor, own in self.values.items()]

    def recheck(self) -> None:
        """Replays all proofs from nothing."""
        for theorem in self.theorems:
            theorem.recheck()

    def __str__(self) -> str:
        varied = ", ".join(tensor.name for tensor in self.values)
        lines = [f"the {self.word} of {self.objective} over {varied} is {self.value}"]
        if self.constraints:
            lines.append(f"  given {' and '.join(map(str, self.constraints))}")
        lines.append(f"  attained at {', '.join(self.point)}")
        if beside := [*self.attained.claim.hypotheses, *self.conditions]:
            lines.append(f"  where {' and '.join(map(str, beside))}")
        return "\n".join(lines)

    @property
    def conditions(self) -> tuple[Claim, ...]:
        """The conditions of all that was proved, those excepted that are constraints."""
        every = dict.fromkeys(c for theorem in self.theorems for c in theorem.conditions)
        return tuple(c for c in every if c not in self.constraints)

    @property
    def latex(self) -> str:
        """max objective = value, and the constraints."""
        from derive.latex import claim_latex, latex

        varied = ", ".join(latex(Entry(tensor, own.indices)) for tensor, own in self.values.items())
        under = r" \text{ where } " + ",\\; ".join(map(claim_latex, self.constraints)) if self.constraints else ""
        mark = rf"\{'max' if self.relation == '<=' else 'min'}_{{{varied}}}"
        return f"{mark} {latex(self.objective)} = {latex(self.value)}{under}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"


@dataclass(frozen=True, eq=False)
class Minimum(Maximum):
    """The minimum of a formula: the same with a theorem objective >= value."""

    word: ClassVar[str] = "minimum"
    relation: ClassVar[str] = ">="


def _concerned(at: Substitution, said: Claim | Term) -> bool:
    """Whether something that is varied occurs in a formula or claim."""
    return any(map(at.concerns, reached(said.terms if isinstance(said, Claim) else [said])))


def _ask(at: Substitution, value: Term, given: tuple[Claim, ...]) -> None:
    """The value, the witness and what is given for it are about other things than those that are varied."""
    varied = ", ".join(tensor.name for tensor in at.values)
    for what, said in (("value", value), *(("assumption", claim) for claim in given)):
        if _concerned(at, said):
            raise LanguageError(f"the {what} {said} depends on what is varied: {varied}")
    for tensor, own in at.values.items():
        if _concerned(at, own.body):
            raise LanguageError(f"the witness for {tensor}, {own.body}, depends on what is varied: {varied}")


def _ask_satisfiable(assumed: tuple[Claim, ...]) -> None:
    """Numbers satisfy what is assumed for the witness, without which it would be nowhere."""
    if assumed and search(Claim(Number(0), "=", Number(1), assumed)).counterexample is None:
        listed = " and ".join(map(str, assumed))
        raise LanguageError(f"no numbers were found that satisfy what the witness assumes: {listed}")


def _assumed(tensor: Tensor, own: Definition) -> list[Claim]:
    """What is assumed of a tensor, as claims about its value."""
    found = []
    if tensor.signs != REAL:
        found.append(Claim(own.body, _SIGNED[tensor.signs], Number(0)))
    if tensor.symmetric:
        one, two = own.indices
        other = fresh(two, own.indices)
        swapped = rename(rename(own.body, {one: other}), {two: one})
        found.append(Eq(own.body, rename(swapped, {other: two})))
    return found
