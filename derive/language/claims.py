"""Claims: something said about terms, true or not."""

from __future__ import annotations

from derive.language.binding import free_indices
from derive.language.node import LanguageError, Node, frozen
from derive.language.terms import Index, Term, term

RELATIONS = ("=", "<=", ">=", "<", ">", "!=")


@frozen
class Claim(Node):
    """`lhs relation rhs`, for all values of everything free in it, under the hypotheses.

    A hypothesis is a claim too; its own free indices mean 'for every' inside the hypothesis.
    """

    lhs: Term
    relation: str
    rhs: Term
    hypotheses: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise LanguageError(f"{self.relation} is not a relation; use one of {' '.join(RELATIONS)}")
        if not isinstance(self.lhs, Term) or not isinstance(self.rhs, Term):
            raise LanguageError(f"a claim compares formulas, not {self.lhs!r} with {self.rhs!r}")
        if type(self.hypotheses) is not tuple or not all(isinstance(h, Claim) for h in self.hypotheses):
            raise LanguageError("the hypotheses of a claim are a tuple of claims")

    @property
    def terms(self) -> tuple[Term, ...]:
        """Both sides, and those of the hypotheses."""
        return (self.lhs, self.rhs, *(term for claim in self.hypotheses for term in claim.terms))

    def given(self, *hypotheses: Claim) -> Claim:
        """The same claim under further hypotheses."""
        return Claim(self.lhs, self.relation, self.rhs, (*self.hypotheses, *hypotheses))

    def __bool__(self) -> bool:
        raise LanguageError(f"'{self}' is a claim, neither true nor false before it is decided; use decide or prove")

    def __str__(self) -> str:
        from derive.language.text import claim_text

        return claim_text(self)

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_latex_(self) -> str:
        from derive.latex.writer import claim_latex

        return f"$\\displaystyle {claim_latex(self)}$"


def Eq(lhs: object, rhs: object) -> Claim:
    """The claim that two formulas are equal."""
    return Claim(term(lhs), "=", term(rhs))


def Ne(lhs: object, rhs: object) -> Claim:
    """The claim that two formulas are different (as a hypothesis: a condition)."""
    return Claim(term(lhs), "!=", term(rhs))


def claim_indices(claim: Claim) -> list[Index]:
    """The free indices of a claim, in alphabetical order: those that it is stated for every value of."""
    return sorted(free_indices(claim.lhs) | free_indices(claim.rhs), key=lambda index: index.name)
